"""Lines of chat out of a log, and facts of the log as a whole."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pipeline.chat.placement import FIRST
from pipeline.chat.text import LONE
from pipeline.imports.formats.deletions import Deletions

# beginnings of reasons: such lines are no chat, or chat that is not to be counted
_UNDERSTOOD = (
    "no chat", "notice", "ban", "taken back", "mark of a start", "comment below the video",
    "message seen before", "shared-chat copy", "whisper",
)  # fmt: skip
NO_TIME = "no sensible time"  # of a message: nan, year 1, year 9999
_LAST = 4102444800.0  # 2100
_LONGEST_ID = 100  # characters
_LONGEST_NAME = 40  # of a channel, in characters; Twitch allows 25
_LONGEST = 7 * 86400.0  # seconds of a video: an end beyond it is none
_MOST_EVENTS = 100_000  # of a log
# from then on Twitch calls the local times of a video's comments UTC
_MISLABELLED_FROM = 1743465600.0  # 2025-04-01
UNTIMED = "lines without a time, which the program's settings for logs can add"
IS_UNTIMED = re.compile(r"(?:<[^>]{1,60}> ?|(?:[^:\s]+ ){0,2}\w{1,25}: )\S")
# what programs call the weight of a line: nobody's name
WEIGHT = r"(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|CRITICAL|FATAL)\b"
NO_LINE = "no line of a log"
NO_CHAT = "no chat"
WHISPER = "whisper, which is private"
PRIVATE = frozenset(("whisper", "dm", "pm"))  # kinds of messages, as logs of several call them
NOTICE = "notice of a sub, gift or raid"


class Said(NamedTuple):
    """One line of chat. at: epoch seconds, or seconds since the start (`Log.clock` tells).

    emotes: names joined by spaces, None where the log has no markup. user, channel: in lower
    case. channel, id: '' unknown.
    """

    at: float
    user: str
    text: str
    emotes: str | None = None
    bot: bool = False
    channel: str = ""
    id: str = ""


class Event(NamedTuple):
    """A raid, sub, gift ... or another category, with a detail that names no chatter. Times as in
    `Said`; id: '' unknown."""

    at: float
    kind: str
    detail: str = ""
    channel: str = ""
    id: str = ""


@dataclass
class Log:
    """Facts of a log, found out while it is read; whole when that is through.

    channel: whose chat it is, '' where the log does not say. channel_ids: Twitch's numeric ids,
    by the channels that its lines name, '' for its own; shown: their display names. stream: the
    id of its video or the like, '' unknown. starts_at: epoch seconds of its start, None unknown.
    covers: from when to when it has its video's chat, seconds from the start, None where it does
    not say. clip: it is one of its video, whose start it does not know. clock: its lines have
    times of their own, so that sessions are told apart by silence. zone: why nobody can know
    what moments these times are, '' where they are moments: then they only tell how far apart
    its lines are.
    title, category: of its stream. events: what happened, in the times of its lines. deleted:
    what was taken back of it. gifts: of many that a chatter gives, how many are still to come.
    skipped: lines that gave no message, by reason. cut: why the rest could not be read.
    encoding: of a text that is no UTF-8, '' of others.
    replaced: characters that had to be put in for bytes that are no UTF-8.
    columns: of a table, that the user named, by role (chat/columns.py). needs: what to say where
    they have to be named. notes: what whoever imports it should know of how it was read.
    """

    channel: str = ""
    channel_ids: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    stream: str = ""
    starts_at: float | None = None
    covers: tuple[float, float] | None = None
    clip: bool = False
    clock: bool = False
    zone: str = ""
    title: str = ""
    category: str = ""
    events: list[Event] = field(default_factory=list)
    deleted: Deletions = field(default_factory=Deletions)
    gifts: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    cut: str = ""
    replaced: int = 0
    encoding: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    needs: str = ""
    notes: list[str] = field(default_factory=list)

    def is_shown(self, name: object, channel: str = "") -> None:
        """Keep the display name of a channel, if it is one."""
        if isinstance(name, str) and 0 < len(name.strip()) <= _LONGEST_NAME:
            self.shown[channel] = LONE.sub("\ufffd", name.strip())

    def skip(self, reason: str) -> None:
        """Count a line that gave no message."""
        self.skipped[reason] += 1

    def happened(self, event: Event, reason: str = NOTICE) -> None:
        """Keep an event, whose line gave no message."""
        self.skip(reason)
        self.tell(event)

    def tell(self, event: Event) -> None:
        """Keep an event, as long as there are not absurdly many."""
        if len(self.events) < _MOST_EVENTS:
            self.events.append(event)

    @property
    def lost(self) -> Counter[str]:
        """Lines that gave no message though they may have been chat, by reason."""
        lost = {why: n for why, n in self.skipped.items() if not why.startswith(_UNDERSTOOD)}
        return Counter(lost)

    def reasons(self) -> str:
        """Skipped lines by reason, for people; '' for none. It shows no text of them."""
        parts = [f"{reason} {n}" for reason, n in self.skipped.most_common()]
        if self.encoding:
            parts.append(f"read as {self.encoding}, as it is no UTF-8")
        if self.replaced:
            parts.append(f"characters replaced {self.replaced}")
        if self.cut:
            parts.append(self.cut)
        return f" ({', '.join(parts)})" if parts else ""


def counting(form: re.Pattern[str]) -> Callable[[Sequence[str]], int]:
    """Counts the lines that begin as the form does."""
    return lambda lines: sum(form.match(line) is not None for line in lines)


def short_text(value: object) -> str:
    """An id as text; '' for what is none."""
    text = str(value) if isinstance(value, str | int) else ""
    return text if len(text) <= _LONGEST_ID else ""


def part_of_video(start: Any, end: Any) -> tuple[float, float] | None:
    """Seconds of a video from and to which a log says that it goes, None where it does not."""
    try:
        since, until = float(start), float(end)
    except (TypeError, ValueError, OverflowError):
        return None
    return (since, until) if 0 <= since < until < _LONGEST else None


def epoch(text: object) -> float | None:
    """Epoch seconds of an ISO time, UTC where it has no zone; None for what is not one, and for
    one at which nobody can have chatted."""
    try:
        at = datetime.fromisoformat(str(text).strip())
        return moment((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        return None


def moment(at: float) -> float | None:
    """Epoch seconds, None where nobody can have chatted at them: nan, year 1, year 99999."""
    return at if FIRST <= at < _LAST else None


def trusted(at: float) -> bool:
    """Is a time at which a video's comment was made what it says?"""
    return at < _MISLABELLED_FROM
