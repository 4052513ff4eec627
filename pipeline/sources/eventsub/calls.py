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
from pipeline.web import HELIX, LOGINS, NoAnswer, asked_wait_s, body, request, session
from warehouse.config import TwitchAddress
from warehouse.errors import AppError, NotAuthorised

TIMEOUT_S = 20.0
_MOST_BYTES = 1 << 20
_LONGEST_WAIT_S = 300.0
# what the login server says of the application itself, part of it is enough: a new login is no help
_SETTINGS = {
    "missing client secret": "it is a confidential one; set DLD_TWITCH_CLIENT_SECRET to its "
    "secret, from Twitch's console",
    "client secret": "DLD_TWITCH_CLIENT_SECRET is not the secret of the one that "
    "DLD_TWITCH_CLIENT_ID names; copy both from Twitch's console",
    "invalid client": "DLD_TWITCH_CLIENT_ID names no application; copy it from Twitch's console",
}


class TwitchRefused(AppError):
    """Twitch did not do what it was asked. status: HTTP's, 0 where there was no answer. wait_s:
    seconds that it asks to wait, 0.0 where it does not."""

    def __init__(self, status: int, why: str, wait_s: float = 0.0) -> None:
        self.status, self.why, self.wait_s = status, why, wait_s
        super().__init__(f"Twitch: {why}" + (f" ({status})" if status else ""))

    @property
    def is_passing(self) -> bool:
        """True if it may well work in a moment."""
        return self.status == 0 or self.status == 429 or self.status >= 500


class Client:
    """Requests of twitchio's with our application's id, over a session of our own: that one hands
    on what a refusal says before twitchio quotes it.

    Raises NotAuthorised without a client id.
    """

    def __init__(self, settings: TwitchSettings, address: TwitchAddress) -> None:
        if not settings.client_id:
            raise NotAuthorised("no Twitch application: set DLD_TWITCH_CLIENT_ID (.env.example)")
        if address.twitch_url:
            Route.BASE, Route.ID_BASE = address.of(HELIX), address.of(LOGINS)
        self._http = aiohttp.ClientSession(raise_for_status=_refuse)
        self._oauth = OAuth(client_id=settings.client_id, session=self._http)

    async def ask(self, route: Route) -> Any:
        """The answer's JSON. Raises TwitchRefused, whose text has no secret."""
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await self._oauth.request_json(route)
        except HTTPException as exc:
            raise TwitchRefused(0, f"an answer that is no JSON ({exc.status})") from None
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as exc:
            raise TwitchRefused(0, f"no answer ({type(exc).__name__})") from None

    async def close(self) -> None:
        """Hang up."""
        await self._http.close()


async def _refuse(answer: aiohttp.ClientResponse) -> None:
    """Raises TwitchRefused for a refusal."""
    if answer.status < 400:
        return
    try:
        content = mapping(orjson.loads(await body(answer, _MOST_BYTES)))
    except (ValueError, NoAnswer):
        content = {}
    told = answer.request_info
    sent = *told.url.query.values(), *map(told.headers.get, ("Authorization", "Client-ID"))
    why = _words(content.get("message"), sent)
    raise TwitchRefused(answer.status, why, asked_wait_s(answer.headers, _LONGEST_WAIT_S))


async def post(address: TwitchAddress, path: str, fields: Mapping[str, str]) -> dict[str, Any]:
    """The login server's answer. Raises TwitchRefused, and NotAuthorised where a setting is wrong.
    Not through twitchio: that puts fields, and with them secrets, into the address."""
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
        why = _words(content.get("message"), fields.values())
        is_secret = answer.status == 403 and "client_secret" in fields
        _name_setting("client secret" if is_secret else why.lower(), why)
        raise TwitchRefused(answer.status, why, asked_wait_s(answer.headers, _LONGEST_WAIT_S))
    return content


def _name_setting(fault: str, why: str) -> None:
    """Raises NotAuthorised where the login server refuses the application itself."""
    for part, help in _SETTINGS.items():
        if part in fault:
            raise NotAuthorised(f"Twitch refuses the application ({why}), {help}, and start again")


def _words(reason: Any, sent: Iterable[Any]) -> str:
    """Twitch's own words, one short line; nothing of a page that something else put in between,
    nor of what was sent."""
    if not isinstance(reason, str) or not reason or "<" in reason or len(reason) > 200:
        return "no reason given"
    words = {word for value in sent for word in str(value).split() if len(word) > 7}
    return "no reason given" if any(word in reason for word in words) else " ".join(reason.split())
