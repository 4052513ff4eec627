"""Raw IRC lines, as justlog and rustlog keep them or with a time written before each."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.chat.message import Message, Retract
from pipeline.chat.oddities import Oddities
from pipeline.imports.formats.base import (
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

_CLEARS = ("CLEARCHAT", "CLEARMSG")
_BACK_S = 3600.0
_UNNAMED = "?"  # in place of a channel's login
BEFORE = re.compile(
    r"\W?(\d{4}-\d\d-\d\d)[T_ ](\d\d:\d\d:\d\d(?:[.,]\d+)?)(?:Z| ?UTC)?(?: ?([+-]\d\d:?\d\d))?"
    r"\W*?(?=[@:])"
)

_COMMANDS = frozenset(
    "CAP CLEARCHAT CLEARMSG GLOBALUSERSTATE HOSTTARGET JOIN MODE NOTICE PART PING PONG RECONNECT "
    "ROOMSTATE USERSTATE WHISPER".split()
)


_LINE = re.compile("(?:" + BEFORE.pattern + r")?(?:@\S+ )?:\S+ [A-Z0-9]{3,}")
count = counting(_LINE)


def is_message(key: str, value: Any) -> bool:
    """True for a message of justlog's JSON, raw or in parts."""
    if not isinstance(value, dict):
        return False
    return key == "messages" or "raw" in value or {"username", "timestamp", "text"} <= set(value)


def read(file: LogFile, log: Log) -> Iterator[Said]:
    """Times are Twitch's stamps, or those written before the lines: UTC where they do not say."""
    log.clock = True
    gone = _taken_back(_lines(file.path))
    for raw in file.lines():
        if not raw.strip():
            continue
        before = BEFORE.match(raw)
        line = parse(raw[before.end() :] if before else raw)
        if line is None:
            log.skip("no IRC line")
            continue
        at = _time(line, before)
        if (said := _said(line, at, log)) and not gone.has(said, log):
            yield said


def read_json(file: LogFile, log: Log) -> Iterator[Said]:
    """justlog's `messages`: each with its raw line or the parts of one."""
    log.clock = True
    gone = _taken_back(_raw_of(file.path))
    for key, value in values(file, {"messages"}):
        if key not in ("", "messages"):
            continue
        if isinstance(value, NoValue):
            log.skip(value.reason)
            continue
        try:
            line, at = _line(value), epoch(value.get("timestamp"))
        except (KeyError, TypeError, ValueError, AttributeError):
            log.skip("no message of justlog")
            continue
        said = _said(line, at if at is not None else _time(line, None), log)
        if said and not gone.has(said, log):
            yield said


@dataclass
class _TakenBack:
    """Deletions of a log. ids: of messages; times: of those of a chatter, or ('') of all, by
    (channel, login)."""

    ids: set[str] = field(default_factory=set)
    times: dict[tuple[str, str], list[float]] = field(default_factory=dict)

    def has(self, said: Said, log: Log) -> bool:
        """True if it was deleted, within the hour in which a live one would be; then counted."""
        whose = ((said.channel, said.user), (said.channel, ""))
        is_gone = said.id in self.ids or any(
            said.at <= at < said.at + _BACK_S for key in whose for at in self.times.get(key, ())
        )
        if is_gone:
            log.skip("taken back")
        return is_gone


def _taken_back(lines: Iterable[tuple[IrcLine, float | None]]) -> _TakenBack:
    """A pass of its own: deletions stand behind what they delete."""
    found = _TakenBack()
    for line, at in lines:
        for item in items(line, at) if at is not None and line.command in _CLEARS else ():
            if isinstance(item, Retract) and item.message_id:
                found.ids.add(item.message_id)
            elif isinstance(item, Retract):
                found.times.setdefault((item.channel, item.chatter), []).append(at or 0.0)
    return found


def _lines(path: Path) -> Iterator[tuple[IrcLine, float | None]]:
    with LogFile(path) as file:
        for raw in file.lines():
            before = BEFORE.match(raw) if " CLEAR" in raw else None
            if " CLEAR" in raw and (line := parse(raw[before.end() :] if before else raw)):
                yield line, _time(line, before)


def _raw_of(path: Path) -> Iterator[tuple[IrcLine, float | None]]:
    with LogFile(path) as file:
        for key, value in values(file, {"messages"}):
            raw = value.get("raw") if key in ("", "messages") and isinstance(value, dict) else None
            if isinstance(raw, str) and " CLEAR" in raw and (line := parse(raw)):
                at = epoch(value.get("timestamp"))
                yield line, at if at is not None else _time(line, None)


def _line(value: Any) -> IrcLine:
    raw = value.get("raw")
    if isinstance(raw, str) and raw and (line := parse(raw)):
        return line
    if value.get("type", 1) != 1:
        return IrcLine("NOTICE", (f"#{value['channel']}",))
    tags = {str(k): str(v) for k, v in (value.get("tags") or {}).items()}
    tags.setdefault("id", str(value.get("id") or ""))
    text, nick = value["text"], lowered(str(value.get("username") or ""))
    if not isinstance(text, str):
        raise TypeError
    return IrcLine("PRIVMSG", (f"#{value.get('channel') or ''}", text), nick, tags)


def _said(line: IrcLine, at: float | None, log: Log) -> Said | None:
    """The line's message, if it has one and its time is known."""
    if line.command not in ("PRIVMSG", "USERNOTICE"):
        log.skip(f"no chat: {line.command}" if _known(line.command) else "no IRC line")
        return None
    if at is None:
        log.skip("no time")
        return None
    if line.params and line.params[0] == "#":  # a log of JSON that names no channel
        line = IrcLine(line.command, (f"#{_UNNAMED}", *line.params[1:]), line.nick, line.tags)
    odd = Oddities()
    found = next((i for i in items(line, at, odd) if isinstance(i, Message)), None)
    if found is None:
        no_chat = "no chat: USERNOTICE" if line.command == "USERNOTICE" else "shared-chat copy"
        log.skip("malformed" if odd.malformed else no_chat)
        return None
    emotes = None if found.emotes is None or "emotes" not in line.tags else " ".join(found.emotes)
    bot = "bot-badge/" in line.tags.get("badges", "")
    channel = "" if found.channel == _UNNAMED else found.channel
    if channel_id := numeric_id(line.tags.get("room-id")):
        log.channel_ids[channel] = channel_id
    return Said(at, found.chatter, found.text, emotes, bot, channel, found.id)


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
