"""Requests through twitchio, and refusals in our words: its own quote secrets."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

import aiohttp
from twitchio.authentication import OAuth
from twitchio.exceptions import HTTPException
from twitchio.http import Route

from pipeline.config import TwitchSettings
from pipeline.sources.eventsub.frames import mapping
from warehouse.errors import AppError, NotAuthorised

TIMEOUT_S = 20.0


class Refused(AppError):
    """Twitch did not do what it was asked. status: HTTP's, 0 where there was no answer."""

    def __init__(self, status: int, why: str) -> None:
        self.status, self.why = status, why
        super().__init__(f"Twitch: {why}" + (f" ({status})" if status else ""))

    @property
    def is_passing(self) -> bool:
        """Whether it may well work in a moment."""
        return self.status == 0 or self.status == 429 or self.status >= 500


def oauth(settings: TwitchSettings) -> OAuth:
    """twitchio's client, at the settings' addresses. Raises NotAuthorised without a client id."""
    if not settings.client_id:
        raise NotAuthorised("no Twitch application: set DLD_TWITCH_CLIENT_ID (.env.example)")
    defaults = TwitchSettings.model_fields
    if settings.helix_url != defaults["helix_url"].default:
        Route.BASE = settings.helix_url
    if settings.id_url != defaults["id_url"].default:
        Route.ID_BASE = settings.id_url
    secret = settings.client_secret.get_secret_value() or None
    return OAuth(client_id=settings.client_id, client_secret=secret)


async def ask(client: OAuth, route: Route) -> Any:
    """The answer's JSON. Raises Refused, whose text has no secret: never twitchio's own."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return await client.request_json(route)
    except HTTPException as exc:
        raise Refused(exc.status, _why(exc)) from None
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as exc:
        raise Refused(0, f"no answer ({type(exc).__name__})") from None


async def post(settings: TwitchSettings, path: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """The login server's answer. Raises Refused. Not through twitchio: that puts fields, and
    with them secrets, into the address."""
    try:
        async with (
            asyncio.timeout(TIMEOUT_S),
            aiohttp.ClientSession() as http,
            http.post(settings.id_url + path, data=dict(fields)) as answer,
        ):
            told = mapping(await answer.json(content_type=None))
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as exc:
        raise Refused(0, f"no answer ({type(exc).__name__})") from None
    if answer.status >= 400:
        raise Refused(answer.status, _words(told.get("message"), fields.values()))
    return told


def _why(exc: HTTPException) -> str:
    told = exc.extra.get("message") if isinstance(exc.extra, dict) else None
    if exc.route is None:
        return "no reason given"
    return _words(told, (*exc.route.params.values(), *exc.route.headers.values()))


def _words(told: Any, sent: Iterable[Any]) -> str:
    """Twitch's own words, one short line; nothing of a page that something else put in between,
    nor of what was sent."""
    if not isinstance(told, str) or not told or "<" in told or len(told) > 200:
        return "no reason given"
    words = {word for value in sent for word in str(value).split() if len(word) > 7}
    return "no reason given" if any(word in told for word in words) else " ".join(told.split())
