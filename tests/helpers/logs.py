# ruff: noqa: E501
"""Small logs of invented chat, one for every format: the same three lines where it can be."""

import gzip
import json
from pathlib import Path
from typing import Any

# who, what, its emotes; said at 60, 90 and 125 s after START
LINES = (("ann", "good morning", ()), ("bob", "LUL so great LUL", ("LUL", "LUL")), ("cy", "gg", ()))
OFFSETS = (60, 90, 125)
START = "2026-01-31T18:00:00Z"
EPOCH = 1769882400  # of START
STAMPS = ("18:01:00", "18:01:30", "18:02:05")


def comment(k: int, **more: Any) -> dict[str, Any]:
    """The k-th line as a comment of a video."""
    user, text, emotes = LINES[k]
    return {
        "_id": f"id{k}", "created_at": f"2026-01-31T{STAMPS[k]}.000Z", "content_id": "777",
        "content_offset_seconds": OFFSETS[k],
        "commenter": {"display_name": user.title(), "_id": str(k), "name": user},
        "message": {"body": text, "fragments": fragments(text, emotes, "emoticon")}, **more,
    }  # fmt: skip


def fragments(text: str, emotes: tuple[str, ...], key: str) -> list[dict[str, Any]]:
    """The text in pieces, emotes marked under `key`."""
    if not emotes:
        return [{"text": text, key: None}]
    return [
        {"text": "LUL", key: {"emoticon_id": "425618"}},
        {"text": " so great ", key: None},
        {"text": "LUL", key: {"emoticon_id": "425618"}},
    ]


def downloader(**more: Any) -> dict[str, Any]:
    """A TwitchDownloader log."""
    return {
        "FileInfo": {"Version": {"Major": 1, "Minor": 4, "Patch": 0}},
        "streamer": {"name": "Demo", "login": "demo", "id": 1},
        "video": {"title": "t", "id": "777", "created_at": START, "start": 0, "end": 300},
        "comments": [comment(k) for k in range(3)], "embeddedData": None, **more,
    }  # fmt: skip


def gql(k: int) -> dict[str, Any]:
    """The k-th line as GraphQL has it."""
    user, text, emotes = LINES[k]
    return {
        "id": f"id{k}", "commenter": {"id": str(k), "login": user, "displayName": user.title()},
        "contentOffsetSeconds": OFFSETS[k], "createdAt": f"2026-01-31T{STAMPS[k]}.000Z",
        "message": {"fragments": fragments(text, emotes, "emote"), "userBadges": []},
    }  # fmt: skip


def chat_downloader(k: int, live: bool = False) -> dict[str, Any]:
    """The k-th line as chat-downloader has it."""
    user, text, emotes = LINES[k]
    marks = [{"id": "1", "name": "LUL", "locations": ["0-2", "13-15"]}] if emotes else []
    video = {} if live else {"time_in_seconds": OFFSETS[k], "time_text": "1:00"}
    return {
        "timestamp": (EPOCH + OFFSETS[k]) * 1_000_000, "message_id": f"id{k}",
        "message_type": "text_message", "message": text, "emotes": marks,
        "author": {"name": user, "display_name": user.title(), "id": str(k)}, **video,
    }  # fmt: skip


def irc(k: int, channel: str = "demo") -> str:
    """The k-th line as Twitch sent it."""
    user, text, emotes = LINES[k]
    tag = "425618:0-2,13-15" if emotes else ""
    return (
        f"@emotes={tag};id=id{k};room-id=1;tmi-sent-ts={(EPOCH + OFFSETS[k]) * 1000} "
        f":{user}!{user}@{user}.tmi.twitch.tv PRIVMSG #{channel} :{text}"
    )


def justlog(k: int) -> dict[str, Any]:
    """The k-th line as justlog's JSON has it."""
    user, text, emotes = LINES[k]
    tags = {"emotes": "425618:0-2,13-15" if emotes else ""}
    return {"text": text, "username": user, "displayName": user, "channel": "demo", "type": 1,
            "timestamp": f"2026-01-31T{STAMPS[k]}Z", "id": f"id{k}", "tags": tags, "raw": ""}  # fmt: skip


