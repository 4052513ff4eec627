"""Access of whoever is looking: the one place that decides who may see what.

Without a login everybody who reaches the dashboard sees all. With one, an analyst sees all, a
streamer the own channel, anybody else nothing. data.py reads through views of just these
channels, and inbox.py asks for nothing else, so that no page can forget it.
"""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import config
from warehouse.config import DataFolder
from warehouse.errors import NotAuthorised, NothingPublished
from warehouse.identities import Identities
from warehouse.published.reader import Reader
from warehouse.records import KEY, login_or_none

_LONGEST = 200  # characters of a signature, as requests have it
_EARLY_S = 300.0  # a login from ahead of our clock still holds: ours may be behind


@dataclass(frozen=True)
class Access:
    """name: who is logged in, their login on Twitch or id:ID, '' without a login. channels: those
    they may see, None for all. sub: Twitch's id of theirs."""

    name: str = ""
    channels: tuple[str, ...] | None = None
    sub: str = ""

    @property
    def signature(self) -> str:
        """What their requests are signed with; '' without a login. Whoever signs without one has no
        colon in it (inbox.py), so that nobody's login, nor the id of another, is taken for it."""
        mine = self.name if ":" in self.name or not self.name else f"{self.name} id:{self.sub}"
        return mine[:_LONGEST]

    @property
    def sees_all(self) -> bool:
        return self.channels is None

    def require(self, channel: str) -> None:
        """Raises NotAuthorised unless they may ask for something on this channel; '' is all."""
        if self.channels is not None and channel not in self.channels:
            what = channel if KEY.fullmatch(channel) else "all channels"
            raise NotAuthorised(f"{self.name} may not decide for {what}, only for the own channel")

    def may_see(self, by: object) -> bool:
        """True for a request of `by` that is theirs to look at."""
        return self.channels is None or by == self.signature


def current() -> Access:
    """Of whoever this page is drawn for. Raises NotAuthorised without a login that holds."""
    return of_claims(st.user.to_dict()) if config.settings().has_login else Access()


def of_claims(claims: Mapping[str, Any]) -> Access:
    """Of whoever logged in with these claims. Raises NotAuthorised where they do not hold."""
    settings = config.settings()
    if not holds(claims, settings.oidc_hours, time.time()):
        raise NotAuthorised("you are not logged in, or no longer: reload this page to log in")
    return of(claims, settings.analyst_names, identities())


def identities() -> Identities:
    """Who every published channel is; nobody where nothing is published."""
    root = str(config.folder().root)
    try:
        return _identities(root, _reader(root).manifest().version)
    except NothingPublished:
        return Identities()


@st.cache_resource(show_spinner=False, max_entries=4)
def _identities(root: str, version: int) -> Identities:
    """The same for everybody; what follows from it is not."""
    return Identities(_reader(root).query("identities").to_pylist())


@st.cache_resource(show_spinner=False, max_entries=4)
def _reader(root: str) -> Reader:
    """Over all that is published: access rests on it."""
    return Reader(DataFolder(Path(root)))


def holds(claims: Mapping[str, Any], hours: float, now: float) -> bool:
    """True for claims of somebody who logged in, so many hours ago at the most."""
    at = claims.get("iat")
    if claims.get("is_logged_in") is not True or not _sub(claims) or isinstance(at, bool):
        return False
    life_s = timedelta(hours=hours).total_seconds()
    return isinstance(at, int | float) and now - life_s < at <= now + _EARLY_S


def _sub(claims: Mapping[str, Any]) -> str:
    """Twitch's id of whoever logged in; '' where the provider says no text."""
    sub = claims.get("sub")
    return sub if isinstance(sub, str) else ""


def of(claims: Mapping[str, Any], analysts: Collection[str], who: Identities) -> Access:
    """The access that these claims open. analysts: as `config.named` takes them. who: every
    channel there is.

    A channel whose id is known is its owner's by the id alone: names can change hands. The name
    is Twitch's display name; it is the login where it is one in lower case, as Twitch has it.
    """
    sub, login = _sub(claims), login_or_none(claims.get("preferred_username"))
    name = login or f"id:{sub}"
    if not {f"id:{sub}", f"login:{login}"}.isdisjoint(map(config.named, analysts)):
        return Access(name, sub=sub)
    own = {who.by_id(sub)} - {None}
    if login and not who.id_of(who.resolve(login)):
        own.add(who.resolve(login))
    return Access(name, tuple(sorted(filter(None, own))), sub)
