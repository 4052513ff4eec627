"""A message as its window needs it: scored, its chatter a hash."""

from typing import NamedTuple

from pipeline.scoring.scored import Scored


class ScoredMessage(NamedTuple):
    """A message as a window needs it. chatter: hash, 0 unknown; at: epoch seconds.

    id: `message_key` of its message.
    """

    at: float
    chatter: int
    text: str
    scored: Scored
    id: int = 0


def message_key(message_id: str) -> int:
    """A message's id as a number, the same while a process lives; 0 unknown."""
    return hash(message_id) if message_id else 0
