"""Clock of Twitch's: monotonic time, and what Twitch's stamps say has to be added to it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from math import inf

NEAR_S = 2.0  # stamps that lie no further apart say the same
_AGREE = 2  # stamps, before one that says something else is not believed at once
_FEW, _AGE_S = 5, 60.0  # stamps, and their time, before earlier ones are let go
_STALL_S = 5.0  # between two looks, after which nobody knows what time it is
_DRAIN_S, _DOUBT_S = 3.0, 15.0  # while what had waited is read; and until we go on as before
_CUT_S = 1.0  # what a Date header may be behind
_PLAUSIBLE = 1.2e9, 4.1e9  # 2008 to 2099: any other stamp is none
_NAMES = 5000  # of what was told of late, and as many before them


@dataclass
class _Doubt:
    """Time that went by without a look. at: the look before; jump: seconds of monotonic time.

    best: the largest offset that stamps have shown since.
    """

    at: float
    jump: float
    until: float
    best: float = -inf


class TwitchClock:
    """offset: what is added to monotonic time, None while nobody knows. since: the monotonic time
    from which it holds. steps: times that it turned out to be another one.

    Delivery only delays: a stamp less the time of its arrival is at most the true offset, and the
    largest of late is the best. Where looks are far apart (asleep, stopped, a clock that was set)
    the next stamps decide; until then `now` stands still, and nothing closes.
    """

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.monotonic, self.wall = monotonic, wall
        self.offset: float | None = None
        self.since = -inf
        self.steps = 0
        self._agree = 0  # stamps that say so; with none it is a Date header's
        self._best, self._before, self._count, self._from = -inf, -inf, 0, 0.0
        self._other: tuple[float, float] | None = None  # (stamp, offset) of one that says another
        self._hint: float | None = None  # an offset that one stamp is enough for
        self._doubt: _Doubt | None = None
        self._told = -inf
        self._names, self._earlier = set[str](), set[str]()
        self._looked = monotonic(), wall()

    # -- what time it is -------------------------------------------------------------------

    def now(self) -> float | None:
        """Twitch's time, epoch seconds; None while nobody knows. It goes back in steps only."""
        mono = self._look()
        if self.offset is None:
            return None
        if self._doubt is None:
            self._told = max(self._told, mono + self.offset)
        return self._told

    def arrival(self) -> float:
        """Time of what comes now without a stamp; by the machine's clock while nobody knows."""
        now = self.now()
        return self.wall() if now is None else now

    def at(self, mono: float) -> float:
        """Twitch's time at a monotonic time, once the offset is known; in doubt none that is not
        told yet."""
        at = mono + (self.offset or 0.0)
        return min(at, self._told) if self._doubt else at

    def mono(self, at: float) -> float:
        """Monotonic time at a time of Twitch's; now, while nobody knows."""
        return self.monotonic() if self.offset is None else at - self.offset

    @property
    def is_sure(self) -> bool:
        """True while it is known, and not in doubt."""
        is_begun = self._look() >= self.since  # what a Date header says holds a second later
        return is_begun and self.offset is not None and self._doubt is None

    # -- what shows it ---------------------------------------------------------------------

    def dated(self, header: str | None) -> None:
        """A Date header came: it counts until there are stamps. It is cut to the second: what is
        told by it begins a second later, so that no time counts as seen too early."""
        try:
            at = parsedate_to_datetime(header).timestamp() if header else 0.0
        except (ValueError, OverflowError):
            return
        mono = self._look()
        if not _PLAUSIBLE[0] < at < _PLAUSIBLE[1]:
            return
        offset, hint, self._hint = at - mono, self._hint, at - mono
        if self.offset is None or not self._agree:
            self._step(offset, mono, mono + _CUT_S, agree=0)
        elif self._doubt and abs(offset - self.offset) <= NEAR_S:
            self._doubt = None
        elif self._doubt and hint is not None and abs(offset - hint) <= NEAR_S:
            self._step(offset, mono, mono, agree=0)  # the machine slept, and its clock went on

    def saw(self, stamp: float | None, name: str = "") -> None:
        """Something that Twitch stamped so, and calls so, has just come. The stamp of what is told
        again shows nothing: it may be any."""
        mono = self._look()
        if stamp is None or not _PLAUSIBLE[0] < stamp < _PLAUSIBLE[1] or self._is_again(name):
            return
        offset = stamp - mono
        if self.offset is None or not self._agree:
            self._step(offset, mono, self.since)
        elif abs(offset - self.offset) <= NEAR_S:
            self._agree, self._other, self._doubt = self._agree + 1, None, None
            self._hold(offset, mono)
        elif self._is_believed(stamp, offset):
            self._step(offset, mono, -inf if self._agree < _AGREE else mono)
        else:
            self._other = stamp, offset
            if offset < self.offset:  # it may only have been delayed
                self._hold(offset, mono)
            self._weigh(offset, mono)

    def _is_again(self, name: str) -> bool:
        """True for what was told before, lately. Its name is kept, if it has any."""
        if name in self._names or name in self._earlier:
            return True
        if len(self._names) >= _NAMES:
            self._names, self._earlier = set(), self._names
        self._names.update([name] if name else [])
        return False

    def _is_believed(self, stamp: float, offset: float) -> bool:
        """True for a stamp that moves the clock: it runs ahead of it, as was to be expected or as
        another says, too; or no two had agreed on what holds."""
        assert self.offset is not None
        is_ahead = offset > self.offset
        if is_ahead and self._hint is not None and abs(offset - self._hint) <= NEAR_S:
            return True
        if self._other is None or stamp == self._other[0]:
            return False
        return abs(offset - self._other[1]) <= NEAR_S and (is_ahead or self._agree < _AGREE)

    def _hold(self, offset: float, mono: float) -> None:
        """Of the stamps of late the largest holds; those of a minute go after those of the next."""
        self._best, self._count = max(self._best, offset), self._count + 1
        if self._count >= _FEW and mono - self._from >= _AGE_S:
            self._before, self._best, self._count, self._from = self._best, -inf, 0, mono
        largest = max(self._before, self._best)
        if self.offset is not None and self.offset - largest > NEAR_S:
            self._step(largest, mono, -inf)
        else:
            self.offset = largest

    def _step(self, offset: float, mono: float, since: float, agree: int = 1) -> None:
        """Another offset holds, from `since` on."""
        by = inf if self.offset is None else offset - self.offset
        if abs(by) > NEAR_S:
            self.steps, self.since = self.steps + 1, since
            self._told = mono + offset
        elif agree:
            self.since = min(self.since, mono)
        self.offset, self._agree, self._other, self._doubt = offset, agree, None, None
        self._best, self._before, self._count, self._from = offset, -inf, 1, mono

    # -- doubt -----------------------------------------------------------------------------

    def _look(self) -> float:
        """Monotonic time; notices what went by since the last look."""
        mono, wall = self.monotonic(), self.wall()
        by, wall_by = mono - self._looked[0], wall - self._looked[1]
        is_odd = not 0 <= by <= _STALL_S or abs(wall_by - by) > NEAR_S
        if is_odd and self.offset is not None:
            before = self._looked[0]
            self._hint = self.offset + (wall_by - by if by >= 0 else -by)
            self._doubt = _Doubt(before, by, mono + _DOUBT_S)
        self._looked = mono, wall
        if self._doubt and mono >= self._doubt.until:
            self._doubt = None
        return mono

    def _weigh(self, offset: float, mono: float) -> None:
        """In doubt, stamps behind say either that they had waited while we did not look, or, once
        those have been read, that monotonic time itself was set ahead."""
        doubt = self._doubt
        if doubt is None or self.offset is None:
            return
        doubt.best = max(doubt.best, offset)
        left = doubt.best - (self.offset - doubt.jump)  # beyond what a clock set ahead can show
        if left > NEAR_S:
            self._doubt = None
        elif doubt.jump > _STALL_S and left > -NEAR_S and mono >= doubt.at + doubt.jump + _DRAIN_S:
            self._step(doubt.best, mono, doubt.at + doubt.jump)
