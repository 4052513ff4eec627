"""Choices of one among a few, as the address says them: the control, and what follows from it."""

from collections.abc import Mapping, Sequence
from typing import Literal

import streamlit as st

from dashboard import url_state


def choose(
    label: str,
    name: str,
    options: Mapping[str, str],
    default: str,
    key: str = "",
    hidden: bool = False,
    leave_out: bool = False,
) -> str:
    """The value chosen of the options (label by value), kept in the address as `name`.

    key: of the widget, where it is not the name. hidden: draw no label. leave_out: the default
    stands in no address.
    """
    key = key or name
    url_state.hold(name, list(options), default, key)
    visibility: Literal["visible", "collapsed"] = "collapsed" if hidden else "visible"
    chosen = st.segmented_control(
        label, list(options), key=key, format_func=options.__getitem__, required=True,
        label_visibility=visibility, wrap=True,
    )  # fmt: skip
    chosen = chosen or default
    url_state.remember(**{name: None if leave_out and chosen == default else chosen})
    return chosen


def section(
    sections: Mapping[str, str], default: str, own: Mapping[str, Sequence[str]], key: str = "show"
) -> str:
    """The section of a page that is drawn; only that one is asked for.

    own: what only one section has in the address; that of the others leaves it.
    """
    chosen = choose("Look at", "show", sections, default, key=key, hidden=True)
    for section, names in own.items():
        if section != chosen:
            url_state.remember(**dict.fromkeys(names))
    return chosen
