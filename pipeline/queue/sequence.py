"""Sequence of bodies: put in order by their senders' numbers, each once, and nothing waited for
that will not come."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pipeline.queue.body import Body
from pipeline.queue.queue import HELD_S

_GAP_S = 5.0  # that a missing body is waited for
_AGAIN_S = HELD_S + 5  # in which all comes again that another reader had
_KNOWN = 20_000  # ids of bodies


@dataclass
class SenderRun:
    """One run of a sender: its number that is due, what came before its turn, and since when
    that waits (monotonic). at: its clock at the last body. tells: it has a clock, as `collect`
    has."""

    due: int | None = None
    held: dict[int, Body] = field(default_factory=dict)
    since: float = 0.0
    at: float = 0.0
    tells: bool = False


class Sequence:
    """All senders' runs. settled_at: the source's clock up to which bodies were settled before,
    None for a reader with nothing stored: what came after it comes again."""

    def __init__(
        self, settled_at: float | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.settled_at, self.clock = settled_at, clock
        self._began = clock()
        self._runs: dict[str, SenderRun] = {}
        self._known: dict[str, None] = {}

    def add(self, body: Body) -> bool:
        """Take a body in; False for one that came before."""
        if body.id in self._known:
            return False
        self._known[body.id] = None
        if len(self._known) > _KNOWN:
            del self._known[next(iter(self._known))]
        run = self._runs.setdefault(body.run, SenderRun())
        run.since = run.since if run.held else self.clock()
        run.held[body.number] = body
        return True

    def is_past(self, body: Body) -> bool:
        """True for one that was settled before this reader began: all it had is stored."""
        return self.settled_at is not None and body.at <= self.settled_at

    def waiting(self) -> int:
        """Bodies whose turn has not come."""
        return sum(len(run.held) for run in self._runs.values())

    def ready(self) -> Iterator[tuple[Body, int, float]]:
        """Bodies whose turn has come; before each how many of its run are missing, -1 where it is
        the first that came of it, and the run's clock."""
        for run in list(self._runs.values()):
            while run.held and self._is_due(run, body := run.held[min(run.held)]):
                del run.held[body.number]
                run.since = self.clock()
                missing = -1 if run.due is None else max(0, body.number - run.due)
                before = run.at
                run.due, run.at = max(run.due or 0, body.number + 1), max(run.at, body.at)
                missing = missing if run.tells or missing < 0 else 0
                run.tells = run.tells or body.closes
                yield body, missing, before

    def is_whole(self, body: Body) -> bool:
        """True for a first body of a run before which nothing is missing."""
        return body.number == 1 or (self.settled_at is not None and body.start <= self.settled_at)

    def _is_due(self, run: SenderRun, body: Body) -> bool:
        is_next = self.is_whole(body) if run.due is None else body.number <= run.due
        return is_next or self.clock() >= self._latest(run)

    def _latest(self, run: SenderRun) -> float:
        """When what is missing is no longer waited for."""
        begun = self._began + _AGAIN_S if self.settled_at is not None else 0.0
        return max(run.since + _GAP_S, begun)
