"""Moments in a few plain words: for names, markers and messages of every surface. English."""

from collections.abc import Sequence
from math import isfinite

from warehouse.moments.kinds import TURNS, Moment
from warehouse.moments.reasons import Reason
from warehouse.plain_text import plain

NAMES = {
    "laughter": "Laughter",
    "hype": "Hype",
    "peak": "Burst of chat",
    "silence": "Silence",
    "jump": "Turn of mood",
    "change": "New level",
}
BUSY = 1.45  # times the usual rate from which chat is called busy


def title(m: Moment) -> str:
    """What it is: Laughter, Burst of chat, Mood falls, Mood rises and stays."""
    if m.kind not in TURNS:
        return NAMES[m.kind]
    way = "rises" if m.mood > m.before else "falls"
    return f"Mood {way}" if m.kind == "jump" else f"Mood {way} and stays"


def name(m: Moment, reasons: Sequence[Reason]) -> str:
    """The title with the term that tells it best: Laughter: KEKW."""
    return f"{title(m)}: {plain(reasons[0].term)}" if reasons else title(m)


def short(m: Moment, reasons: Sequence[Reason]) -> str:
    """What happened in a line: KEKW x 43, 3 times as busy; the title where nothing is known."""
    term = f"{plain(reasons[0].term)} x {reasons[0].n:,}" if reasons else title(m)
    busy = times(m).removesuffix(" as usual")
    return f"{term}, {busy}" if busy else term


def times(m: Moment) -> str:
    """5 times as busy as usual; '' where it was not busy, or where nobody knows."""
    ratio = m.rate / m.usual if m.usual > 0 else 0.0
    if not isfinite(ratio) or ratio < BUSY:
        return ""
    told = f"{ratio:.1f}".removesuffix(".0") if ratio < 2.95 else f"{ratio:,.0f}"
    return f"{told} times as busy as usual"
