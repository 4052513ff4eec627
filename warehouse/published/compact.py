"""Compaction: the small files of a finished hour become one, of a day one, of a month one.

A year of a table is then a dozen large sorted files, which is what queries are fast on.
Reads published files only, with its own connection, so it can run beside the writer.
"""

import uuid
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import duckdb

from warehouse.config import DataFolder
from warehouse.connections import GIVES_BACK, Config, open_duckdb
from warehouse.errors import StorageFull
from warehouse.published.files import most_rows, write_sorted, written_aside
from warehouse.published.manifest import Manifest, PublishedFile
from warehouse.sql import quoted, scan
from warehouse.tables import TABLES

_BOUNDS: Config = {"memory_limit": "128MB", "threads": 1, **GIVES_BACK}
# of 2026-11-22T12:00:00Z: how much of it names the hour, the day, the month; and how long
# after their end they are left open. A message that comes late rewrites the file of its
# window, and few come after these: a small file is rewritten in a cycle, a month is not
_LEVELS = (
    (13, timedelta(minutes=5)),
    (10, timedelta(hours=1)),
    (7, timedelta(hours=25)),  # the buffer's day, in which windows may be made again
)


def plan(manifest: Manifest, now: datetime) -> list[tuple[str, list[PublishedFile]]]:
    """(table, files to merge) groups, finest level first; samples stay hourly for deletion."""
    found: list[tuple[str, list[PublishedFile]]] = []
    for table, files in manifest.tables.items():
        levels = _LEVELS[:1] if table == "samples" else _LEVELS
        if TABLES[table].time is not None:
            found.extend((table, group) for group in _groups(files, now, levels))
    return found


def _groups(
    files: tuple[PublishedFile, ...], now: datetime, levels: tuple[tuple[int, timedelta], ...]
) -> list[list[PublishedFile]]:
    for length, open_for in levels:
        stamp = (now - open_for).astimezone(UTC).strftime("%Y-%m-%dT%H")
        groups = defaultdict(list)
        for file in files:
            span = file.min[:length]
            if file.rows and span == file.max[:length] and span < stamp[:length]:
                groups[span].append(file)
        found = [group for group in groups.values() if len(group) > 1]
        if found:
            return found
    return []


def merge(folder: DataFolder, table: str, files: list[PublishedFile]) -> PublishedFile:
    """Write the files' rows as one sorted file; not yet in any manifest.

    Raises StorageFull, with nothing written, when it cannot be done now.
    """
    path = f"{table}/{uuid.uuid4().hex}.parquet"
    order = ", ".join(f'"{c}"' for c in TABLES[table].order)
    try:
        source = scan(folder.published / file.path for file in files)
        with (
            written_aside(folder.published / path) as aside,
            open_duckdb(reach=[folder.published], scratch=folder.scratch, config=_BOUNDS) as con,
        ):
            if sum(file.rows for file in files) > most_rows(TABLES[table]):
                query = f"SELECT * FROM {source}"
                write_sorted(con, query, {}, TABLES[table], aside)
            else:
                con.execute(
                    f"COPY (SELECT * FROM {source} ORDER BY {order}) "
                    f"TO {quoted(aside)} (FORMAT parquet)"
                ).fetchall()
    except (duckdb.Error, OSError) as exc:
        reason = str(exc).splitlines()[0][:200]
        raise StorageFull(f"cannot merge files of {table}: {reason}") from exc
    return PublishedFile(
        path,
        sum(file.rows for file in files),
        min(file.min for file in files),
        max(file.max for file in files),
    )
