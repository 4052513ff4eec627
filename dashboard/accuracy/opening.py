"""Opening of the Forecast accuracy page: how good, in one sentence, and one forecast as it was."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import data, frame, outlook, wording
from dashboard.accuracy import accuracy_charts, skill
from dashboard.accuracy.replays import five_chart, replay
from dashboard.basis import NAMES
from dashboard.charts.series import Row
from dashboard.stream_times import TWITCH_BEGAN
from warehouse.forecast_metrics import REFERENCE
from warehouse.records import FIVE
from warehouse.trust import ENOUGH, grade

NONE_JUDGED = (
    "No forecast of the next five minutes has been judged in this period yet. DLD judges a live "
    "one once its five minutes are over, and imported streams by “python -m pipeline backtest”."
)
LONG = 90  # days; of more the first and the last are named
LATELY = timedelta(hours=1)
Queries = list[tuple[str, dict[str, Any]]]


def section(
    by_step: pd.DataFrame,
    cells: pd.DataFrame,
    model: str,
    basis: str,
    example: Row | None,
    tz: tzinfo,
) -> None:
    """by_step, cells: of all models, as the page has them. example: a row of dash_fives."""
    mine = by_step[(by_step["model"] == model) & (by_step["step"] == FIVE)]
    if mine.empty:
        frame.put(frame.lead(NONE_JUDGED))
        return
    judged = cells[(cells["model"] == model) & (cells["step"] == FIVE)]
    when = over(judged["first_day"].min(), judged["last_day"].max())
    frame.put(frame.lead(sentence(mine.iloc[0].to_dict(), when, model, basis)))
    if example is None:
        return
    left, right = st.columns([6, 5], gap="large", vertical_alignment="center")
    with left:
        frame.put(frame.say(told(example, tz)))
    with right:
        five_chart.draw(example, "example")


def over(first: date, last: date) -> str:
    """Over these 12 days; From 3 Mar 2016 to 2 May 2022; Until 2 May 2022, where some have no
    date."""
    days = (last - first).days + 1
    if last < TWITCH_BEGAN:
        return "Over streams without a date"
    if first < TWITCH_BEGAN:
        return f"Until {last.day} {last:%b %Y}"
    if days > LONG:
        return f"From {first.day} {first:%b %Y} to {last.day} {last:%b %Y}"
    return "On this day" if days == 1 else f"Over these {days} days"


def sentence(figures: Mapping[str, Any], when: str, model: str, basis: str = "words") -> str:
    """How good the forecasts of the next five minutes were, for who has never heard of skill.

    figures: of the model at the step of the five minutes, as skill.scored has them.
    """
    if model == REFERENCE:
        return (
            "The session mean is the stream’s average itself: what every forecast is held against."
        )
    known = None if pd.isna(figures["skill"]) else float(figures["skill"])
    of = grade(known, int(figures["targets"]))
    ahead = "the next five minutes"
    if basis == "emotes":
        ahead = f"the mood {NAMES[basis]} in {ahead}"
    whose = f"{accuracy_charts.NAMES[model]}’s" if model in skill.BASELINES else "DLD’s"
    if of == "new":
        n = wording.count(figures["targets"])
        return (
            f"{when} too few of {whose} forecasts of {ahead} could be judged to say "
            f"how good they are: {n} of {wording.count(ENOUGH)}."
        )
    text = f"{when} {whose} forecast of {ahead}"
    if known is None or of == "not":
        return f"{text} was {outlook.GRADES[of]}."
    share = f"knew {wording.percent(known)} of the predictable part"
    if figures["skill_low"] <= 0:  # no verdict
        return f"{text} {share}, which may still be chance."
    return f"{text} was {outlook.GRADES[of]}: it {share}."


def example_of(channels: Sequence[str], until: datetime, **of: str) -> tuple[Row | None, Queries]:
    """The newest forecast that can be judged of the busiest of the channels, or None; and how it
    was asked for. of: the model and the basis."""
    channel = replay.busiest(channels, until)
    newest = replay.newest(channel, until)
    if newest is None:
        return None, []
    values = {"channels": [channel], "since": newest - LATELY, "until": until, "limit": 1, **of}
    return next(iter(data.rows("dash_fives", **values)), None), [("dash_fives", values)]


def told(example: Row, tz: tzinfo) -> str:
    """One forecast and what came, in plain words."""
    name, at = data.called(example["channel"]), wording.moment(example["cutoff"], tz)
    return (
        f"For example {wording.plain(name, 40)}, {at}. DLD said of the next five minutes: "
        f"{outlook.likely(example)}. {outlook.came(example)} "
        "It is the newest forecast that can be judged, not a chosen one."
    )
