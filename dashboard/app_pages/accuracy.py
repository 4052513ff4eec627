"""Forecast accuracy: how far the forecast can be trusted, beside honest baselines."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

import pandas as pd
import streamlit as st

from dashboard import (
    accuracy_charts,
    address,
    card,
    data,
    frame,
    replay,
    scope,
    skill,
    trials,
    words,
)
from dashboard.series import Row
from dashboard.style import CONFIG
from warehouse.manifest import Manifest

PERIODS = {"7": "7 days", "30": "30 days", "90": "90 days", "all": "All"}
MEANING = """
- **Latent skill** is the share of what *can* be known about the next windows that the forecast
  knew. 1 would be perfect; 0 is no better than always saying the stream's mean so far; below 0
  is worse than that. Much of a window's mean is chance (few people speak in 30 s), and no
  forecast can know chance, so it is taken out of both sides (the *floor*).
- **Coverage** is how often the truth lay inside the band. An 80 % band should hold it 80 % of
  the time: less means the forecast is too sure of itself, more that it is too timid.
- **CRPS** judges the whole distribution, not only its middle: the lower the better, in units of
  mood. **nMSE** is the squared error of the middle, weighted by messages.
- **n** is the number of windows that were compared. The light band around the skill is its 95 %
  interval, from leaving out parts of the days and channels one at a time.
