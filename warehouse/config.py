"""Settings that processes share: where the data lives, what may be dropped, where Twitch is."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from warehouse.hosts import is_name
from warehouse.records import login_or_none, lowered, numeric_id


class DataSettings(BaseSettings):
    """Settings every process shares."""

    model_config = SettingsConfigDict(
        env_prefix="DLD_", env_file=".env", extra="ignore", frozen=True
    )

    data: Path = Field(
        default=Path("data/simulated"), description="the only folder anything is written to"
    )


class PublicSettings(BaseSettings):
    """Names by which EBS and dashboard are reached from other machines."""

    model_config = SettingsConfigDict(
        env_prefix="DLD_PUBLIC_", env_file=".env", extra="ignore", frozen=True
    )

    names: str = Field(
        default="", description="host names, with commas; this machine's own are always known"
    )

    @field_validator("names")
    @classmethod
    def _only_names(cls, value: str) -> str:
        if not all(map(is_name, _listed(value))):
            raise ValueError("a host's name has no https://, no port and no *: dld.example.org")
        return value

    @property
    def hosts(self) -> list[str]:
        return _listed(self.names)


def _listed(text: str) -> list[str]:
    return [lowered(part.strip()) for part in text.split(",") if part.strip()]


def _names(text: str, login: str, channel_id: str) -> bool:
    """True if a list of logins and id:NUMBER has the channel."""
    return bool({login, f"id:{channel_id}"}.intersection(_listed(text)))


class ConsentSettings(BaseSettings):
    """Channels whose streamers want DLD to set something on Twitch; nobody else's is touched."""

    model_config = SettingsConfigDict(
        env_prefix="DLD_", env_file=".env", extra="ignore", frozen=True
    )

    markers: str = Field(
        default="",
        description="channels whose live moments get a stream marker, with commas: logins, or "
        "id:12345678; empty: none",
    )
    clips: str = Field(
        default="", description="the same for clips, of live moments and of past streams"
    )
    viewers_clips: bool = Field(
        default=True,
        description="where logged in, read when viewers clipped your own channel and those above",
    )

    @field_validator("markers", "clips")
    @classmethod
    def _only_channels(cls, value: str) -> str:
        for name in _listed(value):
            if not (login_or_none(name) or numeric_id(name.removeprefix("id:"))):
                raise ValueError(f"{name[:60]!a} is neither a login nor id:12345678")
        return value

    @property
    def names(self) -> list[str]:
        """All that are named."""
        return sorted({*_listed(self.markers), *_listed(self.clips)})

    def may_mark(self, login: str, channel_id: str) -> bool:
        """login: of today; channel_id: Twitch's."""
        return _names(self.markers, login, channel_id)

    def may_clip(self, login: str, channel_id: str) -> bool:
        """As `may_mark`."""
        return _names(self.clips, login, channel_id)


class UploadSettings(BaseSettings):
    """Bounds of a chat log that is dropped on the dashboard and read by the pipeline."""

    model_config = SettingsConfigDict(
        env_prefix="DLD_UPLOAD_", env_file=".env", extra="ignore", frozen=True
    )

    mb: int = Field(default=200, ge=1, le=2000, description="largest log that may be dropped")

    @property
    def unpacked_mb(self) -> int:
        """To which a packed log may unpack; chat packs to a tenth."""
        return 20 * self.mb


MOST_SHARDS = 256


class BucketSettings(BaseSettings):
    """Several machines: the bucket through which they share what is published, and the shards."""

    model_config = SettingsConfigDict(
        env_prefix="DLD_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    bucket_url: str = Field(
        default="", description="s3://BUCKET/PREFIX that is shared; empty: one machine"
    )
    bucket_endpoint: str = Field(
        default="", description="address of an S3 store that is not Amazon's; empty: Amazon's"
    )
    shards: int = Field(
        default=1, ge=1, le=MOST_SHARDS, description="daemons that share the channels"
    )
    shard: int = Field(default=0, ge=0, le=255, description="which of them this is, from 0")
    mirror_months: int = Field(
        default=0, ge=0, le=1200, description="newest months that a mirror keeps; 0: all"
    )

    @field_validator("bucket_endpoint")
    @classmethod
    def _is_safe(cls, url: str) -> str:
        return safe_url(url, "https").rstrip("/") if url else ""

    @model_validator(mode="after")
    def _is_one_of_them(self) -> "BucketSettings":
        if self.shard >= self.shards:
            raise ValueError(f"DLD_SHARD is {self.shard}; with DLD_SHARDS={self.shards} it is less")
        return self


