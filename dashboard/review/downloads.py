"""Moments to take away: CSV, markers for an editor (EDL), chapters for YouTube. No Streamlit.

None of them holds a line of chat: they may outlive the day that lines are kept.
"""

from collections.abc import Sequence
from math import isfinite

import pyarrow as pa

from dashboard import wording
from dashboard.export import csv_bytes
from dashboard.review import sentences
from warehouse.moments.placed import PlacedMoment
from warehouse.moments.words import title
from warehouse.records import WINDOW_SECONDS

TIMELINE_H = 1  # an editor's timeline begins at 01:00:00:00
_DAY_S = 86400
_COLOURS = {
    "peak": "Purple", "hype": "Green", "laughter": "Pink", "silence": "Cream",
}  # fmt: skip
CHAPTER_S = 10  # YouTube wants chapters at least so long
CHAPTERS = 3  # and at least so many


def csv(moments: Sequence[PlacedMoment], vod_id: str | None, basis: str = "words") -> bytes:
    """A row a moment, by rank; what is not known is empty. basis: of their moods."""
    rows = [{**_row(rank, one, vod_id), "basis": basis} for rank, one in enumerate(moments, 1)]
    return csv_bytes(pa.table({name: [row[name] for row in rows] for name in COLUMNS}))


COLUMNS = (
    "rank", "kind", "also", "elapsed", "elapsed_s", "start", "duration_s", "sigma", "n_messages",
    "mood_before", "mood", "messages_per_min", "usual_per_min", "laughs_per_message", "basis",
    "what", "terms", "vod",
)  # fmt: skip


def _row(rank: int, one: PlacedMoment, vod_id: str | None) -> dict[str, object]:
    m = one.moment
    return {
        "rank": rank,
        "kind": m.kind,
        "also": " ".join(m.also),
        "elapsed": sentences.elapsed(one.at_s),
        "elapsed_s": one.at_s,
        "start": one.at.replace(tzinfo=None),
        "duration_s": (m.last - m.first) * WINDOW_SECONDS,
        "sigma": round(m.score, 2),
        "n_messages": m.n,
        "mood_before": _number(m.before, 4),
        "mood": _number(m.mood, 4),
        "messages_per_min": _number(m.rate, 2),
        "usual_per_min": _number(m.usual, 2),
        "laughs_per_message": _number(m.share, 4),
        "what": sentences.sentence(m),
        "terms": sentences.terms(m, one.reasons),
        "vod": sentences.vod_link(vod_id, one.at_s),
    }


def _number(value: float, digits: int) -> float | None:
    return round(value, digits) if isfinite(value) else None


def edl(moments: Sequence[PlacedMoment], name: str) -> str:
    """A CMX 3600 list of markers, as DaVinci Resolve reads them, in the order of time.

    Times count from 01:00:00:00 in whole seconds, so they hold at any whole frame rate; a
    timecode has no 25th hour, what lies beyond is left out.
    Source: the layout of Resolve's own export (Timelines > Export > Timeline Markers to EDL).
    """
    lines = [f"TITLE: {_line(name, 60)}", "FCM: NON-DROP FRAME", ""]
    inside = [one for one in moments if one.at_s + TIMELINE_H * 3600 < _DAY_S]
    for number, one in enumerate(sorted(inside, key=lambda f: f.at_s), 1):
        start, end = _timecode(one.at_s, 0), _timecode(one.at_s, 1)
        lines.append(f"{number:03d}  001      V     C        {start} {end} {start} {end}")
        lines.append(_marker(one))
        lines.append("")
    return "\r\n".join(lines)


def _timecode(seconds: int, frames: int) -> str:
    clock = seconds + TIMELINE_H * 3600
    return f"{clock // 3600:02d}:{clock // 60 % 60:02d}:{clock % 60:02d}:{frames:02d}"


def _marker(one: PlacedMoment) -> str:
    m = one.moment
    note = f"{sentences.sentence(m)} {sentences.terms(m, one.reasons, 3)}"
    return f"{_line(note, 300)} |C:ResolveColor{_COLOURS[m.kind]} |M:{title(m)} |D:1"


def _line(text: str, longest: int) -> str:
    """Foreign text that ends no line and begins no field."""
    return wording.plain(text, longest).replace("|", "/").lstrip("*").strip()


def chapters(moments: Sequence[PlacedMoment], length_s: float) -> tuple[str, str]:
    """(lines for a YouTube description, '') or ('', why there are none).

    The first is at 0:00, all are at least 10 s long; where two moments are closer the stronger
    one stays. Titles hold no terms: what is public should be the streamer's own words.
    Source: YouTube's help on video chapters.
    """
    starts = [(0, "Start")]
    for one in moments:  # by rank
        near = any(abs(one.at_s - at) < CHAPTER_S for at, _ in starts)
        if not near and one.at_s <= length_s - CHAPTER_S:
            starts.append((one.at_s, title(one.moment)))
    if len(starts) < CHAPTERS:
        return "", (
            f"YouTube wants at least {CHAPTERS} chapters of {CHAPTER_S} s; this stream would have "
            f"{len(starts)}, its start among them."
        )
    return "\n".join(f"{_stamp(at)} {title}" for at, title in sorted(starts)) + "\n", ""


def _stamp(seconds: int) -> str:
    """0:00, 12:30, 1:02:03."""
    if seconds >= 3600:
        return sentences.elapsed(seconds)
    return f"{seconds // 60}:{seconds % 60:02d}"