def _text(form: str, **more: Any) -> str:
    return "".join(
        form.format(at=STAMPS[k], off=f"0:0{o // 60}:{o % 60:02}", user=user, text=text) + "\n"
        for k, ((user, text, _), o) in enumerate(zip(LINES, OFFSETS, strict=True))
    )


def _html() -> str:
    page = ["<!DOCTYPE html>", "<html><head><style>a{}</style></head><body><div>"]
    for (user, text, emotes), o in zip(LINES, OFFSETS, strict=True):
        for name in set(emotes):
            text = text.replace(
                name, f"<img class='ei' title='{name}'><span class='th'>{name}</span>"
            )
        page.append(
            f"<pre class='cr'>[0:0{o // 60}:{o % 60:02}] <img class='bi' title='vip'>"
            f"<a href='https://twitch.tv/{user}'><span class='ca'>{user}</span></a>"
            f"<span>: {text} </span></pre>"
        )
    return "\n".join([*page, "</div></body></html>"])


def _json(value: Any) -> str:
    return json.dumps(value)


# by name of the format, and what it is: the log, and whether it knows its channel, its time
ALL: dict[str, tuple[str, str, bool, bool]] = {
    "downloader": ("twitchdownloader", _json(downloader()), True, True),
    "downloader, indented": ("twitchdownloader", json.dumps(downloader(), indent=2), True, True),
    "downloader, very old": (
        "twitchdownloader",
        _json({"streamer": {"name": "Demo", "id": 1}, "comments": [comment(k) for k in range(3)]}),
        True, True,
    ),
    "rechat": ("rechat", json.dumps([comment(k) for k in range(3)], indent=1), False, True),
    "downloader text": ("twitchdownloader-text", _text("[2026-01-31 {at} UTC] {user}: {text}"), False, True),
    "downloader text, relative": ("twitchdownloader-text", _text("[{off}] {user}: {text}"), False, False),
    "html": ("twitchdownloader-html", _html(), False, False),
    "gql": ("gql", _json([gql(k) for k in range(3)]), False, True),
    "gql pages": (
        "gql",
        _json([{"data": {"video": {"id": "777", "creator": {"login": "demo"}, "comments": {
            "edges": [{"node": gql(k)} for k in range(3)]}}}}]),
        True, True,
    ),
    "twitch-dl": (
        "gql",
        _json({"video": {"id": "777", "lengthSeconds": 300, "creator": {"login": "demo"}},
               "video_comments": {"id": "777"}, "comments": [gql(k) for k in range(3)]}),
        True, True,
    ),
    "chat-downloader": ("chat-downloader", _json([chat_downloader(k) for k in range(3)]), False, True),
    "chat-downloader lines": (
        "chat-downloader", "\n".join(_json(chat_downloader(k, live=True)) for k in range(3)), False, True,
    ),
    "tcd": ("tcd", _text("[{off}] <%{user}> {text}"), False, False),
    "chatterino": (
        "chatterino",
        "# Start logging at 2026-01-31 19:00:00 CET\n" + _text("[{at}] {user}: {text}").replace("[18", "[19"),
        False, True,
    ),
    "chatty": (
        "chatty",
        "# Log started: 2026-01-31 13:00:00 -0500\n" + _text("[{at}] <@{user}> {text}").replace("[18", "[13"),
        False, True,
    ),
    "justlog": ("irc", "\n".join(irc(k) for k in range(3)), True, True),
    "irc with times": ("irc", _text("2026-01-31_{at} — :{user}!{user}@x PRIVMSG #demo :{text}"), True, True),
    "justlog json": ("justlog-json", _json({"messages": [justlog(k) for k in range(3)]}), True, True),
    "justlog text": ("justlog-text", _text("[2026-01-31 {at}] #demo {user}: {text}"), True, True),
}  # fmt: skip
MARKED = {"downloader", "downloader, indented", "downloader, very old", "rechat", "html", "gql",
          "gql pages", "twitch-dl", "chat-downloader", "chat-downloader lines", "justlog", "justlog json"}  # fmt: skip


def written(path: Path, log: str, encoding: str = "utf-8", packed: bool = False) -> Path:
    """The log in a file."""
    raw = log.encode(encoding)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(raw, mtime=0) if packed else raw)
    return path
