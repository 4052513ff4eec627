"""Joins without an answer: of a channel that there is not, or beyond a limit that others use up.

Twitch says nothing of either. Its limit counts for an address, over all programs that join there.
"""

import time

from pipeline.sources.live.pace import Pace

_MANY = 3  # channels without an answer: more than typing mistakes
_TIMES, _TIMES_OF_MANY = 2, 5  # joins without an answer before a channel is called missing
_LATELY_S = 60.0

MISSING = "no answer from Twitch; is there such a channel?"
ALONE = (
    f"{MISSING} If there is, other programs on this address use up Twitch's limit of joins; "
    "it is tried again by itself"
)
LIMITED = (
    "Twitch has not answered our joining it yet, nor others: other programs on this address may "
    "use up Twitch's limit of joins; it is tried again by itself, more slowly"
)


class Joins:
    """Those of all links together, and what they say of the pace."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self._asked: dict[str, float] = {}  # channel to its first JOIN without an answer
        self._missed: dict[str, int] = {}  # how many there were; none once it is called missing
        self._answered_at = float("-inf")

    def asked(self, channel: str) -> None:
        """A JOIN is sent."""
        self._asked.setdefault(channel, time.monotonic())

    def missed(self, channel: str, asked_at: float) -> str:
        """There was no answer to the JOIN of `asked_at`; returns what to say of it, '' for
        nothing yet."""
        times = self._missed[channel] = self._missed.get(channel, 0) + 1
        are_many = len(self._missed) >= _MANY
        if are_many:
            self.pace.slow_down(asked_at)
        if times < _TIMES:
            return ""
        were_others = self._answered_at > self._asked.get(channel, asked_at) - _LATELY_S
        if were_others and times >= (_TIMES_OF_MANY if are_many else _TIMES):
            self._over(channel)
            return MISSING
        return LIMITED if are_many else ALONE

    def answered(self, channel: str) -> None:
        """It was joined, or refused with a reason."""
        self._answered_at = time.monotonic()
        self._asked.pop(channel, None)
        self._over(channel)

    def forget(self, channel: str) -> None:
        """It is no longer wanted."""
        self._asked.pop(channel, None)
        self._over(channel)

    def _over(self, channel: str) -> None:
        if self._missed.pop(channel, 0) and not self._missed:
            self.pace.speed_up()
