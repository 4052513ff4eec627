"""Forecast accuracy: how far the forecast can be trusted, beside honest baselines."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import choices, data, frame, scope, sections, url_state, wording
from dashboard.accuracy import (
    accuracy_charts,
    backtest,
    bands,
    card,
    model_table,
    over_time,
    pit,
    replay,
    sizes,
    skill,
    trials,
)
from dashboard.basis import NAMES, TITLES
from dashboard.charts.series import Row
from dashboard.time_span import window_end
from warehouse.forecast_metrics import SUMMED
from warehouse.published.manifest import Manifest
from warehouse.records import BASES

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
- **Latent skill** is the share of what *can* be known about the next windows that the forecast
  knew. 1 would be perfect; 0 is no better than always saying the stream's mean so far; below 0
  is worse than that. Much of a window's mean is chance (few people speak in 30 s), and no
  forecast can know chance, so it is taken out of both sides (the *floor*).
- **Coverage** is how often the truth lay inside the band. An 80 % band should hold it 80 % of
  the time: less means the forecast is too sure of itself, more that it is too timid.
- **Calibration** looks at every part of the forecast: a tenth of what happened should lie below
  its 10 % quantile, half below its middle, and so on. A bar of 1 is honest. High ends mean too
  sure, a high middle too timid, a slope that it is always off to one side.
- **CRPS** judges the whole distribution, not only its middle: the lower the better, in units of
  mood. **nMSE** is the squared error of the middle, weighted by messages.
- **Messages off** is how far the forecast number of messages of a window was from what came, on
  average; silent windows count too.
- **n** is the number of windows that were compared. The light band around the skill is its 95 %
  interval, from leaving out parts of the days and channels one at a time.
"""

NONE = (
    "No forecast has been checked against what happened yet in this period: that needs a stream "
    "of more than half an hour."
)
NONE_OF_LOGS = "No backtest has judged a stream of this period yet."
SUMS_ALONE = "A backtest keeps sums over its forecasts, not each of them."

Queries = list[tuple[str, dict[str, Any]]]


def draw(manifest: Manifest) -> None:
    """Controls, verdict in words, then the chosen section."""
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
        frame.put(frame.say(NONE if not data.is_import(manifest) else NONE_OF_LOGS))
    else:
        model, step = _focus(by_step, models)
        _verdict(by_step, model, inside["basis"])
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
    with st.expander("What the numbers mean", icon=":material/help:"):
        st.markdown(MEANING)
    sections.behind(queries)


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
    days = timedelta(days=365 * 30 if period == "all" else int(period))
    return picked or names, until - days, until


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
    left, right, _ = st.columns([2, 2, 1], gap="large", vertical_alignment="bottom")
    url_state.hold("model", names, default)
    model: str = left.selectbox("Model", names, key="model", format_func=accuracy_charts.model_name)
    url_state.seed("step", url_state.number("step", 1, 10, 1))
    step: int = right.slider("Step (30 s each)", 1, 10, key="step")
    url_state.remember(model=model, step=str(step))
    return model, step


def _verdict(by_step: pd.DataFrame, model: str, basis: str) -> None:
    first = by_step[by_step["model"] == model].iloc[0].to_dict()
    at = by_step["step"] == first["step"]
    base = by_step[(by_step["model"] == "session_mean") & at]
    judgement = skill.verdict(first["skill"], first["skill_low"], first["skill_high"])
    name = wording.plain(accuracy_charts.NAMES.get(model, model), 40)
    band = skill.band_verdict(first["coverage80"], 0.8)
    of = f" of moods {NAMES[basis]}" if basis == "emotes" else ""
    text = f"For the next 30 seconds{of}, {name} {judgement}. Its 80 % band {band}."
    frame.put(frame.say(text))
    n = f"n = {wording.count(first['targets'])}"
    against = f"session mean {base.iloc[0]['crps']:.4f}, " if len(base) else ""
    tiles = [
        ("Latent skill, step 1", _signed(first["skill"]), f"{model_table.interval(first)}, {n}"),
        ("80 % band holds", wording.percent(first["coverage80"], 1), f"promised 80 %, {n}"),
        ("95 % band holds", wording.percent(first["coverage95"], 1), f"promised 95 %, {n}"),
        ("CRPS, step 1", f"{first['crps']:.4f}", f"{against}{n}"),
        ("nMSE, step 1", f"{first['nmse']:.4f}", f"floor {first['floor']:.4f}, {n}"),
    ]
    if not pd.isna(first["volume_error"]):
        of = f"a window, n = {wording.count(first['counts'])}"
        tiles.append(("Messages off, step 1", f"{first['volume_error']:.1f}", of))
    frame.tiles(*tiles)


def _signed(value: float) -> str:
    return wording.MISSING if pd.isna(value) else wording.signed(value, 3)


frame.page("Forecast accuracy", "how far the forecast can be trusted", draw)
