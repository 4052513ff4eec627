"""Outcome of an import of many files: faults and losses, told as they come and at the end."""

import re
import sys
from collections.abc import Callable, Collection
from pathlib import Path

from pipeline.chat.placement import NeedsAnswer
from pipeline.imports.losses import FewLines, Loss, warning_of
from warehouse.errors import AppError, BadInput


class Outcome:
    """Outcome of each file. losses: what could not be read of those that were imported.

    alone: there is but one file, whose fault is the import's own. scratch: where archives are
    unpacked, which is nobody's business.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = re.compile(rf"{re.escape(str(scratch))}/unpacked/\d+/")
        self.losses: list[Loss] = []
        self.faults: list[tuple[str, AppError]] = []
        self.alone = False
        self._in_part = False  # one of them was imported, but not all of it
        self._beside: list[str] = []  # files of a folder that are no logs
        self._few_faults, self._few_beside = FewLines(), FewLines()

    def guarded(self, work: Callable[[], None], name: str) -> None:
        """Do the work; its fault is kept, and the others go on."""
        try:
            work()
        except AppError as exc:
            self.fault(name, exc)

    def fault(self, name: str, fault: AppError) -> None:
        """A file that was not imported."""
        fault.args = (self._scratch.sub("", str(fault)), *fault.args[1:])
        self.faults.append((name, fault))
        if not self.alone:
            self._few_faults.say(f"error: {' '.join(str(fault).split())}", sys.stderr)

    def lost(self, loss: Loss) -> None:
        """What was lost of a file that was imported; a fault where it is most of it."""
        self.losses.append(loss)
        if loss.is_much:
            self.cut(loss.file, f"{loss.file} was imported, but {loss}")

    def cut(self, name: str, why: str) -> None:
        """A file that was imported in part."""
        self._in_part = True
        self.fault(name, BadInput(why))

    def beside(self, path: Path, why: str) -> None:
        """A file that lies beside logs, and is none."""
        self._few_beside.say(
            f"{path.name}: not read: it {why.removeprefix(f'{path} ')}", sys.stdout
        )
        self._beside.append(path.name)

    def tell(self, files: int, results: Collection[object]) -> None:
        """Warn of what was lost. Raises BadInput if any failed, or else NeedsAnswer if one left
        out what nobody said."""
        if self._beside and not results and not self.faults:
            n = len(self._beside)
            raise BadInput(f"nothing to import: {n} files, and none is a log of chat")
        if warning := warning_of([x for x in self.losses if not x.is_much], self._beside):
            print(warning)
        if self.alone and self.faults:
            raise self.faults[0][1]
        if self.faults:
            asks = all(isinstance(fault, NeedsAnswer) for _, fault in self.faults)
            names = ", ".join(name for name, _ in self.faults[:8])
            failed = f"{len(self.faults)} of {files} files not imported"
            failed += f", or in part: {names}" if self._in_part else f": {names}"
            raise NeedsAnswer(failed) if asks else BadInput(failed)
