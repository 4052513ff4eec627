"""Vocabulary: what the words and emotes of these chats mean, and which are new."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard import choices, data, frame, nearest, time_span, url_state, wording
from dashboard.charts import bars
from dashboard.charts.series import Row
from dashboard.charts.style import CONFIG
from dashboard.vocabulary import decision_desk, lexicon, uses
from warehouse.published.manifest import Manifest

STATUSES = {"proposed": "Proposed", "accepted": "Accepted", "rejected": "Rejected", "any": "All"}
DAYS = {"1": "1 day", "3": "3 days", "7": "7 days", "30": "30 days", "all": "All"}
MOST = 300
LONG = 600  # pixels; as tall as the desk beside it
NEWER = {"in_force": None, "impact_windows": None}  # columns that a folder of before has not


def draw(manifest: Manifest) -> None:
    """Search, the reviewed vocabulary, the terms in use, the lexicon."""
    newest = data.newest(manifest)
    url_state.seed("q", url_state.text("q"))
    left, _ = st.columns([2, 3])
    search = left.text_input(
        "Search", key="q", placeholder="Any part of a term", icon=":material/search:", max_chars=50
    )
    url_state.remember(q=search)
    search = (search or "").replace("\ufe0f", "")  # keyboards add it to an emoji, terms have none
    rows = data.rows("dash_vocabulary")
    terms = [{**NEWER, **row} for row in rows]
    _reviewed(terms, search, _channels(newest), manifest, newest)
    if newest is not None:
        _in_use(manifest, search)
    lexicon.section(manifest, search)


def _channels(newest: datetime | None) -> list[str]:
    until = frame.wall() if newest is None else newest + timedelta(seconds=30)
    return [c["channel"] for c in data.rows("dash_channels", now=until)]


def _reviewed(
    terms: Sequence[dict[str, Any]],
    search: str,
    channels: Sequence[str],
    manifest: Manifest,
    newest: datetime | None,
) -> None:
    frame.heading("Reviewed terms", "new terms with the valence they seem to have, -4 to +4")
    if not terms:
        frame.put(frame.say("No new term has been proposed yet. Below are the terms in use."))
        return
    status = _status(terms)
    matches = [t for t in terms if status in ("any", t["status"]) and _matches(t["term"], search)]
    decision_desk.notices(manifest)
    if not data.is_import(manifest):  # logs of years have no last two weeks
        _with_trends(matches, channels, newest)
    left, right = st.columns([3, 2], gap="large")
    with left:
        clicked = _table(matches) if matches else None
        if not matches:
            frame.put(frame.say("No term here matches."))
    chosen = _chosen(terms, matches, clicked, (status, search))
    if chosen is not None:
        with right:
            decision_desk.desk(chosen, terms, channels)
    _history(data.rows("dash_decisions") if "decisions" in manifest.tables else [])


def _with_trends(
    terms: Sequence[dict[str, Any]], channels: Sequence[str], newest: datetime | None
) -> None:
    """Each term gets its trend: a line for the table, and in words."""
    if newest is None or not terms:
        return
    by_term = uses.trends([t["term"] for t in terms], channels, newest)
    for term in terms:
        mine = by_term.get(term["term"], {})
        term["line"], term["trend"] = (
            uses.line(mine, newest.date()),
            uses.trend_text(mine, newest.date()),
        )


def _chosen(
    terms: Sequence[Row], matches: Sequence[Row], clicked: int | None, view: tuple[str, str]
) -> Row | None:
    """The term under review: the one that was clicked, at first the one used most.

    It stays until another is clicked, whatever is counted or decided meanwhile: the buttons
    never come to mean another term. None when there is none.
    """
    previous, key = st.session_state.get("chosen"), None
    if previous is not None and previous[0] == (view, clicked):
        key = previous[1]
    elif matches:
        term = matches[clicked if clicked is not None and clicked < len(matches) else 0]
        key = (term["term"], term["channel"])
        st.session_state["chosen"] = ((view, clicked), key)
    matches = [t for t in terms if (t["term"], t["channel"]) == key] or matches
    return matches[0] if matches else None


def _status(terms: Sequence[Row]) -> str:
    counts = {s: sum(t["status"] == s for t in terms) for s in STATUSES}
    counts["any"] = len(terms)
    default = "proposed" if counts["proposed"] else "any"
    options = {s: f"{name} ({counts[s]})" for s, name in STATUSES.items()}
    return choices.choose("Status", "status", options, default, hidden=True)


def _matches(term: str, search: str) -> bool:
    return search.casefold() in term.casefold()


def _table(terms: Sequence[Row]) -> int | None:
    """The terms; returns the place of the one that was clicked."""
    zone = str(frame.reader_zone())
    table = pd.DataFrame(
        {
            "Term": [wording.plain(t["term"], 60) for t in terms],
            "Valence": [_valence(t) for t in terms],
            "Scale": [_scale(t) for t in terms],
            "Uses": [t["n"] for t in terms],
            "People": [decision_desk.people(t) for t in terms],
            **({"Trend": [t["line"] for t in terms]} if "line" in terms[0] else {}),
            "Channels": [t["n_channels"] for t in terms],
            "Moves": [wording.cell(t["impact"], 3) for t in terms],
            "Kind": [decision_desk.origin(t) for t in terms],
            "Status": ["drifted" if decision_desk.is_drift(t) else t["status"] for t in terms],
            "80 % interval": [_interval(t) for t in terms],
            "Of": [wording.plain(decision_desk.called(t["channel"])) or "all" for t in terms],
            "First seen": frame.local_times((t["first_seen"] for t in terms), zone),
            "Evidence": [wording.plain(t["evidence"], 250) for t in terms],
            "First seen, UTC": [
                wording.MISSING if t["first_seen"] is None else wording.utc_text(t["first_seen"])
                for t in terms
            ],
        }
    )
    event = st.dataframe(
        table,
        hide_index=True,
        key="reviewed",
        height=_height(len(table), LONG),
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "First seen": st.column_config.DatetimeColumn(format="D MMM, HH:mm"),
            "Term": st.column_config.TextColumn(width=130),
            "Valence": st.column_config.TextColumn(width=75),
            "Scale": st.column_config.ImageColumn(
                "−4 … +4", width=145, help="the dot in its 80 % interval; a ring: what is in force"
            ),
            "Uses": st.column_config.NumberColumn(format="localized"),
            "Trend": st.column_config.AreaChartColumn(
                width=90, help=f"uses in 1,000 messages, day by day, the last {uses.DAYS} days"
            ),
            "Moves": st.column_config.NumberColumn(
                format="%+.3f", help="what accepting it would add to the mean mood of its windows"
            ),
        },
    )
    st.caption("Tick a row to review it. Uses: messages the term was seen in.")
    rows = event["selection"]["rows"]
    return rows[0] if rows else None


def _history(rows: Sequence[Row]) -> None:
    with st.expander(f"History of decisions ({len(rows):,})", icon=":material/history:"):
        if not rows:
            st.caption("Nothing was decided yet.")
            return
        zone = str(frame.reader_zone())
        table = pd.DataFrame(
            {
                "At": frame.local_times((r["at"] for r in rows), zone),
                "Decision": [r["decision"] for r in rows],
                "Term": [wording.plain(r["term"], 60) for r in rows],
                "Of": [wording.plain(decision_desk.called(r["channel"])) or "all" for r in rows],
                "In force": [wording.signed(r["valence"], 1) for r in rows],
                "By": [wording.plain(r["by"], 60) for r in rows],
                "At, UTC": [wording.utc_text(r["at"]) for r in rows],
            }
        )
        date = st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm:ss")
        st.dataframe(
            table, hide_index=True, key="history", height=_height(len(table)),
            column_config={"At": date},
        )  # fmt: skip


def _height(rows: int, tallest: int = 460) -> Literal["content"] | int:
    """As tall as a short table is; a long one scrolls."""
    return "content" if rows <= 12 else tallest


def _valence(term: Row) -> str:
    return lexicon.valence_text(term["valence"])


def _scale(term: Row) -> str:
    in_force = term["in_force"] if decision_desk.is_drift(term) else None
    return bars.scale(term["valence"], term["valence_low"], term["valence_high"], in_force)


def _interval(term: Row) -> str:
    low, high = term["valence_low"], term["valence_high"]
    if low is None or high is None:
        return wording.MISSING
    return f"{wording.signed(low, 1)} to {wording.signed(high, 1)}"


def _in_use(manifest: Manifest, search: str) -> None:
    newest = data.newest(manifest)
    assert newest is not None
    until = datetime.combine(newest.date(), time(), UTC) + timedelta(days=1)
    names = _channels(newest)
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        frame.heading("Terms in use", "over all channels, in whole days of UTC")
    with right:
        usual = "all" if data.is_import(manifest) else "3"
        days = choices.choose("Over the last", "days", DAYS, usual)
    used = partial(_terms_used, newest, until, names, search)
    terms = used(days)
    if not terms:
        nothing = "No term in use matches." if search else "No term was used in this time."
        nearest.wider(nothing, DAYS, "days", lambda longer: bool(used(longer)))
        return
    _used(terms)


def _terms_used(
    newest: datetime, until: datetime, names: Sequence[str], search: str, days: str
) -> list[Row]:
    since = until - (time_span.LONGEST if days == "all" else timedelta(days=int(days) + 1))
    of = {"channels": list(names), "since": since, "until": until, "limit": MOST, "basis": None}
    table = data.hourly("dash_terms_days", newest, **of)
    return [t for t in table.to_pylist() if t["kind"] != "rest" and _matches(t["term"], search)]


def _used(terms: list[Row]) -> None:
    total = terms[0]["total"]
    left, right = st.columns(2, gap="large")
    with left:
        frame.heading("Most influential", f"uses in brackets; n = {wording.messages(total)}")
        if any(t["contribution"] for t in terms):
            st.plotly_chart(
                bars.movers(terms),
                key="influence",
                config=CONFIG,
                alt="Terms that raised and lowered the mood",
            )
        else:
            st.caption("None of these moved the mood.")
    with right:
        frame.heading("Most used")
        _used_table(sorted(terms, key=lambda t: -t["n"]))


def _used_table(terms: Sequence[Row]) -> None:
    table = pd.DataFrame(
        {
            "Term": [wording.plain(t["term"], 60) for t in terms],
            "Kind": [t["kind"] for t in terms],
            "Uses": [t["n"] for t in terms],
            "Windows": [t["windows"] for t in terms],
            "Channels": [t["channels"] for t in terms],
            "Part of the mood": [wording.cell(t["contribution"], 4) for t in terms],
        }
    )
    number = st.column_config.NumberColumn
    st.dataframe(
        table,
        hide_index=True,
        key="used",
        height=_height(len(table)),
        column_config={
            "Uses": number(format="localized"),
            "Windows": number(format="localized"),
            "Part of the mood": number(format="%+.4f"),
        },
    )


frame.page("Vocabulary", "what the words and emotes of these chats mean", draw)
