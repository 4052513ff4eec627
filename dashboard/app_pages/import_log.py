"""Bring your own: a VOD's chat log is dropped here, and is a stream to review a minute later."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard import access, config, data, frame, inbox, url_state, wording, worker
from dashboard.uploads import upload_words
from dashboard.uploads.upload_words import Answers
from warehouse.config import UploadSettings
from warehouse.errors import AppError, BadInput, NothingPublished
from warehouse.inbox.uploaded_log import ACTION, safe_name
from warehouse.kinds import refuse_mixing
from warehouse.records import typed_name

_TROUBLE = "not_dropped"  # session: why the last log could not be put in
TITLE = "Bring your own"
_PIECE = 1 << 20
_BESIDE = ".venv/bin/python -m streamlit run dashboard/app.py"  # opens an empty folder, too
_EVERY_S = 2


def draw() -> None:
    """What can be dropped, what is asked about it, and what became of the last one."""
    if not worker.is_there():
        upload_words.waiting_note(_quiet())
    if not inbox.can_ask():
        text = "You cannot import here: this dashboard may not write to the inbox of its data."
        st.info(text, icon=":material/lock:")
        return
    if why := _mixed():
        st.info(wording.literal(why), icon=":material/lock:")
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        file = _file()
        answers = _answers()
        _send(file, answers)
        _outcome()
    with right:
        upload_words.explained(UploadSettings().mb)


def _mixed() -> str:
    """Why no log comes into this folder: it has simulated chat. '' where it may."""
    try:
        there = {row["source"] for row in data.rows("sources")}
        refuse_mixing(config.folder().root, there, "import", _BESIDE)
    except NothingPublished:
        return ""
    except BadInput as exc:
        return f"No log can be dropped here: {exc}"
    return ""


def _quiet() -> float | None:
    """Seconds since the pipeline published; None where it never did."""
    try:
        published = data.manifest().published_at
    except NothingPublished:
        return None
    return (frame.wall() - published).total_seconds()


def _file() -> UploadedFile | None:
    return st.file_uploader(
        "Drop a chat log here, plain or gzip", key="log", max_upload_size=UploadSettings().mb,
        help="DLD finds the format by what is in the file; its name does not matter.",
    )  # fmt: skip


def _answers() -> Answers:
    """What a log may leave out; what the last one did leave out is asked in so many words."""
    asks = upload_words.missing_answers(_state())
    with st.expander("If the log does not say", expanded=bool(asks), icon=":material/help:"):
        channel = _channel("channel" in asks)
        when = st.segmented_control(
            "When was it?", ["log", "at", "never"], default="log", key="when", required=True,
            format_func={"log": "The log says", "at": "It began at …", "never": "No date is known"}
            .__getitem__,
        )  # fmt: skip
        started = _started() if when == "at" else None
        if "when" in asks and when == "log":
            st.warning("This log does not say when it was.", icon=":material/event:")
        if when == "never":
            st.caption(upload_words.UNDATED)
        taken = _taken("place" in asks)
        columns = _columns() if "columns" in asks else ""
    return Answers(channel, started, when == "never", taken, columns)


def _columns() -> str:
    name: str = st.text_input(
        "Columns of the table", key="columns", max_chars=200,
        placeholder="text=NAME,time=NAME,user=NAME",
    )  # fmt: skip
    if not name:
        st.warning("DLD does not know its columns by their names.", icon=":material/table:")
    return name


def _channel(is_missing: bool) -> str:
    own = access.current().channels
    if own is not None:
        return st.selectbox(
            "Channel",
            own,
            key="whose",
            format_func=data.called,
            help="You import into your own channel.",
        )
    name = st.text_input(
        "Channel", key="whose-name", max_chars=60, placeholder="as in twitch.tv/NAME"
    )
    if is_missing and not name:
        st.warning("This log does not say whose chat it is.", icon=":material/person:")
    return typed_name(name).rpartition("/")[2]


def _taken(is_asked: bool) -> str:
    chosen: str = st.segmented_control(
        "If that time is here already", ["ask", "place", "replace"],
        default="ask", key="taken", required=True,
        format_func={"ask": "Ask me", "place": "Lay it after", "replace": "Replace"}
        .__getitem__,
        help="A channel has one stream at a time. Replace takes this log, even if it has less.",
    )  # fmt: skip
    if is_asked and chosen == "ask":
        st.warning("At its time the channel has another stream.", icon=":material/event_busy:")
    return chosen


def _started() -> datetime:
    tz = frame.reader_zone()
    now = wording.local(frame.wall(), tz).replace(second=0)
    at = st.datetime_input("Began at", now, key="began", max_value=now, step=60) or now
    aware = at.replace(tzinfo=tz)
    st.caption(f"In {frame.zone_name(tz)}; {wording.utc_text(aware)}.")
    return aware.astimezone(UTC)


def _send(file: UploadedFile | None, answers: Answers) -> None:
    state = _state()
    busy = state is not None and not ({"result", "reason"} & set(state))
    st.button(
        "Import", key="import", type="primary", icon=":material/upload:",
        disabled=file is None or busy, on_click=_put, args=(file, answers),
    )  # fmt: skip
    if trouble := st.session_state.pop(_TROUBLE, ""):
        st.error(wording.plain(trouble, 400), icon=":material/error:")


def _put(file: UploadedFile, answers: Answers) -> None:
    """Put the log in the inbox. It stays in this visit until another is chosen, for its
    questions to be answered."""
    raw = file.getbuffer()
    pieces = [raw[k : k + _PIECE] for k in range(0, max(1, len(raw)), _PIECE)]
    body = {"name": safe_name(file.name), **answers.body()}
    try:
        sent = inbox.ask(ACTION, body, log=pieces)
    except AppError as exc:
        st.session_state[_TROUBLE] = str(exc)
        return
    st.session_state["dropped"] = (sent, frame.wall())
    st.session_state["taken"] = "ask"  # an answer is about one log
    url_state.remember(request=sent)
    url_state.write()


def _state() -> Mapping[str, Any] | None:
    """What is known of the last log of this visit, or of the address; None of none."""
    sent, _ = _sent()
    return inbox.dropped(sent) if sent else None


def _sent() -> tuple[str, datetime | None]:
    request: tuple[str, datetime | None] = st.session_state.get(
        "dropped", (url_state.text("request", 64), None)
    )
    return request


@frame.by_itself(_EVERY_S)
def _outcome() -> None:
    """How far it is; drawn again by itself. When it is over, the page is drawn anew once."""
    sent, at = _sent()
    if not sent:
        return
    state = _state()
    if state is None:
        frame.put(
            frame.say("DLD does not know the import in the address. It may be over a week old.")
        )
        return
    over = bool({"result", "reason"} & set(state))
    if over and st.session_state.get("dropped_over") != sent:
        st.session_state["dropped_over"] = sent
        st.rerun()
    waited = None if at is None else frame.wall() - at
    upload_words.outcome(state, waited, frame.reader_zone())


def page() -> None:
    """The page, which needs nothing published."""
    url_state.begin(TITLE)
    frame.titled(TITLE, "a VOD's chat log, to be reviewed like any stream")
    try:
        draw()
    except AppError as exc:
        st.error(wording.plain(str(exc), 400), icon=":material/error:")


page()
