"""Forms that tools write with other settings, in other languages or on other platforms."""

import json
from pathlib import Path

import pytest

from pipeline.imports.formats import FORMATS
from pipeline.imports.formats.base import WHISPER, Log, Said
from pipeline.imports.formats.detect import detect
from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.names import channel_of
from tests.helpers.logs import EPOCH, LINES, OFFSETS, STAMPS, comment, downloader, irc, written

_CHATTERINO = "# Start logging at 2026-01-31 18:00:00 UTC\n"
_CHATTY = "# Log started: 2026-01-31 19:00:00 +0100\n"
_DAY = 1769817600  # of START, midnight


def read(path: Path) -> tuple[list[Said], Log]:
    """What a file says, and of it as a whole."""
    log = Log()
    with LogFile(path) as file:
        said = list(FORMATS[detect(path)].read(file, log))
    return said, log


def lines(form: str, east: int = 0) -> str:
    """The three lines; at: the time, half: of a clock of twelve hours; east: hours."""
    rows = zip(LINES, STAMPS, strict=True)
    shown = ((user, text, f"{18 + east}{at[2:]}", f"06{at[2:]}") for (user, text, _), at in rows)
    return "".join(form.format(at=at, half=half, user=u, text=x) + "\n" for u, x, at, half in shown)


# the log, and what its file is called
_ON_THE_WALL = {
    "chatterino, p. m.": (_CHATTERINO + lines("[{half} p.\u00a0m.] {user}: {text}"), "a"),
    "chatterino, japanese": (_CHATTERINO + lines("[午後 {half}] {user}: {text}"), "a"),
    "chatty, korean": (_CHATTY.replace("19:", "18:").replace("+01", "+00")
                       + lines("[{half} 오후] <{user}> {text}"), "a"),
    "chatty, iso": (_CHATTY + lines("[2026-01-31T{at}+0100] <{user}> {text}", 1), "a"),
    "chatty, german": (_CHATTY + lines("[31.01.2026 {at}] <{user}> {text}", 1), "a"),
    "chatty, american": (_CHATTY + lines("[01/31/2026 {at}] <{user}> {text}", 1), "a"),
    "chatty, parentheses": (_CHATTY + lines("({at}) <{user}> {text}", 1), "a"),
    "textual": (lines("[2026-01-31T{at}+0100] <{user}> {text}", 1), "a"),
    "the lounge": (lines("[2026-01-31T{at}.000Z] <{user}> {text}"), "a"),
    "weechat, parts of seconds": (lines("2026-01-31 {at}.000001\t@{user}\t{text}"), "a"),
    "weechat, with a zone": (lines("2026-01-31T{at}+0100\t{user}\t{text}", 1), "a"),
    "irssi, dated": (lines("2026-01-31 {at} <@{user}> {text}"), "a"),
    "kvirc": (lines("[{at}] <{user}> {text}"), "channel_#demo.net_2026.01.31.log"),
    "znc": (lines("[{at}] <{user}> {text}") + "[18:03:00] *** Joins: x (x@y)\n", "2026-01-31.log"),
    "tmi.js": (lines("[{at}] info: [#demo] <{user}>: {text}")
               + "[18:03] info: Joined #demo\n", "2026-01-31.log"),
    "chat-downloader, 24 hours": (lines("{at} | (Subscriber) {user}: {text}").replace(":00 |", " |")
                                  .replace(":30 |", " |").replace(":05 |", " |"), "2026-01-31.txt"),
}  # fmt: skip


