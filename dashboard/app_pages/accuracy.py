"""Forecast accuracy: how far the forecast can be trusted, beside honest baselines."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import choices, data, frame, nearest, scope, sections, url_state, wording
from dashboard.accuracy import (
    accuracy_charts,
    backtest,
    card,
    model_table,
    opening,
    over_time,
    sizes,
    skill,
    steps,
    trials,
)
from dashboard.accuracy.calibration import bands, pit, reliability
from dashboard.accuracy.replays import replay
from dashboard.basis import NAMES, TITLES
from dashboard.charts.series import Row
from dashboard.time_span import window_end
from warehouse.forecast_metrics import REFERENCE, SUMMED
from warehouse.published.manifest import Manifest
from warehouse.records import BASES, FIVE, HORIZON
from warehouse.trust import ENOUGH

PERIODS = {"7": "7 days", "30": "30 days", "90": "90 days", "all": "All"}
BY_WEEKS = timedelta(days=90)  # longer: a point is a week
SECTIONS = {
    "skill": "Skill",
    "bands": "Bands and calibration",
    "time": "Over time",
    "channels": "Channels",
    "one": "One forecast",
    "models": "Models and tuning",
}
OWN = {"time": ("metric",), "one": ("of", "at")}
MEANING = """
- **Five minutes**: the mean over all messages of the ten windows after a forecast. It is a
  forecast of its own, and judged when at least eight of the ten windows had chat. DLD tells it in
  words, since it holds far less chance than a single window.
- **Latent skill**: how much of the predictable part a forecast knew. 1 is all of it; 0 is no better
  than the stream's mean so far; below 0 is worse. Few people speak in 30 s, so much of a window's
  mean is chance. No forecast can know chance, so it is left out (the *floor*). For example: the
  stream's mean misses by 100, of which 60 are chance, and the forecast by 92. Then it knows 8 of
  40: its skill is .20.
- **Coverage**: how often the mood lay inside the band. An 80 % band should hold it in 80 of
  100 cases. Less: the forecast is too sure of itself. More: it is too careful.
- **Calibration** looks at every part of the forecast: a tenth of what happened should lie below
  its 10 % quantile, half below its middle, and so on. A bar of 1 is right. High ends mean too
  sure, a high middle too careful, a slope that it is always off to one side.
- **CRPS** judges the whole distribution, not only its middle: the lower the better, in units of
  mood. **nMSE** is the squared error of the middle, weighted by messages.
- **Messages off**: how far the forecast number of messages was from what came, on average. Silent
  windows count too.
- **n**: the number of windows, or of five minutes, that were compared. The light band around the
  skill is its 95 % interval, from leaving out parts of the days and channels one at a time.
