"""Clips that viewers made, as Twitch lists them: read after a stream, and daily for a week.

Only of channels whose streamer has to do with this DLD: the login's own, and those that DLD_MARKERS
and DLD_CLIPS name. Who made a clip and what they called it are dropped as the answer is read.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

from pipeline.config import TwitchSettings
from pipeline.markers.jobs import NotDone
from pipeline.sources.eventsub.tokens import TokenFile
from warehouse.config import ConsentSettings
from warehouse.errors import NotAuthorised
from warehouse.identities import real_id

log = logging.getLogger(__name__)

WEEK = timedelta(days=7)
AFTER = timedelta(minutes=10)  # the end of a stream, before its clips are first read
LATER = timedelta(days=1)  # clips are made of a stream that is over, too
PAGES = 2  # of a hundred, the most viewed of a stream
AGAIN_S, REST_S = 86400.0, 1800.0  # between readings of a stream, and after trouble
_IDLE_S = 20.0


@dataclass(frozen=True)
class PastStream:
    """A stream whose clips are read. vod_id: '' where it is not known."""

    stream_id: str
    channel: str
    channel_id: str
    started_at: datetime
    ended_at: datetime
    vod_id: str = ""

    @property
    def until(self) -> datetime:
        """When the last of its clips that count are made."""
        return self.ended_at + LATER


@dataclass(frozen=True)
class Read:
    """Clips of a stream, as rows of `clips`; and its video, where that was not known."""

    stream: PastStream
    clips: list[dict[str, Any]]
    video: str = ""

    @property
    def is_all(self) -> bool:
        """True where there were no more than were asked for."""
        return len(self.clips) < PAGES * 100


class ViewersClips:
    """clock: of Twitch, epoch seconds. name_of: what people call the channel with a key."""

    def __init__(
        self,
        root: Path,
        source: str,
        clock: Callable[[], float] = time.time,
        name_of: Callable[[str], str] = str,
        consent: ConsentSettings | None = None,
    ) -> None:
        self.consent, self._root = consent or ConsentSettings(), root
        self.clock, self.name_of = clock, name_of
        self._tokens = TokenFile(root)
        self.is_on = source == "live" and self.consent.viewers_clips
        self.is_on = self.is_on and bool(TwitchSettings().client_id)
        self._lock = Lock()  # turns plan and take, in another thread
        self._planned: dict[str, PastStream] = {}
        self._read_at: dict[str, float] = {}  # stream to when, by the clock
        self._found: list[Read] = []
        self.idle_s = _IDLE_S
        self._told = ""  # trouble that was logged

    def plan(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Streams of the last week that are over: rows of `streams_of_late`."""
        over = self.clock() - AFTER.total_seconds()
        streams = [_stream(row) for row in rows if real_id(row["channel_id"])]
        with self._lock:
            self._planned = {s.stream_id: s for s in streams if s.ended_at.timestamp() <= over}
            kept = self._read_at.items()
            self._read_at = {id: at for id, at in kept if id in self._planned}

    def take(self) -> list[Read]:
        """What was read since the last call."""
        with self._lock:
            found, self._found = self._found, []
        return found

    def forget_channel(self, channel: str) -> None:
        """Nothing of the channel is read, nor handed on."""
        with self._lock:
            self._planned = {k: s for k, s in self._planned.items() if s.channel != channel}
            self._found = [read for read in self._found if read.stream.channel != channel]

    async def keep(self) -> None:
        """Read what is due, until cancelled. Whatever happens here, chat goes on being read."""
        while self.is_on:
            try:
                wait_s = await self.step()
            except Exception as exc:
                log.error("clips: a mistake of ours (%s); going on", type(exc).__name__)
                wait_s = REST_S
            await asyncio.sleep(wait_s)

    async def step(self) -> float:
        """Read one stream's clips, if one is due; returns seconds to wait before the next step."""
        stream = self._due()
        if stream is None:
            return self.idle_s
        try:
            self._keep(await self._asking.read(stream))
        except NotDone as exc:
            if self._told != str(exc):
                self._told = str(exc)
                log.warning("clips: what viewers clipped is not read: %s", exc)
            return max(REST_S, exc.wait_s)
        self._told = ""
        return self.idle_s

    @cached_property
    def _asking(self) -> Any:
        """Loaded by whoever asks: markers/asking.py: Asking."""
        return import_module("pipeline.markers.asking").Asking(self._root, self.clock)

    def _due(self) -> PastStream | None:
        """The newest stream that may be read, and was not of late."""
        try:
            own = self._tokens.load().user_id
        except (NotAuthorised, OSError):
            return None
        with self._lock:
            now, read_at = self.clock(), self._read_at
            due = (
                s
                for s in self._planned.values()
                if self._may(s, own) and now >= read_at.get(s.stream_id, -AGAIN_S) + AGAIN_S
            )
            return next(due, None)

    def _may(self, stream: PastStream, own: str) -> bool:
        login, channel_id = self.name_of(stream.channel), stream.channel_id
        named = self.consent.may_mark(login, channel_id) or self.consent.may_clip(login, channel_id)
        return named or channel_id == own

    def _keep(self, read: Read) -> None:
        with self._lock:
            if read.stream.stream_id in self._planned:  # else it was forgotten meanwhile
                self._read_at[read.stream.stream_id] = self.clock()
                self._found.append(read)


def _stream(row: Mapping[str, Any]) -> PastStream:
    started, ended = (row[name].replace(tzinfo=UTC) for name in ("started_at", "ended_at"))
    vod = row["vod_id"] or ""
    return PastStream(row["stream_id"], row["channel"], row["channel_id"], started, ended, vod)
