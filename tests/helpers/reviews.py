"""Reviewed streams made up for tests: moments, ranges, and texts that are hard on a file."""

from datetime import UTC, datetime, timedelta
from typing import Any

from dashboard.review.files.export import Export, OwnRange, categories
from warehouse.moments.kinds import Moment
from warehouse.moments.placed import PlacedMoment
from warehouse.moments.reasons import Reason

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
LENGTH_S = 7200
PEAK = Moment("peak", 4, 5, 6.25, n=60, mood=0.1, before=0.05, rate=120.0, usual=20.0, share=0.5)
LAUGHS = Moment("laughter", 40, 44, 5.0, n=200, mood=0.2, before=0.1, share=0.3, also=("peak",),
                grade="sure")  # fmt: skip
# markup, fields, lines, formulas, other directions, halves of a pair, what XML has no sign for
HOSTILE = (
    '=cmd|"/c calc"!A1', "]]><script>alert(1)</script>&amp;<!--",
    "a|M:b |D:9\r\n002  AX", '"",\',;\t"',
    "مرحبا \u202eabc\u2066", "\ud800 lone \udc00", "\x00\x08\x1b[31m\x7f\x85",
    "\ufffe\uffff\u200b",
    "👩‍👩‍👧 😂" * 20, "title " * 84, "* FROM CLIP NAME: x", "-1+1", "＝1+1", "   ", "",
)  # fmt: skip


def found(m: Moment, at_s: int, *why: Reason) -> PlacedMoment:
    """The moment at that second of the stream; its windows begin at it or before."""
    return PlacedMoment(m, at_s, START + timedelta(seconds=30 * m.first), why)


def export(**more: Any) -> Export:
    """Two moments, the weaker one earlier in the stream, and a range drawn by hand."""
    laughs = found(LAUGHS, 1200, Reason("KEKW", "emote", 43, 4.0, 0.1))
    usual: dict[str, Any] = {
        "channel": "Alpha", "title": "A title", "since": START, "length_s": LENGTH_S,
        "vod_id": "123", "moments": [(1, laughs), (3, found(PEAK, 125))],
        "own": [OwnRange(3000, 40, "My intro")],
        "categories": [(0, "Chess"), (1800, "Just Chatting")],
    }  # fmt: skip
    return Export(**{**usual, **more})


def hostile(text: str, **more: Any) -> Export:
    """An export whose every foreign text is this one."""
    term = Reason(text, "word", 3, 0.5, 0.1)
    return export(
        channel=text,
        title=text,
        vod_id=text,
        moments=[(1, found(LAUGHS, 1200, term)), (2, found(PEAK, 125, term))],
        own=[OwnRange(3000, 40, text)],
        categories=categories(text, START, [{"at": START + timedelta(hours=1), "detail": text}]),
        **more,
    )
