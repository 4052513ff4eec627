"""Frames of Twitch's EventSub WebSocket as what they say; what is none is None."""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from pipeline.chat.text import LONE

_END = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()
_LABEL = 300  # characters; Twitch's titles have 140
_BEHIND_S, _AHEAD_S = 3600.0, 60.0  # a stamp further from Twitch's clock than this is none


@dataclass(frozen=True, slots=True)
class Frame:
    """kind: session_welcome, session_keepalive, session_reconnect, notification, revocation.

    id: Twitch's, the same when it is sent again. at: Twitch's stamp, epoch seconds; of what it
    tells, that is when it happened. type: of the subscription, '' for others. payload is a dict.
    stamp: as it came, however far from our clock; None for none.
    """

    kind: str
    id: str
    at: float
    type: str = ""
    payload: dict[str, Any] = field(default_factory=dict)
    stamp: float | None = None

    def part(self, name: str) -> dict[str, Any]:
        """A part of the payload (session, subscription, event); empty where there is none."""
        return mapping(self.payload.get(name))


def parse(raw: str | bytes, now: float) -> Frame | None:
    """A frame, or None for what is none. now: epoch seconds of its arrival."""
    try:
        frame = orjson.loads(raw)
    except ValueError:
        return None
    metadata = mapping(mapping(frame).get("metadata"))
    kind = text(metadata.get("message_type"))
    if not kind:
        return None
    stamp = epoch(metadata.get("message_timestamp"))
    at = now if stamp is None or not -_BEHIND_S < stamp - now < _AHEAD_S else stamp
    payload = mapping(mapping(frame).get("payload"))
    return Frame(
        kind, text(metadata.get("message_id")), at, text(metadata.get("subscription_type")),
        payload, stamp,
    )  # fmt: skip


def mapping(value: Any) -> dict[str, Any]:
    """The value, if it is an object; else an empty one."""
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str:
    """The value, if it is text; else ''."""
    return value if isinstance(value, str) else ""


def label(value: Any) -> str:
    """A title or a name as it is kept: text that any file can hold, and not too long."""
    return LONE.sub("\ufffd", text(value)[:_LABEL])


def number(value: Any) -> int:
    """The value, if it is a whole number, 0 or more; else 0."""
    return value if type(value) is int and 0 <= value < 10**12 else 0


def epoch(value: Any) -> float | None:
    """Epoch seconds of an RFC 3339 time, of any precision; None for what is none."""
    try:
        at = datetime.fromisoformat(text(value))
        seconds = at.timestamp() if at.tzinfo else math.nan
    except (ValueError, OverflowError, OSError):
        return None
    return seconds if seconds < _END else None  # as a float the last moment may be past it
