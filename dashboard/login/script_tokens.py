"""Tokens for scripts of whoever is logged in, in a small window beside their name: make one, end
one. Only where data for scripts is on (docs/api.md)."""

import streamlit as st

from dashboard import config, frame, wording
from dashboard.api.tokens import DAYS, Tokens, person, utc_now
from dashboard.rights import Access
from warehouse.errors import AppError

_MADE, _FAILED = "script-token-made", "script-token-failed"


def window(who: Access) -> None:
    """The button that opens it, and what is in it."""
    if not config.has_api():
        return
    with st.popover("Scripts", type="tertiary", help="Tokens for scripts of yours", key="scripts"):
        st.markdown(
            "A token lets a script of yours read what you see here: moods, streams, moments and "
            f"terms, as JSON or CSV, for {DAYS} days. Whoever runs this dashboard knows the "
            "address to ask; docs/api.md says how."
        )
        if made := st.session_state.pop(_MADE, None):
            st.markdown("Copy it now: **it is not shown again.** Whoever has it sees what you see.")
            st.code(made, language=None, wrap_lines=True)
        if failed := st.session_state.pop(_FAILED, None):
            st.error(wording.plain(failed, 300), icon=":material/error:")
        st.button("Make a token", on_click=_make, args=(who,), key="make-token", type="primary")
        _list(who)


def _list(who: Access) -> None:
    try:
        held = Tokens(config.folder()).listed(utc_now())
    except AppError as exc:
        frame.put(frame.say(wording.plain(str(exc), 300)))
        return
    for token_id, one in held.items():
        if one.person != _person(who):
            continue
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"`dld_{token_id}…` until {one.ends:%d %b %Y}")
            st.button("End", on_click=_end, args=(token_id, who), key=f"end-{token_id}",
                      help="Scripts with this token are refused from now on")  # fmt: skip


def _make(who: Access) -> None:
    try:
        made, _ = Tokens(config.folder()).add(who.sub, _login(who), utc_now())
    except (AppError, OSError) as exc:
        st.session_state[_FAILED] = str(exc)
        return
    st.session_state[_MADE] = made


def _end(token_id: str, who: Access) -> None:
    try:
        Tokens(config.folder()).end(token_id, utc_now(), _person(who))
    except (AppError, OSError) as exc:
        st.session_state[_FAILED] = str(exc)


def _login(who: Access) -> str:
    return "" if ":" in who.name else who.name


def _person(who: Access) -> tuple[str, str]:
    return person(who.sub, _login(who))
