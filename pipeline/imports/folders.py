"""Folders of logs: the files that are in them."""

from collections.abc import Sequence
from pathlib import Path

from warehouse.errors import BadInput


def in_folders(paths: Sequence[Path]) -> list[Path]:
    """The files, each once; those of a folder sorted by path, without hidden ones."""
    every: dict[Path, None] = {}
    for path in paths:
        if not path.is_dir():
            every[path] = None
            continue
        inside = [p for p in sorted(path.rglob("*")) if p.is_file() and not _hidden(p, path)]
        if not inside:
            raise BadInput(f"{path} is a folder without files")
        every |= dict.fromkeys(inside)
    return list(every)


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)
