"""Nearest places where there is something: what a page that has nothing to show offers instead."""

from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo

import streamlit as st

from dashboard import frame, wording


def offer(
    text: str,
    before: datetime | None,
    after: datetime | None,
    tz: tzinfo,
    go: Callable[[datetime], None],
    key: str = "nearest",
) -> None:
    """Say that there is nothing here, with a button for each side that has something. go: called
    with what was chosen, before the page is drawn anew."""
    frame.put(frame.say(text))
    sides = [("Nearest before", before), ("Nearest after", after)]
    there = [(side, at) for side, at in sides if at is not None]
    if not there:
        return
    with st.container(horizontal=True, gap="small"):
        for side, at in there:
            icon = "chevron_left" if at == before else "chevron_right"
            st.button(
                f"{side}: {wording.day(at, tz)}",
                key=f"{key}-{side.split()[-1]}",
                icon=f":material/{icon}:",
                on_click=go,
                args=(at,),
            )


def wider(text: str, periods: Mapping[str, str], key: str, has: Callable[[str], bool]) -> None:
    """Say that there is nothing in the period chosen, with a button for the next longer one that
    has something. periods: label by value, the shortest first; key: of their control; has: whether
    there is something in a period."""
    frame.put(frame.say(text))
    values = list(periods)
    longer = values[values.index(st.session_state[key]) + 1 :]
    found = next((value for value in longer if has(value)), None)
    if found is not None:
        st.button(
            f"Nearest: {periods[found]}",
            key=f"wider-{key}",
            icon=":material/zoom_out:",
            on_click=_set,
            args=(key, found),
        )


def _set(key: str, value: str) -> None:
    st.session_state[key] = value
