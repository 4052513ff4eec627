"""Rights of whoever asks: which channels the claims of a login open. No Streamlit.

access.py asks for whom a page is drawn for, api/ for whoever's token a script sends.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dashboard import config
from warehouse.errors import NotAuthorised
from warehouse.identities import Identities
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
