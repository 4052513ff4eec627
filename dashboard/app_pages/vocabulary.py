"""Vocabulary: what the words and emotes of these chats mean, and which are new."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any

import streamlit as st

from dashboard import choices, data, frame, nearest, tables, time_span, url_state, wording
from dashboard.charts import bars
from dashboard.charts.series import Row
from dashboard.charts.style import CONFIG
from dashboard.tables import Column
from dashboard.vocabulary import decision_desk, lexicon, uses
from dashboard.vocabulary.lexicon import Over
from warehouse.published.manifest import Manifest

STATUSES = {"proposed": "Proposed", "accepted": "Accepted", "rejected": "Rejected", "any": "All"}
DAYS = {"1": "1 day", "3": "3 days", "7": "7 days", "30": "30 days", "all": "All"}
MOST = 300
LONG = 600  # pixels; as tall as the desk beside it
NEWER = {"in_force": None, "impact_windows": None}  # columns that a folder of before has not


def draw(manifest: Manifest) -> None:
    """Search, the new terms, the terms in use, the lexicon."""
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
    over = None if newest is None else _in_use(manifest, search, newest)
    lexicon.section(manifest, search, over)


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
    frame.heading("New terms", "with the valence they seem to have: −4 is very bad, +4 very good")
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
    """The terms, without what the desk tells; returns the place of the one clicked."""
    listed = terms[:MOST]
    of = [wording.plain(decision_desk.called(t["channel"])) or "all" for t in listed]
    state = ["drifted" if decision_desk.is_drift(t) else t["status"] for t in listed]
    columns = {
        "Term": tables.text((wording.plain(t["term"], 60) for t in listed), 120),
        "Valence": tables.text((lexicon.valence_text(t["valence"]) for t in listed), 75),
        "−4 … +4": _scales(listed),
        "Uses": tables.number((t["n"] for t in listed), width=65),
        "Moves": tables.signed(
            (t["impact"] for t in listed), 3, 70,
            "what accepting it would add to the mean mood of its windows",
        ),
        **({"Trend": _trends(listed)} if "line" in listed[0] else {}),
        **({"For": tables.text(of, 90)} if set(of) != {"all"} else {}),
        **({"Status": tables.text(state, 80)} if len(set(state)) > 1 or "drifted" in state else {}),
    }  # fmt: skip
    event = tables.show("reviewed", columns, LONG, on_select="rerun", selection_mode="single-row")
    more = f" The {MOST} used most of {len(terms):,} are listed." if len(terms) > MOST else ""
    st.caption(f"Tick a row to review it. Uses: messages the term was seen in.{more}")
    rows = event["selection"]["rows"]
    return rows[0] if rows else None


def _scales(terms: Sequence[Row]) -> Column:
    about = "the dot in its 80 % interval; a ring: what is in force"
    config = st.column_config.ImageColumn(width=125, help=about)
    return Column([_scale(t) for t in terms], config=config)


def _trends(terms: Sequence[Row]) -> Column:
    about = f"uses in 1,000 messages, day by day, the last {uses.DAYS} days"
    config = st.column_config.AreaChartColumn(width=80, help=about)
    return Column([t["line"] for t in terms], config=config)


def _history(rows: Sequence[Row]) -> None:
    """Made when it is opened."""
    place = st.expander(
        f"History of decisions ({len(rows):,})", key="decided", icon=":material/history:",
        on_change="rerun",
    )  # fmt: skip
    if not place.open:
        return
    with place:
        if not rows:
            st.caption("Nothing was decided yet.")
            return
        of = (wording.plain(decision_desk.called(r["channel"])) or "all" for r in rows)
        columns = {
            "At": tables.times((r["at"] for r in rows), "D MMM YYYY, HH:mm", 140),
            "Decision": tables.text(r["decision"] for r in rows),
            "Term": tables.text(wording.plain(r["term"], 60) for r in rows),
            "For": tables.text(of),
            "In force": tables.signed((r["valence"] for r in rows), 1, 75),
            "By": tables.text(wording.plain(r["by"], 60) for r in rows),
        }
        tables.show("history", columns)


def _scale(term: Row) -> str:
    in_force = term["in_force"] if decision_desk.is_drift(term) else None
    return bars.scale(term["valence"], term["valence_low"], term["valence_high"], in_force)


def _in_use(manifest: Manifest, search: str, newest: datetime) -> Over:
    """The terms said most over a period; returns what they are of, for the lexicon's order."""
    names = _channels(newest)
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left:
        place = st.container()
    with right:
        usual = "all" if data.is_import(manifest) else "3"
        days = choices.choose("Period", "days", DAYS, usual)
    with place:
        frame.heading("Terms in use", f"{_told_period(days, newest)}, all channels")
    over, used = partial(_over, newest, names), partial(_terms_used, newest, search)
    if terms := used(over(days)):
        _used(terms)
    else:
        nothing = "No term in use matches." if search else "No term was used in this period."
        nearest.wider(nothing, DAYS, "days", lambda longer: bool(used(over(longer))))
    return over(days)


def _over(newest: datetime, names: list[str], days: str) -> Over:
    """What the terms of a period are of."""
    until = datetime.combine(newest.date(), time(), UTC) + timedelta(days=1)
    span = time_span.LONGEST if days == "all" else timedelta(days=int(days) + 1)
    return {"channels": names, "since": until - span, "until": until}


def _told_period(days: str, newest: datetime) -> str:
    """in all that is kept; 27 to 30 Nov 2026, whole days of UTC."""
    if days == "all":
        return "in all that is kept"
    first = newest - timedelta(days=int(days))
    return f"{wording.day(first, UTC)} to {wording.day(newest, UTC)}, whole days of UTC"


def _terms_used(newest: datetime, search: str, over: Over) -> list[Row]:
    table = data.hourly("dash_terms_days", newest, **over, limit=MOST, basis=None)
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
    columns = {
        "Term": tables.text((wording.plain(t["term"], 60) for t in terms), 110),
        "Kind": tables.text((t["kind"] for t in terms), 65),
        "Uses": tables.number((t["n"] for t in terms), width=75),
        "Part of mood": tables.signed((t["contribution"] for t in terms), 4, 95),
        "Channels": tables.number((t["channels"] for t in terms), width=80),
    }
    tables.show("used", columns)


frame.page("Vocabulary", "what the words and emotes of these chats mean", draw)
