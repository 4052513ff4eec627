"""The backtest of imported chat: what it was of, and the button that begins one."""

from datetime import timedelta

import streamlit as st

from dashboard import access, data, frame, inbox, wording, worker
from dashboard.health import keeping
from dashboard.health.keeping import Health
from warehouse.errors import AppError

ACTION = "backtest"
COMMAND = "python -m pipeline backtest"
_ASKED = "backtest"  # session: the request, and when
_TROUBLE = "not_backtested"  # session: why it could not be asked
_PATIENCE = timedelta(minutes=2)  # for a pipeline to begin


def section() -> None:
    """Where logs were imported: what their record is, and how to have it made."""
    if not any(row["source"] == "import" for row in data.rows("sources")):
        return
    health = keeping.newest()
    frame.put(frame.say(sentence(health)))
    if access.current().sees_all and inbox.can_ask():
        label = "Run it again" if ACTION in health else "Run the backtest"
        st.button(
            label, key="run-backtest", icon=":material/replay:", on_click=_ask,
            disabled=_waits(), help=f"Minutes on a large folder; as a command: {COMMAND}",
        )  # fmt: skip
        if trouble := st.session_state.pop(_TROUBLE, ""):
            st.error(wording.plain(trouble, 400), icon=":material/error:")
        _outcome()
    else:
        st.caption(f"A command makes it: {COMMAND}")


def sentence(health: Health) -> str:
    """What the record of imported streams rests on."""
    if ACTION not in health:
        return (
            "DLD did not forecast imported streams while they ran. A backtest tells how good the "
            "forecasts would have been: each one knows only what came before it."
        )
    of, done = keeping.parts(health, ACTION), wording.aware(health[ACTION]["at"])
    n, streams, channels = (wording.count(of.get(k)) for k in ("cutoffs", "streams", "channels"))
    text = (
        f"A backtest judged imported streams {wording.ago(frame.wall() - done)}: {n} forecasts "
        f"of {streams} streams of {channels} channels. Each one knew only what came before it."
    )
    imported = health.get("imported")
    if imported and wording.aware(imported["at"]) > done:
        text += " Logs were imported since."
    return text


def _ask() -> None:
    try:
        st.session_state[_ASKED] = inbox.ask(ACTION, {}), frame.wall()
    except AppError as exc:
        st.session_state[_TROUBLE] = str(exc)


def _waits() -> bool:
    return _ASKED in st.session_state and inbox.answer(st.session_state[_ASKED][0]) is None


@frame.by_itself(2)
def _outcome() -> None:
    """How far it is; when it is over the page is drawn anew once."""
    if _ASKED not in st.session_state:
        return
    request, at = st.session_state[_ASKED]
    answer = inbox.answer(request)
    if answer is None:
        st.caption(_going(inbox.progress(request), frame.wall() - at))
        return
    if answer:
        st.error(f"No backtest: {wording.literal(wording.plain(answer, 300))}")
    elif data.manifest().version != st.session_state.get("backtested"):
        st.session_state["backtested"] = data.manifest().version
        st.rerun()


def _going(done: int, waited: timedelta) -> str:
    if done:
        return f"Judging: {wording.count(done)} forecasts so far."
    if waited > _PATIENCE and not worker.is_there():
        return f"It waits for the pipeline, which may be off; the command does it now: {COMMAND}"
    return "DLD begins to judge, one channel after another."
