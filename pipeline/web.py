"""Manners on the web: addresses, longer and longer waits, Retry-After, answers of bounded size."""

import asyncio
import random
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # loaded by whoever asks: simulated chat needs none of it
    from aiohttp import ClientResponse, ClientSession

IRC = "wss://irc-ws.chat.twitch.tv:443"
EVENTSUB = "wss://eventsub.wss.twitch.tv/ws"
HELIX = "https://api.twitch.tv/helix/"
LOGINS = "https://id.twitch.tv/"
BTTV = "https://api.betterttv.net/3/"
FFZ = "https://api.frankerfacez.com/v1/"
SEVENTV = "https://7tv.io/v3/"
ENDPOINTS = {
    "public chat": IRC,
    "EventSub": EVENTSUB,
    "Helix": HELIX,
    "Twitch's logins": LOGINS,
    "BTTV": BTTV,
    "FFZ": FFZ,
    "7TV": SEVENTV,
}


def backoff_s(
    failures: int,
    longest_s: float,
    first_s: float = 1.0,
    dice: Callable[[], float] = random.random,
) -> float:
    """Seconds to wait after so many failures in a row, 1 or more: half to all of `first_s`, twice
    that ... `longest_s`, so that those who failed together do not come back together."""
    whole = min(longest_s, first_s * 2.0 ** min(failures - 1, 30))
    return whole * (0.5 + 0.5 * dice())


def retry_after_s(value: str, longest_s: float) -> float:
    """Retry-After as seconds: a number of them, with a fraction or not, or a date; 0.0 for
    neither, and never more than `longest_s`."""
    try:
        seconds = float(value[:20])
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except (ValueError, OverflowError):
            return 0.0
    return min(longest_s, seconds) if seconds > 0 else 0.0


def printable(words: str, most: int = 400) -> str:
    """One line of somebody else's words, cut, nothing in it that a terminal would obey."""
    line = " ".join(words.split())
    return "".join(c if c.isprintable() else "?" for c in line)[:most]


def why_unreached(exc: BaseException) -> str:
    """Why there is no connection, in plain words, with nothing of an answer or an address."""
    if isinstance(exc, socket.gaierror):
        return "its name is not known (DNS)"
    if isinstance(exc, ssl.SSLCertVerificationError):
        return f"no safe connection, its certificate is not trusted: {exc.verify_message}"
    if isinstance(exc, ssl.SSLError):
        return f"no safe connection ({exc.reason or 'TLS'})"
    if isinstance(exc, TimeoutError):
        return "no answer in time"
    if isinstance(exc, ConnectionRefusedError) or "[Errno 111]" in str(exc):
        return "Connection refused, nothing answers there"
    if isinstance(exc, ConnectionError | EOFError):
        return "the connection is cut off"
    name = type(exc).__name__
    if "Proxy" in name:
        return "the proxy that this machine is set to use lets nothing through"
    status = getattr(getattr(exc, "response", None), "status_code", None)
    if status is not None:
        return f"another answer than Twitch's (HTTP {status})"
    return getattr(exc, "strerror", None) or f"an answer that is none ({name})"


def asked_wait_s(headers: Mapping[str, str], longest_s: float) -> float:
    """Seconds that a refusal asks to wait: its Retry-After, else up to Ratelimit-Reset, an epoch
    second by the clock of its Date; 0.0 where it has neither."""
    if after := retry_after_s(headers.get("Retry-After", ""), longest_s):
        return after
    try:
        date = parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except (ValueError, OverflowError):
        date = time.time()
    seconds = _number(headers.get("Ratelimit-Reset", "")) - date
    return min(longest_s, seconds) if seconds > 0 else 0.0


def _number(text: str) -> float:
    try:
        return float(text[:20])
    except ValueError:
        return 0.0


class NoAnswer(Exception):
    """No answer that could be used; its text quotes neither address nor answer."""


class TooLarge(NoAnswer):
    """An answer beyond what may be kept of it."""


@asynccontextmanager
async def request(
    http: "ClientSession", method: str, url: str, timeout_s: float, **more: Any
) -> AsyncIterator["ClientResponse"]:
    """One request with all that is read of its answer. Raises NoAnswer, also for a ValueError
    over what was read. Redirects are not followed: they may lead anywhere."""
    import aiohttp

    try:
        async with (
            asyncio.timeout(timeout_s),
            http.request(method, url, allow_redirects=False, **more) as answer,
        ):
            yield answer
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as exc:
        raise NoAnswer(f"no answer ({type(exc).__name__})") from None


async def body(answer: "ClientResponse", most: int) -> bytes:
    """All of an answer. Raises TooLarge beyond `most` bytes, whatever length was announced."""
    read = bytearray()
    async for part in answer.content.iter_chunked(1 << 16):
        read += part
        if len(read) > most:
            raise TooLarge(f"more than {most >> 20} MB")
    return bytes(read)


def session(agent: str) -> "ClientSession":
    """A client with one connection and no cookies."""
    import aiohttp

    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=1),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": agent, "Accept": "application/json"},
    )
