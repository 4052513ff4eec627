"""published/latest/CHANNEL_ID.json -> the bytes to send, made once a window."""

import gzip
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from fastapi import Response

from ebs.errors import PublishedDamaged
from warehouse.atomic import Stamp
from warehouse.errors import NothingPublished
from warehouse.published.folder import Published, read_bodies
from warehouse.records import WINDOW_SECONDS

STALE_AFTER_S = 90.0  # older data is served as stale, and not broadcast
SHOWN = ("channel_id", "login", "source", "status")
ON_AIR = frozenset({"live", "quiet"})
MOST_BODIES = 1000  # kept in memory, 13 KB each


@dataclass(frozen=True, slots=True)
class Body:
    """One answer, ready to send: as it is, gzipped, and its ETag (weak: one for both)."""

    plain: bytes
    packed: bytes
    etag: bytes

    def known_to(self, if_none_match: bytes | None) -> bool:
        """True if an If-None-Match header names this body."""
        if if_none_match is None:
            return False
        opaque = self.etag.removeprefix(b"W/")
        tags = (tag.strip() for tag in if_none_match.split(b","))
        return any(tag == b"*" or tag.removeprefix(b"W/") == opaque for tag in tags)


@dataclass(frozen=True, slots=True)
class ChannelBody:
    """A channel's body while it is fresh and once it is stale; made at `at` (epoch, s, Twitch's).

    off: seconds that the clock of the pipeline's machine is behind Twitch's. window: start of its
    last closed window, as the body says it; '' where none closed yet.
    """

    stamp: Stamp
    at: float
    off: float
    login: str
    window: str
    fresh: Body
    stale: Body

    def body(self, now: float) -> tuple[Body, int]:
        """What to send at `now`, and for how many seconds it is the newest there is."""
        age = self.age(now)
        if age > STALE_AFTER_S:
            return self.stale, 0
        return self.fresh, max(0, min(WINDOW_SECONDS, int(WINDOW_SECONDS - age)))

    def age(self, now: float) -> float:
        """Seconds since it was made. now: this machine's clock, which may be as wrong as the
        pipeline's, or right: what counts then, too, is when the file was written here."""
        if not self.off:
            return now - self.at
        written = now - self.stamp[0] / 1e9
        return max(written, min(abs(now - self.at), abs(now + self.off - self.at)))


class Latest:
    """Reads a channel's file when it has changed. The folder need not exist yet."""

    def __init__(self, published: Published) -> None:
        self._published = published
        self._bodies: dict[str, ChannelBody] = {}

    def of(self, channel_id: str) -> ChannelBody:
        """`channel_id`: digits only, checked by the caller.

        Raises NothingPublished, or PublishedDamaged for a file that breaks the contract.
        """
        body = self._bodies.get(channel_id)
        try:
            stamp = body.stamp if body else None
            changed = self._published.get_if_changed(f"{channel_id}.json", stamp)
            if changed is not None:
                if len(self._bodies) >= MOST_BODIES:
                    del self._bodies[next(iter(self._bodies))]
                body = self._bodies[channel_id] = _read(channel_id, *changed)
            assert body is not None  # what has no stamp has changed
        except (FileNotFoundError, NotADirectoryError):
            self._bodies.pop(channel_id, None)
            raise NothingPublished(
                f"nothing is published for channel {channel_id}: DLD does not follow it yet"
            ) from None
        except OSError as exc:
            raise PublishedDamaged(f"{channel_id}.json cannot be read: {exc.strerror}") from exc
        return body

    def channels(self) -> list[str]:
        """Ids of the channels that have a body."""
        try:
            names = self._published.list()
        except OSError:
            return []
        return [name.removesuffix(".json") for name in names if name.endswith(".json")]

    def ready(self) -> bool:
        """True if the bodies can be listed."""
        try:
            self._published.list()
        except OSError:
            return False
        return True


def _read(channel_id: str, raw: bytes, stamp: Stamp) -> ChannelBody:
    try:
        content = json.loads(raw)
        at = datetime.fromisoformat(content["generated_at"]).timestamp()
        window = str(content["history"][-1][0]) if content.get("history") else ""
        if content.get("channel_id", channel_id) != channel_id:
            raise ValueError("of another channel")  # no viewer is to see another chat's mood
        stale = json.dumps(
            content | {"status": "stale"}, separators=(",", ":"), ensure_ascii=False
        ).encode()
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as exc:
        raise PublishedDamaged(
            f"{channel_id}.json is not a body of DLD: {type(exc).__name__}"
        ) from exc
    off = content.get("clock_offset_s")
    off = float(off) if isinstance(off, int | float) and abs(off) < 1e10 else 0.0
    login = str(content.get("login", ""))
    return ChannelBody(stamp, at, off, login, window, _body(raw), _body(stale))


def _body(plain: bytes) -> Body:
    digest = hashlib.blake2b(plain, digest_size=9).hexdigest()
    return Body(plain, gzip.compress(plain, 6, mtime=0), f'W/"{digest}"'.encode())


@lru_cache(maxsize=256)  # browsers send a few; the lookup takes 0.1 µs
def takes_gzip(accept_encoding: bytes) -> bool:
    """True if an Accept-Encoding header takes gzip (RFC 9110, 12.5.3): by its name or by *, and
    not at q=0."""
    weights = {}
    for part in accept_encoding.lower().split(b","):
        coding, _, parameter = part.partition(b";")
        weights[coding.strip()] = parameter.replace(b" ", b"")
    weight = weights.get(b"gzip", weights.get(b"*"))
    return weight is not None and re.fullmatch(rb"q=0(\.0*)?", weight) is None


def answer(body: Body, fresh_for_s: int, is_known: bool, is_packed: bool) -> Response:
    """200 with the body, or 304 where the asker knows it. Built by hand: it is the hot path."""
    response = Response(b"")
    headers = [
        (b"etag", body.etag),
        (b"cache-control", b"private, max-age=%d" % fresh_for_s),
        (b"vary", b"Authorization, Accept-Encoding"),
    ]
    if is_known:
        response.status_code = 304
    else:
        response.body = body.packed if is_packed else body.plain
        headers.append((b"content-type", b"application/json"))
        headers.append((b"content-length", b"%d" % len(response.body)))
        if is_packed:
            headers.append((b"content-encoding", b"gzip"))
    response.raw_headers = headers
    return response


def published_channels(published: Published) -> list[dict[str, Any]]:
    """channel_id, login, source and status of every channel that has a readable body: those on air
    first, by login."""
    bodies = [content for _, content in read_bodies(published) if content.keys() >= set(SHOWN)]
    rows = [{key: str(content[key]) for key in SHOWN} for content in bodies]
    return sorted(rows, key=lambda row: (row["status"] not in ON_AIR, row["login"]))
