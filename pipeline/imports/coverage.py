"""Coverage of logs: which seconds of a window each has, and which stored stream it is a part of.

A window's seconds are 60 bits: bit k is second k, which a log has whole; bit 30 + k is second k
in which a log begins or ends, of which another may have the rest.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from itertools import pairwise

from pipeline.chat.placement import NeedsAnswer, minute
from pipeline.chat.table import Placed, Span, StoredStream
from pipeline.imports.stage import SESSION_GAP_S
from warehouse.records import WINDOW_SECONDS, window_start

WHOLE = (1 << WINDOW_SECONDS) - 1
_FAR = math.inf


def covered_mask(spans: Iterable[Span], start: float) -> int:
    """The seconds of the window at `start` that the spans have; all of them are epoch seconds."""
    whole = partly = 0
    for span in spans:
        first = max(0, math.floor(span.since - start))
        end = min(WINDOW_SECONDS, math.ceil(span.until - start))
        if first >= end:
            continue
        whole |= (1 << end) - (1 << first)
        if span.begins and span.since >= start:
            partly |= 1 << first
        if span.ends and span.until <= start + WINDOW_SECONDS:
            partly |= 1 << end - 1
    return whole & ~partly | partly << WINDOW_SECONDS


def at_home(placed: Placed, stored: Collection[StoredStream]) -> list[Placed]:
    """The stream as parts of stored streams, where it tells of the same.

    That is one with its video's id; one that was observed then; and, for a session by the clock
    on somebody's wall, any at its time or within a session's gap of it. What lies between two
    belongs to the earlier; each has whole windows.
    """
    mine = [s for s in stored if s.channel == placed.stream.channel and s.undated == placed.undated]
    same = [s for s in mine if s.vod_id and s.vod_id == placed.stream.vod_id and s.is_import]
    if placed.undated or same:
        return [replace(placed, host=same[0])] if same else [placed]
    hosts = sorted((s for s in mine if _tells_of(placed, s)), key=lambda s: s.started_at)
    if not hosts:
        return [placed]
    cuts = [window_start(s.started_at) - placed.started_at for s in hosts[1:]]
    first = window_start(hosts[0].started_at) - placed.started_at
    ends = [-_FAR, *cuts, _FAR]
    parts = []
    if hosts[0].is_import and hosts[0].vod_id and first > placed.stream.first:
        parts.append(placed.part(-_FAR, first, None))  # a video begins when it begins
        ends[0] = first
    parts += [placed.part(a, b, s) for s, (a, b) in zip(hosts, pairwise(ends), strict=True)]
    return [p for p in parts if p.stream.spans]


def _tells_of(placed: Placed, stored: StoredStream) -> bool:
    common = min(_ended(placed), stored.ended_at) - max(_began(placed), stored.started_at)
    if not stored.is_import:
        return common > WINDOW_SECONDS
    named = placed.stream.is_named or stored.vod_id
    return not placed.stream.is_named and common > (WINDOW_SECONDS if named else -SESSION_GAP_S)


def refuse_two_at_a_time(placed: Iterable[Placed], stored: Collection[StoredStream]) -> None:
    """Raises NeedsAnswer for a log whose time is another stream's."""
    for p in placed:
        for s in stored:
            common = min(_ended(p), s.ended_at) - max(_began(p), s.started_at)
            is_other = s.stream_id != p.stream_id and s.channel == p.stream.channel
            if s.is_import and is_other and common > WINDOW_SECONDS:
                raise NeedsAnswer(
                    f"stream {p.stream.stream} of {p.stream.whose} ({minute(_began(p))} to "
                    f"{minute(_ended(p))}) overlaps {s.stream_id} ({minute(s.started_at)} to "
                    f"{minute(s.ended_at)}), and a channel has one stream at a time: say when it "
                    "began (--started-at), or --place to lay it after the other, or --replace to "
                    "put it in the other's place",
                    "place",
                )


def _began(placed: Placed) -> float:
    return placed.started_at + placed.stream.covered[0].since


def _ended(placed: Placed) -> float:
    return placed.started_at + placed.stream.covered[-1].until


Stored = Mapping[int, int]  # seconds that are there, by a window's start
_Ask = Callable[[str, list[int]], Stored]


def without_twice(placed: Placed, ask: _Ask) -> Placed:
    """The stream without the seconds at its ends that are stored already, where their window is
    partly there and partly new: nobody could take them out of its sums later.

    ask: the stored seconds of a channel's imported windows at some starts.
    """
    at, spans = placed.started_at, placed.stream.covered
    began, ended = window_start(at + spans[0].since), window_start(_last_moment(placed))
    masks = ask(placed.stream.channel, [began, ended])
    new = [s._replace(since=at + s.since, until=at + s.until) for s in spans]
    since, until = -_FAR, _FAR
    twice = _twice(masks.get(began, 0), covered_mask(new, began))
    if twice & 1 << max(0, math.floor(new[0].since) - began):
        since = began + twice.bit_length() - at
    twice = _twice(masks.get(ended, 0), covered_mask(new, ended))
    if twice >> max(0, math.ceil(new[-1].until) - ended - 1):
        until = ended + (twice & -twice).bit_length() - 1 - at
    return placed if (since, until) == (-_FAR, _FAR) else _cut(placed, since, until)


def _cut(placed: Placed, since: float, until: float) -> Placed:
    kept = placed.part(since, until, placed.host)
    return kept if kept.stream.spans else placed


def _last_moment(placed: Placed) -> float:
    return math.nextafter(_ended(placed), 0)


def _twice(old: int, new: int) -> int:
    """Seconds that both have, of windows neither of which has all that the other has."""
    had, has = old & WHOLE | old >> WINDOW_SECONDS, new & WHOLE | new >> WINDOW_SECONDS
    if not had & ~has or not has & ~had:
        return 0
    return old & has & WHOLE | new & had & WHOLE
