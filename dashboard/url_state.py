"""The state of a view lives in its address: read, checked, and written back.

A value that is broken, foreign or too long is dropped for the default, and said so once. What the
reader changes is a step of the browser's Back, and Back brings the view of before.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

T = TypeVar("T")
FIRST, LAST = datetime(1971, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)  # of all times
_LONGEST = 2000
_WHOLE = re.compile(r"-?[0-9]{1,11}")
_NOTES = "address_notes"
_UNWRITTEN = "address_told"  # session: parameters that are yet to be written
_SEEDED = "address_seeded"  # session: keys whose first value is from the address
_PAGE, _NAMED = "address_page", "address_named"  # session: the page; the last that named itself
_NAME = "<script>window.history.replaceState({}, '', '?' + %s)</script>"


def notes() -> list[str]:
    """What was wrong with the address, to be shown once a run; the list is emptied."""
    texts: list[str] = st.session_state.pop(_NOTES, [])
    return list(dict.fromkeys(texts))


def note(text: str) -> None:
    """Say something about the address on the next page drawn."""
    st.session_state.setdefault(_NOTES, []).append(text)


def choice(
    name: str, options: Sequence[str], default: str, meant: Callable[[str], str] = str
) -> str:
    """The parameter, if it is one of the options. meant: the option that a text stands for."""
    return _checked(name, default, lambda text: _one_of(meant(text), options))


def choices(
    name: str,
    options: Sequence[str],
    default: Sequence[str],
    most: int,
    meant: Callable[[str], str] = str,
) -> list[str]:
    """The comma-separated parameter: those of it that are options, `most` of them. meant: the
    option that a part stands for."""
    text = _raw(name)
    if text is None:
        return list(default)
    parts = list(dict.fromkeys(meant(part) for part in text.split(",") if part))
    valid = [part for part in parts if part in options]
    if len(valid) < len(parts):
        note(f"Part of “{name}” in the address is not known here, and was left out.")
    if len(valid) > most:
        note(f"“{name}” in the address holds {len(valid)}; the first {most} are shown.")
    return valid[:most] or list(default)


def time(name: str, default: datetime) -> datetime:
    """The parameter as an aware UTC time, from ISO 8601, in the years that can be told."""
    return _checked(name, default, _time)


def text(name: str, longest: int = 50) -> str:
    """The parameter as it is, cut."""
    return (_raw(name) or "")[:longest]


def number(name: str, low: int, high: int, default: int) -> int:
    """The parameter as a whole number in [low, high]."""
    return _checked(name, default, lambda text: _number(text, low, high))


def begin(page: str) -> None:
    """Forget what a run that was broken off, maybe of another page, had yet to write; and, where
    the reader went back or forward, what was chosen: the address holds."""
    state, context = st.session_state, get_script_run_ctx()
    state.pop(_UNWRITTEN, None)
    if context is not None and context.is_history_navigation:
        for key in state.pop(_SEEDED, ()):
            state.pop(key, None)
    state[_PAGE] = page


def remember(**values: str | None) -> None:
    """What the view's state is, for the next `write`; None or '' removes a parameter."""
    st.session_state.setdefault(_UNWRITTEN, {}).update(values)


def write() -> None:
    """Write what was remembered to the address, all at once.

    Every writing is a step of the browser's Back, but for the first of a page that was opened: it
    says in full what the address left open. One at the start of a run may come before the browser
    has the new page's own address, and so stand in that of the page before.
    """
    state, here = st.session_state, st.query_params.to_dict()
    merged = {**here, **state.pop(_UNWRITTEN, {})}
    params = {name: value for name, value in merged.items() if value}
    is_named, state[_NAMED] = state.get(_NAMED) == state[_PAGE], state[_PAGE]
    if params != here:
        (st.query_params.from_dict if is_named else _name)(params)


def _name(params: Mapping[str, str]) -> None:
    """Put the parameters in the place of those in the address, as no step of Back."""
    context, query = get_script_run_ctx(), urlencode(params)
    if context is not None:
        context.query_string = query  # of a run that this one asks for
    st.html(_NAME % json.dumps(query), unsafe_allow_javascript=True)


def seed(key: str, value: T) -> T:
    """Give a widget its first value, from the address; afterwards its own state holds, until the
    reader goes back or forward."""
    st.session_state.setdefault(_SEEDED, set()).add(key)
    if key not in st.session_state:
        st.session_state[key] = value
    current: T = st.session_state[key]
    return current


def keep_within(key: str, options: Sequence[T], default: T) -> None:
    """Forget a widget's value that is no longer among its options."""
    if st.session_state.get(key, default) not in options:
        st.session_state[key] = default


def hold(
    name: str,
    options: Sequence[str],
    default: str,
    key: str = "",
    meant: Callable[[str], str] = str,
) -> None:
    """A widget's choice of one of the options begins with the parameter, and stays one of them.

    key: of the widget, where it is not the name. meant: as of `choice`.
    """
    seed(key or name, choice(name, options, default, meant))
    keep_within(key or name, options, default)


def _raw(name: str) -> str | None:
    value = st.query_params.get(name)
    return None if not value else value[:_LONGEST]


def _checked(name: str, default: T, read: Callable[[str], T]) -> T:
    text = _raw(name)
    if text is None:
        return default
    try:
        return read(text)
    except (ValueError, OverflowError):
        note(f"“{name}” in the address cannot be used here; this is the usual view instead.")
        return default


def _one_of(text: str, options: Sequence[str]) -> str:
    if text not in options:
        raise ValueError(text)
    return text


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return min(max(at.replace(microsecond=0), FIRST), LAST)


def _number(text: str, low: int, high: int) -> int:
    value = int(text) if _WHOLE.fullmatch(text) else low - 1
    if not low <= value <= high:
        raise ValueError(text)
    return value
