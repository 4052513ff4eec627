"""Tables and JSON of other names and shapes are read, and chat of other places is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline.chat.columns import columns_of
from pipeline.imports.formats.base import Log, Said
from pipeline.imports.formats.detect import detect
from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.formats.tables.columns import NOBODY
from pipeline.imports.formats.unknown import NoLog
from pipeline.imports.names import channel_of, withheld
from tests.helpers.logs import EPOCH, LINES, OFFSETS, STAMPS, written
from tests.unit.pipeline.imports.test_variants import read
from warehouse.errors import BadInput


def table(path: Path, head: str, row: str) -> Path:
    """A CSV of the three lines. row: with {at}, {e}, {o}, {user} and {text}."""
    rows = (row.format(at=at, e=EPOCH + o, o=o, user=user, text=text)
            for (user, text, _), at, o in zip(LINES, STAMPS, OFFSETS, strict=True))  # fmt: skip
    return written(path, "\n".join([head, *rows]) + "\n")


def check(said: list[Said], log: Log, at: float = EPOCH) -> None:
    """The three lines, at their times."""
    assert [(s.user, s.text) for s in said] == [(user, text) for user, text, _ in LINES]
    assert [s.at for s in said] == [at + o for o in OFFSETS]
    assert log.clock == (at == EPOCH) and not log.lost


_MOMENT, _SINCE = "2026-01-31T{at}Z", "{o}"
_TIMES = {
    "posted_at": _MOMENT, "created": _MOMENT, "server_timestamp": _MOMENT, "Datum": _MOMENT,
    "tmi_sent_ts": "{e}000", "unix": "{e}", "epoch_ms": "'{e}000", "Timestamp (UTC)": _MOMENT,
    "When": "Sat Jan 31 2026 {at} GMT+0000 (Coordinated Universal Time)",
    "elapsed": _SINCE, "Time (s)": _SINCE, "offset (ms)": "{o}000", "relative_ms": "{o}000",
    "offsetMs": "{o}000", "time_us": "{o}000000", "video_time": "{o},0", "seconds_elapsed": "{o}",
}  # fmt: skip


@pytest.mark.parametrize("name", _TIMES)
def test_the_column_of_the_time_is_found_by_a_word_or_its_values(tmp_path: Path, name: str) -> None:
    said, log = read(
        table(tmp_path / "a.csv", f"{name};user;text", _TIMES[name] + ";{user};{text}")
    )
    check(said, log, 0 if "{o}" in _TIMES[name] else EPOCH)


@pytest.mark.parametrize(
    "name",
    ["chatterName", "chatter_login", "from", "sent_by", "handle", "Screen Name", "by", "speaker",
     "commenter.display_name", "from_user", "message_author"],
)  # fmt: skip
def test_the_column_of_who_said_it_is_found_by_a_word(tmp_path: Path, name: str) -> None:
    check(*read(table(tmp_path / "a.csv", f"time,{name},text", _MOMENT + ",{user},{text}")))


@pytest.mark.parametrize(
    "name",
    ["raw_message", "Chat Message", "msgText", "text_content", "said", "line", "user_message"],
)
def test_the_column_of_the_text_is_found_by_a_word(tmp_path: Path, name: str) -> None:
    check(*read(table(tmp_path / "a.csv", f"time,user,{name}", _MOMENT + ",{user},{text}")))


@pytest.mark.parametrize(
    ("head", "role"),
    [("time,game_name,text", "user"), ("time,channel_name,text", "user"), ("user,text,x", "time"),
     ("user,text,account_created_at", "time"), ("time,user,message_id", "text"),
     ("time,user,stream_title", "text"), ("time,user,reply_message", "text")],
)  # fmt: skip
def test_columns_of_something_else_are_none_of_these(head: str, role: str) -> None:
    assert columns_of(head.split(","), {})[role] == []


def test_whoever_said_it_is_told_to_be_missing(tmp_path: Path) -> None:
    said, log = read(table(tmp_path / "a.csv", "time,colour,text", _MOMENT + ",red,{text}"))
    assert {s.user for s in said} == {""} and log.notes == [NOBODY]
    assert not read(table(tmp_path / "b.csv", "time,user,text", _MOMENT + ",{user},{text}"))[
        1
    ].notes


@pytest.mark.parametrize("above", ["# exported\n# 3 rows\n", "Chat of demo\n\n", "sep=,\n"])
def test_lines_above_a_header_are_none_of_the_table(tmp_path: Path, above: str) -> None:
    row = _MOMENT + ',{user}, "{text}"'
    check(*read(table(tmp_path / "a.csv", above + "time,user,text", row)))


def test_a_header_alone_says_so(tmp_path: Path) -> None:
    said, log = read(written(tmp_path / "a.csv", "time,user,text\n"))
    assert not said and dict(log.skipped) == {"a header without a row": 1}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_known_without_its_mark(tmp_path: Path, encoding: str) -> None:
    path = table(tmp_path / "a.csv", "time,user,text", _MOMENT + ",{user},{text}")
    path.write_bytes(path.read_bytes().decode().encode(encoding))
    check(*read(path))
    with LogFile(path) as file:
        assert file.read() and file.encoding == encoding.upper()


def _kick(k: int, user: str, text: str, at: str) -> dict[str, Any]:
    sender = {"username": user.title(), "slug": user}
    when = f"2026-01-31T{at}Z"
    return {"id": f"k{k}", "content": text, "type": "message", "created_at": when, "sender": sender}


def _of(make: Callable[[str, str, int, str], Any]) -> list[Any]:
    return [make(user, text, o, at)
            for (user, text, _), o, at in zip(LINES, OFFSETS, STAMPS, strict=True)]  # fmt: skip


_ROWS = _of(lambda user, text, o, at: {"user": user, "text": text, "timestamp": EPOCH + o})
_CHATS = _of(lambda user, text, o, at: _kick(o, user, text, at))
_JSON: dict[str, Any] = {
    "a list in an object": {"channel": "demo", "logs": _ROWS},
    "a list in two": {"data": {"chat": _ROWS, "n": 3}},
    "a list of another name": {"entries": _ROWS, "tool": {"name": "x", "parts": [{"a": 1}]}},
    "Kick's": _CHATS,
    "Kick's pages": {"status": {"error": False}, "data": {"messages": _CHATS, "cursor": "1"}},
    "Kick's server's": [{"event": "App\\Events\\ChatMessageEvent", "data": json.dumps(chat)}
                        for chat in _CHATS],
    "MongoDB's": _of(lambda user, text, o, at: {
        "user": user, "message": text, "date": {"$date": f"2026-01-31T{at}Z"}}),
    "other names": _of(lambda user, text, o, at: {
        "User_Alias": user, "Text": text, "Posted": f"2026-01-31T{at}Z"}),
    "objects within": _of(lambda user, text, o, at: {
        "author": {"name": user}, "message": {"text": text}, "timestamp": EPOCH + o}),
    "dates in words": _of(lambda user, text, o, at: {
        "user": user, "text": text, "time": f"Sat Jan 31 2026 {at} GMT+0000"}),
}  # fmt: skip


@pytest.mark.parametrize("what", _JSON)
def test_json_is_read_however_it_is_laid_out(tmp_path: Path, what: str) -> None:
    check(*read(written(tmp_path / "a.json", json.dumps(_JSON[what]))))


@pytest.mark.parametrize(
    ("name", "value"),
    [("time", lambda o: o), ("time", lambda o: f"0:{o // 60:02}:{o % 60:02}"),
     ("offset_ms", lambda o: o * 1000), ("seconds", float)],
)  # fmt: skip
def test_times_since_the_start_are_known_in_json(
    tmp_path: Path, name: str, value: Callable[[int], Any]
) -> None:
    rows = _of(lambda user, text, o, at: {name: value(o), "username": user, "message": text})
    check(*read(written(tmp_path / "a.json", json.dumps(rows))), at=0)


def test_emotes_of_kick_are_their_names(tmp_path: Path) -> None:
    rows = [_kick(1, "ann", "so good[emote:37226:KEKW][emote:1:gg] <3", STAMPS[0])]
    (said,), _ = read(written(tmp_path / "a.json", json.dumps(rows)))
    assert said.text.split() == ["so", "good", "KEKW", "gg", "<3"]


@pytest.mark.parametrize(
    ("text", "what"),
    [('{"guild": {"id": "1"}, "channel": {"id": "2"}, "messages": []}', "Discord"),
     ("=" * 62 + "\nGuild: G\nChannel: c\n", "Discord"),
     ("AuthorID,Author,Date,Content,Attachments,Reactions\n1,a,2026-01-31,x,,\n", "Discord"),
     ("1/2/2026, 18:00 - Messages and calls are end-to-end encrypted.\n", "WhatsApp"),
     ('{"name": "g", "messages": [{"date_unixtime": "1"}]}', "Telegram"),
     ('{"clickTrackingParams": "x", "replayChatItemAction": {"actions": []}}\n', "YouTube"),
     ('[{"action_type": "add_chat_item", "author": {}, "timestamp": 1}]', "YouTube"),
     ("time,channel,body,channel_points_modification,is_reply\n", "what that account wrote")],
)  # fmt: skip
def test_chat_of_other_places_is_refused_by_name(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(BadInput, match=what) as refused:
        detect(written(tmp_path / "a.txt", text))
    assert not isinstance(refused.value, NoLog)


def test_a_page_that_is_none_of_chat_is_told_so(tmp_path: Path) -> None:
    said, log = read(written(tmp_path / "a.html", "<html><pre>code</pre></html>"))
    assert not said and log.lost


def test_names_of_programs_tell_the_channel_and_what_is_private() -> None:
    assert channel_of(Path("#demo.chat/2026-01-31.180000+0000UTC.txt"), by_file=False) == "demo"
    assert channel_of(Path("#demo_2026-01-31_twitch.txt"), by_file=True) == "demo"
    assert withheld(Path("logs/private-messages/31-01-2026.txt"))
    assert not withheld(Path("logs/chat/31-01-2026.txt"))
