"""The doorkeeper: whose token a request has, and which channels they may see by now."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from dashboard import config
from dashboard.api.errors import Forbidden, NotFound, TooMany
from dashboard.api.tokens import Holder, Tokens, utc_now
from dashboard.rights import Access, of
from warehouse.config import DataFolder
from warehouse.errors import NotAuthorised
from warehouse.identities import Identities
from warehouse.limits import Limiter
from warehouse.published.reader import Reader
from warehouse.records import typed_name
from warehouse.remembered import Remembered

_READERS = 8  # kept, of sets of channels; twice as many at most


class Asker(NamedTuple):
    """Somebody who asks. reader: over what they may see, and nothing else. who: every channel."""

    reader: Reader
    who: Identities
    access: Access

    def key_of(self, channel: str) -> str:
        """The key of a channel that they may see, by its login of today or its key. Raises
        NotFound, for one of another alike: whether it is there is not for them to know."""
        key = self.who.resolve(typed_name(channel))
        sees = self.access.channels
        if not self.who.knows(key) or (sees is not None and key not in sees):
            raise NotFound("this token sees no such channel: GET /v1/channels lists those it does")
        return key


class Doorkeeper:
    """Lets in by token. Rights are of the moment: what the login's settings say now."""

    def __init__(
        self, data: DataFolder, per_minute: int, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._clock, self._tokens, self._limiter = clock, Tokens(data), Limiter(per_minute)
        self._readers: Remembered[tuple[str, ...] | None, Reader] = Remembered(
            lambda channels: Reader(data, channels), _READERS
        )
        self._who: tuple[int, Identities] = -1, Identities()

    def let_in(self, token: str) -> Asker:
        """Raises NotAuthorised, Forbidden, TooMany; NothingPublished, WarehouseBroken."""
        token_id, holder = self._tokens.holder(token, self._clock())
        wait_s = self._limiter.wait_s(token_id)
        if wait_s:
            raise TooMany("too many requests with this token: wait as Retry-After says", wait_s)
        who = self._identities()
        access = rights_of(holder, who)
        return Asker(self._readers[access.channels], who, access)

    def _identities(self) -> Identities:
        reader = self._readers[None]
        version = reader.manifest().version
        if version != self._who[0]:
            self._who = version, Identities(reader.query("identities").to_pylist())
        return self._who[1]


def rights_of(holder: Holder, who: Identities) -> Access:
    """What a token opens now. Raises Forbidden where that is nothing."""
    settings = config.settings()
    if not holder.sub and not holder.login:
        if settings.has_login:
            raise Forbidden(
                "this token was made while there was no login: make one for somebody (python -m "
                "dashboard.api token add --for id:ID)"
            )
        return Access()
    claims = {"sub": holder.sub, "preferred_username": holder.login}
    access = of(claims, settings.analyst_names, who)
    if access.channels == ():
        raise Forbidden("no channel that is read here is yours, or no longer")
    return access


def bearer(headers: list[str]) -> str:
    """The token of `Authorization: Bearer TOKEN`. Raises NotAuthorised."""
    if len(headers) != 1:
        raise NotAuthorised("send one header Authorization: Bearer TOKEN (docs/api.md)")
    scheme, _, token = headers[0].partition(" ")
    if scheme.lower() != "bearer":
        raise NotAuthorised("the Authorization header is not Bearer TOKEN")
    return token.strip(" ")
