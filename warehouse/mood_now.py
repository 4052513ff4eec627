"""The mood of now, as every surface shows it: by words of the last window, by emotes of a few.

Signs stand in few messages, so an emote mood is told over as many of the last windows as have
ten messages with some, ten minutes at most. It is not told where they are too rare: in fewer
than 3 in 100 messages of those ten minutes, or in fewer than 3.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate, takewhile
from typing import Literal, NamedTuple, Protocol

from warehouse.records import READABLE_LEAST, READABLE_TURN, WINDOW_SECONDS

SIGNED = 10  # messages with signs that an emote mood of now rests on, where there are so many
SPAN_S = 600  # of which they are the last
LEAST_SIGNED, LEAST_SHARE = 3, 0.03  # with fewer there is no emote mood, nor a forecast of one


class Told(Protocol):
    """A window, as far as the mood of now needs it: `Window`, or a row with these names."""

    @property
    def start(self) -> datetime: ...
    @property
    def basis(self) -> str: ...
    @property
    def n_messages(self) -> int: ...
    @property
    def mean_compound(self) -> float | None: ...
    @property
    def share_scored(self) -> float | None: ...


class MoodNow(NamedTuple):
    """mood: -1..1, None where nobody spoke or none is told. n: messages it is of; signed: those
    that say something; share: signed / n over ten minutes, None for words. seconds: that it is
    over. why: '', or why there is none: waiting (what the channel writes is not known yet) or
    unsupported.
    """

    mood: float | None
    basis: str
    n: int
    signed: int
    share: float | None
    seconds: int
    why: Literal["", "waiting", "unsupported"]


def mood_now(windows: Sequence[Told], readable: float | None) -> MoodNow:
    """The mood after the last of a channel's windows, oldest first. readable: of the channel."""
    if not windows:
        return MoodNow(None, "words", 0, 0, None, 0, "" if readable is not None else "waiting")
    last = windows[-1]
    if last.basis == "emotes":
        return _by_emotes(windows)
    why: Literal["", "waiting", "unsupported"] = ""
    if readable is None:
        why = "waiting"
    elif readable < READABLE_LEAST - READABLE_TURN:  # of before there were emote moods
        why = "unsupported"
    mood = None if why else last.mean_compound
    return MoodNow(mood, "words", last.n_messages, signed_of(last), None, WINDOW_SECONDS, why)


def told_now(windows: Sequence[Told], readable: float | None) -> MoodNow:
    """The same as surfaces tell it: before anybody has spoken there is no language to wait for."""
    told = mood_now(windows, readable)
    has_spoken = any(w.n_messages for w in windows)
    return told._replace(why="") if told.why == "waiting" and not has_spoken else told


def signed_of(window: Told) -> int:
    """Messages of a window that say something."""
    return round(window.n_messages * (window.share_scored or 0.0))


def is_told(signed: float, n: float) -> bool:
    """True if so many messages with signs, of n, tell an emote mood."""
    return signed >= LEAST_SIGNED and signed >= LEAST_SHARE * n


def _by_emotes(windows: Sequence[Told]) -> MoodNow:
    end = windows[-1].start
    recent = list(takewhile(lambda w: _is_recent(w, end), reversed(windows)))
    n, signed = sum(w.n_messages for w in recent), sum(map(signed_of, recent))
    share = signed / n if n else None
    if not is_told(signed, n):
        seconds = len(recent) * WINDOW_SECONDS
        return MoodNow(None, "emotes", n, signed, share, seconds, "unsupported" if n else "")
    sums = accumulate(map(signed_of, recent))
    enough = next((k for k, so_far in enumerate(sums, 1) if so_far >= SIGNED), len(recent))
    shown = recent[:enough]
    n, signed = sum(w.n_messages for w in shown), sum(map(signed_of, shown))
    mood = sum(w.n_messages * (w.mean_compound or 0.0) for w in shown) / n
    return MoodNow(mood, "emotes", n, signed, share, enough * WINDOW_SECONDS, "")


def _is_recent(window: Told, end: datetime) -> bool:
    return window.basis == "emotes" and (end - window.start).total_seconds() < SPAN_S
