"""Schedule of the catalogues: each place every six hours, less often where there is trouble.

A place that fails is left alone for longer each time; so is a whole provider that is down.
"""

from collections import Counter
from collections.abc import Callable, Iterable

from pipeline.emotes.providers import Place
from pipeline.web import backoff_s

EVERY_S = 6 * 3600.0
FIRST_S = 60.0  # after a failure; doubled each time, at most EVERY_S
_SPREAD = 0.1  # of EVERY_S, so that not all fall due at once


class Schedule:
    """Times are of `clock`, seconds that only go forward. dice: 0..1, at random."""

    def __init__(self, clock: Callable[[], float], dice: Callable[[], float]) -> None:
        self.clock, self.dice = clock, dice
        self._due: dict[Place, float] = {}
        self._fails: Counter[Place] = Counter()
        self._down_to: dict[str, float] = {}
        self._downs: Counter[str] = Counter()

    def knows(self, place: Place) -> bool:
        """True if it was ever put in."""
        return place in self._due

    def put(self, place: Place, age_s: float | None) -> None:
        """A place to be asked. age_s: of what is known of it, None for nothing."""
        wait_s = 0.0 if age_s is None else max(0.0, EVERY_S - age_s)
        self._due[place] = self.clock() + wait_s

    def next(self, places: Iterable[Place]) -> Place | None:
        """The one of them that waits longest, None where none is due."""
        now = self.clock()
        due = [p for p in places if self._due[p] <= now >= self._down_to.get(p.provider, 0.0)]
        return min(due, key=self._due.__getitem__, default=None)

    def done(self, place: Place) -> None:
        """It answered."""
        self._fails.pop(place, None)
        self._downs.pop(place.provider, None)
        self._down_to.pop(place.provider, None)
        self._due[place] = self.clock() + EVERY_S * (1 + _SPREAD * self.dice())

    def failed(self, place: Place, of_all: bool, wait_s: float = 0.0) -> None:
        """It did not. of_all: nor would its provider's other places; wait_s: what was asked."""
        self._fails[place] += 1
        self._due[place] = self.clock() + max(wait_s, self._pause(self._fails[place]))
        if of_all:
            self._downs[place.provider] += 1
            pause = max(wait_s, self._pause(self._downs[place.provider]))
            self._down_to[place.provider] = self.clock() + pause

    def has_trouble(self, provider: str) -> bool:
        """True if a place of the provider failed when it was last asked."""
        return any(place.provider == provider for place in self._fails)

    def drop(self, room: str) -> None:
        """The places of a channel are not asked any more."""
        for place in [p for p in self._due if p.room == room]:
            del self._due[place]
            self._fails.pop(place, None)

    def _pause(self, fails: int) -> float:
        return backoff_s(fails, EVERY_S, FIRST_S, self.dice)
