"""Cuts: from where to where a moment is cut out of its stream.

Chat answers what happens on screen, so a cut begins before the chat reacts. Seconds count from the
stream's start.
"""

from typing import NamedTuple

LEAD_S = 30  # before chat reacts: editors begin a median 32 s before, half of them 22 to 46 s
TAIL_S = 30  # after the reaction is over
LONGEST_LEAD_S = 60


class Cut(NamedTuple):
    """In and out point, seconds from the stream's start; in_s <= out_s."""

    in_s: int
    out_s: int


def cut(
    at_s: int,
    until_s: int,
    lead_s: int = LEAD_S,
    tail_s: int = TAIL_S,
    length_s: float | None = None,
) -> Cut:
    """The cut of a reaction in [at_s, until_s); within the stream, where its length is known."""
    end = until_s + tail_s if length_s is None else min(until_s + tail_s, int(length_s))
    return Cut(max(0, min(at_s - lead_s, end)), max(0, end))
