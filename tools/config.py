"""Settings of `make run`, what must be free and what to open; and of `make extension`."""

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from warehouse.config import refused_settings
from warehouse.errors import BadInput


class RunSettings(BaseSettings):
    """Ports and address that the processes are told to listen on."""

    model_config = SettingsConfigDict(
        env_prefix="DLD_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    dashboard_port: int = Field(default=8501, ge=1, le=65535, description="port of the dashboard")
    dashboard_processes: int = Field(
        default=1, ge=1, le=64, description="of the dashboard; more than one need nginx"
    )
    ebs_host: str = Field(default="127.0.0.1", description="address the EBS listens on")
    ebs_port: int = Field(default=8081, ge=1, le=65535, description="port of the EBS")
    api_host: str = Field(default="127.0.0.1", description="address of the data for scripts")
    api_port: int = Field(default=0, ge=0, le=65535, description="its port; 0: it is off")


class ExtensionSettings(BaseSettings):
    """The EBS that the zip for Twitch is made for."""

    model_config = SettingsConfigDict(
        env_prefix="DLD_EXTENSION_", env_file=".env", env_ignore_empty=True, extra="ignore",
        frozen=True,
    )  # fmt: skip

    ebs: str = Field(default="", description="the EBS's public address, https, for make extension")


def run_settings() -> RunSettings:
    """The settings, or BadInput in one line that names what was set wrongly."""
    try:
        return RunSettings()
    except ValidationError as exc:
        wrong = (f"{name}: {reason}" for name, reason in refused_settings(exc))
        raise BadInput("; ".join(wrong)) from exc
