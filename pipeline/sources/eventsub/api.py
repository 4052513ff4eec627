"""Twitch's Helix and its login server, through twitchio: the token right, refusals in our words.

Of twitchio this takes the requests, not its managed client: that one uses a new refresh token
before it is on disk, may use one twice, and puts secrets into what it raises.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from typing import Any

from twitchio.eventsub import SubscriptionType
from twitchio.http import Route

from pipeline.chat.oddities import Oddities, identifier
from pipeline.config import TwitchSettings
from pipeline.sources.eventsub.calls import TIMEOUT_S, Client, TwitchRefused, post
from pipeline.sources.eventsub.frames import epoch, label, mapping, number, text
from pipeline.sources.eventsub.plan import Want
from pipeline.sources.eventsub.streams import Live
from pipeline.sources.eventsub.tokens import Token, TokenFile
from warehouse.config import TwitchAddress
from warehouse.errors import NotAuthorised
from warehouse.records import lowered, numeric_id

log = logging.getLogger(__name__)

_PAGE = 100
_SOON_S = 600.0  # a token that ends within this is renewed now
_DEAD_S = 600.0  # a token that Twitch refused for good is refused by us for so long
_PAGES = 50  # of a list; more of them is a fault of Twitch's
_CHECK_S = 3000.0  # Twitch asks that tokens are checked every hour


class Api:
    """Requests as the user who logged in; with a conduit, as the application. oddities: of answers.

    Raises NotAuthorised where there is no login, or one of another application.
    """

    def __init__(
        self,
        settings: TwitchSettings,
        file: TokenFile,
        address: TwitchAddress,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings, self.file, self.address, self.clock = settings, file, address, clock
        self.oddities = Oddities()
        self.token = file.load()
        if self.token.client_id != settings.client_id:
            raise NotAuthorised(
                f"the login in {file.path} is of another application than DLD_TWITCH_CLIENT_ID: "
                "run `python -m pipeline login`"
            )
        self.client = Client(settings, address)
        self.by_app = bool(settings.conduit_id)
        self._app_token = ""
        self._checked = 0.0
        self._renewing: asyncio.Task[None] | None = None
        self._dead: dict[str, tuple[float, str]] = {}  # token to when to ask again, why it is

    # -- tokens ----------------------------------------------------------------------------

    async def check(self) -> None:
        """See that the login holds, and renew it in time. Raises TwitchRefused, NotAuthorised."""
        if self.clock() > self.token.expires_at - _SOON_S:
            await self._renew(self.token)
        if self.clock() < self._checked + _CHECK_S:
            return
        try:
            answer = await self._validate(self.token.access)
        except TwitchRefused as exc:
            if exc.status != 401:
                raise
            await self._renew(self.token)
            answer = await self._validate(self.token.access)
        self._checked = self.clock()
        scopes = answer.get("scopes")
        allowed = tuple(filter(text, scopes)) if isinstance(scopes, list) else ()
        ends = self.clock() + number(answer.get("expires_in"))
        self.token = replace(self.token, scopes=allowed, expires_at=ends)

    async def _validate(self, access: str) -> dict[str, Any]:
        headers = {"Authorization": f"OAuth {access}"}
        route = Route("GET", "oauth2/validate", use_id=True, headers=headers)
        return mapping(await self.client.ask(route))

    async def _renew(self, old: Token) -> None:
        """A new token in place of `old`, once, whoever asks; it is finished even when they are
        cancelled, or its answer would be lost and the user locked out."""
        if self.token.access != old.access:
            return
        self._refuse_dead(old.access)
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.ensure_future(self._renew_alone(old))
        try:
            await asyncio.shield(self._renewing)
        except NotAuthorised as exc:
            self._bury(old.access, exc)
            raise

    def _bury(self, name: str, exc: NotAuthorised) -> None:
        self._dead[name] = time.monotonic() + _DEAD_S, str(exc)

    def _refuse_dead(self, name: str) -> None:
        """Raises NotAuthorised where Twitch refused it a while ago: it is not asked each time."""
        again_at, why = self._dead.get(name, (0.0, ""))
        if time.monotonic() < again_at:
            raise NotAuthorised(why)

    async def _renew_alone(self, old: Token) -> None:
        alone = self.file.alone()
        await asyncio.to_thread(alone.__enter__)
        try:
            self.token = self.file.load()
            if self.token.access != old.access:  # another process, or a new login
                return
            with self.file.room() as put:
                answer = await post(self.address, "oauth2/token", self._refreshing(old))
                self.token = self._new(old, answer)
                put(self.token)
            log.info("login renewed")
        except TwitchRefused as exc:
            if exc.status in (400, 401):
                raise _login_again(old.login) from None
            raise
        except OSError as exc:  # before anything was asked
            raise TwitchRefused(0, f"the login cannot be renewed: {exc.strerror}") from exc
        finally:
            alone.__exit__(None, None, None)

    def _refreshing(self, old: Token) -> dict[str, str]:
        params = {
            "client_id": self.settings.client_id,
            "grant_type": "refresh_token",
            "refresh_token": old.refresh,
        }
        if secret := self.settings.client_secret.get_secret_value():
            params["client_secret"] = secret
        return params

    def _new(self, old: Token, answer: dict[str, Any]) -> Token:
        access, refresh = text(answer.get("access_token")), text(answer.get("refresh_token"))
        if not access:
            raise TwitchRefused(0, "an answer without a token")
        ends = self.clock() + number(answer.get("expires_in"))
        return replace(old, access=access, refresh=refresh or old.refresh, expires_at=ends)

    async def _bearer(self, by_app: bool) -> str:
        if not by_app:
            return self.token.access
        if not self._app_token:
            params = {
                "client_id": self.settings.client_id,
                "client_secret": self.settings.client_secret.get_secret_value(),
                "grant_type": "client_credentials",
            }
            self._refuse_dead("")
            try:
                answer = await post(self.address, "oauth2/token", params)
            except NotAuthorised as exc:
                self._bury("", exc)
                raise
            self._app_token = text(answer.get("access_token"))
        return self._app_token

    # -- requests --------------------------------------------------------------------------

    async def ask(self, make: Callable[[], Route], by_app: bool = False) -> dict[str, Any]:
        """The answer; with a token that Twitch no longer knows, once more with a new one.

        make: the request anew. Raises TwitchRefused, NotAuthorised.
        """
        for last in (False, True):
            token, bearer = self.token, await self._bearer(by_app)
            route = make()
            route.update_headers({"Authorization": f"Bearer {bearer}"})
            try:
                return mapping(await self.client.ask(route))
            except TwitchRefused as exc:
                if exc.status != 401 or last:
                    raise
                if by_app:
                    self._app_token = ""
                else:
                    await self._renew(token)
        raise AssertionError("unreachable")

    async def get(self, path: str, params: dict[str, Any], by_app: bool = False) -> dict[str, Any]:
        """The answer to a question. Raises as `ask`."""
        return await self.ask(lambda: Route("GET", path, params=dict(params)), by_app)

    async def pages(
        self, path: str, params: dict[str, Any], by_app: bool = False, most: int = _PAGES
    ) -> list[dict[str, Any]]:
        """Rows of every page, of `most` of them; one may be empty, and others follow."""
        rows: list[dict[str, Any]] = []
        cursor, seen = "", set[str]()
        while cursor not in seen and len(seen) < most:
            seen.add(cursor)
            after = {"after": cursor} if cursor else {}
            answer = await self.get(path, {**params, **after}, by_app)
            rows += rows_of(answer)
            cursor = _cursor(answer)
        return rows

    async def ids(self, logins: Iterable[str]) -> dict[str, dict[str, Any]]:
        """What Twitch knows of the channels, by login; those there are none of are missing."""
        users = {}
        for some in _hundreds(logins):
            for user in rows_of(await self.get("users", {"login": some})):
                users[lowered(text(user.get("login")))] = user
        return users

    async def users(self, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The same by id."""
        users = {}
        for some in _hundreds(ids):
            for user in rows_of(await self.get("users", {"id": some})):
                users[text(user.get("id"))] = user
        return users

    async def live(self, ids: Iterable[str]) -> dict[str, Live]:
        """The streams that are on, by the channel's id."""
        streams = {}
        for some in _hundreds(ids):
            for row in rows_of(await self.get("streams", {"user_id": some, "first": _PAGE})):
                for live in self.oddities.sound(_live, row):
                    streams[text(row.get("user_id"))] = live
        return streams

    async def extension_live(self) -> list[str]:
        """Id of every live channel that has the extension active."""
        params = {"extension_id": self.settings.extension_id, "first": _PAGE}
        rows = await self.pages("extensions/live", params)
        ids = dict.fromkeys(numeric_id(row.get("broadcaster_id")) for row in rows)
        return [id for id in ids if id]

    # -- subscriptions ---------------------------------------------------------------------

    async def subscribe(self, want: Want, channel_id: str, transport: dict[str, str]) -> str:
        """Id of the new subscription. Raises TwitchRefused."""
        body = {
            "type": SubscriptionType(want.type).value,
            "version": want.version,
            "condition": want.condition(channel_id, self.token.user_id),
            "transport": transport,
        }
        answer = await self.ask(
            lambda: Route("POST", "eventsub/subscriptions", json=body), self.by_app
        )
        return next((text(row.get("id")) for row in rows_of(answer)), "")

    async def unsubscribe(self, name: str) -> None:
        """End a subscription; one that is gone already is none."""
        try:
            await self.ask(
                lambda: Route("DELETE", "eventsub/subscriptions", params={"id": name}), self.by_app
            )
        except TwitchRefused as exc:
            if exc.status != 404:
                raise

    async def subscriptions(self) -> list[dict[str, Any]]:
        """Every subscription of ours that Twitch sends for."""
        return await self.pages("eventsub/subscriptions", {"status": "enabled"}, self.by_app)

    async def shard(self, session_id: str) -> None:
        """The conduit's first shard sends to this session from now on. Raises TwitchRefused."""
        body = {
            "conduit_id": self.settings.conduit_id,
            "shards": [{"id": "0", "transport": {"method": "websocket", "session_id": session_id}}],
        }
        answer = await self.ask(
            lambda: Route("PATCH", "eventsub/conduits/shards", json=body), self.by_app
        )
        for error in _listed(answer.get("errors")):
            raise TwitchRefused(
                400, text(error.get("message"))[:200] or "the conduit has no such shard"
            )

    async def close(self) -> None:
        """Wait for a token that is being renewed, then hang up."""
        if self._renewing is not None:
            await asyncio.wait({self._renewing}, timeout=TIMEOUT_S)
        await self.client.close()


