"""Settings of the pipeline. What the weights depend on is a constant in warehouse.records."""

from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from warehouse.config import safe_url


class PipelineSettings(BaseSettings):
    """How chat is scored, kept and closed into windows."""

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
    grace_s: float = Field(
        default=5,
        ge=0,
        le=60,
        description="how long after its end a window waits for late messages",
    )
    forecast: bool = Field(default=True, description="make forecasts")
    retrain: bool = Field(
        default=False,
        description="train anew every night, and serve the result if it is better",
    )
    retrain_at: str = Field(
        default="04:00",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="when, HH:MM, UTC",
    )
    emotes: bool = Field(
        default=True, description="while chat is live, read the emote catalogues of its channels"
    )


AlertKind = Literal["mood_drop", "mood_spike", "activity", "silence", "new_term"]


class AlertSettings(BaseSettings):
    """What is worth an alert, and where it is told."""

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
    mood_least: float = Field(
        default=0.1, ge=0, le=1, description="smallest change of mood that is told"
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
    timeout_s: float = Field(default=10.0, gt=0, le=60, description="for the webhook's answer")

    @field_validator("webhook")
    @classmethod
    def _is_safe(cls, address: SecretStr) -> SecretStr:
        """Raises ValueError, which does not quote the address: it is a secret."""
        text = address.get_secret_value().strip()
        try:
            return SecretStr(safe_url(text, "https")) if text else SecretStr("")
        except ValueError:
            raise ValueError("not an address that begins with https://") from None


class IrcSettings(BaseSettings):
    """How anonymous chat is read; the defaults are Twitch's own limits, or below them."""

    model_config = SettingsConfigDict(
        env_prefix="DLD_IRC_", env_file=".env", extra="ignore", frozen=True
    )

    url: str = Field(default="wss://irc-ws.chat.twitch.tv:443", description="where the chat is")
    channels_per_connection: int = Field(
        default=90, ge=1, le=99, description="Twitch allows fewer than 100"
    )
    joins: int = Field(default=20, ge=1, le=20, description="joins in any span of joins_per_s")
    joins_per_s: float = Field(default=10, gt=0, description="seconds")
    join_timeout_s: float = Field(
        default=15, gt=0, description="without an answer for so long, a channel may not exist"
    )
    rejoin_s: float = Field(
        default=600, gt=0, description="how often such a channel is asked for again"
    )
    connect_timeout_s: float = Field(
        default=10, gt=0, description="a connection that takes longer is tried again"
    )
    ping_after_s: float = Field(
        default=3, gt=0, le=4, description="silence before a sign of life is asked for"
    )
    dead_after_s: float = Field(
        default=10, gt=0, description="silence after which a connection is given up"
    )
    backoff_max_s: float = Field(default=60, gt=0, description="longest wait between attempts")

    @field_validator("url")
    @classmethod
    def _is_safe(cls, url: str) -> str:
        return safe_url(url, "wss")


class EmoteSettings(BaseSettings):
    """Where the names of emotes are read that are not Twitch's own."""

    model_config = SettingsConfigDict(
        env_prefix="DLD_EMOTES_", env_file=".env", extra="ignore", frozen=True
    )

    bttv_url: str = Field(default="https://api.betterttv.net/3/", description="BTTV's API")
    ffz_url: str = Field(default="https://api.frankerfacez.com/v1/", description="FFZ's API")
    seventv_url: str = Field(default="https://7tv.io/v3/", description="7TV's API")
    timeout_s: float = Field(default=20, gt=0, le=120, description="for an answer")

    @field_validator("bttv_url", "ffz_url", "seventv_url")
    @classmethod
    def _is_safe(cls, url: str) -> str:
        return safe_url(url, "https").rstrip("/") + "/"


class TwitchSettings(BaseSettings):
    """How chat is read with a login: Twitch's EventSub and Helix."""

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
    eventsub_url: str = Field(default="wss://eventsub.wss.twitch.tv/ws", description="chat")
    helix_url: str = Field(default="https://api.twitch.tv/helix/", description="the API")
    id_url: str = Field(default="https://id.twitch.tv/", description="logins")
    rooms: int = Field(default=100, ge=1, description="chat rooms Twitch lets an account be in")
    joins: int = Field(
        default=20, ge=1, le=20, description="rooms joined in any span of joins_per_s"
    )
    joins_per_s: float = Field(default=10, gt=0, description="seconds")
    supervise_s: float = Field(
        default=30, gt=0, le=60, description="how often Twitch is asked what it sends us"
    )
    retry_s: float = Field(
        default=600, gt=0, description="how often a channel that was refused is asked for again"
    )
    connect_timeout_s: float = Field(
        default=10, gt=0, description="a connection that takes longer is tried again"
    )
    ping_after_s: float = Field(
        default=3, gt=0, le=4, description="silence before a sign of life is asked for"
    )
    dead_after_s: float = Field(
        default=15, gt=0, description="silence after which a connection is given up"
    )
    backoff_max_s: float = Field(default=60, gt=0, description="longest wait between attempts")

    @field_validator("eventsub_url")
    @classmethod
    def _is_safe_socket(cls, url: str) -> str:
        return safe_url(url, "wss")

    @field_validator("helix_url", "id_url")
    @classmethod
    def _is_safe(cls, url: str) -> str:
        return safe_url(url, "https").rstrip("/") + "/"