"""


def draw(manifest: Manifest) -> None:
    """Controls, verdict in words, charts, one forecast replayed, the models."""
    channels, since, until = _choose(manifest)
    cells = data.query("dash_accuracy", channels=channels, since=since, until=until).to_pandas()
    cells = cells.dropna(subset=["noise"])
    models = data.rows("dash_models")
    if cells.empty:
        frame.put(
            frame.say(
                "No forecast has been checked against what happened yet in this "
                "period: that needs a stream of more than half an hour."
            )
        )
    else:
        _scores(cells, models)
    replay.section(channels, until, frame.reader_zone())
    card.section(models, frame.reader_zone())
    trials.section(data.rows("dash_trials"), frame.reader_zone())
    with st.expander("What the numbers mean"):
        st.markdown(MEANING)


def _choose(manifest: Manifest) -> tuple[list[str], datetime, datetime]:
    newest = data.newest(manifest) or frame.wall()
    until = datetime.combine(newest.date(), time(), UTC) + timedelta(days=1)
    names = [c["channel"] for c in data.rows("dash_channels", now=until)]
    picked, period = scope.choose(names, PERIODS, "ch", "period")
    days = timedelta(days=365 * 30 if period == "all" else int(period))
    return picked or names, until - days, until


def _scores(cells: pd.DataFrame, models: Sequence[Row]) -> None:
    by_step = skill.scored(cells, ["model", "step"])
    shown = list(dict.fromkeys(by_step["model"]))
    serving = [m["model"] for m in models if m["status"] == "serving"]
    chosen = _model(shown, skill.focus(shown, serving))
    mine = by_step[by_step["model"] == chosen]
    _verdict(mine, by_step, chosen)
    left, right = st.columns(2, gap="large")
    with left:
        frame.heading("How much is known, by step", _n(mine))
        st.plotly_chart(
            accuracy_charts.skill_by_step(by_step, chosen, shown),
            key="skill",
            config=CONFIG,
            alt="Latent skill of every model at steps 1 to 10",
        )
        below = accuracy_charts.out_of_sight(by_step)
        if below:
            st.caption(f"Below the picture at step 1: {', '.join(below)}.")
    with right:
        frame.heading("Are the bands honest?", _n(mine))
        st.plotly_chart(
            accuracy_charts.coverage_by_step(by_step, chosen),
            key="coverage",
            config=CONFIG,
            alt="Coverage of the 80 % and 95 % bands by step",
        )
    _details(cells, by_step, chosen)


def _model(shown: Sequence[str], default: str) -> str:
    address.seed("model", address.choice("model", shown, default))
    address.keep_within("model", shown, default)
    left, _ = st.columns([2, 3])
    chosen: str = left.selectbox(
        "Model", shown, key="model", format_func=accuracy_charts.model_name
    )
    address.remember(model=chosen)
    return chosen


def _n(rows: pd.DataFrame) -> str:
    n = int(rows["targets"].max()) if len(rows) else 0
    return f"n = {words.count(n)} windows a step"


def _verdict(mine: pd.DataFrame, by_step: pd.DataFrame, chosen: str) -> None:
    first = mine.iloc[0].to_dict()
    base = by_step[(by_step["model"] == "session_mean") & (by_step["step"] == first["step"])]
    said = skill.verdict(first["skill"], first["skill_low"], first["skill_high"])
    name = words.plain(accuracy_charts.NAMES.get(chosen, chosen), 40)
    band = skill.band_verdict(first["coverage80"], 0.8)
    frame.put(frame.say(f"For the next 30 seconds, {name} {said}. Its 80 % band {band}."))
    n = f"n = {words.count(first['targets'])}"
    against = f"session mean {base.iloc[0]['crps']:.4f}, " if len(base) else ""
    frame.tiles(
        ("Latent skill, step 1", _signed(first["skill"]), f"{_interval(first)}{n}"),
        ("80 % band holds", words.percent(first["coverage80"], 1), f"promised 80 %, {n}"),
        ("95 % band holds", words.percent(first["coverage95"], 1), f"promised 95 %, {n}"),
        ("CRPS, step 1", f"{first['crps']:.4f}", f"{against}{n}"),
        ("nMSE, step 1", f"{first['nmse']:.4f}", f"floor {first['floor']:.4f}, {n}"),
    )


def _signed(value: float) -> str:
    return words.MISSING if pd.isna(value) else words.signed(value, 3)


def _interval(row: dict[str, float]) -> str:
    if pd.isna(row["skill_low"]):
        return "too few days for an interval, "
    return f"{words.signed(row['skill_low'], 2)} to {words.signed(row['skill_high'], 2)}, "


def _details(cells: pd.DataFrame, by_step: pd.DataFrame, chosen: str) -> None:
    step = _step()
    one = cells[(cells["model"] == chosen) & (cells["step"] == step)]
    at = by_step[by_step["step"] == step]
    left, right = st.columns(2, gap="large")
    with left:
        frame.heading("By channel", f"step {step}, {_n(at[at['model'] == chosen])}")
        by_channel = skill.scored(one, ["channel"])
        st.plotly_chart(
            accuracy_charts.skill_by_channel(by_channel),
            key="by-channel",
            config=CONFIG,
            alt="Latent skill by channel with intervals",
        )
    with right:
        frame.heading("Day by day", f"step {step}")
        st.plotly_chart(
            accuracy_charts.skill_by_day(skill.scored(one, ["day"])),
            key="by-day",
            config=CONFIG,
            alt="Latent skill by day",
        )
    frame.heading("Every model", f"step {step}; lower is better for nMSE and CRPS")
    _table(at)


def _step() -> int:
    address.seed("step", address.number("step", 1, 10, 1))
    left, _ = st.columns([2, 3])
    step: int = left.slider("Step (30 s each)", 1, 10, key="step")
    address.remember(step=str(step))
    return step


def _table(at: pd.DataFrame) -> None:
    table = at.sort_values("skill", ascending=False)
    table = table.assign(
        model=[accuracy_charts.NAMES.get(m, words.plain(m, 40)) for m in table["model"]],
        interval=[_interval(r).rstrip(", ") for r in table.to_dict("records")],
        coverage80=table["coverage80"] * 100,
        coverage95=table["coverage95"] * 100,
    )
    number = st.column_config.NumberColumn
    st.dataframe(
        table[
            [
                "model",
                "skill",
                "interval",
                "nmse",
                "floor",
                "crps",
                "coverage80",
                "coverage95",
                "width80",
                "targets",
            ]
        ],
        hide_index=True,
        key="models-at-step",
        column_config={
            "model": "Model",
            "skill": number("Latent skill", format="%+.3f"),
            "interval": "95 % interval",
            "nmse": number("nMSE", format="%.4f"),
            "floor": number("Floor", format="%.4f"),
            "crps": number("CRPS", format="%.4f"),
            "coverage80": number("80 % band", format="%.1f %%"),
            "coverage95": number("95 % band", format="%.1f %%"),
            "width80": number("80 % width", format="%.3f"),
            "targets": number("n", format="localized"),
        },
    )


frame.page("Forecast accuracy", "how far the forecast can be trusted", draw)
