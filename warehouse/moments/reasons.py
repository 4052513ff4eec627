"""Reasons of a moment: the terms that were used more, or moved the mood more, than before."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from warehouse.moments.greetings import is_greeting
from warehouse.moments.kinds import TURNS, Moment
from warehouse.moments.laughter import laughs

TOLD = 5
LEAST_USES = 2


@dataclass(frozen=True)
class Reason:
    """A term of a moment. n: its uses there; usual: as many messages before (of turns) or of the
    whole stream have so many. part: what it added to the mood there, less what it adds usually.
    """

    term: str
    kind: str
    n: int
    usual: float
    part: float


class Terms:
    """Uses of terms by window of one stream, so that a span's are counted in no time.

    window: index of the window of each row, ascending. term, kind: texts, as long. n: uses.
    part: contribution to the mean of its window. messages: by window, shape (T,).
    """

    def __init__(
        self,
        window: npt.NDArray[np.intp],
        term: Sequence[str],
        kind: Sequence[str],
        n: npt.NDArray[np.float64],
        part: npt.NDArray[np.float64],
        messages: npt.NDArray[np.float64],
    ) -> None:
        keys = list(zip(term, kind, strict=True))
        self.keys = list(dict.fromkeys(keys))
        code = {key: k for k, key in enumerate(self.keys)}
        self._code = np.array([code[key] for key in keys], dtype=np.intp)
        self._window, self._n = window, n
        self._part = part * messages[window] if len(window) else part
        self._messages = np.concatenate([[0.0], np.cumsum(messages)])
        self.size = len(messages)

    def within(self, first: int, last: int) -> tuple[npt.NDArray[np.float64], ...]:
        """(uses, part of the mood of all messages) by term in windows [first, last)."""
        rows = slice(*np.searchsorted(self._window, [first, last]))
        size = len(self.keys)
        uses = _counted(self._code[rows], self._n[rows], size)
        parts = _counted(self._code[rows], self._part[rows], size)
        return uses, parts / max(self.messages(first, last), 1.0)

    def messages(self, first: int, last: int) -> float:
        """Messages in windows [first, last)."""
        return float(self._messages[last] - self._messages[first])

    def laughs(self) -> npt.NDArray[np.float64]:
        """Uses of laughter by window, shape (T,)."""
        return self._uses([laughs(term) for term, _ in self.keys])

    def alike(self) -> npt.NDArray[np.float64]:
        """Messages by window that say what many say, shape (T,): the uses of its most used word, or
        of all its greetings, whichever are more. Emotes are said by many, so of theirs what is more
        than half of the messages counts; laughter never does.
        """
        most = np.zeros(self.size)
        for is_word, spared in ((True, 0.0), (False, 0.5)):
            of = [(kind == "word") == is_word and not laughs(term) for term, kind in self.keys]
            rows = self._rows(of)
            at = self._window[rows]
            np.maximum.at(most, at, self._n[rows] - spared * np.diff(self._messages)[at])
        return np.maximum(most, self._uses([is_greeting(*key) for key in self.keys]))

    def _uses(self, of: Sequence[bool]) -> npt.NDArray[np.float64]:
        """Uses by window of the terms that are marked; of: by term."""
        rows = self._rows(of)
        return _counted(self._window[rows], self._n[rows], self.size)

    def _rows(self, of: Sequence[bool]) -> npt.NDArray[np.bool_]:
        """Rows of the terms that are marked."""
        return np.array(of, dtype=bool)[self._code] if self.keys else np.zeros(0, dtype=bool)


def _counted(
    places: npt.NDArray[np.intp], weights: npt.NDArray[np.float64], size: int
) -> npt.NDArray[np.float64]:
    return np.bincount(places, weights, size).astype(np.float64)  # of none it is of integers


def reasons(moment: Moment, terms: Terms, most: int = TOLD) -> list[Reason]:
    """The terms that tell a moment best, the strongest first; none for silence.

    Of turns: those that moved the mood the way it turned. Of the others: those used more than the
    stream uses them, by (uses - expected) / sqrt(expected + 1).
    """
    first, last = moment.first, moment.last
    if moment.kind == "silence" or not terms.keys:
        return []
    turn = moment.kind in TURNS
    since, until = (moment.since, first) if turn else (0, terms.size)
    uses, parts = terms.within(first, last)
    other, usually = terms.within(since, until)
    messages, base = terms.messages(first, last), terms.messages(since, until)
    expected = other * messages / base if base else other * 0.0
    moved = parts - usually
    if turn:
        weight = moved * np.sign(moment.mood - moment.before)
        weight[np.maximum(uses, other) < LEAST_USES] = 0.0
    else:
        weight = (uses - expected) / np.sqrt(expected + 1.0)
        weight[uses < LEAST_USES] = 0.0
    order = [int(k) for k in np.argsort(-weight, kind="stable")[:most] if weight[k] > 0]
    return [
        Reason(*terms.keys[k], int(uses[k]), float(expected[k]), float(moved[k])) for k in order
    ]
