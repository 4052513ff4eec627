"""Alerts in words, and the section that lists them."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboard import data, nearest, sections, tables, url_state, wording
from dashboard.charts.series import Row
from dashboard.tables import Column
from dashboard.time_span import Span
from warehouse.durations import lasting_s

KINDS = {
    "mood_drop": "▼ Mood drop",
    "mood_spike": "▲ Mood spike",
    "activity": "◆ Busy",
    "silence": "○ Silence",
    "new_term": "✚ New term",
}
MOST = 300
AROUND = timedelta(minutes=30)  # shown of an alert's chat
_TALLEST = 380


def section(
    channels: Sequence[str],
    since: datetime,
    until: datetime,
    source: str,
    periods: Mapping[str, str],
) -> None:
    """Filter by kind, then the alerts, newest first. source: what the page says it shows; periods:
    label by days, of the page's control."""
    kinds = _kinds()
    inside = {"channels": channels, "kinds": kinds, "since": since, "until": until}
    rows = data.rows("dash_alerts", **inside, limit=MOST)
    if not rows:
        nothing = "No alert of these kinds in this period."
        nearest.wider(nothing, periods, "back", partial(_has_alerts, inside))
        return
    _table(rows, source)
    total = rows[0]["total"]
    st.caption(
        f"n = {wording.counted(total, 'alert')}"
        + (f", the newest {MOST:,} of them are listed" if total > MOST else "")
        + ". Mood is compared with the stream's own level. Expect a false mood alert about once in "
        "60 hours of stream."
    )
    sections.csv(rows, sections.span_name("alerts", Span(since, until)))


def _has_alerts(inside: Mapping[str, Any], back: str) -> bool:
    """True if there are alerts in the period that ends as this one does."""
    since = inside["until"] - timedelta(days=int(back))
    return bool(data.query("dash_alerts", **{**inside, "since": since}, limit=1).num_rows)


def _kinds() -> list[str]:
    # a key of its own: Session review has kinds, too
    url_state.seed("alert-kinds", url_state.choices("kinds", list(KINDS), list(KINDS), len(KINDS)))
    picked = st.pills(
        "Kinds of alerts",
        list(KINDS),
        key="alert-kinds",
        selection_mode="multi",
        format_func=KINDS.__getitem__,
        label_visibility="collapsed",
    )
    kinds = [kind for kind in KINDS if kind in picked]
    url_state.remember(kinds=None if len(kinds) in (0, len(KINDS)) else ",".join(kinds))
    return kinds or list(KINDS)


def _table(rows: Sequence[Row], source: str) -> None:
    called = data.who().name_of
    of = ((a["channel"] and wording.plain(called(a["channel"]))) or "all" for a in rows)
    link = st.column_config.LinkColumn(
        display_text="show", width=60, help="the chat around it, or the term"
    )
    columns = {
        "When": tables.times((a["at"] for a in rows), "D MMM, HH:mm", 105),
        "Alert": tables.text((KINDS[a["kind"]] for a in rows), 105),
        "Channel": tables.text(of, 110),
        "More": Column([_link(a) for a in rows], config=link),
        "What was seen": tables.text(sentence(a["kind"], a["detail"], source) for a in rows),
    }
    tables.show("alerts", columns, _TALLEST, 8)


def sentence(kind: str, detail: str | None, source: str = "") -> str:
    """The numbers of an alert in a sentence; what cannot be read says so. An alert of simulated
    chat is told as such, where `source` does not say it of the whole page."""
    try:
        numbers = json.loads(detail or "{}")
        other = numbers.get("source") == "simulated" != source
        return _SENTENCES[kind](numbers) + (" (simulated)" if other else "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return "its numbers cannot be read"


def _mood(d: Mapping[str, Any]) -> str:
    return (
        f"{wording.signed(d['mood'])} over {_long(d)}, n = {wording.count(d['n'])}; usual "
        f"{wording.signed(d['usual'])}; {abs(d['z']):.1f} standard errors off"
    )


def _activity(d: Mapping[str, Any]) -> str:
    return (
        f"n = {wording.count(d['n'])} messages in {_long(d)}, {d['times']:.1f} times the usual; "
        f"about {wording.count(d['usual'])} are common"
    )


def _silence(d: Mapping[str, Any]) -> str:
    common = f"about {wording.count(d['usual'])} are common in as long"
    return f"no message for {_long(d)}, n = 0; {common}"


def _term(d: Mapping[str, Any]) -> str:
    band = f"{wording.signed(d['valence_low'], 1)} to {wording.signed(d['valence_high'], 1)}"
    used = f"{wording.count(d['n'])} uses by {d['n_chatters']:.0f} people"
    return (
        f"{wording.plain(d['term'], 60)}: {used}; valence about {wording.signed(d['valence'], 1)} "
        f"(80 %: {band}, n = {wording.count(d['n_scored'])})"
    )


_SENTENCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "mood_drop": _mood,
    "mood_spike": _mood,
    "activity": _activity,
    "silence": _silence,
    "new_term": _term,
}


def _long(detail: Mapping[str, Any]) -> str:
    return lasting_s(float(detail["seconds"]))


def _link(alert: Row) -> str:
    """Address of the page that shows more of it."""
    if alert["kind"] == "new_term":
        try:
            term = str(json.loads(alert["detail"])["term"])
        except (ValueError, KeyError, TypeError):
            return "vocabulary"
        return "vocabulary?" + urlencode({"q": term[:50], "status": "any"})
    called = data.who().name_of
    at = wording.aware(alert["at"])
    span = {"from": wording.utc_iso(at - AROUND), "to": wording.utc_iso(at + AROUND)}
    return "explore?" + urlencode({"channels": called(alert["channel"]), "span": "dates", **span})
