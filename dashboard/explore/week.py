"""Mood and activity by hour and weekday, as the reader's clock has them: a section of Explore."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from statistics import median
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard import choices, data, frame, sections, url_state, wording
from dashboard.charts.series import Row, margin
from dashboard.charts.style import CONFIG, finish
from dashboard.explore.view import DAY, HOUR, View, widened
from dashboard.time_span import Span

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MEASURES = {"mood": "Mood", "usual": "Mood against the usual", "rate": "Messages a minute"}
# orange is below, blue above; dark text is read on all of it
_BOTH = [[0.0, "#e0883f"], [0.25, "#eebd90"], [0.5, "#e2e6eb"], [0.75, "#9cc6e6"], [1.0, "#5aa5dc"]]
_ONE = [[0.0, "#e8edf2"], [1.0, "#5aa5dc"]]
_INK = "#10202e"
MOST_CHANGES = 200
FEW = 30  # messages; a mood of fewer does not set the colours


def section(view: View) -> None:
    """A cell for every hour of the week."""
    left, right = st.columns([2, 3], vertical_alignment="bottom", gap="medium")
    with left:
        channel = _channel(view)
    with right:
        measure = choices.choose("Show", "measure", MEASURES, "mood", hidden=True)
    span = widened(view.span, HOUR)
    froms, offsets = zone_steps(span, view.tz)
    rows = view.rows(
        "dash_week",
        channel=channel,
        since=span.since,
        until=span.until,
        zone_from=froms,
        zone_offset_s=offsets,
    )
    n = sum(r["n"] for r in rows)
    cells = [{**r, "weekday": DAYS[r["weekday"] - 1]} for r in rows]
    sections.head(
        f"{MEASURES[measure]} by hour and weekday",
        f"{wording.plain(data.called(channel))}, n = {wording.messages(n)}",
        cells,
        sections.span_name("week", span),
        view.basis,
    )
    if not n:
        frame.put(frame.say("Nobody spoke in this span."))
        return
    st.plotly_chart(
        heat(rows, measure, offsets[-1]),
        key="week",
        config=CONFIG,
        alt=f"{MEASURES[measure]} of each hour of the week",
    )
    st.caption(_about(view.tz, offsets, rows))


def _channel(view: View) -> str:
    names = list(view.channels)
    url_state.hold("of", names, names[0], meant=data.who().resolve)
    chosen: str = st.selectbox("Channel", names, key="of", format_func=data.called)
    url_state.remember(of=data.called(chosen))
    return chosen


def zone_steps(span: Span, tz: tzinfo) -> tuple[list[datetime], list[int]]:
    """(times, seconds east of UTC from each on): the reader's zone within the span.

    A change of the clock is found to the hour; zones change on full hours. The newest MOST_CHANGES.
    """
    at, end = span.since.astimezone(UTC), span.until.astimezone(UTC)
    steps = [(at, _offset(at, tz))]
    while at < end:
        after = min(at + DAY, end)
        if _offset(after, tz) != steps[-1][1]:
            hour = at
            while _offset(hour, tz) == steps[-1][1]:
                hour += HOUR
            steps.append((hour, _offset(hour, tz)))
        at = after
    steps = [steps[0], *steps[1:][-MOST_CHANGES:]]
    return [at.replace(tzinfo=None) for at, _ in steps], [offset for _, offset in steps]


def _offset(at: datetime, tz: tzinfo) -> int:
    return int((at.astimezone(tz).utcoffset() or timedelta()).total_seconds())


def value(row: Row, measure: str, usual: float) -> float | None:
    """What a cell shows; None for nothing to show."""
    if measure == "rate":
        return row["n"] * 60 / row["observed_s"] if row["observed_s"] >= 60 else None
    if row["mean"] is None:
        return None
    return float(row["mean"] - usual) if measure == "usual" else float(row["mean"])


def usual_of(rows: Sequence[Row]) -> float:
    """Mean mood of all messages."""
    n = sum(r["n"] for r in rows)
    return sum(r["n"] * r["mean"] for r in rows if r["n"]) / n if n else 0.0


def heat(rows: Sequence[Row], measure: str, offset_s: int) -> go.Figure:
    """Weekdays by hours; each cell has its number, so that a sign is never by colour alone."""
    usual = usual_of(rows)
    by = {(r["weekday"], r["hour"]): r for r in rows}
    grid = [[by.get((day, hour)) for hour in range(24)] for day in range(1, 8)]
    z = [[None if c is None else value(c, measure, usual) for c in line] for line in grid]
    both = measure != "rate"
    sure = [
        abs(v)
        for cells, line in zip(grid, z, strict=True)
        for c, v in zip(cells, line, strict=True)
        if c is not None and v is not None and (c["n"] >= FEW or not both)
    ]
    noise = [m for r in rows if (m := margin(r["sd"], r["n"])) is not None and r["n"] >= FEW]
    # what chance does to half of the cells stays pale
    reach = max([0.05, 2 * median(noise) if both and noise else 0.0, *sure])
    figure = go.Figure(
        go.Heatmap(
            x=[f"{hour:02d}" for hour in range(24)],
            y=[day[:3] for day in DAYS],
            z=z,
            text=[
                [_number(c, v, measure) for c, v in zip(cells, line, strict=True)]
                for cells, line in zip(grid, z, strict=True)
            ],
            texttemplate="%{text}",
            textfont={"color": _INK, "size": 11},
            customdata=[[_hover(c, usual, offset_s) for c in line] for line in grid],
            hovertemplate="%{customdata}<extra></extra>",
            colorscale=_BOTH if both else _ONE,
            zmin=-reach if both else 0,
            zmax=reach,
            xgap=2,
            ygap=2,
            showscale=False,
            hoverongaps=False,
        )
    )
    across = {"type": "category", "side": "top", "title": None}
    return finish(figure, 330, across, {"autorange": "reversed", "showgrid": False})


def _number(row: Row | None, number: float | None, measure: str) -> str:
    """What is printed in a cell; in brackets where few messages say it."""
    if row is None or number is None:
        return ""
    if measure == "rate":
        return wording.rate(number)
    return wording.signed(number) if row["n"] >= FEW else f"({wording.signed(number)})"


def _hover(row: Any, usual: float, offset_s: int) -> str:
    if row is None:
        return ""
    there = timedelta(days=row["weekday"] - 1, hours=row["hour"]) - timedelta(seconds=offset_s)
    utc = there % timedelta(days=7)
    at = f"{DAYS[utc.days][:3]} {utc.seconds // 3600:02d}:{utc.seconds % 3600 // 60:02d} UTC"
    head = f"<b>{DAYS[row['weekday'] - 1]}, {row['hour']:02d}:00 to {row['hour'] + 1:02d}:00</b>"
    if row["mean"] is None:
        return f"{head}<br>nobody spoke<br>{at}"
    sure = margin(row["sd"], row["n"])
    band = f" ± {sure:.2f}" if sure is not None else ""
    rate = row["n"] * 60 / row["observed_s"] if row["observed_s"] else None
    return (
        f"{head}<br>{wording.glyph(row['mean'], row['n'])} {wording.signed(row['mean'])}{band}, "
        f"{wording.signed(row['mean'] - usual)} against the usual<br>{wording.messages(row['n'])} "
        f"in {row['hours']} {'hour' if row['hours'] == 1 else 'hours'}, {wording.rate(rate)} "
        f"a minute<br>{at}"
    )


def _about(tz: tzinfo, offsets: Sequence[int], rows: Sequence[Row]) -> str:
    few = [r["hours"] for r in rows if r["n"]]
    note = f"{frame.times_in(tz)}. Hover for ± and n. Blank: no stream then."
    if any(0 < r["n"] < FEW for r in rows):
        note += f" In brackets: of fewer than {FEW} messages."
    if any(offset % 3600 for offset in offsets):
        note += " Sums are of full hours of UTC, so each cell begins up to an hour late."
    if few and sorted(few)[len(few) // 2] < 4:
        note += (
            " Half of the cells are of fewer than four hours: one stream's mood, not a habit "
            "of that time of the week."
        )
    return f"{note} The usual is {wording.signed(usual_of(rows))}."