@pytest.mark.parametrize("what", _ON_THE_WALL)
def test_clocks_are_read_however_they_are_written(tmp_path: Path, what: str) -> None:
    text, name = _ON_THE_WALL[what]
    said, log = read(written(tmp_path / name, text))
    assert [(s.user, s.text) for s in said] == [(user, text) for user, text, _ in LINES]
    exact = 60 if "24 hours" in what else 1
    assert [int(s.at) // exact for s in said] == [(EPOCH + o) // exact for o in OFFSETS]
    assert (log.clock, log.zone) == (True, "") and not log.lost


def test_a_log_named_after_its_day_may_begin_at_midnight(tmp_path: Path) -> None:
    text = "[00:00:05] <ann> one\n[00:00:35] <bob> two\n"
    said, _ = read(written(tmp_path / "2026-01-31.log", text))
    assert [s.at - _DAY for s in said] == [5, 35]
    said, log = read(written(tmp_path / "777.log", text))  # tcd's
    assert [s.at for s in said] == [5, 35] and not log.clock


@pytest.mark.parametrize(
    ("head", "action", "notes"),
    [("", "[18:03:00] * cy waves at all", "[18:03:00] *** Joins: cy (cy@x)"),
     ("--- Log opened Sat Jan 31 18:00:00 2026\n", "18:03  * cy waves at all",
      "18:03 -!- cy [cy@x] has joined #demo"),
     ("", "2026-01-31 18:03:00\t *\tcy waves at all", "2026-01-31 18:03:00\t-->\tcy (c@x) joined"),
     ("**** BEGIN LOGGING AT Sat Jan 31 18:00:00 2026\n", "Jan 31 18:03:00 *\tcy waves at all",
      "Jan 31 18:03:00 *\tcy (cy@x) has joined\nJan 31 18:03:00 *\tNow talking on #demo")],
)  # fmt: skip
def test_actions_in_irc_clients_are_chat_and_their_notes_are_not(
    tmp_path: Path, head: str, action: str, notes: str
) -> None:
    form = {"[": "[18:00:00] <ann> x", "1": "18:00 < ann> x", "2": "2026-01-31 18:00:00\tann\tx",
            "J": "Jan 31 18:00:00 <ann>\tx"}[action[0]]  # fmt: skip
    text = f"{head}{form}\n{action}\n{notes}\n{form}\n"
    said, log = read(written(tmp_path / "2026-01-31.log", text))
    assert [(s.user, s.text) for s in said] == [("ann", "x"), ("cy", "waves at all"), ("ann", "x")]
    assert log.skipped["no chat"] == notes.count("\n") + 1


def test_whispers_between_lines_of_chat_are_never_read(tmp_path: Path) -> None:
    tmi = lines("[{at}] info: [#demo] <{user}>: {text}") + "[18:04] info: [WHISPER] <cy>: secret\n"
    bot = [{"event": kind, "ts": "2026-01-31T18:00:00Z", "user": {"username": "cy"}, "text": "x",
            "channel": "#demo"} for kind in ("message", "whisper")]  # fmt: skip
    table = "created_at,user,message,message_type\n" + "".join(
        f"2026-01-31T18:00:0{k}Z,cy,x,{kind}\n" for k, kind in enumerate(("chat", "Whisper"))
    )
    logs = {"tmi": (tmi, 3), "bot": ("\n".join(map(json.dumps, bot)), 1), "table": (table, 1)}
    for name, (text, many) in logs.items():
        said, log = read(written(tmp_path / name, text))
        assert len(said) == many and log.skipped == {WHISPER: 1}


_ELSEWHERE = {
    "lines end in CR": lines("[2026-01-31 {at} UTC] {user}: {text}").replace("\n", "\r"),
    "recent messages": json.dumps({"messages": [irc(k) for k in range(3)], "error": None}),
    "irc, chatty's debug log": "".join(
        f"[2026-01-31 {at}/123] --> {irc(k)}\n" for k, at in enumerate(STAMPS)),
    "irc, a logger's": "".join(f"2026-01-31 {at},000 INFO {irc(k).split(' ', 1)[1]}\n"
                               for k, at in enumerate(STAMPS)),
    "tmi.js as json": "\n".join(
        json.dumps({"channel": "#demo", "message": text, "self": False, "tags": {
            "username": user, "tmi-sent-ts": str((EPOCH + o) * 1000), "message-type": "chat"}})
        for (user, text, _), o in zip(LINES, OFFSETS, strict=True)),
    "eventsub, events alone": "\n".join(
        json.dumps({"timestamp": f"2026-01-31T{at}Z", "broadcaster_user_login": "demo",
                    "chatter_user_login": user, "message": {"text": text}})
        for (user, text, _), at in zip(LINES, STAMPS, strict=True)),
    "pages of twitch's old api": json.dumps(
        [{"comments": [comment(k, created_at=f"2024-01-31T{STAMPS[k]}Z") for k in ks], "_next": "x"}
         for ks in ((0, 1), (2,))]),
    "vtt with a note": "WEBVTT\n\nNOTE by hand\n\n" + "".join(
        f"0{o // 60}:{o % 60:02}.000 --> 09:00.000 line:0\n<b>{user}</b>: {text}\n\n"
        for (user, text, _), o in zip(LINES, OFFSETS, strict=True)),
    "ass, names in their column": "[Script Info]\n\n[Events]\n" + "".join(
        f"Dialogue: 0,0:0{o // 60}:{o % 60:02}.00,0:09:00.00,D,{user},0,0,0,,{text}\n"
        for (user, text, _), o in zip(LINES, OFFSETS, strict=True)),
}  # fmt: skip


@pytest.mark.parametrize("what", _ELSEWHERE)
def test_what_is_written_otherwise_says_the_same(tmp_path: Path, what: str) -> None:
    said, log = read(written(tmp_path / "a", _ELSEWHERE[what]))
    assert [(s.user, s.text) for s in said] == [(user, text) for user, text, _ in LINES]
    assert [s.at % 3600 for s in said] == list(OFFSETS)
    assert not log.lost


def test_automod_is_nobody(tmp_path: Path) -> None:
    text = _CHATTERINO + "[18:01:00] ann: x\n[18:01:01] AutoMod: Held a message for reason: x.\n"
    assert [s.user for s in read(written(tmp_path / "a", text))[0]] == ["ann"]


def test_a_clip_has_no_start_wherever_its_maker_is_told(tmp_path: Path) -> None:
    clip = downloader(clipper={"name": "Ann", "id": 2})
    for order in (clip.items(), reversed(clip.items())):
        _, log = read(written(tmp_path / "a", json.dumps(dict(order))))
        assert log.clip and log.starts_at is None


@pytest.mark.parametrize(
    "name", ["#demo/2026-01-31.log", "tw/#Demo/a.txt", "Channels/#demo/#demo-2026-01-31.log"]
)
def test_a_folder_with_a_mark_is_a_channel(name: str) -> None:
    assert channel_of(Path("logs") / name, by_file=True) == "demo"
