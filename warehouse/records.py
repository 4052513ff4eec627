"""The records that cross a boundary, and the constants everything else rests on.

Times are aware UTC datetimes. None is missing, and never the same as zero:
nobody spoke is `n_messages = 0, mean_compound = None`; 0.0 is neutral chat.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

WINDOW_SECONDS = 30
SLOTS = 6  # 5-second slots in a window
SLOT_SECONDS = WINDOW_SECONDS // SLOTS
HORIZON = 10  # forecast steps, a window each
FIVE = 0  # the step that stands for the five minutes: the mean of all ten windows together
STEPS = HORIZON + 1  # places of a forecast: FIVE, then each window
QUANTILES = (0.025, 0.10, 0.50, 0.90, 0.975)
VOLUME_QUANTILES = (0.10, 0.50, 0.90)
WINDOW = timedelta(seconds=WINDOW_SECONDS)
LOGIN = re.compile(r"[a-z0-9_]{1,25}")  # of Twitch
_LOGIN_OF_ANY_CASE = re.compile(r"[A-Za-z0-9_]{1,25}")
KEY = re.compile(
    r"[a-z0-9_]{1,25}(?:~(?:[1-9][0-9]{0,19})?)?"
)  # of a channel (identities.py), or its name
CHANNEL_ID = re.compile(r"[1-9][0-9]{0,19}")  # of Twitch
READABLE_LEAST = 0.5  # of a channel's messages with words; with fewer it is read by its emotes
READABLE_TURN = 0.05  # so far beyond it a channel goes over, and does not come back at once
BASES = ("words", "emotes")  # what messages are scored by: all of them, or their signs alone


def lowered(name: str) -> str:
    """A name in lower case. One that would only so become a login stays as it is: the lower case
    of the Kelvin sign is a k."""
    small = name.lower()
    return small if name.isascii() or not small.isascii() else name


def typed_name(text: str) -> str:
    """A name as somebody typed it, in lower case, without spaces around it."""
    return lowered(text.strip(" "))


def login_or_none(name: object) -> str:
    """The login in lower case; '' for what is none. It is looked at before it is folded."""
    return name.lower() if isinstance(name, str) and _LOGIN_OF_ANY_CASE.fullmatch(name) else ""


def numeric_id(value: object) -> str:
    """An id of Twitch's, given as a number or its digits; '' for what is none."""
    text = str(value) if type(value) is int else value
    return text if isinstance(text, str) and CHANNEL_ID.fullmatch(text) else ""


def window_start(at: float) -> int:
    """Start of the window that holds `at`, both in seconds since the epoch."""
    return int(at // WINDOW_SECONDS) * WINDOW_SECONDS


def utc(seconds: float) -> datetime:
    """Seconds since the epoch as an aware UTC datetime."""
    return datetime.fromtimestamp(seconds, UTC)


def naive(at: datetime) -> datetime:
    """An aware UTC datetime as columns of TIMESTAMP have it, which are UTC without saying so."""
    return at.replace(tzinfo=None)


def iso(at: datetime) -> str:
    """An aware datetime as 2026-11-22T12:00:00Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Window:
    """`[start, start + 30 s)` of one channel.

    observed_s: 0..30 seconds in which the channel was seen. n_*: counts, filtered messages
    apart. mean_compound, sd_compound: -1..1 and 0..1 (ddof 1; None below 2 messages).
    share_*: 0..1 of n_messages, None in silence. sub_n, sub_mean: the six 5-second slots.
    readable: 0..1, the share of messages with words that the scorer can read; None: too little
    to tell. basis: one of BASES. n_laughs: messages with laughter,
    n_capitals: messages mostly in capitals; None: not counted.
    """

    channel: str
    start: datetime
    stream_id: str | None
    observed_s: float
    n_messages: int
    n_chatters: int
    n_filtered: int
    n_late: int
    mean_compound: float | None
    sd_compound: float | None
    share_positive: float | None
    share_negative: float | None
    share_scored: float | None
    share_emote: float | None
    sub_n: tuple[int, ...]
    sub_mean: tuple[float | None, ...]
    lexicon_version: str
    readable: float | None = None
    basis: str = "words"
    n_laughs: int | None = None
    n_capitals: int | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """A term's part in a window: n uses, and its share of mean_compound.

    kind: word, emote, emoji, or rest (the one row `*`, so that the parts add up).
    """

    channel: str
    start: datetime
    term: str
    kind: str
    n: int
    contribution: float


@dataclass(frozen=True, slots=True)
class Sample:
    """A telling line of a window: mentions masked, no author; gone with the buffer."""

    channel: str
    start: datetime
    rank: int
    text: str
    compound: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """Quantiles of the next ten window means, and of their message counts; tuples of ten.

    basis: of the windows it follows from, and of those it is about. five_*: the same of the mean
    and the number of all messages of the ten windows together. usual: -1..1, mean of all messages
    of the stream up to the cutoff. chance_*: 0..1, that the five minutes' mean is above it, or .1
    or more below or above; None: not told. All None in forecasts of earlier versions.
    """

    channel: str
    cutoff: datetime
    model: str
    q025: tuple[float, ...]
    q10: tuple[float, ...]
    q50: tuple[float, ...]
    q90: tuple[float, ...]
    q975: tuple[float, ...]
    volume_q10: tuple[float, ...]
    volume_q50: tuple[float, ...]
    volume_q90: tuple[float, ...]
    basis: str = "words"
    five_q025: float | None = None
    five_q10: float | None = None
    five_q50: float | None = None
    five_q90: float | None = None
    five_q975: float | None = None
    five_volume_q10: float | None = None
    five_volume_q50: float | None = None
    five_volume_q90: float | None = None
    usual: float | None = None
    chance_above: float | None = None
    chance_drop: float | None = None
    chance_rise: float | None = None