"""

NONE = (
    "No forecast has been checked against what happened yet in this period: that needs a stream "
    "of more than half an hour."
)
NONE_OF_LOGS = "No backtest has judged a stream of this period yet."
SUMS_ALONE = "A backtest keeps sums over its forecasts, not each of them."

Queries = list[tuple[str, dict[str, Any]]]


def draw(manifest: Manifest) -> None:
    """How good in one sentence, controls, verdict in figures, then the chosen section."""
    first = st.container()
    channels, since, until = _choose(manifest)
    backtest.section()
    queries: Queries = []
    inside: dict[str, Any] = {"channels": channels, "since": since, "until": until}
    inside["basis"] = _basis(inside)
    cells = _cells(queries, "dash_skill", **inside)
    models = data.rows("dash_models")
    by_step = skill.scored(cells, ["model", "step"]) if len(cells) else cells
    model, step = "", 1
    if by_step.empty:
        with first:
            none = NONE if not data.is_import(manifest) else NONE_OF_LOGS
            nearest.wider(none, PERIODS, "period", partial(_has_cells, inside))
    else:
        model, step = _focus(by_step, models)
        _open(first, by_step, cells, model, inside, queries)
        _verdict(by_step, model, step, inside["basis"])
    chosen = choices.section(SECTIONS, "skill", OWN, key="part")
    if chosen == "models":
        card.section(models, frame.reader_zone())
        trials.section(data.rows("dash_trials"), frame.reader_zone())
    elif chosen == "one" and data.is_import(manifest):
        frame.put(frame.say(SUMS_ALONE))
    elif chosen == "one":
        replay.section(channels, until, frame.reader_zone())
    elif not by_step.empty:
        _drawn(chosen, by_step, model, step, inside, manifest, queries)
        if chosen == "bands":
            reliability.section(_card_chances(models, model))
    with st.expander("What the numbers mean", icon=":material/help:"):
        st.markdown(MEANING)
    sections.behind(queries)


def _open(
    place: DeltaGenerator,
    by_step: pd.DataFrame,
    cells: pd.DataFrame,
    model: str,
    inside: dict[str, Any],
    queries: Queries,
) -> None:
    """The first words of the page, in its first place: how good, and an example."""
    of = {"model": model, "basis": inside["basis"]}
    example, asked = opening.example_of(inside["channels"], inside["until"], **of)
    queries += asked
    with place:
        opening.section(by_step, cells, example=example, tz=frame.reader_zone(), **of)
        if data.is_import(data.manifest()):
            st.caption(f"{SUMS_ALONE} An example comes with live ones.")


def _card_chances(models: Sequence[Row], model: str) -> Mapping[str, Any]:
    """How its chances held, as the card of the network tells that they came with."""
    cards = [data.json_object(m[of]) for m in models for of in ("params", "scores")]
    return next((found for card in cards if (found := reliability.of_card(card, model))), {})


def _drawn(
    chosen: str,
    by_step: pd.DataFrame,
    model: str,
    step: int,
    inside: dict[str, Any],
    manifest: Manifest,
    queries: Queries,
) -> None:
    if chosen == "skill":
        model_table.section(by_step, model, step, list(dict.fromkeys(by_step["model"])))
    elif chosen == "bands":
        bands.section(by_step, model)
        if data.is_import(manifest):
            st.caption(SUMS_ALONE)
            return
        newest = data.newest(manifest)
        until = min(inside["until"], window_end(newest)) if newest else inside["until"]
        span = (inside["since"], until)
        zone, read = frame.reader_zone(), inside["basis"]
        pit.section(inside["channels"], span, model, step, zone, queries, read)
    elif chosen == "time":
        long = inside["until"] - inside["since"] > BY_WEEKS
        days = 7 if long else 1
        cells = _cells(queries, "dash_skill_days", **inside, step=step, days=days)
        over_time.section(cells, model, step, days)
    elif chosen == "channels":
        cells = _cells(queries, "dash_skill_channels", **inside, model=model, step=step)
        sizes.section(cells, step)


def _cells(queries: Queries, name: str, **values: Any) -> pd.DataFrame:
    values |= SUMMED
    queries.append((name, values))
    cells: pd.DataFrame = data.query(name, **values).to_pandas()
    return cells.dropna(subset=["noise"])


def _choose(manifest: Manifest) -> tuple[list[str], datetime, datetime]:
    newest = data.newest(manifest) or frame.wall()
    until = datetime.combine(newest.date(), time(), UTC) + timedelta(days=1)
    names = [c["channel"] for c in data.rows("dash_channels", now=until)]
    usual = "all" if data.is_import(manifest) else scope.USUAL
    picked, period = scope.choose(names, PERIODS, "ch", "period", usual)
    return picked or names, until - _length(period), until


def _length(period: str) -> timedelta:
    return timedelta(days=365 * 30 if period == "all" else int(period))


def _has_cells(inside: dict[str, Any], period: str) -> bool:
    """True if something was judged in the period that ends as this one does."""
    values = {**inside, **SUMMED, "since": inside["until"] - _length(period)}
    return bool(data.query("dash_skill", **values).num_rows)


def _basis(inside: dict[str, Any]) -> str:
    """What the moods that are judged were read from: each measure has a record of its own."""
    judged = [b for b in BASES if data.query("dash_skill", **inside, **SUMMED, basis=b).num_rows]
    if len(judged) < len(BASES):
        url_state.remember(basis=None)
        return judged[0] if judged else BASES[0]
    return choices.choose("Mood", "basis", TITLES, BASES[0], leave_out=True)


def _focus(by_step: pd.DataFrame, models: Sequence[Row]) -> tuple[str, int]:
    """The model and the step that are looked at."""
    names = list(dict.fromkeys(by_step["model"]))
    serving = [m["model"] for m in models if m["status"] == "serving"]
    default = skill.focus(names, serving)
    has_five = FIVE in set(by_step["step"])
    left, right, _ = st.columns(scope.COLUMNS)
    url_state.hold("model", names, default)
    model: str = left.selectbox("Model", names, key="model", format_func=accuracy_charts.model_name)
    places = sorted({FIVE if has_five else 1, *range(1, HORIZON + 1)})
    url_state.seed("step", url_state.number("step", FIVE, HORIZON, places[0]))
    url_state.keep_within("step", places, places[0])
    label = "Five minutes together, or a step of 30 s"
    step: int = right.select_slider(label, places, key="step", format_func=steps.named)
    url_state.remember(model=model, step=str(step))
    return model, step


def _verdict(by_step: pd.DataFrame, model: str, step: int, basis: str) -> None:
    """The step that is looked at, in words and figures."""
    at = by_step[by_step["step"] == step]
    mine, base = (at[at["model"] == m] for m in (model, REFERENCE))
    if mine.empty:
        frame.put(frame.say(f"No forecast of it has been judged at {steps.named(step)}."))
        return
    figures = mine.iloc[0].to_dict()
    name = wording.plain(accuracy_charts.NAMES.get(model, model), 40)
    of = f" of moods {NAMES[basis]}" if basis == "emotes" else ""
    known = skill.verdict(figures["skill"], figures["skill_low"], figures["skill_high"])
    band = skill.band_verdict(figures["coverage80"], 0.8)
    text = f"For {steps.ahead(step)}{of}, {name} {known}. Its 80 % band {band}."
    if step == FIVE:  # how much it knew is the page's first sentence
        if figures["targets"] < ENOUGH:
            band = f"held {wording.percent(figures['coverage80'], 1)} of what happened so far"
        text = f"For {steps.ahead(step)}{of}, the 80 % band of {name} {band}."
    frame.put(frame.say(text))
    frame.tiles(*_tiles(figures, base, step))


def _tiles(figures: dict[str, Any], base: pd.DataFrame, step: int) -> list[tuple[str, str, str]]:
    n, at = f"n = {wording.count(figures['targets'])}", steps.named(step)
    against = f"session mean {base.iloc[0]['crps']:.4f}, " if len(base) else ""
    tiles = [
        (f"Latent skill, {at}", _signed(figures["skill"]), f"{model_table.interval(figures)}, {n}"),
        ("80 % band holds", wording.percent(figures["coverage80"], 1), f"promised 80 %, {n}"),
        ("95 % band holds", wording.percent(figures["coverage95"], 1), f"promised 95 %, {n}"),
        (f"CRPS, {at}", f"{figures['crps']:.4f}", f"{against}{n}"),
        (f"nMSE, {at}", f"{figures['nmse']:.4f}", f"floor {figures['floor']:.4f}, {n}"),
    ]
    if not pd.isna(figures["volume_error"]):
        of = f"n = {wording.count(figures['counts'])}"
        tiles.append((f"Messages off, {at}", f"{figures['volume_error']:.1f}", of))
    return tiles


def _signed(value: float) -> str:
    return wording.MISSING if pd.isna(value) else wording.signed(value, 3)


frame.page("Forecast accuracy", "how far you can trust the forecast", draw)
