"""The mood of now, as every surface shows it: of the last window or few, and of five minutes.

Signs stand in few messages, so an emote mood is told over as many of the last windows as have
ten messages with some, ten minutes at most. It is not told where they are too rare: in fewer
than 3 in 100 messages of those ten minutes, or in fewer than 3.

A window's mean is mostly noise. What is told in words is `lately`: the last five minutes, shrunk
by their noise towards what is usual here.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate, takewhile
from math import sqrt
from typing import Literal, NamedTuple, Protocol

from warehouse.records import READABLE_LEAST, READABLE_TURN, WINDOW_SECONDS

SIGNED = 10  # messages with signs that an emote mood of now rests on, where there are so many
SPAN_S = 600  # of which they are the last
LEAST_SIGNED, LEAST_SHARE = 3, 0.03  # with fewer there is no emote mood, nor a forecast of one
LATELY_S, BEFORE_S = 300, 1800  # the last minutes, and the half hour they are the end of
DIGITS = 2  # of a mood as it is shown
CLEAR = 0.1  # of a mood as it is shown: a weaker one is only a bit positive or negative
NEUTRAL = 0.05  # VADER's own threshold, of a mood as it is shown

Label = Literal["positive", "negative", "neutral", "silent"]
_Z80 = 1.2816  # half an 80 % band in standard deviations of a normal distribution


class _Spread(NamedTuple):
    """Standard deviations of the mood of five minutes about neutral, where nothing is known of a
    stream, and about the half hour before; and the variance of messages within a window."""

    about_zero: float
    about_usual: float
    within: float


# measured on real chat: docs/live.md
_SPREADS = {"words": _Spread(0.125, 0.045, 0.07), "emotes": _Spread(0.075, 0.03, 0.02)}
_WITHIN_N = 20  # messages that the variance above weighs as much as, beside a stream's own


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
    def sd_compound(self) -> float | None: ...
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


class Lately(NamedTuple):
    """The last five minutes, as they are shown: -1..1, two digits. low, high: the 80 % band.
    n: messages of the five minutes, 1 or more.
    """

    mood: float
    low: float
    high: float
    n: int
    label: Label


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
    elif is_unread(readable):  # of before there were emote moods
        why = "unsupported"
    mood = None if why else last.mean_compound
    return MoodNow(mood, "words", last.n_messages, signed_of(last), None, WINDOW_SECONDS, why)


def told_now(windows: Sequence[Told], readable: float | None) -> MoodNow:
    """The same as surfaces tell it: before anybody has spoken there is no language to wait for."""
    told = mood_now(windows, readable)
    has_spoken = any(w.n_messages for w in windows)
    return told._replace(why="") if told.why == "waiting" and not has_spoken else told


def lately(windows: Sequence[Told], told: MoodNow) -> Lately | None:
    """The five minutes up to the end of the last window; None where nobody spoke in them, or no
    mood is told. windows: oldest first. told: the mood of now after them.

    By emotes they are as long as the mood of now rests on where that is longer. Three things are
    known of their mood, each with an error, and the posterior mean weighs each by 1 / error^2:
    it is near neutral; it is near the half hour before; their messages have this mean, of which
    v / n is noise (v: variance of messages within windows).
    Source: the normal-normal model, Gelman et al., Bayesian Data Analysis, 3rd ed., 2.5.
    """
    span_s = max(LATELY_S, told.seconds)
    spoken = [] if told.why else [w for w in windows if w.n_messages and w.basis == told.basis]
    ages = [(windows[-1].start - w.start).total_seconds() for w in spoken]
    now = [w for w, age in zip(spoken, ages, strict=True) if age < span_s]
    before = [w for w, age in zip(spoken, ages, strict=True) if span_s <= age < BEFORE_S]
    if not now:
        return None
    spread = _SPREADS[told.basis]
    v = _within([*before, *now], spread.within)
    (mean, n), known = _mean(now), [(0.0, spread.about_zero**2)]
    if before:
        usual, n_before = _mean(before)
        known.append((usual, v / n_before + spread.about_usual**2))
    known.append((mean, v / n))
    mood, half = _posterior(known)
    low, high = shown(max(-1.0, mood - half)), shown(min(1.0, mood + half))
    return Lately(shown(mood), low, high, n, label(mood, low, high))


def shown(mood: float) -> float:
    """A mood in the digits that it is shown with: words about it follow from this number, so
    that they never say other than the number beside them."""
    return round(mood, DIGITS) + 0.0  # no -0.0


def label(mood: float | None, low: float | None = None, high: float | None = None) -> Label:
    """A mood in a word, as it is shown; neutral too where its band low..high holds 0."""
    if mood is None:
        return "silent"
    low, high = (mood if end is None else end for end in (low, high))
    if abs(shown(mood)) < NEUTRAL or shown(low) <= 0 <= shown(high):
        return "neutral"
    return "positive" if mood > 0 else "negative"


def average_label(mean: float | None, n: int, basis: str = "words") -> Label:
    """The mean of n messages in a word: neutral too where so few may be so by chance, by the same
    measure as `lately` with nothing before it."""
    if mean is None:
        return "silent"
    spread = _SPREADS[basis]
    middle, half = _posterior([(0.0, spread.about_zero**2), (mean, spread.within / n)])
    is_chance = label(middle, middle - half, middle + half) == "neutral"
    return "neutral" if is_chance else label(mean)


def _posterior(known: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """(mean, half the 80 % band) of what is known by values with their variances."""
    certainty = sum(1 / error for _, error in known)
    return sum(value / error for value, error in known) / certainty, _Z80 / sqrt(certainty)


def _mean(windows: Sequence[Told]) -> tuple[float, int]:
    """(mean of all their messages, messages)."""
    n = sum(w.n_messages for w in windows)
    return sum(w.n_messages * (w.mean_compound or 0.0) for w in windows) / n, n


def _within(windows: Sequence[Told], usual: float) -> float:
    """Variance of messages around their window's mean; of few messages mostly what is usual."""
    squares = sum((w.n_messages - 1) * (w.sd_compound or 0.0) ** 2 for w in windows)
    freedom = sum(w.n_messages - 1 for w in windows)
    return (_WITHIN_N * usual + squares) / (_WITHIN_N + freedom)


def is_unread(readable: float | None) -> bool:
    """True where too little of a channel's chat can be read by words. readable: 0..1, None where
    that is not known yet."""
    return readable is not None and readable < READABLE_LEAST - READABLE_TURN


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
