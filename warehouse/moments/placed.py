"""A moment at its place in a stream, with its reasons."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from warehouse.moments.kinds import TURNS, Moment
from warehouse.moments.reasons import Reason, Terms, reasons
from warehouse.moments.sums import Floats, Windows
from warehouse.records import SLOT_SECONDS, WINDOW, WINDOW_SECONDS


@dataclass(frozen=True)
class PlacedMoment:
    """A moment as it is told. at_s: seconds from the stream's start to where the reaction begins,
    to 5 s. at: start of its first window, aware UTC.
    """

    moment: Moment
    at_s: int
    at: datetime
    reasons: tuple[Reason, ...]

    @property
    def until(self) -> datetime:
        """Its end, aware UTC."""
        return self.at + (self.moment.last - self.moment.first) * WINDOW

    @property
    def until_s(self) -> int:
        """Seconds from the stream's start to where the reaction is over."""
        begins = max(self.moment.first, self.moment.point)
        return self.at_s + (self.moment.last - begins) * WINDOW_SECONDS


def placed(
    moments: Iterable[Moment], w: Windows, start: datetime, terms: Terms
) -> tuple[PlacedMoment, ...]:
    """The moments of windows that begin at `start` (aware UTC), each with its reasons."""
    return tuple(
        PlacedMoment(m, _at_s(m, w), start + m.first * WINDOW, tuple(reasons(m, terms)))
        for m in moments
    )


def _at_s(m: Moment, w: Windows) -> int:
    """Where the reaction begins: in the busiest window of a moment; a turn where its span does."""
    at = elapsed_s(w, m.point)
    return (
        at if w.slots is None or m.kind in (*TURNS, "silence") else at + burst_s(w.slots[m.point])
    )


def elapsed_s(w: Windows, index: int) -> int:
    """Seconds from the stream's start to the beginning of a window; never negative."""
    return max(0, round(w.first_s + index * WINDOW_SECONDS))


def burst_s(slots: Floats) -> int:
    """Seconds into a window at which its burst begins: its first 5-second slot that is at least
    half as busy as its busiest one. 0 where nobody spoke.
    """
    busy = slots * 2 >= max(float(slots.max()), 1.0)
    return int(busy.argmax()) * SLOT_SECONDS
