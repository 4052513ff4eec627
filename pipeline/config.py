"""Settings of the pipeline. What the weights depend on is a constant in warehouse.records."""

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from warehouse.config import DataFolder, safe_url
from warehouse.errors import BadInput


class PipelineSettings(BaseSettings):
    """Scoring of chat, its retention, and the closing of windows."""

    model_config = SettingsConfigDict(
        env_prefix="DLD_", env_file=".env", extra="ignore", frozen=True
    )

    lexicon: Literal["full", "vader"] = Field(
        default="full",
        description="full: VADER with Twitch's words and emotes; vader: as published",
    )
    retention_h: float = Field(
        default=24, ge=0, le=24 * 30, description="hours that message text is kept; 0: memory only"
    )
    forecast: bool = Field(default=True, description="make forecasts")
    retrain: bool = Field(
        default=False,
        description="train anew every night, and serve the result if it is better",
    )
    retrain_at: str = Field(
        default="04:00",
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        description="when, HH:MM, UTC",
    )
    emotes: bool = Field(
        default=True, description="while chat is live, read the emote catalogues of its channels"
    )


class QueueSettings(BaseSettings):
    """Several machines: the queue between `collect` and the shards, and the salt of all."""

    model_config = SettingsConfigDict(
        env_prefix="DLD_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    queue_url: SecretStr = Field(
        default=SecretStr(""),
        description="nats://HOST:PORT or sqs://REGION/NAME; empty: one machine",
    )
    queue_endpoint: str = Field(
        default="", description="address of an SQS that is not Amazon's, for tests"
    )
    salt_file: Path | None = Field(
        default=None, description="the salt that all machines share; empty: DLD_DATA/salt"
    )


def salt_path(folder: Path) -> Path:
    """The file of the salt: the shared one, else DLD_DATA's own, made at first use.

    Raises BadInput where the shared one is not there, and in a mirrored folder that has none: by
    one of its own nobody would be found.
    """
    shared, own = QueueSettings().salt_file, folder / "salt"
    if shared and not shared.is_file():
        raise BadInput(
            f"DLD_SALT_FILE names {shared}, where no file is; put the salt there that all machines "
            "have (of a new install: head -c 32 /dev/urandom)"
        )
    if not shared and DataFolder(folder).mirror.exists() and not own.is_file():
        raise BadInput(f"{folder} is a mirror; DLD_SALT_FILE has to name the salt of its shards")
    return shared or own


AlertKind = Literal["mood_drop", "mood_spike", "activity", "silence", "new_term"]


class AlertSettings(BaseSettings):
    """Thresholds of alerts, and the webhook that is told."""

    model_config = SettingsConfigDict(
        env_prefix="DLD_ALERT_", env_file=".env", extra="ignore", frozen=True
    )

    kinds: tuple[AlertKind, ...] = Field(
        default=("mood_drop", "mood_spike", "activity", "silence", "new_term"),
        description="the rules in force",
    )
    webhook: SecretStr = Field(
        default=SecretStr(""), description="a webhook of Discord's; empty: none is told"
    )
    simulated: bool = Field(
        default=False, description="tell the webhook of simulated chat, as such, too"
    )
    mood_z: float = Field(
        default=3.5, ge=2, le=20, description="standard errors that the mood is off the usual"
    )
    activity_times: float = Field(
        default=3.0, ge=1.5, le=100, description="times the usual rate that is worth telling"
    )
    silence_s: float = Field(
        default=120.0, ge=30, le=3600, description="shortest silence that is told, seconds"
    )
    cooldown_s: float = Field(
        default=900.0, ge=0, le=86400, description="the same rule is quiet for so long, a channel"
    )

    @field_validator("webhook")
    @classmethod
    def _is_safe(cls, address: SecretStr) -> SecretStr:
        return _safe_webhook(address)


class RecapSettings(BaseSettings):
    """The webhook that is told of each stream that is over."""

    model_config = SettingsConfigDict(
        env_prefix="DLD_RECAP_", env_file=".env", extra="ignore", frozen=True
    )

    webhook: SecretStr = Field(
        default=SecretStr(""), description="Discord's, or any that takes JSON; empty: none is told"
    )
    format: Literal["discord", "json"] = Field(
        default="discord", description="discord: a message with a picture; json: plain fields"
    )
    dashboard: str = Field(
        default="", description="address of the dashboard, for a link to the stream's review"
    )

    @field_validator("webhook")
    @classmethod
    def _is_safe(cls, address: SecretStr) -> SecretStr:
        return _safe_webhook(address)

    @field_validator("dashboard")
    @classmethod
    def _is_address(cls, address: str) -> str:
        """Raises ValueError."""
        parts = urlsplit(address.strip())
        if address.strip() and not (parts.scheme in ("http", "https") and parts.hostname):
            raise ValueError("not an address that begins with http:// or https://")
        return address.strip()


def _safe_webhook(address: SecretStr) -> SecretStr:
    """Raises ValueError, which does not quote the address: it is a secret."""
    text = address.get_secret_value().strip()
    try:
        return SecretStr(safe_url(text, "https")) if text else SecretStr("")
    except ValueError:
        raise ValueError("not an address that begins with https://") from None


class TwitchSettings(BaseSettings):
    """Login that chat is read with, through Twitch's EventSub and Helix."""

    model_config = SettingsConfigDict(
        env_prefix="DLD_TWITCH_", env_file=".env", extra="ignore", frozen=True
    )

    client_id: str = Field(default="", description="of the application, from Twitch's console")
    client_secret: SecretStr = Field(
        default=SecretStr(""), description="its secret; only a conduit needs one"
    )
    conduit_id: str = Field(default="", description="read through this conduit; empty: without one")
    extension_id: str = Field(
        default="", description="also read the live channels that have this extension active"
    )
