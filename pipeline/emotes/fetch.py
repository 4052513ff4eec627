"""One request to a catalogue: its answer, or why there is none, in our words alone."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import aiohttp

USER_AGENT = "DLD/0.1 (mood of Twitch chats; reads the names of emotes, every six hours)"
TIMEOUT_S = 20.0  # of a whole request
MAX_BYTES = 16 << 20  # unpacked; 7TV tells some 3 KB an emote
_MAX_HEADER = 200  # characters of an ETag or a date that are kept
_MAX_WAIT_S = 86400.0  # a catalogue that says to come back later than in a day is asked then


@dataclass(frozen=True)
class Answer:
    """body: None for 304, what is known still holds. is_missing: 404, there is nothing."""

    body: bytes | None
    etag: str = ""
    modified: str = ""
    is_missing: bool = False


class Unanswered(Exception):
    """No usable answer. wait_s: how long the catalogue wants to be left alone, 0 where it does
    not say. of_all: whether any other request there would very likely fare the same."""

    def __init__(self, why: str, of_all: bool, wait_s: float = 0.0) -> None:
        super().__init__(why)
        self.of_all, self.wait_s = of_all, wait_s


def session(agent: str = USER_AGENT) -> aiohttp.ClientSession:
    """One connection, no cookies."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=1),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": agent, "Accept": "application/json"},
    )


async def fetch(
    http: aiohttp.ClientSession, url: str, headers: Mapping[str, str], timeout_s: float = TIMEOUT_S
) -> Answer:
    """Ask once. Raises Unanswered. Redirects are not followed: they may lead anywhere."""
    try:
        async with (
            asyncio.timeout(timeout_s),
            http.get(url, headers=headers, allow_redirects=False) as answer,
        ):
            _refuse(answer)
            body = await _body(answer) if answer.status == 200 else b""
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as exc:
        raise Unanswered(f"no answer ({type(exc).__name__})", of_all=True) from None
    if answer.status == 304:
        return Answer(None)
    etag, modified = _header(answer, "ETag"), _header(answer, "Last-Modified")
    return Answer(body, etag, modified, answer.status == 404)


def _refuse(answer: aiohttp.ClientResponse) -> None:
    """Raises Unanswered for anything but 200, 304 and 404."""
    status = answer.status
    if status in (200, 304, 404):
        return
    if status in (301, 302, 303, 307, 308):
        raise Unanswered(f"it sends elsewhere ({status}), which is not followed", of_all=False)
    wait_s = _wait_s(answer.headers.get("Retry-After", "")) if status in (429, 503) else 0.0
    of_all = status in (401, 403, 429) or status >= 500
    raise Unanswered(f"it refuses ({status})", of_all, wait_s)


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    """All of it. Raises Unanswered beyond the limit, whatever length was announced."""
    found = bytearray()
    async for part in answer.content.iter_chunked(1 << 16):
        found += part
        if len(found) > MAX_BYTES:
            raise Unanswered(f"more than {MAX_BYTES >> 20} MB", of_all=False)
    return bytes(found)


def _wait_s(said: str) -> float:
    """Retry-After as seconds: it is a number of them, or a date; 0.0 for neither."""
    if said.isascii() and said.isdigit():
        return min(_MAX_WAIT_S, float(said[:9]))
    try:
        return min(_MAX_WAIT_S, max(0.0, parsedate_to_datetime(said).timestamp() - time.time()))
    except (ValueError, OverflowError):
        return 0.0


def _header(answer: aiohttp.ClientResponse, name: str) -> str:
    """A header to be sent back, '' for one that is missing or strange."""
    value = answer.headers.get(name, "")
    return value if len(value) <= _MAX_HEADER and value.isascii() and value.isprintable() else ""
