"""Places of results: known to be writable before the work, and there whole or not at all."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from warehouse.errors import BadInput


def require_writable(folder: Path) -> None:
    """Make the folder. Raises BadInput where it cannot be made or written, before any work."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        why = error.strerror or error
        raise BadInput(f"cannot write to {folder}: {why}; choose another folder") from error


def part(path: Path) -> Path:
    """Where a file is written before it is whole."""
    return path.with_name(path.name + ".part")


def put_texts(texts: Mapping[Path, str]) -> None:
    """Write every text aside; `put` moves them into place."""
    for path, text in texts.items():
        part(path).write_text(text, encoding="utf-8")


def put(*paths: Path) -> None:
    """Rename parts that are all whole: results of two runs never lie side by side for long."""
    for path in paths:
        part(path).replace(path)


def drop_parts(*paths: Path) -> None:
    for path in paths:
        part(path).unlink(missing_ok=True)
