"""A moment at its place in a stream, with its reasons."""

from dataclasses import dataclass
from datetime import datetime

from warehouse.moments.kinds import Moment
from warehouse.moments.reasons import Reason
from warehouse.records import WINDOW


@dataclass(frozen=True)
class PlacedMoment:
    """A moment as it is told. at_s: seconds from the stream's start to where it begins, to 5 s for
    bursts. at: start of its first window, aware UTC.
    """

    moment: Moment
    at_s: int
    at: datetime
    reasons: tuple[Reason, ...]

    @property
    def until(self) -> datetime:
        """Its end, aware UTC."""
        return self.at + (self.moment.last - self.moment.first) * WINDOW
