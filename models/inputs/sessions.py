"""A session: one stream's windows as arrays on an unbroken 30-second grid. Never chat."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.base import Floats

Ints = NDArray[np.int64]
Past = tuple[tuple[float, float, float, float], ...]
SHARES = ("share_positive", "share_negative", "share_scored", "share_emote")
# of the windows of a stream that were let go: sums over them, and what was last seen in them
SUMS = (
    *("windows", "n", "total", "seen", "freedom", "within", "spoke", "squares", "n2", "n_total"),
    *(f"{name}_{of}" for name in SHARES for of in ("n", "sum")),
)
BEFORE = (*SUMS, "last_n", "last_total", "last_rate")


def lexicon_of(version: str) -> str:
    """The lexicon of a window's lexicon_version, whatever was decided since and however its channel
    is read. Windows of another are another measure: a session has one."""
    return version.partition("+")[0]


@dataclass(frozen=True)
class Session:
    """T windows of one stream, oldest first, 30 s apart without a hole.

    start: (T,) epoch seconds. n, n_chatters: (T,) messages and distinct chatters, 0 in silence.
    mean: (T,) -1..1, NaN in silence. sd: (T,) of message scores, NaN below two messages.
    share_*: (T,) 0..1, NaN in silence or where unknown. observed_s: (T,) 0..30; 0 also fills
    holes. sub_n, sub_mean: (T, 6), the 5-second slots, NaN where a slot is silent.
    past: sums of the channel's earlier streams, oldest first (history.py).
    basis: what its moods are read from; of a stream that was read by two it has one, and holes.
    before: BEFORE of the stream's windows that are not here any more (features.before), or ().
    """

    channel: str
    stream_id: str
    start: Ints
    n: Floats
    n_chatters: Floats
    observed_s: Floats
    mean: Floats
    sd: Floats
    share_positive: Floats
    share_negative: Floats
    share_scored: Floats
    share_emote: Floats
    sub_n: Floats
    sub_mean: Floats
    lexicons: tuple[str, ...] = ()  # versions of the lexicon that scored it
    past: Past = ()
    before: tuple[float, ...] = ()
    basis: str = "words"

    def __len__(self) -> int:
        return len(self.start)

    def of_before(self, name: str) -> float:
        """One of BEFORE; 0 where all of the stream's windows are here."""
        return self.before[BEFORE.index(name)] if self.before else 0.0

    def upto(self, end: int) -> "Session":
        """What was known when window `end` (an index) closed; that window is the last."""
        cut: dict[str, Any] = {
            k: v[: end + 1] for k, v in vars(self).items() if isinstance(v, np.ndarray)
        }
        return replace(self, **cut)
