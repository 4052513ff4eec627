"""Kinds of moments and of turns of the mood, and what is told of one."""

from dataclasses import dataclass

import numpy as np

MOMENTS = ("laughter", "hype", "peak", "silence")
TURNS = ("jump", "change")  # of the mood: a list of their own
GRADES = ("sure", "maybe")
LEAST = 3.5  # sigma below which a stream that has enough tells nothing


@dataclass(frozen=True)
class Moment:
    """A stretch that stood out, and by how much. Indexes are of windows; [first, last) is it.

    kind: one of MOMENTS, or of TURNS. score: sigma. n: messages in it. mood: their mean compound.
    before: the mood it is compared with, that of [since, first) for turns, else the usual one
    around. rate, usual: messages a minute there and around. share: laughter terms a message.
    also: other kinds found at the same time. point: its busiest window, where it is to be looked
    at. grade: one of GRADES. NaN: unknown.
    """

    kind: str
    first: int
    last: int
    score: float
    since: int = 0
    n: int = 0
    mood: float = np.nan
    before: float = np.nan
    rate: float = np.nan
    usual: float = np.nan
    share: float = np.nan
    usual_share: float = np.nan
    also: tuple[str, ...] = ()
    point: int = -1
    grade: str = "maybe"
