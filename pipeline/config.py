"""Settings of the pipeline. What the weights depend on is a constant in warehouse.records."""

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


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
