"""What a page is about: some channels, and a period back from the newest day."""

from collections.abc import Iterable, Mapping, Sequence

import streamlit as st

from dashboard import address
from dashboard.series import Row

USUAL = "7"  # days


def busiest(known: Iterable[Row]) -> str:
    """The channel on air, or the last that was. known: rows of dash_channels with a last_at."""
    channel: str = max(known, key=lambda c: (c["on_air"], c["last_at"]))["channel"]
    return channel


def choose(
    names: Sequence[str], periods: Mapping[str, str], channels_key: str, period_key: str
) -> tuple[list[str], str]:
    """Controls for both, kept in the address: the channels picked, none for all; the period.

    periods: label by value, USUAL among them. The keys are the page's own: Streamlit carries
    what is set under a key from page to page.
    """
    left, right, _ = st.columns([5, 4, 3], vertical_alignment="bottom")
    address.seed(channels_key, address.choices("channels", names, [], len(names)))
    kept = [name for name in st.session_state[channels_key] if name in names]
    st.session_state[channels_key] = kept
    picked = left.multiselect("Channels", names, key=channels_key, placeholder="All channels")
    address.seed(period_key, address.choice("period", list(periods), USUAL))
    with right:
        period = st.segmented_control(
            "Period", list(periods), key=period_key, required=True, format_func=periods.__getitem__
        )
    period = period or USUAL
    address.remember(channels=",".join(picked), period=period)
    return picked, period
