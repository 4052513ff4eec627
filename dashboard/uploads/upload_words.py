"""Words about a dropped log: what can be dropped, how far it is, what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboard import frame, wording
from dashboard.markup import Markup, link, row, span, tag
from warehouse.inbox.uploaded_log import WAITS

UNDATED = (
    "It is placed day by day from 1 January 2000 and marked “date unknown”: under Session review "
    "its times count from its start."
)
_FORMATS = (
    ("TwitchDownloader", "JSON, text, HTML"),
    ("chat-downloader", "JSON, JSON lines"),
    ("Chatterino, Chatty", "their log files"),
    ("justlog, rustlog, raw IRC", "text, JSON"),
    ("tcd, rechat, Twitch's GraphQL", "text, JSON"),
    ("Tables", "Parquet, CSV, TSV: text, time, user"),
)
_STEPS = {"reading": "Reading the log", "scoring": "Scoring its messages"}
_FORMAT_NAMES = {
    "table": "a table", "columns": "a table", "irc": "raw IRC",
    "twitchdownloader": "TwitchDownloader",
    "twitchdownloader-text": "TwitchDownloader text", "gql": "Twitch's GraphQL",
    "twitchdownloader-html": "TwitchDownloader HTML", "chatterino": "Chatterino",
    "chatty": "Chatty",
}  # fmt: skip
_PATIENCE = timedelta(seconds=30)  # a running pipeline begins within seconds


@dataclass(frozen=True)
class Answers:
    """Answers of the page where a log leaves something out. started_at: aware UTC. taken: what
    happens where its time is taken: "ask", "place" (it comes after) or "replace". columns: of a
    table, as `text=NAME,time=NAME`."""

    channel: str = ""
    started_at: datetime | None = None
    undated: bool = False
    taken: str = "ask"
    columns: str = ""

    def body(self) -> dict[str, Any]:
        """As a request has it."""
        at = self.started_at.isoformat() if self.started_at else ""
        said = {"place": self.taken == "place", "replace": self.taken == "replace"}
        of = {"columns": self.columns} if self.columns else {}
        return {"channel": self.channel, "started_at": at, "undated": self.undated, **said, **of}


def waiting_note(quiet_s: float | None) -> None:
    """Says so where nobody seems to run who would read a log. quiet_s: since the pipeline last
    published; None where it never did."""
    if quiet_s is not None and quiet_s <= frame.STALE_AFTER_S:
        return
    since = f" for {wording.lasting(timedelta(seconds=quiet_s))}" if quiet_s is not None else " yet"
    st.warning(
        f"The pipeline has published nothing{since} and may be off. A log that you drop now waits "
        f"until it runs, {wording.lasting(WAITS)} at most; then it is deleted unread.",
        icon=":material/schedule:",
    )


def explained(mb: int) -> None:
    """What can be dropped, and what happens to it."""
    frame.heading("What you can drop", f"up to {mb} MB, plain or gzip")
    frame.put(row(*(span(x) for pair in _FORMATS for x in pair), cls="dld-facts wide"))
    st.caption(
        "The pipeline reads the log, at low priority, and then deletes it, also after a failure. "
        "It keeps sums of 30 seconds and common terms: no line of chat, and no chatter's name. You "
        "may drop the same log again: nothing counts twice."
    )


def missing_answers(state: Mapping[str, Any] | None) -> Sequence[str]:
    """What the log left out: "channel", "when", "columns"; "place" where its time is another
    stream's."""
    names = (state or {}).get("asks")
    return names if isinstance(names, list) else ()


def outcome(state: Mapping[str, Any], waited: timedelta | None, tz: tzinfo) -> None:
    """How far the import is, or what came of it."""
    if isinstance(state.get("result"), dict):
        _imported(state, tz)
    elif "reason" in state:
        _refused(state)
    else:
        _going(state, waited)


def _going(state: Mapping[str, Any], waited: timedelta | None) -> None:
    step, done, of = (state.get(k) for k in ("step", "done", "of"))
    if step in _STEPS and isinstance(done, int) and isinstance(of, int) and of > 0:
        n = wording.count(done), wording.count(of)
        what = "of {1} bytes" if step == "reading" else "{0} of {1}"
        st.progress(min(1.0, done / of), f"{_STEPS[step]}: {what.format(*n)}")
    elif waited is not None and waited > _PATIENCE:
        frame.put(frame.say(f"It waits for the pipeline, for {wording.lasting(waited)} so far."))
    elif waited is None:  # of the address alone: since when is not known
        st.progress(0.0, "In the inbox; the pipeline has yet to begin")
    else:
        st.progress(0.0, "Put into the inbox; the pipeline begins in a moment")


