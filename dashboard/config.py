"""Settings of the dashboard."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class DashboardSettings(BaseSettings):
    """What the dashboard process may be told."""

    model_config = SettingsConfigDict(
        env_prefix="DLD_DASHBOARD_", env_file=".env", extra="ignore", frozen=True
    )

    refresh_s: int = Field(
        default=5, ge=1, le=3600, description="seconds between looks for news on the Live page"
    )