def _login_again(login: str) -> NotAuthorised:
    who = login or "the user"
    return NotAuthorised(
        f"Twitch no longer accepts the login of {who}; run `python -m pipeline login`"
    )


def _live(row: dict[str, Any]) -> list[Live]:
    """A stream that is on. When it began is nan where that cannot be read. Raises Malformed."""
    if row.get("type") != "live":
        return []
    began = epoch(row.get("started_at"))
    title, category = label(row.get("title")), label(row.get("game_name"))
    at = math.nan if began is None else began
    return [Live(identifier(row.get("id")), at, title, category)]


def _hundreds(values: Iterable[str]) -> Iterable[list[str]]:
    all_of_them = list(values)
    return (all_of_them[k : k + _PAGE] for k in range(0, len(all_of_them), _PAGE))


def _listed(value: Any) -> Collection[dict[str, Any]]:
    return [mapping(row) for row in value] if isinstance(value, list) else []


def rows_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """What Helix lists in an answer. Raises TwitchRefused for an answer without any: it is none."""
    if not isinstance(answer.get("data"), list):
        raise TwitchRefused(0, "an answer without data")
    return list(_listed(answer["data"]))


def _cursor(answer: dict[str, Any]) -> str:
    """Of the next page. Twitch gives an object, for extensions/live the text itself."""
    page = answer.get("pagination")
    return page if isinstance(page, str) else text(mapping(page).get("cursor"))
