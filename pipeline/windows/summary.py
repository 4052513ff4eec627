"""The messages of one window, and what they come to."""

import pickle
from dataclasses import dataclass, field
from math import fsum, sqrt

from pipeline.scoring.capitals import shouting
from pipeline.scoring.language import share_readable
from pipeline.scoring.scored import Scored
from pipeline.scoring.scored_message import ScoredMessage
from pipeline.scoring.sign_scorer import basis_of, reading_of
from warehouse.moments.laughter import laughing
from warehouse.records import SLOT_SECONDS, SLOTS, Window, utc

_STAMP_S = 0.001  # of Twitch's stamps: who was heard was observed at least for so long


@dataclass(slots=True)
class Cell:
    """One window's messages so far. reading: how they are scored, one of READINGS."""

    lines: list[ScoredMessage] = field(default_factory=list)
    filtered: int = 0
    late: int = 0
    reading: str = "words"


class Held:
    """A closed window that can be made again, its lines packed: in a sixth of their memory."""

    def __init__(self, cell: Cell, window: Window) -> None:
        self.window = window
        self._cell = None if cell.lines else cell
        lines = [(x.at, x.chatter, x.text, tuple(x.scored), x.id) for x in cell.lines]
        self._packed = (
            pickle.dumps((lines, cell.filtered, cell.late, cell.reading)) if lines else b""
        )

    @property
    def cell(self) -> Cell:
        """What fell into it; once asked for it stays unpacked, to be changed in place."""
        if self._cell is None:
            lines, *counts = pickle.loads(self._packed)
            found = [
                ScoredMessage(at, who, text, Scored(*parts), id)
                for at, who, text, parts, id in lines
            ]
            self._cell, self._packed = Cell(found, *counts), b""
        return self._cell


def summarise(
    channel: str,
    start: int,
    cell: Cell,
    stream_id: str | None,
    observed_s: float,
    lexicon_version: str,
) -> Window:
    """A cell as a Window: counts, mean and spread of the compounds, shares, 5-second slots."""
    lines = cell.lines
    compounds = [line.scored.compound for line in lines]
    slots: list[list[float]] = [[] for _ in range(SLOTS)]
    for line, compound in zip(lines, compounds, strict=True):
        slots[int(line.at - start) // SLOT_SECONDS].append(compound)
    n = len(lines)
    mean = _mean(compounds)
    return Window(
        channel=channel,
        start=utc(start),
        stream_id=stream_id,
        observed_s=max(observed_s, _STAMP_S) if n else observed_s,
        n_messages=n,
        n_chatters=len({line.chatter for line in lines}),
        n_filtered=cell.filtered,
        n_late=cell.late,
        mean_compound=mean,
        sd_compound=_sd(compounds, mean),
        share_positive=sum([c >= 0.05 for c in compounds]) / n if n else None,
        share_negative=sum([c <= -0.05 for c in compounds]) / n if n else None,
        share_scored=sum([c != 0 for c in compounds]) / n if n else None,
        share_emote=sum([line.scored.has_emote for line in lines]) / n if n else None,
        sub_n=tuple(len(slot) for slot in slots),
        sub_mean=tuple(_mean(slot) for slot in slots),
        lexicon_version=lexicon_version,
        readable=share_readable(lines),
        basis=basis_of(reading_of(lexicon_version)),
        n_laughs=laughing([line.text for line in lines]),
        n_capitals=shouting(lines),
    )


def _mean(compounds: list[float]) -> float | None:
    return fsum(compounds) / len(compounds) if compounds else None


def _sd(compounds: list[float], mean: float | None) -> float | None:
    """Sample standard deviation (ddof 1), None below two."""
    if mean is None or len(compounds) < 2:
        return None
    return sqrt(fsum([(c - mean) ** 2 for c in compounds]) / (len(compounds) - 1))
