"""Terms that pushed the mood, and lines that were said: a section of Explore."""

import pandas as pd
import streamlit as st

from dashboard import data, frame, sections, tables, wording
from dashboard.charts import bars
from dashboard.charts.style import CONFIG
from dashboard.explore.view import View

LINES = 200
TERMS = 12


def section(view: View) -> None:
    """Terms on the left, telling lines on the right; where none are kept, terms across."""
    lines = view.table("dash_samples", **view.inside, limit=LINES)
    if not len(lines):
        _terms(view)
        gone = "of imported logs" if data.is_import(data.manifest()) else "of this span any more"
        st.caption(f"No lines of chat are kept {gone}.")
        return
    left, right = st.columns([1, 1], gap="large")
    with left:
        _terms(view)
    with right:
        _lines(view, lines.to_pandas())


def _terms(view: View) -> None:
    if view.by_days:
        table = view.table("dash_terms_days", **view.days, limit=TERMS)
    else:
        table = view.table("dash_terms", **view.inside, limit=TERMS)
    terms = table.to_pylist()
    total = terms[0]["total"] if terms else 0
    whole = ", whole days of UTC" if view.by_days else ""
    sections.head(
        "What pushed the mood",
        f"uses in brackets; n = {wording.messages(total)}{whole}",
        table,
        sections.span_name("movers", view.span),
        view.basis,
    )
    if not any(t["contribution"] for t in terms if t["kind"] != "rest"):
        frame.put(frame.say("No known term moved the mood here."))
        return
    st.plotly_chart(
        bars.movers(terms),
        key="movers",
        config=CONFIG,
        alt="Terms that raised and lowered the mood",
    )
    rest = sum(t["contribution"] for t in terms if t["kind"] == "rest")
    st.caption(
        f"Each bar is the term's part of the mean mood of the span. All terms too rare "
        f"to be kept one by one add {wording.signed(rest, 4)}."
    )


def _lines(view: View, lines: pd.DataFrame) -> None:
    frame.heading("Telling lines", "kept for a day; mentions masked, no authors")
    called = data.who().name_of
    columns = {  # text stays text there: neither HTML nor Markdown is read
        "Mood": tables.signed(lines["compound"], 2, 65),
        "Line": tables.text((wording.plain(t, 300) for t in lines["text"]), 500),
        "Time": tables.times(lines["start"], "D MMM, HH:mm:ss", 125),
    }
    if len(view.channels) > 1:
        names = (wording.plain(called(c)) for c in lines["channel"])
        columns["Channel"] = tables.text(names, 110)
    tables.show("lines", columns, 420)
    st.caption(
        f"n = {wording.count(len(lines))} lines, the most telling of each window; the newest "
        f"{LINES} at most. They leave with the text itself and are in no download."
    )
