"""Settings of the dashboard."""

import os
import re
from functools import lru_cache
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from warehouse.config import DataFolder, data_folder
from warehouse.records import login_or_none

PLAYER = "https://player.twitch.tv"  # the one address that a page may show in a frame
_SECRET = 32  # characters of the cookies' secret, at least


class DashboardSettings(BaseSettings):
    """Settings of the dashboard process, DLD_DASHBOARD_*."""

    model_config = SettingsConfigDict(
        env_prefix="DLD_DASHBOARD_", env_file=".env", extra="ignore", frozen=True
    )

    oidc_metadata_url: str = Field(
        default="", description="the login provider's OpenID configuration; empty: no login"
    )
    oidc_client_id: str = Field(default="", description="of the application at the provider")
    oidc_client_secret: SecretStr = Field(default=SecretStr(""), description="its secret")
    oidc_redirect_uri: str = Field(
        default="", description="this dashboard's own address, ending in /oauth2callback"
    )
    oidc_cookie_secret: SecretStr = Field(
        default=SecretStr(""), description="signs the cookie of whoever is logged in"
    )
    oidc_hours: float = Field(default=24, gt=0, le=720, description="that a login lasts")
    analysts: str = Field(
        default="",
        description="who sees every channel, with commas: id:12345678, or login:NAME; digits "
        "alone are an id",
    )
    open: bool = Field(
        default=False, description="without a login, show all to whoever reaches this address"
    )

    @property
    def has_login(self) -> bool:
        return bool(self.oidc_metadata_url)

    @property
    def analyst_names(self) -> frozenset[str]:
        """As `named` writes them."""
        return _all_named(self.analysts)

    @field_validator("analysts")
    @classmethod
    def _only_ids_and_logins(cls, value: str) -> str:
        _all_named(value)
        return value

    @model_validator(mode="after")
    def _is_whole(self) -> "DashboardSettings":
        """Raises ValueError, which quotes no secret."""
        values = {
            "OIDC_METADATA_URL": self.oidc_metadata_url,
            "OIDC_CLIENT_ID": self.oidc_client_id,
            "OIDC_CLIENT_SECRET": self.oidc_client_secret.get_secret_value(),
            "OIDC_REDIRECT_URI": self.oidc_redirect_uri,
            "OIDC_COOKIE_SECRET": self.oidc_cookie_secret.get_secret_value(),
        }
        missing = [f"DLD_DASHBOARD_{name}" for name, value in values.items() if not value]
        if missing and len(missing) < len(values):
            raise ValueError(f"a login needs {' and '.join(missing)} too")
        if not missing:
            _check(self.oidc_metadata_url, self.oidc_redirect_uri, values["OIDC_COOKIE_SECRET"])
        return self


class ApiSettings(BaseSettings):
    """Settings of the data for scripts, DLD_API_*: python -m dashboard.api."""

    model_config = SettingsConfigDict(
        env_prefix="DLD_API_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    host: str = Field(default="127.0.0.1", description="address to listen on")
    port: int = Field(default=0, ge=0, le=65535, description="port to listen on; 0: it is off")
    per_minute: int = Field(
        default=120, ge=0, description="requests a minute with one token; 0: any number"
    )


def _all_named(text: str) -> frozenset[str]:
    entries = (entry.strip(" ") for entry in text.split(","))
    return frozenset(named(entry) for entry in entries if entry)


def named(entry: str) -> str:
    """Somebody in a list: id:ID as it is, login:NAME in lower case. Without a word before it,
    digits alone are an id, although there are such logins. Raises ValueError."""
    kind, mark, name = entry.partition(":")
    if not mark:
        kind, name = ("id" if entry.isascii() and entry.isdigit() else "login"), entry
    if kind == "id" and re.fullmatch(r"[!-~]+", name):
        return f"id:{name}"
    if kind == "login" and login_or_none(name):
        return f"login:{login_or_none(name)}"
    raise ValueError(f"{entry[:60]!a} is neither id:ID nor login:NAME")


def _check(metadata: str, redirect: str, secret: str) -> None:
    for name, address in (("METADATA_URL", metadata), ("REDIRECT_URI", redirect)):
        parts = urlsplit(address)
        here = parts.hostname in ("127.0.0.1", "localhost", "::1")
        if not parts.hostname or not (parts.scheme == "https" or (here and parts.scheme == "http")):
            raise ValueError(f"DLD_DASHBOARD_OIDC_{name} is not an address with https://")
    if not redirect.endswith("/oauth2callback"):
        raise ValueError("DLD_DASHBOARD_OIDC_REDIRECT_URI does not end in /oauth2callback")
    if len(secret) < _SECRET:
        raise ValueError(
            f"DLD_DASHBOARD_OIDC_COOKIE_SECRET has fewer than {_SECRET} characters; "
            "`openssl rand -hex 32` makes a good one"
        )


_NAMES = tuple(f"DLD_DASHBOARD_{name.upper()}" for name in DashboardSettings.model_fields)


def settings() -> DashboardSettings:
    """Those in force. Every query asks, and to read them takes longer than many: they are read
    anew only where the environment has changed."""
    return _settings(tuple(map(os.environ.get, _NAMES)))


@lru_cache(maxsize=1)
def _settings(_: tuple[str | None, ...]) -> DashboardSettings:
    return DashboardSettings()


def has_api() -> bool:
    """True where scripts are answered; of the environment as `settings`."""
    return _has_api(os.environ.get("DLD_API_PORT"))


@lru_cache(maxsize=1)
def _has_api(_: str | None) -> bool:
    return ApiSettings().port > 0


def folder() -> DataFolder:
    """The data folder in force; of the environment as `settings`."""
    return _folder(os.environ.get("DLD_DATA"))


@lru_cache(maxsize=1)
def _folder(_: str | None) -> DataFolder:
    return data_folder()
