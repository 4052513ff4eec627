"""Words used more or less than in the span before: a section of Explore.

Chat repeats itself in bursts, so counts are judged as quasi-Poisson: what a term's uses vary by
from stretch to stretch, beyond chance, widens its error. A term is told where its rate differs by
TOLD standard errors or more.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import sqrt

import plotly.graph_objects as go
import streamlit as st

from dashboard import choices, frame, sections, wording
from dashboard.charts.series import SURE, Row
from dashboard.charts.style import CONFIG, DOWN, GREY, UP, finish, named_rows
from dashboard.explore import trend, zoom
from dashboard.explore.view import DAY, View, floor, widened
from dashboard.stream_times import StreamTimes, aware
from dashboard.time_span import Span
from warehouse.records import WINDOW_SECONDS

TOLD = 3.5  # standard errors, as moments
FEWEST = 5  # stretches of a side, before bursts can be told from change
LEAST = 10  # uses in both spans together
MOST = 12  # of each kind
STRETCHES = 20  # of a span
MONTH = timedelta(days=30)
AGAINST = {
    "before": "The span before, as long",
    "month": "The 30 days before",
    "all": "All before",
}


def section(view: View) -> None:
    """A dot and its interval a term, those that rose above those that fell."""
    against = choices.choose("Against", "against", AGAINST, "before")
    rows, span, before = _changes(view, against)
    table = [_line(row) for row in rows if is_told(row)]
    total, total_before = (rows[0]["total"], rows[0]["total_before"]) if rows else (0, 0)
    small = (
        f"n = {wording.messages(total)}, against {wording.count(total_before)} in "
        f"{before.text(view.tz)}"
    )
    sections.head(
        "Words used more or less than before",
        small if rows else "",
        table,
        sections.span_name("terms", span),
        view.basis,
    )
    if not rows:
        _nothing(before, view)
        return
    tried = rows[0]["tried"]
    if not table:
        frame.put(
            frame.say(
                f"The use of {wording.count(tried)} terms changed no more than by chance since the "
                "span before."
            )
        )
    else:
        st.plotly_chart(
            changes(table), key="risen", config=CONFIG, alt="Terms used more and less than before"
        )
    by_days = _by_days(view, against)
    st.caption(_about(by_days, tried) + _few(rows[0], by_days))
    if table:
        terms = [str(line["term"]) for line in table]
        trend.section(view, terms, Span(before.since, span.until))


def _by_days(view: View, against: str) -> bool:
    return view.by_days or against != "before"


def _changes(view: View, against: str) -> tuple[list[Row], Span, Span]:
    """(rows of dash_terms_change, the span they are of, the one before)."""
    by_days = _by_days(view, against)
    span = widened(view.span, DAY) if by_days else view.span
    before = Span(_begin(view, span, against), span.since)
    values = {
        "channels": list(view.channels),
        "before": before.since,
        "since": span.since,
        "until": span.until,
        "limit": MOST,
        "least": LEAST,
    }
    if by_days:
        return view.rows("dash_terms_change_days", **values), span, before
    return view.rows("dash_terms_change", **values, unit_s=unit_of(span)), span, before


def _begin(view: View, span: Span, against: str) -> datetime:
    """Where what is compared with begins."""
    if against == "month":
        return span.since - MONTH
    as_long = span.since - (span.until - span.since)
    if against == "before":
        return as_long
    times = view.table("dash_stream_times", channels=list(view.channels), now=span.until)
    first = aware(StreamTimes.of(times).dated().since.min()) if len(times) else as_long
    return min(floor(first, DAY), as_long)


def unit_of(span: Span) -> int:
    """Seconds of a stretch: a twentieth of the span, in whole windows."""
    windows = int((span.until - span.since).total_seconds()) // (STRETCHES * WINDOW_SECONDS)
    return WINDOW_SECONDS * max(windows, 1)


def is_told(row: Row) -> bool:
    """True if the term's use changed by more than chance explains."""
    return bool(abs(row["z"]) >= TOLD)


def _line(row: Row) -> dict[str, object]:
    """rate, rate_before, change with its 95 % interval, all in uses per 1,000 messages."""
    low, change, high = difference(row)
    return {
        "term": row["term"],
        "kind": row["kind"],
        "n": row["n"],
        "n_before": row["n_before"],
        "rate": 1000 * row["n"] / row["total"],
        "rate_before": 1000 * row["n_before"] / row["total_before"],
        "change": change,
        "change_low": low,
        "change_high": high,
        "z": row["z"],
        "phi": row["phi"],
    }


