"""A channel's earlier streams, for what they say of its usual mood.

A stream alone takes an hour to show its mean; a channel that was seen before has it at once. A
past stream is four sums over its windows, so that training (arrays) and daemon (one SQL query)
know the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from models.base import Floats
from models.inputs.sessions import Past, Session

STREAMS = 30  # earlier streams that count, the latest
HALF_LIVES = (1_000.0, 10_000.0, float("inf"))  # messages said since a stream's end
COLUMNS = 2 * len(HALF_LIVES) + 2


def sums(session: Session) -> tuple[float, float, float, float]:
    """sum n, sum n mean, sum n², sum n² mean over a stream's windows, gone ones too."""
    n, total = session.n, session.n * np.nan_to_num(session.mean)
    here = float(n.sum()), float(total.sum()), float(n @ n), float(n @ total)
    of_n, of_total, of_n2, of_n_total = map(session.of_before, ("n", "total", "n2", "n_total"))
    return here[0] + of_n, here[1] + of_total, here[2] + of_n2, here[3] + of_n_total


def with_past(sessions: Iterable[Session]) -> list[Session]:
    """One channel's sessions in the order they began, each with the sums of those before it."""
    past: Past = ()
    out = []
    for session in sorted(sessions, key=lambda s: (s.start[0], s.stream_id)):
        out.append(replace(session, past=past))
        past = (*past, sums(session))[-STREAMS:]
    return out


def weighed(past: Sequence[Sequence[float]]) -> Floats:
    """(COLUMNS,): sum n and sum n mean at each of HALF_LIVES, then the burst and whether any.

    The burst is how far windows with many messages lie above the others: the mean weighted by
    n² less the one weighted by n. All zero without a past.
    """
    out = np.zeros(COLUMNS)
    latest = np.array(past, float).reshape(-1, 4)[-STREAMS:]
    n, total, squares, total2 = latest.T
    if not n.sum():
        return out
    since = n[::-1].cumsum()[::-1] - n  # messages after each stream
    for i, half_life in enumerate(HALF_LIVES):
        weight = 0.5 ** (since / half_life)
        out[2 * i : 2 * i + 2] = weight @ n, weight @ total
    out[-2:] = total2.sum() / squares.sum() - total.sum() / n.sum(), 1.0
    return out
