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


def _html(linked: bool = False) -> str:
    """As versions before November 2025 wrote it, and since: the time is a link."""
    page = ["<!DOCTYPE html>", "<html><head><style>a{}</style></head><body><div>"]
    for (user, text, emotes), o in zip(LINES, OFFSETS, strict=True):
        for name in set(emotes):
            text = text.replace(
                name, f"<img class='ei' title='{name}'><span class='th'>{name}</span>"
            )
        at, link = f"0:0{o // 60}:{o % 60:02}", f"0h0{o // 60}m{o % 60:02}s"
        if linked:
            at = f'<a href="https://twitch.tv/videos/777/?t={link}">{at}</a>'
        page.append(
            f"<pre class='cr'>[{at}] <img class='bi' title='vip'>"
            f"<a href='https://twitch.tv/{user}'><span class='ca'>{user}</span></a>"
            f"<span>: {text} </span></pre>"
        )
    return "\n".join([*page, "</div></body></html>"])


def rustlog(k: int) -> dict[str, Any]:
    """The k-th line as rustlog's basic JSON has it."""
    user, text, emotes = LINES[k]
    stamp = f"2026-01-31T{STAMPS[k]}.000Z"
    tags = {"emotes": "425618:0-2,13-15" if emotes else "", "room-id": "1",
            "tmi-sent-ts": str((EPOCH + OFFSETS[k]) * 1000), "display-name": user.title()}  # fmt: skip
    return {
        "text": text,
        "displayName": user.title(),
        "timestamp": stamp,
        "id": f"id{k}",
        "tags": tags,
    }


def ganymede(k: int) -> dict[str, Any]:
    """The k-th line as Ganymede hears it."""
    said = chat_downloader(k, live=True)
    return {**said, "action_type": "add_chat_message", "message_type": "text", "channel_id": "1"}


def eventsub(k: int, webhook: bool = False) -> dict[str, Any]:
    """The k-th line as a notification of a WebSocket, or of a webhook beside its headers."""
    user, text, emotes = LINES[k]
    parts = [{"type": "emote" if part[key] else "text", "text": part["text"]}
             for key in ["emote"] for part in fragments(text, emotes, key)]  # fmt: skip
    event = {
        "broadcaster_user_id": "1", "broadcaster_user_login": "demo", "chatter_user_id": str(k),
        "chatter_user_login": user, "message_id": f"id{k}", "message_type": "text", "badges": [],
        "message": {"text": text, "fragments": parts},
    }  # fmt: skip
    subscription = {"id": "s", "type": "channel.chat.message", "version": "1"}
    stamp = f"2026-01-31T{STAMPS[k]}.000000000Z"
    payload = {"subscription": subscription, "event": event}
    if webhook:
        return {"headers": {"Twitch-Eventsub-Message-Timestamp": stamp}, "body": payload}
    metadata = {"message_id": f"m{k}", "message_type": "notification", "message_timestamp": stamp,
                "subscription_type": "channel.chat.message", "subscription_version": "1"}  # fmt: skip
    return {"metadata": metadata, "payload": payload}


def vod_manager(k: int, live: bool = False) -> dict[str, Any]:
    """The k-th line as Twitch-VOD-Manager has it, of a video or heard live."""
    user, text, _ = LINES[k]
    if live:
        return {"t": (EPOCH + OFFSETS[k]) * 1000, "type": "chat", "u": user.title(), "login": user,
                "color": "#fff", "msg": text}  # fmt: skip
    return {"id": f"id{k}", "offset": OFFSETS[k], "createdAt": f"2025-01-31T{STAMPS[k]}Z",
            "user": user.title(), "login": user, "color": None, "text": text}  # fmt: skip


def _srt(name: str = "{user}: ") -> str:
    return "".join(
        f"{k}\n0:0{o // 60}:{o % 60:02},000 --> 0:0{o // 60}:{o % 60 + 2:02},000\n"
        f"{name.format(user=user)}{text}\n\n"
        for k, ((user, text, _), o) in enumerate(zip(LINES, OFFSETS, strict=True))
    )


def _ass(line: str) -> str:
    head = "[Script Info]\nTitle: a, b\n\n[Events]\nFormat: Marked, Start, End, Style, Name, Text\n"
    return head + _text(line)