def difference(row: Row) -> tuple[float, float, float]:
    """(low, change, high): of uses per 1,000 messages, with its 95 % interval."""
    now, then = row["n"] / row["total"], row["n_before"] / row["total_before"]
    error = sqrt(row["phi"] * (now / row["total"] + then / row["total_before"]))
    change, half = 1000 * (now - then), 1000 * SURE * error
    return change - half, change, change + half


def changes(table: Sequence[Row]) -> go.Figure:
    """Change of uses per 1,000 messages; right and ▲ is more, left and ▼ less."""
    figure = go.Figure()
    places = list(range(len(table)))
    for sign, colour, symbol, name in (
        (1, UP, "triangle-up", "more"),
        (-1, DOWN, "triangle-down", "less"),
    ):
        some = [(k, t) for k, t in zip(places, table, strict=True) if t["change"] * sign > 0]
        figure.add_trace(
            go.Scatter(
                x=[t["change"] for _, t in some],
                y=[k for k, _ in some],
                mode="markers",
                name=name,
                marker={"size": 11, "color": colour, "symbol": symbol},
                error_x={
                    "type": "data",
                    "array": [t["change_high"] - t["change"] for _, t in some],
                    "color": colour,
                    "thickness": 1.5,
                    "width": 3,
                },
                customdata=[[_hover(t)] for _, t in some],
                hovertemplate="%{customdata[0]}<extra></extra>",
            )
        )
    figure.add_vline(x=0, line={"color": GREY, "width": 1})
    names = [f"{wording.plotted(t['term'])}  ({_rates(t)})" for t in table]
    up = named_rows(names, range=[len(table) - 0.4, -0.6])
    across = {
        "title": "Change of uses per 1,000 messages",
        "tickformat": "~g",
        "showgrid": True,
    }
    return finish(figure, 90 + 27 * max(len(table), 3), across, up)


def _rates(line: Row) -> str:
    return f"{per_thousand(line['rate_before'])} → {per_thousand(line['rate'])}"


def per_thousand(rate: float) -> str:
    """0, 0.04, 1.2, 35."""
    return f"{rate:.0f}" if rate >= 9.95 or not rate else f"{rate:.2g}"


def _hover(line: Row) -> str:
    low, high = (wording.signed(line[k], 1) for k in ("change_low", "change_high"))
    glyph = "▲" if line["change"] > 0 else "▼"
    return (
        f"<b>{wording.plotted(line['term'])}</b> ({wording.plotted(line['kind'])})<br>{glyph} "
        f"{_rates(line)} per 1,000 messages<br>{wording.count(line['n'])} uses, "
        f"{wording.count(line['n_before'])} before<br>change {low} to {high} (95 %)"
    )


def _nothing(before: Span, view: View) -> None:
    """Say so, and lead to what can be compared."""
    took = wording.lasting(before.until - before.since)
    frame.put(
        frame.say(
            f"There is nothing to compare with: nobody spoke in the {took} before this span, or "
            "hardly a term was used twice."
        )
    )
    (found,) = view.rows("dash_nearest", **view.hours, least=1)
    earlier = wording.aware(found["before"]) if found["before"] else None
    if earlier and earlier < before.since:
        label = f"Compare with all before: the last is of {wording.day(earlier, view.tz)}"
        st.button(label, key="against-all", on_click=_against_all)
    elif not earlier:
        half = zoom.rounded(view.span.since + (view.span.until - view.span.since) / 2,
                            view.span.until)  # fmt: skip
        label = "Compare the second half of this span with the first"
        st.button(label, key="second-half", on_click=zoom.go, args=(half, view.tz))


def _against_all() -> None:
    st.session_state["against"] = "all"


def _few(row: Row, by_days: bool) -> str:
    """A warning where one side has too few stretches to know what bursts there are."""
    fewest = min(row["stretches"], row["stretches_before"])
    if fewest >= FEWEST:
        return ""
    what = "a channel's day" if by_days else "a stretch"
    return (
        f" One side has only {fewest} of these ({what} with messages): this may be one "
        "stream's topic, not a habit."
    )


def _about(by_days: bool, tried: int) -> str:
    whole = "Counted in whole days of UTC. " if by_days else ""
    return (
        f"{whole}In brackets: uses per 1,000 messages before → now; bars are 95 % intervals. Of "
        f"{wording.count(tried)} terms with {LEAST} uses or more you see those that changed by "
        f"{TOLD} standard errors or more: chance does that to one in 2,000, bursts included. The "
        f"{MOST} strongest of each kind. DLD keeps the 20 terms of a window that weigh "
        "most, so rare ones are undercounted in both spans."
    )