class TwitchAddress(BaseSettings):
    """Twitch's addresses, or those of a stand-in that answers for all of them."""

    model_config = SettingsConfigDict(
        env_prefix="DLD_", env_file=".env", extra="ignore", frozen=True
    )

    twitch_url: str = Field(
        default="", description="a stand-in for all of Twitch, for tests; empty: Twitch itself"
    )

    @field_validator("twitch_url")
    @classmethod
    def _is_safe(cls, url: str) -> str:
        return safe_url(url, "https").rstrip("/") if url else ""

    def of(self, url: str) -> str:
        """`url` is Twitch's, https or wss: itself, or the same path at the stand-in."""
        if not self.twitch_url:
            return url
        scheme, _, rest = url.partition("://")
        base = self.twitch_url
        if scheme == "wss":
            base = base.replace("http", "ws", 1)
        _, slash, path = rest.partition("/")
        return f"{base}{slash}{path}"


def safe_url(url: str, secure: str) -> str:
    """The address; only this machine is spoken to in the clear. Raises ValueError."""
    parts = urlsplit(url)
    is_local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    schemes = (secure, secure.removesuffix("s")) if is_local else (secure,)
    if parts.hostname and parts.scheme in schemes:
        return url
    raise ValueError(f"{url} is not an address that begins with {secure}://")


def refused_settings(exc: ValidationError) -> list[tuple[str, str]]:
    """(name, reason) of each setting that its class refused, without the value that was set.

    name: the environment's, DLD_RETENTION_H; '' where several do not fit together.
    """
    prefixes = {
        cls.__name__: cls.model_config["env_prefix"] for cls in BaseSettings.__subclasses__()
    }
    refused = []
    for error in exc.errors():
        field = str(error["loc"][0]) if error["loc"] else ""
        is_whole = field.isupper() or not field  # an alias is a whole name
        name = field if is_whole else f"{prefixes[exc.title]}{field}".upper()
        refused.append((name, error["msg"]))
    return refused


@dataclass(frozen=True)
class DataFolder:
    """The places under DLD_DATA, by name."""

    root: Path

    @property
    def warehouse(self) -> Path:
        return self.root / "warehouse.duckdb"

    @property
    def buffer(self) -> Path:
        return self.root / "buffer"

    @property
    def published(self) -> Path:
        return self.root / "published"

    @property
    def manifest(self) -> Path:
        return self.published / "manifest.json"

    @property
    def latest(self) -> Path:
        return self.published / "latest"

    @property
    def progress(self) -> Path:
        return self.published / "progress.json"

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def errands(self) -> Path:
        """Requests that shard 0 sent to this one: an inbox like any."""
        return self.root / "errands"

    @property
    def backups(self) -> Path:
        return self.root / "backup"

    @property
    def scratch(self) -> Path:
        return self.root / "scratch"

    @property
    def optout(self) -> Path:
        return self.root / "optout.json"

    @property
    def channels(self) -> Path:
        return self.root / "channels.json"

    @property
    def claims(self) -> Path:
        return self.root / "claims.json"

    @property
    def mirror(self) -> Path:
        return self.root / "mirror.json"

    @property
    def ebs(self) -> Path:
        return self.root / "ebs"

    @property
    def api(self) -> Path:
        """Of the data for scripts: whose tokens hold."""
        return self.root / "api"

    @property
    def models(self) -> Path:
        return self.root / "models"


def data_folder() -> DataFolder:
    """The folder that DLD_DATA names, made absolute; it need not exist yet."""
    return DataFolder(DataSettings().data.resolve())
