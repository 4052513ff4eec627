"""The EBS's settings."""

import base64
import re
from ipaddress import ip_network
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from warehouse.records import CHANNEL_ID

# Known to everyone: it signs the preview's tokens and nothing else. Accepted in development only.
DEVELOPMENT_SECRET = base64.b64encode(b"DLD development secret, not a secret!").decode()
SHORTEST_SECRET = 32  # characters, of links
CLIENT_ID = re.compile(r"[a-z0-9]{1,64}")


class EbsSettings(BaseSettings):
    """Read from the environment or `.env`; see the descriptions."""

    model_config = SettingsConfigDict(
        env_prefix="DLD_EBS_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        hide_input_in_errors=True,  # a mistyped secret must not be printed
    )

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(
        default=8081, ge=0, le=65535, description="port to listen on; 0: any free one"
    )
    workers: int = Field(default=1, ge=1, le=64, description="processes that answer")
    secret: SecretStr | None = Field(
        default=None,
        description="the extension's base64 secret from the Twitch console; several, separated "
        "by commas, while one is being rotated, each with ACTIVE_AT and EXPIRES_AT if known",
    )
    secret_file: Path | None = Field(
        default=None, description="a file with secrets, read again when it changes"
    )
    client_ids: str = Field(
        default="",
        description="the extension's client id (several: commas): the only origins of CORS; "
        "the first one broadcasts",
    )
    owner_id: str = Field(
        default="", description="Twitch user id of the extension's owner: windows are broadcast"
    )
    address_per_minute: int = Field(
        default=6000, ge=0,
        description="requests a minute from one address, or one IPv6 /64, each worker; 0: any",
    )  # fmt: skip
    link_secret: SecretStr | None = Field(
        default=None,
        description="what OBS links are made with where several machines serve them, 32 characters "
        "or more; empty: a key of DLD_DATA's own",
    )  # fmt: skip
    trusted_proxies: str = Field(
        default="", description="whose X-Forwarded-For is believed: addresses or networks, commas"
    )
    development: bool = Field(
        default=False,
        validation_alias="DLD_DEVELOPMENT",
        description="serve the preview and accept the development secret",
    )

    @field_validator("client_ids")
    @classmethod
    def _only_client_ids(cls, value: str) -> str:
        for name in _listed(value):
            if not CLIENT_ID.fullmatch(name):
                raise ValueError("a client id has small letters and digits only")
        return value

    @field_validator("owner_id")
    @classmethod
    def _only_a_user_id(cls, value: str) -> str:
        if value and not CHANNEL_ID.fullmatch(value):
            raise ValueError("a Twitch user id has digits only; it is not the login")
        return value

    @field_validator("link_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value) < SHORTEST_SECRET:
            raise ValueError(f"it is too short: {SHORTEST_SECRET} characters or more")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _only_networks(cls, value: str) -> str:
        for part in _listed(value):
            ip_network(part, strict=False)  # raises ValueError
        return value

    @property
    def broadcasts_for(self) -> str:
        """The client id that broadcasts are sent for; '' where they are off."""
        return self.extensions[0] if self.owner_id and self.client_ids else ""

    @property
    def extensions(self) -> list[str]:
        """Client ids of the extension."""
        return _listed(self.client_ids)

    @property
    def proxies(self) -> list[str]:
        """Addresses and networks whose X-Forwarded-For is believed."""
        return _listed(self.trusted_proxies)

    def origins(self) -> list[str]:
        """Where Twitch serves this extension from: the origins that may read answers."""
        return [f"https://{name}.ext-twitch.tv" for name in self.extensions]


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
