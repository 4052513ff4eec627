"""Losses of an import: lines of its files that may have been chat, and gave no message."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

from pipeline.imports.formats.base import Log

_LITTLE, _MUCH = 0.02, 0.5  # shares of a file's lines
_NAMED = 8  # files
_SHOWN = 50  # lines


class FewLines:
    """Lines of which only the first are shown: a folder may hold ten thousand files of junk."""

    def __init__(self) -> None:
        self._shown = 0

    def say(self, line: str, stream: TextIO) -> None:
        """Print the line, or once that there are more."""
        self._shown += 1
        if self._shown <= _SHOWN:
            print(line, file=stream)
        elif self._shown == _SHOWN + 1:
            print("... and more of these: the end tells how many", file=stream)


@dataclass(frozen=True)
class Loss:
    """Lines of a file that were skipped without being understood. lines: all that it has."""

    file: str
    lines: int
    lost: Counter[str]

    @property
    def share(self) -> float:
        """0..1"""
        return self.lost.total() / self.lines if self.lines else 0.0

    @property
    def is_much(self) -> bool:
        """Is most of the file missing?"""
        return self.share > _MUCH

    def __str__(self) -> str:
        reasons = ", ".join(f"{reason} {n}" for reason, n in self.lost.most_common())
        return f"{_percent(self.share)} of the lines of {self.file} were skipped ({reasons})"


def loss_of(file: str, log: Log, read: int) -> Loss:
    """What of a file was lost. read: lines of it that gave a message."""
    return Loss(file, read + log.skipped.total(), log.lost)


def warning_of(losses: Sequence[Loss], beside: Sequence[str] = ()) -> str:
    """A line about files of which more than a little was lost, and those that were not read at
    all, as they are no logs; '' where there are none."""
    found = sorted((x for x in losses if x.share > _LITTLE), key=lambda x: -x.share)
    parts = []
    if len(found) == 1:
        parts.append(str(found[0]))
    elif found:
        shares = _listed([f"{x.file} {_percent(x.share)}" for x in found])
        parts.append(f"lines were skipped in {len(found)} files: {shares}")
    if beside:
        parts.append(f"not read, as they are no logs: {_listed(beside)}")
    return f"warning: {'; '.join(parts)}" if parts else ""


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %" if share >= 0.1 else f"{share * 100:.1f} %"
