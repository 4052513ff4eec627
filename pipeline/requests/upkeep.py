"""Upkeep of a data folder as the table `health` tells it: bytes on disk, text, versions at work."""

import platform
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import orjson

from pipeline.requests.workspace import Workspace
from warehouse.published.manifest import PublishedFile
from warehouse.sql import migrations
from warehouse.version import VERSION

Parts = dict[str, Any]
Detailed = Mapping[str, tuple[float, Mapping[str, Any]]]  # (value, its parts) by name


def upkeep(workspace: Workspace, lexicon: str, model: str) -> Detailed:
    """Bytes, rows with bytes by table, and versions. lexicon, model: those in force."""
    tables = _published(workspace)
    stored = {"warehouse": _bytes([workspace.folder.warehouse])}
    text = {"buffer": workspace.buffer.size(), "samples": tables["samples"][1]}
    total = stored["warehouse"] + text["buffer"] + sum(size for _, size in tables.values())
    versions = {
        "DLD": VERSION,
        "DuckDB": duckdb.__version__,
        "Python": platform.python_version(),
        "schema": str(migrations()[-1][0]),
        "lexicon": lexicon,
        "model": model,
    }
    return {
        "storage": (total, {"tables": tables, **stored, "buffer": text["buffer"]}),
        "text": (sum(text.values()), text),
        "versions": (migrations()[-1][0], versions),
    }


def detailed_rows(detailed: Detailed, at: datetime) -> list[Parts]:
    """As rows of `health`, the parts as JSON."""
    return [
        {"name": name, "at": at, "value": float(value), "detail": orjson.dumps(parts).decode()}
        for name, (value, parts) in detailed.items()
    ]


def _published(workspace: Workspace) -> dict[str, tuple[int, int]]:
    """(rows, bytes) by table."""
    published = workspace.folder.published

    def told(files: Iterable[PublishedFile]) -> tuple[int, int]:
        listed = list(files)
        size = _bytes(published / file.path for file in listed)
        return sum(file.rows for file in listed), size

    return {name: told(files) for name, files in workspace.publisher.manifest.tables.items()}


def _bytes(paths: Iterable[Path]) -> int:
    """On disk; what has just gone counts nothing."""
    total = 0
    for path in paths:
        try:
            total += path.stat().st_size
        except OSError:
            continue
    return total
