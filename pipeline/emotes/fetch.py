"""Request to a catalogue: its answer, or why there is none, in our words alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.web import NoAnswer, TooLarge, body, request, retry_after_s

if TYPE_CHECKING:  # loaded by whoever asks
    from aiohttp import ClientResponse, ClientSession

USER_AGENT = "DLD/0.1 (mood of Twitch chats; reads the names of emotes, every six hours)"
TIMEOUT_S = 20.0  # of a whole request
_MOST_BYTES = 16 << 20  # unpacked; 7TV tells some 3 KB an emote
_MOST_HEADER = 200  # characters of an ETag or a date that are kept
_LONGEST_WAIT_S = 86400.0  # a catalogue that says to come back later than in a day is asked then


@dataclass(frozen=True)
class Fetched:
    """body: None for 304, what is known still holds. is_missing: 404, there is nothing."""

    body: bytes | None
    etag: str = ""
    modified: str = ""
    is_missing: bool = False


class Unanswered(Exception):
    """No usable answer. wait_s: how long the catalogue wants to be left alone, 0 where it does
    not say. of_all: any other request there would very likely fare the same."""

    def __init__(self, why: str, of_all: bool, wait_s: float = 0.0) -> None:
        super().__init__(why)
        self.of_all, self.wait_s = of_all, wait_s


async def fetch(
    http: "ClientSession", url: str, headers: Mapping[str, str], timeout_s: float
) -> Fetched:
    """Ask once. Raises Unanswered."""
    try:
        async with request(http, "GET", url, timeout_s, headers=headers) as answer:
            _refuse(answer)
            read = await body(answer, _MOST_BYTES) if answer.status == 200 else b""
    except NoAnswer as exc:
        raise Unanswered(str(exc), of_all=not isinstance(exc, TooLarge)) from None
    if answer.status == 304:
        return Fetched(None)
    etag, modified = _header(answer, "ETag"), _header(answer, "Last-Modified")
    return Fetched(read, etag, modified, answer.status == 404)


def _refuse(answer: "ClientResponse") -> None:
    """Raises Unanswered for anything but 200, 304 and 404."""
    status = answer.status
    if status in (200, 304, 404):
        return
    if status in (301, 302, 303, 307, 308):
        raise Unanswered(f"it sends elsewhere ({status}), which is not followed", of_all=False)
    after = answer.headers.get("Retry-After", "") if status in (429, 503) else ""
    of_all = status in (401, 403, 429) or status >= 500
    raise Unanswered(f"it refuses ({status})", of_all, retry_after_s(after, _LONGEST_WAIT_S))


def _header(answer: "ClientResponse", name: str) -> str:
    """A header to be sent back, '' for one that is missing or strange."""
    value = answer.headers.get(name, "")
    return value if len(value) <= _MOST_HEADER and value.isascii() and value.isprintable() else ""
