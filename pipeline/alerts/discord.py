"""An alert as a message for a webhook, in Discord's format. Nothing in it can ping, link or be
read as markup, whatever a term is called."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.alerts.watch import Alert
from pipeline.chat.text import visible
from warehouse.durations import lasting_s
from warehouse.figures import count, signed
from warehouse.records import iso

MOST = 2000  # characters, Discord's limit for the content
_TERM = 60
_MARKS = re.compile(r"([^\w\s])", re.ASCII)
_UP, _DOWN, _PLAIN = 0x2B83C6, 0xD9782D, 0x8A94A3
_COLOURS = {"mood_drop": _DOWN, "mood_spike": _UP}
_TITLES = {
    "mood_drop": "Mood drop",
    "mood_spike": "Mood spike",
    "activity": "Chat is busy",
    "silence": "Unusual silence",
    "new_term": "New term",
}


def body(alert: Alert, name_of: Callable[[str], str] = str) -> dict[str, Any]:
    """The JSON of a message: a line, and the numbers below it. name_of: what people call the
    channel with a key."""
    return {
        "content": literal(title(alert, name_of))[:MOST],
        "allowed_mentions": {"parse": []},
        "embeds": [
            {
                "description": _sentence(alert.kind, alert.detail)[:MOST],
                "color": _COLOURS.get(alert.kind, _PLAIN),
                "timestamp": iso(alert.at),
                "footer": {"text": "DLD"},
            }
        ],
    }


def title(alert: Alert, name_of: Callable[[str], str]) -> str:
    """What happened, and where."""
    where = name_of(alert.channel) if alert.channel else "all channels"
    simulated = "Simulated: " if alert.detail.get("source") == "simulated" else ""
    return f"{simulated}{_TITLES[alert.kind]}, {where}"


def literal(text: str) -> str:
    """Foreign text as it is, on one line: every mark that Discord could read is escaped."""
    kept = " ".join(visible(text).split())
    return _MARKS.sub(_escaped, kept).replace("_", "\\_")


def _escaped(mark: re.Match[str]) -> str:
    """ASCII marks take a backslash; others mean nothing there."""
    return f"\\{mark[0]}" if mark[0].isascii() else mark[0]


def _sentence(kind: str, d: Mapping[str, Any]) -> str:
    took = lasting_s(d.get("seconds", 0))
    if kind in ("mood_drop", "mood_spike"):
        return (
            f"{signed(d['mood'])} over {took} (n = {count(d['n'])}); "
            f"usual in this stream {signed(d['usual'])}; {abs(d['z']):.1f} standard errors off"
            f"{_likely(d.get('five'))}"
        )
    if kind == "activity":
        return (
            f"{count(d['n'])} messages in {took}, "
            f"{d['times']:.1f} times the usual (about {count(d['usual'])})"
        )
    if kind == "silence":
        usual = count(d["usual"])
        return f"no message for {took} (n = 0); usual in as long: {usual}"
    band = " to ".join(signed(d[end], 1) for end in ("valence_low", "valence_high"))
    return (
        f"**{literal(d['term'][:_TERM])}**: {count(d['n'])} uses by {d['n_chatters']} people; "
        f"seems to mean {signed(d['valence'], 1)} (80 %: {band}, n = {count(d['n_scored'])}) on a "
        "scale from −4 to +4. Waits for a decision under Vocabulary"
    )


def _likely(five: Sequence[float] | None) -> str:
    """five: q10, q50, q90 of the mood of the next five minutes; None: not forecast."""
    if five is None:
        return ""
    low, high = (signed(value) for value in (five[0], five[2]))
    return f"; likely in the next five minutes: {low if low == high else f'{low} to {high}'}"