def _refused(state: Mapping[str, Any]) -> None:
    if asks := missing_answers(state):
        name = _escaped(wording.plain(str(state.get("name") or "The log"), 80))
        what = "leaves something out. Say it above"
        if "place" in asks:
            what = "is of a time at which the channel has another stream. Choose above"
        text = f"{name} {what}, and press Import again."
        if "columns" in asks:
            text += f" {_escaped(_sentence(state.get('reason'), 600))}."
        st.info(text, icon=":material/help:")
        return
    reason = _escaped(wording.plain(str(state.get("reason")), 400))
    st.error(f"It was not imported: {reason}", icon=":material/error:")


def _sentence(text: object, longest: int) -> str:
    """What the pipeline says of a log, as a sentence of its own."""
    told = wording.plain(str(text), longest)
    return told[:1].upper() + told[1:]


def _escaped(text: str) -> str:
    """Foreign text in Streamlit's Markdown, as it is."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]()<>#+-!|$~:" else c for c in text)


def _imported(state: Mapping[str, Any], tz: tzinfo) -> None:
    result = state["result"]
    skipped = _counts(result.get("skipped"))
    frame.put(row(tag("b", wording.plain(state.get("name"), 80)), " is in.", cls="dld-say"))
    if note := state.get("note"):
        st.warning(_escaped(wording.plain(str(note), 300)), icon=":material/content_cut:")
    kind = str(result.get("format", ""))
    frame.tiles(
        ("Format", _FORMAT_NAMES.get(kind, wording.plain(kind, 40)), "told by its content"),
        ("Messages", wording.count(_number(result, "messages")), "that count"),
        ("Filtered", wording.count(_number(result, "filtered")), "of bots, and commands"),
        ("Skipped", wording.count(sum(skipped.values())), "lines that gave no message"),
    )
    if skipped:
        pairs = [(wording.plain(k, 80), wording.count(n)) for k, n in skipped.items()]
        frame.heading("Skipped", "by reason")
        frame.put(row(*(span(x) for pair in pairs for x in pair), cls="dld-facts wide"))
    listed = [s for s in result.get("listed") or () if isinstance(s, dict)]
    many = _number(result, "streams")
    windows = wording.count(_number(result, "windows"))
    small = (
        f"n = {wording.count(many)}, in {windows} windows of 30 s; open one under Session review"
    )
    frame.heading("Streams", small)
    frame.put(tag("ul", *(_stream(s, tz) for s in listed), cls="dld-streams"))
    for sentence in (s for s in result.get("told") or () if isinstance(s, str)):
        st.caption(_escaped(_sentence(sentence, 300)))
    if many > len(listed):
        st.caption(f"The last {len(listed)} are listed.")


def _stream(stream: Mapping[str, Any], tz: tzinfo) -> Markup:
    since, until = _time(stream.get("from")), _time(stream.get("to"))
    address = "review?" + urlencode({"stream": str(stream.get("stream", ""))})
    length = wording.lasting(until - since)
    if stream.get("undated"):
        name, title = f"date unknown, {length}", f"placed at {wording.utc_text(since)}"
    else:
        name = f"{wording.moment(since, tz)}, {length}"
        title = f"{wording.utc_text(since)} to {wording.utc_text(until)}"
    anchor = link(address, name, title)
    lines = f" · n = {wording.messages(_number(stream, 'rows'))}"
    return tag("li", tag("b", wording.plain(stream.get("channel"))), " · ", anchor, lines)


def _time(text: object) -> datetime:
    try:
        return wording.aware(datetime.fromisoformat(str(text)))
    except ValueError:
        return wording.at_second(0)


def _number(result: Mapping[str, Any], name: str) -> int:
    value = result.get(name)
    return value if isinstance(value, int) else 0


def _counts(value: object) -> dict[str, int]:
    pairs = value.items() if isinstance(value, dict) else ()
    return {str(k): v for k, v in pairs if isinstance(v, int)}
