"""Crowd of a simulated stream: its rate, mood, bursts and breaks.

A stream is planned whole, in slots of 5 seconds, from (seed, channel, start) alone.
The mood is a level of the day, three Ornstein-Uhlenbeck processes (an hour, ten minutes, half
a minute) and jumps that wear off; the rate is lognormal; bursts are Poisson and decay.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.chat.message import Happening
from pipeline.sources.simulation.dice import generator
from pipeline.sources.simulation.phrases import PASTES, RAIDERS
from pipeline.sources.simulation.profiles import PROFILES, Profile
from pipeline.sources.simulation.schedule import CATEGORIES, ScheduledStream

SLOT = 5  # seconds
SLOTS_AN_HOUR = 3600 // SLOT
KINDS = ("hype", "laugh", "sad", "tense", "scorn", "paste", "greet", "thank", "bye")
GLAD, GLUM = KINDS[:2], KINDS[2:5]
PASTE = KINDS.index("paste")


@dataclass
class Plan:
    """One stream's crowd; arrays of shape (slots,).

    rate: expected messages in a slot. mood: about -3..3, sd 1 in ordinary times.
    kind, share: the strongest burst (place in KINDS) and its part of the messages, 0..1.
    paste: which of PASTES is going round. gaps: (lost, seen again), the connection was gone.
    """

    stream: ScheduledStream
    rate: np.ndarray
    mood: np.ndarray
    kind: np.ndarray
    share: np.ndarray
    paste: np.ndarray
    happenings: tuple[Happening, ...]
    gaps: tuple[tuple[float, float], ...]


def plan(seed: int, stream: ScheduledStream) -> Plan:
    """The whole stream, from its first slot to its last."""
    profile = PROFILES[stream.channel]
    draw = generator(seed, "plan", stream.channel, stream.start)
    slots = int(np.ceil((stream.end - stream.start) / SLOT))
    mood, base = _mood(draw, slots), _rate(draw, slots, profile)
    happenings = _happenings(draw, stream, profile)
    extra = np.zeros((len(KINDS), slots))
    _everyday_bursts(draw, extra, mood, profile)
    _answers(draw, extra, stream, happenings)
    quiet = _breaks(draw, slots)
    happenings = _by_time([*happenings, *_ads(stream, quiet)])
    rate = (base * (1 + extra.sum(axis=0))) * quiet
    gaps = _gaps(draw, stream)
    return Plan(
        stream,
        rate * profile.rate * SLOT / 30,
        mood,
        extra.argmax(axis=0),
        extra.max(axis=0) / (1 + extra.sum(axis=0)),
        (np.arange(slots) // 60 + int(draw.integers(8))) % len(PASTES),
        happenings,
        gaps,
    )


def _ou(draw: np.random.Generator, slots: int, seconds: float) -> np.ndarray:
    """A stationary Ornstein-Uhlenbeck process of sd 1 that forgets in so many seconds."""
    keep = float(np.exp(-SLOT / seconds))
    steps = (draw.normal(size=slots) * np.sqrt(1 - keep**2)).tolist()
    value, out = float(draw.normal()), []
    for step in steps:
        value = value * keep + step
        out.append(value)
    return np.array(out)


def _mood(draw: np.random.Generator, slots: int) -> np.ndarray:
    drift = 0.45 * draw.normal() + 0.25 * _ou(draw, slots, 3600) + 0.35 * _ou(draw, slots, 600)
    flicker = 0.7 * _ou(draw, slots, 30)
    jumps = np.zeros(slots)
    for at in np.flatnonzero(draw.random(slots) < 1.5 / SLOTS_AN_HOUR):
        age = np.arange(slots - at) * SLOT
        jumps[at:] += draw.choice((-1, 1)) * draw.uniform(1.5, 3) * np.exp(-age / 200)
    return np.asarray(np.clip(drift + flicker + jumps, -4, 4))


def _rate(draw: np.random.Generator, slots: int, profile: Profile) -> np.ndarray:
    """Relative rate, about 1 on average; fuller after the first minutes."""
    log = profile.slow * _ou(draw, slots, 1200) + profile.fast * _ou(draw, slots, 60)
    log -= (profile.slow**2 + profile.fast**2) / 2
    arrive = 1 - 0.5 * np.exp(-np.arange(slots) * SLOT / 600)
    return np.asarray(np.exp(log) * arrive / (1 + profile.bursts * 0.012))


def _everyday_bursts(
    draw: np.random.Generator, extra: np.ndarray, mood: np.ndarray, profile: Profile
) -> None:
    """Bursts of the moment: mostly as the mood is, and pushing it further."""
    slots = extra.shape[1]
    for at in np.flatnonzero(draw.random(slots) < profile.bursts / SLOTS_AN_HOUR):
        glad = draw.random() < 1 / (1 + np.exp(-0.9 * mood[at] - 0.35))
        kind = str(draw.choice(GLAD if glad else GLUM))
        if draw.random() < 0.08:
            kind = "paste"
        else:
            _decay(mood, int(at), draw.uniform(0.3, 1.0) * (1 if glad else -1), 60)
        _decay(extra[KINDS.index(kind)], int(at), draw.gamma(2, 0.8), draw.uniform(8, 24))


def _answers(
    draw: np.random.Generator,
    extra: np.ndarray,
    stream: ScheduledStream,
    happenings: tuple[Happening, ...],
) -> None:
    """Greetings at the start and after a raid, thanks for gifts, goodbyes at the end."""
    _decay(extra[KINDS.index("greet")], 0, 1.2, 150)
    _decay(extra[KINDS.index("bye")], max(0, extra.shape[1] - 36), 2.0, 200)
    for happening in happenings:
        at = int((happening.at - stream.start) // SLOT)
        if happening.kind == "raid":
            _decay(extra[KINDS.index("greet")], at, draw.uniform(3, 6), 60)
        elif happening.kind in ("sub", "gift"):
            _decay(extra[KINDS.index("thank")], at, draw.uniform(0.2, 1.2), 15)


def _decay(row: np.ndarray, at: int, height: float, seconds: float) -> None:
    """Add a sudden rise that wears off."""
    size = min(len(row) - at, int(6 * seconds / SLOT) + 1)
    row[at : at + size] += height * np.exp(-np.arange(size) * SLOT / seconds)


def _breaks(draw: np.random.Generator, slots: int) -> np.ndarray:
    """1 in ordinary times, 0 while everybody is away: one to five minutes, every few hours."""
    quiet = np.ones(slots)
    for at in np.flatnonzero(draw.random(slots) < 0.35 / SLOTS_AN_HOUR):
        quiet[at : at + int(draw.integers(12, 60))] = 0
    return quiet


def _ads(stream: ScheduledStream, quiet: np.ndarray) -> list[Happening]:
    """An ad break, of whole half minutes and three minutes at most, as everybody leaves."""
    edges = np.diff(quiet, prepend=1, append=1)
    begins, ends = np.flatnonzero(edges < 0), np.flatnonzero(edges > 0)
    lengths = np.minimum((ends - begins) * SLOT // 30 * 30, 180)
    return [
        Happening(stream.channel, stream.start + float(at) * SLOT, "ad_break", f"{length} s")
        for at, length in zip(begins, lengths, strict=True)
        if length  # of what a stream's end cut short may be nothing
    ]


def _gaps(draw: np.random.Generator, stream: ScheduledStream) -> tuple[tuple[float, float], ...]:
    """Lost connections: every few hours, half a minute to four, well inside the stream."""
    gaps, last = [], stream.start + 300
    for at in np.sort(draw.uniform(last, stream.end - 600, draw.poisson(_hours(stream) / 5))):
        if at > last:
            again = float(at + draw.uniform(25, 240))
            gaps.append((round(float(at), 3), round(again, 3)))
            last = again + 300
    return tuple(gaps)


def _hours(stream: ScheduledStream) -> float:
    return (stream.end - stream.start) / 3600


def _happenings(
    draw: np.random.Generator, stream: ScheduledStream, profile: Profile
) -> tuple[Happening, ...]:
    """Raids, subs, gifts, cheers and at times another category, by time."""
    many = {"raid": 0.15, "sub": profile.subs, "gift": profile.subs / 6, "cheer": profile.subs / 4}
    found = []
    for kind, an_hour in many.items():
        for at in draw.uniform(
            stream.start + 60, stream.end - 240, draw.poisson(an_hour * _hours(stream))
        ):
            found.append(Happening(stream.channel, round(float(at), 3), kind, _detail(draw, kind)))
    if draw.random() < 0.4:
        at = stream.start + (stream.end - stream.start) * draw.uniform(0.35, 0.7)
        other = CATEGORIES[stream.channel][1]
        found.append(Happening(stream.channel, round(float(at), 3), "category", other))
    return _by_time(found)


def _by_time(found: list[Happening]) -> tuple[Happening, ...]:
    return tuple(sorted(found, key=lambda happening: happening.at))


def _detail(draw: np.random.Generator, kind: str) -> str:
    """The raiding channel's made-up name, the tier, how many gifts, how many bits."""
    choices = {
        "raid": RAIDERS, "sub": ("tier 1", "tier 1", "tier 1", "tier 2", "tier 3"),
        "gift": ("1", "1", "5", "5", "10", "20"), "cheer": ("50", "100", "100", "500", "1000"),
    }  # fmt: skip
    return str(draw.choice(choices[kind]))
