"""The EBS's settings, and the keys that its secrets decode to."""

import base64
import binascii
import re

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from warehouse.errors import BadInput

# Known to everyone: it signs the preview's tokens and nothing else. Accepted in development only.
DEVELOPMENT_SECRET = base64.b64encode(b"DLD development secret, not a secret!").decode()
SHORTEST_KEY = 32  # bytes, as long as the hash (RFC 7518, 3.2); Twitch's are this long
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
    secret: SecretStr | None = Field(
        default=None,
        description="the extension's base64 secret from the Twitch console; "
        "several, separated by commas, while one is being rotated",
    )
    client_ids: str = Field(
        default="",
        description="the extension's client id (several: commas): the only origins of CORS",
    )
    stale_after_s: int = Field(default=90, ge=30, description="older data is served as stale")
    leeway_s: int = Field(
        default=10, ge=0, le=300, description="how late an expired token still passes"
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

    def origins(self) -> list[str]:
        """Where Twitch serves this extension from: the origins that may read answers."""
        return [f"https://{name}.ext-twitch.tv" for name in _listed(self.client_ids)]

    def keys(self) -> tuple[bytes, ...]:
        """Every key a token may be signed with. Raises BadInput where it must not start."""
        listed = _listed(self.secret.get_secret_value()) if self.secret else []
        if not self.development:
            if not listed:
                raise BadInput(
                    "DLD_EBS_SECRET is not set: put the extension's secret from the Twitch console "
                    "there, or set DLD_DEVELOPMENT=1 for the preview"
                )
            if any(_key(s) == _key(DEVELOPMENT_SECRET) for s in listed):
                raise BadInput(
                    "DLD_EBS_SECRET is the development secret, which everyone knows: "
                    "use the extension's own, or set DLD_DEVELOPMENT=1"
                )
            return tuple(map(_key, listed))
        return tuple(dict.fromkeys([*map(_key, listed), _key(DEVELOPMENT_SECRET)]))


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret, validate=True)
    except (binascii.Error, ValueError):
        raise BadInput("DLD_EBS_SECRET is not base64: copy it whole, as Twitch shows it") from None
    if len(key) < SHORTEST_KEY:
        raise BadInput(f"DLD_EBS_SECRET is too short: it must decode to {SHORTEST_KEY} bytes")
    return key
