"""Health of the daemon, in the table `health`: once in ten minutes a row a name, the newest
replaced each minute, a week of them kept.

Counts are since the daemon began. `detail` is JSON where a value has parts.
"""

import platform
import time
import tomllib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import orjson

from pipeline.engine.state import State
from warehouse.published.manifest import PublishedFile
from warehouse.published.reading import NAME, told
from warehouse.records import naive, utc
from warehouse.sql import migrations

EVERY_S = 600
KEPT = timedelta(days=7)
_PROJECT = Path(__file__).parents[2] / "pyproject.toml"

Parts = dict[str, Any]


def write_health(state: State) -> None:
    """What came in so far, how far the source is behind the wall clock, what is on disk."""
    off = state.clock_offset()
    here = time.time()  # whose rows are in the order in which they were told, by any clock
    now, at = here + off, utc(here - here % EVERY_S)
    _prune(state, at)
    plain = {
        **vars(state.intake.counts),
        **state.catalogues.health(),
        "lag_s": None if "" in state.troubles else max(0.0, now - state.clock),
        "began_at": state.began_at + off,
        "retention_h": state.settings.retention_h,
        **(state.bucket_health() if state.bucket_health else {}),
    }
    rows: list[Parts] = [{"name": k, "at": at, "value": v} for k, v in plain.items()]
    for name, (value, parts) in _detailed(state).items():
        detail = orjson.dumps(parts).decode()
        rows.append({"name": name, "at": at, "value": float(value), "detail": detail})
    state.store.write({"health": state.store.rows("health", rows)})
    write_reading(state)


def write_reading(state: State) -> None:
    """Why something is not read, as of now; and how wrong the machine's clock is."""
    now = time.time()
    off = state.clock_offset()
    at = utc(now - now % EVERY_S)
    detail = told({state.identities.resolve(what): t for what, t in state.troubles.items()})
    rows: list[Parts] = [
        {"name": NAME, "at": at, "value": float(len(state.troubles)), "detail": detail},
        {"name": "told_at", "at": at, "value": now},
        {"name": "clock_offset_s", "at": at, "value": off},
    ]
    state.store.write({"health": state.store.rows("health", rows)})
    state.retell = False


def _detailed(state: State) -> dict[str, tuple[float, Mapping[str, Any]]]:
    """(value, its parts) by name. Bytes, and rows with bytes by table."""
    tables = _published(state)
    stored = {"warehouse": _bytes([state.folder.warehouse])}
    text = {"buffer": state.buffer.size(), "samples": tables["samples"][1]}
    told = state.webhook.health()
    total = stored["warehouse"] + text["buffer"] + sum(size for _, size in tables.values())
    versions = {
        "DLD": _version(),
        "DuckDB": duckdb.__version__,
        "Python": platform.python_version(),
        "schema": str(migrations()[-1][0]),
        "lexicon": state.intake.scorers.base.version,
        "model": state.forecasts.served,
    }
    return {
        "storage": (total, {"tables": tables, **stored, "buffer": text["buffer"]}),
        "text": (sum(text.values()), text),
        "versions": (migrations()[-1][0], versions),
        "webhook": (told.get("sent", 0), told),
        **{name: pair for gauge in state.gauges for name, pair in gauge().items()},
    }


def _published(state: State) -> dict[str, tuple[int, int]]:
    """(rows, bytes) by table."""
    published = state.folder.published

    def told(files: Iterable[PublishedFile]) -> tuple[int, int]:
        listed = list(files)
        size = _bytes(published / file.path for file in listed)
        return sum(file.rows for file in listed), size

    return {name: told(files) for name, files in state.publisher.manifest.tables.items()}


def _bytes(paths: Iterable[Path]) -> int:
    """On disk; what has just gone counts nothing."""
    total = 0
    for path in paths:
        try:
            total += path.stat().st_size
        except OSError:
            continue
    return total


def _prune(state: State, at: datetime) -> None:
    """Rows of more than a week ago go, once a day."""
    day = at.replace(hour=0, minute=0)
    if state.store.meta("health_from") == day.isoformat():
        return
    before = {"before": naive(day - KEPT)}
    months = state.store.query("health_months", **before)["month"].to_pylist()
    kept = {"health_from": day.isoformat()}
    state.store.write({}, kept, [("clear_health", before)] if months else [])
    state.store.touched("health", months=months)


@cache
def _version() -> str:
    """Of DLD itself; '' where the project's file is not beside the code."""
    try:
        return str(tomllib.loads(_PROJECT.read_text("utf-8"))["project"]["version"])
    except (OSError, ValueError, KeyError):
        return ""
