"""Raw IRC lines, as justlog and rustlog keep them or with a time written before each."""

import re
from collections.abc import Iterator
from typing import Any

from pipeline.chat.message import Happening, Message, Retract
from pipeline.chat.oddities import Oddities
from pipeline.imports.formats import notices
from pipeline.imports.formats.base import (
    NOTICE,
    Log,
    Said,
    counting,
    epoch,
    moment,
)
from pipeline.imports.formats.json_stream import NoValue, values
from pipeline.imports.formats.log_file import LogFile
from pipeline.sources.irc.items import items
from pipeline.sources.irc.lines import IrcLine, parse
from warehouse.records import lowered, numeric_id

_UNNAMED = "?"  # in place of a channel's login
_CLEARED = "Chat has been cleared"
BAN = "ban or time-out"
_REASONS = {"USERNOTICE": NOTICE, "CLEARCHAT": BAN, "CLEARMSG": "no chat: CLEARMSG"}
BEFORE = re.compile(
    r"\W?(\d{4}-\d\d-\d\d)[T_ ](\d\d:\d\d:\d\d(?:[.,]\d+)?)(?:Z|/\d{3}| ?UTC)?"
    r"(?: ?([+-]\d\d:?\d\d))?(?:\W+(?:DEBUG|INFO|RECV|recv))?\W*?(?=[@:])"
)

_COMMANDS = frozenset(
    "CAP CLEARCHAT CLEARMSG GLOBALUSERSTATE HOSTTARGET JOIN MODE NOTICE PART PING PONG RECONNECT "
    "ROOMSTATE USERSTATE WHISPER".split()
)


_LINE = re.compile("(?:" + BEFORE.pattern + r")?(?:@\S+ )?:\S+ [A-Z0-9]{3,}")
count = counting(_LINE)


def is_message(key: str, value: Any) -> bool:
    """True for a message of justlog's or rustlog's JSON, raw or in parts."""
    if not isinstance(value, dict):
        return key == "messages" and isinstance(value, str) and count([value]) == 1
    is_basic = {"text", "timestamp"} <= set(value) and isinstance(value.get("tags"), dict)
    return "raw" in value or is_basic or {"username", "timestamp", "text"} <= set(value)


def read(file: LogFile, log: Log) -> Iterator[Said]:
    """Times are Twitch's stamps, or those written before the lines: UTC where they do not say.
    A line without either came in one frame with the one before it."""
    log.clock = True
    frame: float | None = None
    for raw in file.lines():
        if not raw.strip():
            continue
        before = BEFORE.match(raw)
        line = parse(raw[before.end() :] if before else raw)
        if line is None:
            log.skip("no IRC line")
            continue
        at = _time(line, before)
        if before:
            frame = at
        if said := _said(line, frame if at is None and not line.tags else at, log):
            yield said


def read_json(file: LogFile, log: Log) -> Iterator[Said]:
    """Messages of justlog and rustlog, as `messages` or a line each: raw, or in parts."""
    log.clock = True
    for key, value in values(file, {"messages"}):
        if key not in ("", "messages"):
            continue
        if isinstance(value, NoValue):
            log.skip(value.reason)
            continue
        try:
            if isinstance(value, str):  # of recent-messages
                value = {"raw": value, "text": None}
            line, at = _line(value, log), epoch(value.get("timestamp"))
        except (KeyError, TypeError, ValueError, AttributeError):
            log.skip("no message of justlog")
            continue
        if line and (said := _said(line, at if at is not None else _time(line, None), log)):
            yield said


def _line(value: Any, log: Log) -> IrcLine | None:
    """The raw line, or one that its parts make; None for a ban, which parts tell as a sentence."""
    raw = value.get("raw")
    if isinstance(raw, str) and raw and (line := parse(raw)):
        return line
    tags = {str(k): str(v) for k, v in (value.get("tags") or {}).items()}
    tags.setdefault("id", str(value.get("id") or ""))
    text, channel = value["text"], f"#{value.get('channel') or ''}"
    if not isinstance(text, str):
        raise TypeError
    if value.get("type", 1) == 2 or "target-user-id" in tags or text == _CLEARED:
        log.skip(BAN)
        return None
    nick = lowered(
        str(value.get("username") or tags.get("login") or value.get("displayName") or "")
    )
    if value.get("type", 1) == 1 and not notices.is_notice(tags.get("msg-id")):
        return IrcLine("PRIVMSG", (channel, text), nick, tags)
    tags["login"] = nick
    system = tags.get("system-msg", "").replace("\\s", " ").strip()
    own = text.removeprefix(system).strip() if system else _own(text, nick)
    return IrcLine("USERNOTICE", (channel, own) if own else (channel,), nick, tags)


def _own(text: str, nick: str) -> str:
    """What the chatter added to a notice; '' where nobody can tell."""
    notice = notices.read(text, nick)
    return notice.own.strip() if notice else ""


def _said(line: IrcLine, at: float | None, log: Log) -> Said | None:
    """The line's message, if it has one and its time is known; events and deletions are kept."""
    if line.command not in ("PRIVMSG", "USERNOTICE", "CLEARCHAT", "CLEARMSG"):
        log.skip(f"no chat: {line.command}" if _known(line.command) else "no IRC line")
        return None
    if at is None:
        log.skip("no time")
        return None
    if line.params and line.params[0] == "#":  # a log of JSON that names no channel
        line = IrcLine(line.command, (f"#{_UNNAMED}", *line.params[1:]), line.nick, line.tags)
    if line.command == "USERNOTICE" and len(line.params) > 1 and not line.tags.get("login"):
        name = lowered(line.tags.get("display-name", ""))  # rustlog's has none
        line = IrcLine(line.command, line.params, "", {**line.tags, "login": name or "?"})
    odd = Oddities()
    found = None
    for item in items(line, at, odd):
        if isinstance(item, Message):
            found = item
        elif isinstance(item, Happening):
            channel = "" if item.channel == _UNNAMED else item.channel
            log.tell(notices.event_of(item, line.tags, channel))
        elif isinstance(item, Retract):
            log.deleted.add(item, "" if item.channel == _UNNAMED else item.channel)
    if found is None:
        log.skip("malformed" if odd.malformed else _REASONS.get(line.command, "shared-chat copy"))
        return None
    return _message(line, found, at, log)


def _message(line: IrcLine, found: Message, at: float, log: Log) -> Said:
    emotes = None if found.emotes is None or "emotes" not in line.tags else " ".join(found.emotes)
    bot = "bot-badge/" in line.tags.get("badges", "")
    channel = "" if found.channel == _UNNAMED else found.channel
    if channel_id := numeric_id(line.tags.get("room-id")):
        log.channel_ids[channel] = channel_id
    if channel and found.chatter == channel:  # the streamer says something
        log.is_shown(line.tags.get("display-name", "").replace("\\s", " "), channel)
    user = "" if found.chatter == "?" else found.chatter
    return Said(at, user, found.text, emotes, bot, channel, found.id)


def _known(command: str) -> bool:
    """Is it a command, rather than a word that somebody said?"""
    return command.isdecimal() or command in _COMMANDS


def _time(line: IrcLine, before: re.Match[str] | None) -> float | None:
    """Twitch's own stamp, else what was written before the line; None for neither."""
    stamp = line.tags.get("tmi-sent-ts", "")
    if stamp.isascii() and stamp.isdigit() and len(stamp) < 16:
        return moment(int(stamp) / 1000)
    if before is None:
        return None
    return epoch(f"{before[1]}T{before[2].replace(',', '.')}{before[3] or ''}")
