"""Outlook on the next five minutes in words: range, chances, activity, trust. No Streamlit."""

from collections.abc import Mapping
from math import floor
from typing import Any

from dashboard import wording
from warehouse.chances import CHANGE
from warehouse.mood_now import label
from warehouse.records import HORIZON, WINDOW_SECONDS
from warehouse.trust import Grade

Row = Mapping[str, Any]
MINUTES = HORIZON * WINDOW_SECONDS / 60
GRAIN = 0.05  # of chances
GRADES: Mapping[Grade, str] = {
    "clearly": "clearly better than guessing the stream’s average",
    "little": "a little better than guessing the stream’s average",
    "not": "not better than guessing the stream’s average",
    "new": "too few were judged yet to say how good they are",
}
SHORT: Mapping[Grade, str] = {
    "clearly": "clearly better", "little": "a little better", "not": "not better", "new": "new",
}  # fmt: skip
_EVENTS = {  # by column: in full, and in a cell of a table
    "chance_above": ("above its usual {usual}", "above"),
    "chance_drop": (f"{CHANGE:g} or more below usual", "drop"),
    "chance_rise": (f"{CHANGE:g} or more above usual", "rise"),
}


def is_told(forecast: Row) -> bool:
    """True of a forecast that has the five minutes; those of earlier versions have none."""
    return forecast.get("five_q50") is not None


def likely(forecast: Row) -> str:
    """The 80 % band of the five-minute mean: likely between −0.02 and +0.11."""
    low, high = (wording.signed(forecast[k]) for k in ("five_q10", "five_q90"))
    between = f"likely {low}" if low == high else f"likely between {low} and {high}"
    return f"about neutral, {between}" if _is_neutral(forecast) else between


def short(forecast: Row) -> str:
    """The same for a cell of a table: −0.02 to +0.11."""
    low, high = (wording.signed(forecast[k]) for k in ("five_q10", "five_q90"))
    band = low if low == high else f"{low} to {high}"
    return f"{band}{', about neutral' if _is_neutral(forecast) else ''}"


def _is_neutral(forecast: Row) -> bool:
    """True if the band holds 0 or the middle is near it, as in the extension."""
    return label(*(forecast[f"five_{q}"] for q in ("q50", "q10", "q90"))) == "neutral"


def as_usual(forecast: Row) -> str:
    """In place of a forecast that is no better than the stream's average: that average."""
    usual = forecast.get("usual")
    average = "" if usual is None else f" {wording.signed(usual)}"
    return f"its average{average}, nothing better is known"


def chances(forecast: Row) -> list[str]:
    """Those that are told, each as: 0.1 or more below usual: 10 %."""
    usual = wording.signed(forecast.get("usual"))
    return [
        f"{_EVENTS[name][0].format(usual=usual)}: {chance(share)}"
        for name, share in _told(forecast).items()
    ]


def short_chances(forecast: Row) -> str:
    """The same for a cell of a table: above 70 %, drop 10 %."""
    told = _told(forecast).items()
    return ", ".join(f"{_EVENTS[name][1]} {chance(share)}" for name, share in told)


def _told(forecast: Row) -> dict[str, float]:
    return {name: forecast[name] for name in _EVENTS if forecast.get(name) is not None}


def chance(share: float) -> str:
    """In steps of 5 %, which is as exact as chances are known to hold."""
    rounded = floor(share / GRAIN + 0.5) * GRAIN  # halves up, as the extension rounds them
    told = wording.unbroken(wording.percent(min(max(rounded, GRAIN), 1 - GRAIN)))
    if share < GRAIN:
        return f"under {told}"
    return f"over {told}" if share > 1 - GRAIN else told


def rates(forecast: Row) -> tuple[str, str, str] | None:
    """Messages a minute: the middle, and the ends of the 80 % band; None where none are told."""
    counts = [forecast.get(f"five_volume_{q}") for q in ("q50", "q10", "q90")]
    if any(count is None for count in counts):
        return None
    middle, low, high = (wording.rate(count / MINUTES) for count in counts if count is not None)
    return middle, low, high


def activity(forecast: Row) -> str:
    """The same in words; '' for None."""
    told = rates(forecast)
    if told is None:
        return ""
    middle, low, high = told
    if high == "0":
        return "hardly a message"
    return f"about {middle} messages / min, likely {low} to {high}"


def came(row: Row) -> str:
    """What came, and where it lay. row: of dash_fives."""
    what = f"{wording.messages(row['n'])} came, of mood {wording.signed(row['mean'])}"
    if row["five_q10"] <= row["mean"] <= row["five_q90"]:
        return f"{what}: inside the band, as eight of ten should be."
    side, end = "below", row["five_q10"]
    if row["mean"] > row["five_q90"]:
        side, end = "above", row["five_q90"]
    if wording.signed(row["mean"]) == wording.signed(end):
        side = f"just {side}"
    return f"{what}: {side} the band, as one of ten should be."
