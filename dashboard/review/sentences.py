"""Moments in words: what happened, when, how sure. Pure functions, no Streamlit."""

from collections.abc import Sequence
from datetime import timedelta
from math import isfinite

from dashboard import wording
from warehouse.moments.cuts import Cut
from warehouse.moments.kinds import TURNS, Moment
from warehouse.moments.reasons import Reason
from warehouse.moments.vod import elapsed as elapsed
from warehouse.moments.vod import vod_link as vod_link
from warehouse.moments.words import NAMES

KINDS = {"peak": "▮", "hype": "✸", "laughter": "☺", "silence": "○"}  # with a sign by shape


def sentence(m: Moment) -> str:
    """What happened, with its counts."""
    lasted = wording.lasting(timedelta(seconds=(m.last - m.first) * 30))
    n = wording.messages(m.n)
    moods = f"from {_mood(m.before)} to {_mood(m.mood)}"
    rates = f"{wording.rate(_finite(m.rate))} messages a minute, usually {_rate(m.usual)}"
    if m.kind == "jump":
        return f"The mood turned {moods} ({n} in the {lasted} after)."
    if m.kind == "change":
        return f"The mood went {moods} and stayed there ({n} in the {lasted} after)."
    if m.kind == "hype":
        mood = f"mood {_mood(m.mood)}, around it {_mood(m.before)}"
        return f"Faster and happier: {rates}; {mood} ({n} in {lasted})."
    if m.kind == "laughter":
        shares = f"{_per_100(m.share)} laughs in 100 messages, usually {_per_100(m.usual_share)}"
        return f"{shares} ({n} in {lasted})."
    if m.kind == "silence":
        return f"Nobody wrote for {lasted}, though the chat was watched."
    return f"{rates[0].upper()}{rates[1:]} ({n} in {lasted})."


def cut(of: Cut) -> str:
    """In and out points: Cut 0:24:30 to 0:26:00 (90 s)."""
    return f"Cut {elapsed(of.in_s)} to {elapsed(of.out_s)} ({of.out_s - of.in_s} s)"


def also(m: Moment) -> str:
    """What else was found there: also laughter, hype; '' for nothing."""
    return "also " + ", ".join(NAMES[k].lower() for k in m.also) if m.also else ""


def sigma(m: Moment) -> str:
    """5.1 σ."""
    return f"{m.score:.1f} σ"


def terms(m: Moment, reasons: Sequence[Reason], most: int = 5) -> str:
    """LUL 41 (usually 6), gg 3 (usually 0): for a table's cell."""
    return ", ".join(
        f"{wording.plain(r.term)} {wording.count(r.n)} ({compared(m, r)})" for r in reasons[:most]
    )


def compared(m: Moment, r: Reason) -> str:
    """Uses that as many messages had before a turn, or have in this stream: usually 0.4."""
    n = f"{r.usual:.1f}" if 0.05 <= r.usual < 9.95 else f"{r.usual:,.0f}"
    return f"{'before' if m.kind in TURNS else 'usually'} {n}"


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


def _mood(value: float) -> str:
    return wording.signed(_finite(value))


def _rate(value: float) -> str:
    return wording.rate(_finite(value))


def _per_100(share: float) -> str:
    return wording.count(share * 100) if isfinite(share) else wording.MISSING
