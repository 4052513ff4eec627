"""Skill by channel and by channel size: a section of the Forecast accuracy page."""

import pandas as pd
import streamlit as st

from dashboard import data, sections, wording
from dashboard.accuracy import accuracy_charts, skill, steps
from dashboard.charts.style import CONFIG

FEWEST = 4  # channels, before they are parted by size
CLASSES = 4


def section(cells: pd.DataFrame, step: int) -> None:
    """cells: rows of dash_skill_channels."""
    by_channel, parted = skill.scored(cells, ["channel"]), by_size(cells)
    if parted is None:
        _channels(by_channel, step)
        n = cells["channel"].nunique()
        st.caption(
            f"To compare small and large channels DLD needs {FEWEST} of different sizes. Here: "
            f"{wording.counted(n, 'channel')}."
        )
        return
    left, right = st.columns(2, gap="large")
    with left:
        _channels(by_channel, step)
    with right:
        _sizes(parted, step)


def _channels(scores: pd.DataFrame, step: int) -> None:
    n = int(scores["targets"].sum())
    small = steps.counted(step, n)
    sections.head("By channel", small, scores.to_dict("records"), "channels")
    st.plotly_chart(
        accuracy_charts.skill_by_channel(scores.assign(channel=scores["channel"].map(data.called))),
        key="by-channel",
        config=CONFIG,
        alt="Latent skill by channel with intervals",
    )
    if len(scores) > accuracy_charts.MOST_CHANNELS:
        st.caption(
            f"The {accuracy_charts.MOST_CHANNELS} of {len(scores)} channels with most windows; "
            "the CSV has all."
        )
    else:
        st.caption("Lines: 95 % intervals, from leaving out days; none where there are too few.")


def _sizes(parted: pd.DataFrame, step: int) -> None:
    """parted: as by_size has it."""
    scores = skill.scored(parted, ["size"])
    small = steps.counted(step, int(scores["targets"].sum()))
    sections.head("By size of channel", small, scores.to_dict("records"), "sizes")
    st.plotly_chart(
        accuracy_charts.skill_dots(scores.dropna(subset=["skill"]), "size"),
        key="by-size",
        config=CONFIG,
        alt="Latent skill by size of channel with intervals",
    )
    st.caption(
        "Classes with equally many channels, by messages in a window of chat. The louder a "
        "channel, the less of a window's mean is chance."
    )


def by_size(cells: pd.DataFrame) -> pd.DataFrame | None:
    """The cells with a `size` (messages a window, in words, as an ordered category) and blocks of
    channel-days; None below FEWEST channels, or where all are of one size."""
    sums = cells.groupby("channel")[["n", "targets"]].sum()
    size = sums["n"] / sums["targets"]
    if len(size) < FEWEST or size.nunique() < 2:
        return None
    classes = pd.qcut(size, min(CLASSES, len(size) // 2), labels=False, duplicates="drop")
    order, names = sorted(classes.unique()), {}
    for place in order:
        of = size[classes == place]
        names[place] = _size_name(float(of.min()), float(of.max()))
    label = classes.map(names).astype(pd.CategoricalDtype([names[p] for p in order], ordered=True))
    block = cells.groupby(["channel", "block"]).ngroup() % skill.BLOCKS
    return cells.assign(size=cells["channel"].map(label).astype(label.dtype), block=block)


def _size_name(low: float, high: float) -> str:
    ends = wording.rate(low) if wording.rate(low) == wording.rate(high) else (
        f"{wording.rate(low)} to {wording.rate(high)}"
    )  # fmt: skip
    return f"{ends} messages"
