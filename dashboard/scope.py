"""The scope of a page: some channels, and a period back from the newest day."""

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st

from dashboard import choices, data, url_state, wording
from dashboard.charts.series import Row

USUAL = "7"  # days
COLUMNS = (5, 4, 3)  # of the controls of a page, one row below another


def busiest(channels: Iterable[Row]) -> str:
    """The channel on air, or the last that was. channels: rows of dash_channels with a last_at."""
    channel: str = max(channels, key=lambda c: (c["on_air"], c["last_at"]))["channel"]
    return channel


def named(channels: Iterable[Row]) -> dict[str, str]:
    """What to show of each channel, by key: its name, and its login where that differs."""
    found, who = {}, data.who()
    for row in channels:
        called = who.name_of(row["channel"])
        name = wording.plain(row["display_name"], 40) or called
        found[row["channel"]] = name if name == called else f"{name} ({called})"
    return found


def choose(
    names: Sequence[str],
    periods: Mapping[str, str],
    channels_key: str,
    period_key: str,
    usual: str = USUAL,
) -> tuple[list[str], str]:
    """Controls for both, kept in the address: the channels picked, none for all; the period.

    periods: label by value, `usual` among them, which is chosen at first. The keys are the
    page's own: Streamlit carries what is set under a key from page to page.
    """
    left, right, _ = st.columns(COLUMNS)
    who = data.who()
    asked = url_state.choices("channels", names, [], len(names), who.resolve)
    url_state.seed(channels_key, asked)
    st.session_state[channels_key] = [c for c in st.session_state[channels_key] if c in names]
    called = {key: who.name_of(key) for key in names}
    picked = left.multiselect(
        "Channels",
        names,
        key=channels_key,
        placeholder="All channels",
        format_func=called.__getitem__,
    )
    url_state.remember(channels=",".join(map(who.name_of, picked)))
    with right:
        period = choices.choose("Period", "period", periods, usual, key=period_key)
    return picked, period
