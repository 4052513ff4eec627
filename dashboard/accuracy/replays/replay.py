"""One forecast beside what happened: a section of the Forecast accuracy page."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import partial

import streamlit as st

from dashboard import data, frame, nearest, outlook, scope, url_state, wording
from dashboard.accuracy import accuracy_charts, skill
from dashboard.accuracy.replays import five_chart, replay_chart
from dashboard.charts.series import Row
from dashboard.charts.style import CONFIG
from warehouse.records import HORIZON, WINDOW

BEFORE = 60 * WINDOW
NOT_JUDGED = (
    "Nobody knows whether it came true: too few of the ten windows had chat, or they are still to "
    "come."
)
MOST = 3000


def section(channels: Sequence[str], until: datetime, tz: tzinfo) -> None:
    """Choose a channel, a day and a time; see the forecast made then and what came.

    until: the end of the newest day.
    """
    frame.heading("One forecast, and what happened")
    left, middle, right = st.columns([3, 2, 7], gap="large")
    names = list(channels)
    if not names:
        return
    url_state.hold("of", names, busiest(names, until), meant=data.who().resolve)
    channel = left.selectbox("Channel", names, key="of", format_func=data.called)
    last = newest(channel, until)
    if last is None:
        st.caption("No forecast of this channel is kept.")
        return
    with middle:
        day = _day(last)
    times = _times(channel, day)
    if not times:
        before = newest(channel, datetime.combine(day, time(), UTC))
        nothing = "No forecast of this channel is kept for this day."
        nearest.offer(nothing, before, last if last.date() > day else None, UTC, _to_day)
        return
    with right:
        at = _time(times, tz)
    url_state.remember(of=data.called(channel), at=wording.utc_iso(at))
    _draw(channel, at, tz)


def busiest(names: Sequence[str], until: datetime) -> str:
    """Of these channels the one on air, or the last that was: an imported one has no forecasts."""
    listed = [c for c in data.rows("dash_channels", now=until) if c["channel"] in names]
    streamed = [c for c in listed if c["last_at"]]
    return scope.busiest(streamed) if streamed else names[0]


def newest(channel: str, until: datetime) -> datetime | None:
    """The newest cutoff of the channel before `until`; the days before it are looked at first."""
    for days in (7, 366 * 30):
        since = until - timedelta(days=days)
        values = {"channel": channel, "since": since, "until": until, "limit": 1}
        cutoffs = data.query("dash_forecast_times", **values)["cutoff"].to_pylist()
        if cutoffs:
            return wording.aware(cutoffs[-1])
    return None


def _day(newest: datetime) -> date:
    """A day of UTC; the address gives that of `at`."""
    at = url_state.time("at", newest)
    url_state.seed("day", min(at, newest).date())
    chosen: date | None = st.date_input(
        "Day (UTC)",
        key="day",
        min_value=date(1971, 1, 1),
        max_value=max(newest.date(), st.session_state["day"] or newest.date()),
        format="DD.MM.YYYY",
    )
    return chosen or newest.date()


def _to_day(at: datetime) -> None:
    st.session_state["day"] = at.date()


def _times(channel: str, day: date) -> list[datetime]:
    since = datetime.combine(day, time(), UTC)
    until = since + timedelta(days=1)
    table = data.query("dash_forecast_times", channel=channel, since=since, until=until, limit=MOST)
    return [wording.aware(t) for t in table["cutoff"].to_pylist()]


def _time(times: list[datetime], tz: tzinfo) -> datetime:
    """A slider over all cutoffs; the address gives the nearest one."""
    settled = times[max(0, len(times) - HORIZON - 1)]  # the newest that has been answered in full
    at = url_state.time("at", settled)
    nearest = min(times, key=lambda t: abs(t - at))
    url_state.seed("at", nearest)
    url_state.keep_within("at", times, nearest)
    if len(times) == 1:
        return times[0]
    label = f"Made at, in {frame.zone_name(tz)}"  # beside a day of UTC
    chosen: datetime = st.select_slider(
        label, times, key="at", format_func=partial(wording.moment, tz=tz, seconds=True)
    )
    return chosen


def _draw(channel: str, at: datetime, tz: tzinfo) -> None:
    forecasts = data.rows("dash_forecasts_at", channel=channel, cutoff=at)
    if not forecasts:
        st.caption("This forecast is no longer kept.")
        return
    models = [f["model"] for f in forecasts]
    serving = [m["model"] for m in data.rows("dash_models") if m["status"] == "serving"]
    forecast = next(f for f in forecasts if f["model"] == skill.focus(models, serving))
    until = at + HORIZON * WINDOW
    rows = data.rows(
        "dash_series",
        channels=[channel],
        since=at - BEFORE,
        until=until,
        step_s=30,
        offset_s=0,
        basis=forecast["basis"],
    )
    usual = _session_mean(channel, at, forecast["basis"])
    st.plotly_chart(
        replay_chart.replayed(rows, forecast, usual, tz),
        key="replayed",
        config=CONFIG,
        alt=f"The forecast made at {wording.moment(at, tz)} and the mood that followed",
    )
    st.caption("Around the history: where each mean lies with 95 % certainty, by its messages.")
    frame.put(frame.say(_verdict(rows, forecast, at)))
    if outlook.is_told(forecast):
        _five(forecast, at)


def _five(forecast: Row, at: datetime) -> None:
    """The forecast of the five minutes together, and what came."""
    frame.heading("The five minutes together")
    of = {"channels": [forecast["channel"]], "model": forecast["model"], "basis": forecast["basis"]}
    found = data.rows("dash_fives", **of, since=at, until=at + WINDOW, limit=1)
    came = outlook.came(found[0]) if found else NOT_JUDGED
    frame.put(frame.say(f"DLD said: {outlook.likely(forecast)}. {came}"))
    for row in found:
        five_chart.draw(row, "five")


def _session_mean(channel: str, at: datetime, basis: str) -> float | None:
    """Mean mood of the stream up to then, weighted by messages: what the skill is measured by."""
    streams = data.rows("dash_streams", channels=[channel], limit=500)
    begun = [t for s in streams if (t := wording.aware(s["started_at"])) < at]
    if not begun:
        return None
    summary = data.rows("dash_summary", channels=[channel], since=max(begun), until=at)
    return next((row["mean"] for row in summary if row["basis"] == basis), None)


def _verdict(rows: Sequence[Row], forecast: Row, at: datetime) -> str:
    """How many of the windows that followed lay inside the bands."""
    came = [
        (int((wording.aware(r["start"]) - at) / WINDOW), r["mean"])
        for r in rows
        if wording.aware(r["start"]) >= at and r["mean"] is not None
    ]
    if not came:
        return "Nobody spoke in the five minutes that followed, or they are still to come."
    in80, in95 = (
        sum(forecast[low][k] <= mean <= forecast[high][k] for k, mean in came)
        for low, high in (("q10", "q90"), ("q025", "q975"))
    )
    model = accuracy_charts.NAMES.get(forecast["model"], wording.plain(forecast["model"], 40))
    return (
        f"Of {len(came)} windows that followed, {in80} lay inside the 80 % band and {in95} "
        f"inside the 95 % band of {model}. One forecast proves nothing: see the shares above."
    )