def _table(delimiter: str) -> str:
    rows = [
        ("Created_At", "User Name", "Message"),
        *(
            (f"2026-01-31T{at}Z", who, text)
            for at, (who, text, _) in zip(STAMPS, LINES, strict=True)
        ),
    ]
    return "".join(delimiter.join(row) + "\n" for row in rows)


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
    "rechattool": ("twitchdownloader-text", _text("[0{off}.000] @+{user}: {text}"), False, False),
    "html": ("twitchdownloader-html", _html(), False, False),
    "html with links": ("twitchdownloader-html", _html(linked=True), False, False),
    "recorder without offsets": (
        "twitchdownloader",
        _json({"comments": [comment(k, content_offset_seconds=None) for k in range(3)],
               "video": {"id": "", "created_at": START, "title": ""}}),
        False, True,
    ),
    "gql": ("gql", _json([gql(k) for k in range(3)]), False, False),
    "gql pages": (
        "gql",
        _json([{"data": {"video": {"id": "777", "creator": {"login": "demo"}, "comments": {
            "edges": [{"node": gql(k)} for k in range(3)]}}}}]),
        True, False,
    ),
    "twitch-dl": (
        "gql",
        _json({"video": {"id": "777", "publishedAt": START, "lengthSeconds": 300, "creator": {"login": "demo"}},
               "video_comments": {"id": "777"}, "comments": [gql(k) for k in range(3)]}),
        True, True,
    ),
    "chat-downloader": ("chat-downloader", _json([chat_downloader(k) for k in range(3)]), False, False),
    "chat-downloader lines": (
        "chat-downloader", "\n".join(_json(chat_downloader(k, live=True)) for k in range(3)), False, True,
    ),
    "ganymede": ("chat-downloader", _json([ganymede(k) for k in range(3)]), False, True),
    "ganymede, pending": (
        "chat-downloader", "\n".join(_json(ganymede(k)) for k in range(3)), False, True,
    ),
    "chat-downloader text": (
        "chat-downloader-text", _text("{off} | (Subscriber, Moderator) {user}: {text}"), False, False,
    ),
    "chat-downloader text, live": (
        "chat-downloader-text", _text("2026-01-31 {at} | {user}: {text}"), False, True,
    ),
    "twitch-archiver": (
        "twitch-archiver",
        "".join(f"[{o}.000] (M)(S){user.title()}: {text}\n"
                for (user, text, _), o in zip(LINES, OFFSETS, strict=True)),
        False, False,
    ),
    "tcd 2.5": ("tcd", _text("[{off},000] <{user}> {text}"), False, False),
    "lines": ("lines", _text("({off}) [{user}] {text}"), False, False),
    "tcd csv": ("tcd-csv", _text('{off}, {user}, "{text}"'), False, False),
    "srt": ("subtitles", _srt(), False, False),
    "srt, vtt": ("subtitles", "WEBVTT\n\n" + _srt("<v {user}>").replace(",000", ".000"), False, False),
    "ass": (
        "subtitles-ass",
        _ass("Dialogue: Marked=0, {off}.00, 0:09:00.00, Default, {{\\c&H1&}}{user}{{\\c&H1&}}, 0, 0, 0, , "
             "{{\\c&H1&}}{user}{{\\c&H1&}}: {text}"),
        False, False,
    ),
    "ssa": (
        "subtitles-ass",
        _ass("Dialogue: Marked=0,{off}.00,0:09:00.00,Default,{user},0000,0000,0000,,"
             "{{\\c&H1&}}{user} {{\\c&HFFFFFF&}}{text}"),
        False, False,
    ),
    "eventsub": ("eventsub", "\n".join(_json(eventsub(k)) for k in range(3)), True, True),
    "eventsub, webhook": (
        "eventsub", "\n".join(_json(eventsub(k, webhook=True)) for k in range(3)), True, True,
    ),
    "json of a video": (
        "json",
        json.dumps({"videoId": "777", "login": "demo", "started_at": START, "truncated": False,
                    "messages": [vod_manager(k) for k in range(3)]}, indent=2),
        True, True,
    ),
    "json, time in parts": (
        "json",
        _json([{"sender": user, "message": text, "month": 1, "day": 31, "year": 2026, "hours": 18,
                "minutes": o // 60, "seconds": o % 60}
               for (user, text, _), o in zip(LINES, OFFSETS, strict=True)]),
        False, True,
    ),
    "json lines of a video": (
        "json",
        "\n".join(_json({"vod_id": "777", "offset_s": o, "created_at": None, "user_name": user,
                         "message": text})
                  for (user, text, _), o in zip(LINES, OFFSETS, strict=True)),
        False, False,
    ),
    "json lines": (
        "json",
        "\n".join([_json({"type": "header", "channel": "demo", "startedAt": START}),
                   *(_json(vod_manager(k, live=True)) for k in range(3))]),
        True, True,
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
    "chatterino, localised": (
        "chatterino",
        "# Start logging at 2026-01-31 19:00:00 CET\n[19:01:00] ネズミ ann: good morning\n"
        "[19:01:30] bob  bob: LUL so great LUL\n[19:02:05] cy(龍) 龍 cy: gg\n",
        False, True,
    ),
    "chatterino, am and pm": (
        "chatterino",
        "# Start logging at 2026-01-31 19:00:00 CET\n[7:01:00 PM] ann: good morning\n"
        "[7:01:30 PM]  bob: LUL so great LUL\n[7:02:05 PM] cy: gg\n",
        False, True,
    ),
    "chatty, dated": (
        "chatty",
        "# Log started: 2026-01-31 13:00:00 -0500\n"
        + _text("[2026-01-31 {at}] <@{user}> {text}").replace(" 18:", " 13:"),
        False, True,
    ),
    "chatty, am and pm": (
        "chatty",
        "# Log started: 2026-01-31 18:00:00 +0000\n"
        + _text("[{at}PM] <{user}> {text}").replace("[18", "[06"),
        False, True,
    ),
    "a clock of twelve hours": (
        "chatty",
        "# Log started: 2026-01-31 18:00:00 +0000\n"
        + _text("[{at}] <{user}> {text}").replace("[18", "[06"),
        False, True,
    ),
    "hexchat": (
        "irc-client",
        "**** BEGIN LOGGING AT Sat Jan 31 18:00:00 2026\n\n" + _text("Jan 31 {at} <{user}>\t{text}"),
        False, True,
    ),
    "weechat": ("irc-client", _text("2026-01-31 {at}\t@{user}\t{text}"), False, True),
    "mirc": (
        "irc-client",
        "Session Start: Sat Jan 31 18:00:00 2026\n"
        + _text("[{at}] <{user}> {text}"),
        False, True,
    ),
    "irssi": (
        "irc-client",
        "--- Log opened Sat Jan 31 18:00:00 2026\n" + _text("{at} <@{user}> {text}"),
        False, True,
    ),
    "irssi, no space": (
        "irc-client",
        "--- Log opened Sat Jan 31 18:00:00 2026\n" + _text("{at}< {user}> {text}"),
        False, True,
    ),
    "rustlog basic": ("justlog-json", _json({"messages": [rustlog(k) for k in range(3)]}), False, True),
    "rustlog lines": ("justlog-json", "\n".join(_json(rustlog(k)) for k in range(3)), False, True),
    "justlog": ("irc", "\n".join(irc(k) for k in range(3)), True, True),
    "irc with times": ("irc", _text("2026-01-31_{at} — :{user}!{user}@x PRIVMSG #demo :{text}"), True, True),
    "justlog json": ("justlog-json", _json({"messages": [justlog(k) for k in range(3)]}), True, True),
    "justlog text": ("justlog-text", _text("[2026-01-31 {at}] #demo {user}: {text}"), True, True),
    "table": ("columns", _table(","), False, True),
    "table by tabs": ("columns", _table("\t"), False, True),
}  # fmt: skip
# the first of each format
OF_EACH = list({form: what for what, (form, *_) in reversed(ALL.items())}.values())
MARKED = {"downloader", "downloader, indented", "downloader, very old", "rechat", "html", "gql",
          "html with links", "recorder without offsets", "ganymede", "ganymede, pending", "eventsub",
          "eventsub, webhook", "rustlog basic", "rustlog lines", "gql pages", "twitch-dl", "chat-downloader", "chat-downloader lines", "justlog", "justlog json"}  # fmt: skip


def written(path: Path, log: str, encoding: str = "utf-8", packed: bool = False) -> Path:
    """The log in a file."""
    raw = log.encode(encoding)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(raw, mtime=0) if packed else raw)
    return path
