"""Requests through twitchio, and refusals in our words: its own quote secrets."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import aiohttp
import orjson
from twitchio.authentication import OAuth
from twitchio.exceptions import HTTPException
from twitchio.http import Route

from pipeline.config import TwitchSettings
from pipeline.sources.eventsub.frames import mapping
from pipeline.web import HELIX, LOGINS, NoAnswer, body, request, session
from warehouse.config import TwitchAddress
from warehouse.errors import AppError, NotAuthorised

TIMEOUT_S = 20.0
_MOST_BYTES = 1 << 20


class TwitchRefused(AppError):
    """Twitch did not do what it was asked. status: HTTP's, 0 where there was no answer."""

    def __init__(self, status: int, why: str) -> None:
        self.status, self.why = status, why
        super().__init__(f"Twitch: {why}" + (f" ({status})" if status else ""))

    @property
    def is_passing(self) -> bool:
        """True if it may well work in a moment."""
        return self.status == 0 or self.status == 429 or self.status >= 500


def oauth(settings: TwitchSettings, address: TwitchAddress) -> OAuth:
    """twitchio's client, at that address. Raises NotAuthorised without a client id."""
    if not settings.client_id:
        raise NotAuthorised("no Twitch application: set DLD_TWITCH_CLIENT_ID (.env.example)")
    if address.twitch_url:
        Route.BASE, Route.ID_BASE = address.of(HELIX), address.of(LOGINS)
    secret = settings.client_secret.get_secret_value() or None
    return OAuth(client_id=settings.client_id, client_secret=secret)


async def ask(client: OAuth, route: Route) -> Any:
    """The answer's JSON. Raises TwitchRefused, whose text has no secret: never twitchio's own."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return await client.request_json(route)
    except HTTPException as exc:
        raise TwitchRefused(exc.status, _why(exc)) from None
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as exc:
        raise TwitchRefused(0, f"no answer ({type(exc).__name__})") from None


async def post(address: TwitchAddress, path: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """The login server's answer. Raises TwitchRefused. Not through twitchio: that puts fields, and
    with them secrets, into the address."""
    url = address.of(LOGINS) + path
    try:
        async with (
            session("DLD") as http,
            request(http, "POST", url, TIMEOUT_S, data=dict(fields)) as answer,
        ):
            read = (await body(answer, _MOST_BYTES)).strip()
            content = mapping(orjson.loads(read)) if read else {}  # a refusal may say nothing
    except NoAnswer as exc:
        raise TwitchRefused(0, str(exc)) from None
    if answer.status >= 400:
        raise TwitchRefused(answer.status, _words(content.get("message"), fields.values()))
    return content


def _why(exc: HTTPException) -> str:
    reason = exc.extra.get("message") if isinstance(exc.extra, dict) else None
    if exc.route is None:
        return "no reason given"
    return _words(reason, (*exc.route.params.values(), *exc.route.headers.values()))


def _words(reason: Any, sent: Iterable[Any]) -> str:
    """Twitch's own words, one short line; nothing of a page that something else put in between,
    nor of what was sent."""
    if not isinstance(reason, str) or not reason or "<" in reason or len(reason) > 200:
        return "no reason given"
    words = {word for value in sent for word in str(value).split() if len(word) > 7}
    return "no reason given" if any(word in reason for word in words) else " ".join(reason.split())
