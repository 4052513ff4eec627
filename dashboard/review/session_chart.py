"""The timeline of one stream: mood and activity, moments, events and what was forecast."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

import plotly.graph_objects as go
import pyarrow as pa
from plotly.subplots import make_subplots

from dashboard import wording
from dashboard.charts.arrays import cells, times, values
from dashboard.charts.coarse import coarse, windows_a_point
from dashboard.charts.series import Row, per_minute
from dashboard.charts.style import FORECAST, HISTORY, MARKED, UNMARKED, faded, finish
from dashboard.charts.timeline import mood_range, volume
from dashboard.charts.traces import (
    event_traces,
    mood_line,
    other_lines,
    silence_marks,
    sure_band,
    unobserved,
)
from dashboard.review import session_marks, term_uses
from dashboard.review.session import Session
from dashboard.review.session_marks import Marks
from warehouse.records import WINDOW_SECONDS

_NAMES = {"words": "Mood", "emotes": "Mood by emotes"}


def figure(
    of: Session,
    marks: Marks,
    events: Sequence[Row],
    forecasts: Sequence[Row],
    usual: float | None,
    tz: tzinfo,
    term: tuple[str, pa.Table] | None = None,
) -> go.Figure:
    """Mood above, messages a minute below; a stretch can be marked across both.

    usual: the channel's usual mood, a dotted line; None: not known. term: one whose uses stand
    before the messages, and the stream's terms.
    """
    k = windows_a_point(len(of.rows))
    rows, step = coarse(of.told, k), WINDOW_SECONDS * k
    seen = coarse(of.rows, k)
    plot = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.7, 0.3], vertical_spacing=0.05
    )
    low, high = mood_range({"": coarse(of.drawn, k)})
    length_s = (of.until - of.since).total_seconds()
    numbers = session_marks.rows_of(marks.moments, length_s)
    top = high + session_marks.room(numbers) * (high - low)
    upper = [
        sure_band(rows, step, tz),
        *_forecast(forecasts, k, tz),
        *_usual(of, usual, tz),
        mood_line(rows, step, tz, legendrank=1, name=_NAMES[of.part.basis]),
        *other_lines(of.drawn, of.part.basis, tz, k),
        *event_traces(events, tz, low + 0.03 * (high - low)),
        *session_marks.traces(marks, tz, low, high, numbers),
    ]
    lower = [volume("Messages", seen, step, tz, True, HISTORY), silence_marks(seen, tz, 0.0)]
    if term:
        counts = term_uses.uses(term[1], term[0], seen, k)
        lower.append(term_uses.trace(term[0], counts, seen, k, tz))
    busiest = max([per_minute(r) or 0.0 for r in seen], default=0.0) or 1.0
    plot.add_traces(upper, rows=1, cols=1)
    plot.add_traces([*lower, unobserved(of.rows, WINDOW_SECONDS, tz, 0.0, busiest)], rows=2, cols=1)
    plot.update_traces(UNMARKED)
    return finish(
        plot,
        500,
        x={"range": [wording.local(at, tz) for at in (of.since, of.until)]},
        y=[
            {"title": "Mood", "range": [low, top], "tickformat": ".2~f"},
            {"title": "Messages / min", "rangemode": "tozero"},
        ],
        zero=True,
        hovermode="closest",
        showlegend=True,
        barmode="overlay",
        **MARKED,
    )


def step(of: Session) -> timedelta:
    """How long a point of the figure stands for."""
    return timedelta(seconds=WINDOW_SECONDS * windows_a_point(len(of.rows)))


def _usual(of: Session, usual: float | None, tz: tzinfo) -> list[go.Scatter]:
    """The channel's usual mood, as a dotted line through the whole stream."""
    if usual is None:
        return []
    return [
        go.Scatter(
            x=[wording.local(at, tz) for at in (of.since, of.until)],
            y=[usual, usual],
            mode="lines",
            name="Channel's usual mood",
            line={"color": HISTORY, "width": 1.4, "dash": "dot"},
            hovertemplate=f"usually {wording.signed(usual)}<extra></extra>",
        )
    ]


def _forecast(rows: Sequence[Row], k: int, tz: tzinfo) -> list[go.Scatter]:
    """What was forecast 30 s before: a dashed line of medians, with the 80 % band of a window."""
    some = rows[::k]
    if not some:
        return []
    xs: list[datetime | None] = []
    ys: list[float | None] = []
    middle: list[tuple[datetime | None, float | None, list[str]]] = []
    for run in _stretches(some, timedelta(seconds=WINDOW_SECONDS * k * 2)):
        there = [wording.local(r["cutoff"], tz) for r in run]
        xs += [*there, *reversed(there), None]
        ys += [*(r["q90"] for r in run), *(r["q10"] for r in reversed(run)), None]
        middle += [(x, r["q50"], [_promised(r)]) for x, r in zip(there, run, strict=True)]
        middle.append((None, None, [""]))
    return [
        go.Scatter(
            x=times(xs), y=values(ys), mode="lines", line={"width": 0}, fill="toself",
            hoverinfo="skip",
            fillcolor=faded(FORECAST, 0.13), name="Forecast's 80 % band",
        ),
        go.Scatter(
            x=times(x for x, _, _ in middle), y=values(y for _, y, _ in middle), mode="lines",
            name="Forecast 30 s before", customdata=cells([t for _, _, t in middle]),
            line={"color": FORECAST, "width": 1.6, "dash": "dash"},
            hovertemplate="%{customdata[0]}<extra>Forecast</extra>",
        ),
    ]  # fmt: skip


def _promised(row: Row) -> str:
    band = f"80 %: {wording.signed(row['q10'])} to {wording.signed(row['q90'])}"
    return f"<b>{wording.signed(row['q50'])}</b>, {band}<br>{wording.utc_text(row['cutoff'])}"


def _stretches(rows: Sequence[Row], longest: timedelta) -> list[list[Row]]:
    """The rows, apart where more time than `longest` lies between two."""
    stretches: list[list[Row]] = []
    for row in rows:
        if stretches and row["cutoff"] - stretches[-1][-1]["cutoff"] <= longest:
            stretches[-1].append(row)
        else:
            stretches.append([row])
    return stretches
