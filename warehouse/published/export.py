"""Published tables as files to take away: Parquet as it is, CSV for spreadsheets."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb

from warehouse.config import DataFolder
from warehouse.errors import BadInput, StorageFull, WrongUsage
from warehouse.published.manifest import read_manifest
from warehouse.published.reader import connect_views, damage_told
from warehouse.records import iso
from warehouse.sql import quoted
from warehouse.tables import TABLES

# without being named: all that is about channels, but no text of chat
DEFAULT = (
    "channels", "streams", "windows", "window_terms", "forecasts", "forecast_scores",
    "vocabulary", "events", "clips",
)  # fmt: skip
_MEMORY = {"memory_limit": "512MB"}
_BOM = b"\xef\xbb\xbf"  # without it Excel takes UTF-8 for something else


@dataclass(frozen=True)
class Selection:
    """Bounds of an export. since, until: [since, until), aware; None is open.

    format: parquet, csv.
    """

    tables: tuple[str, ...] = DEFAULT
    channels: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    format: str = "parquet"


def export(folder: DataFolder, selection: Selection, out: Path) -> dict[Path, int]:
    """Write a file a table into `out`; their paths and rows. What is there is not replaced.

    Raises NothingPublished, BadInput for what cannot be exported, StorageFull.
    """
    targets = _targets(selection, out)
    published = read_manifest(folder.manifest)
    with damage_told((duckdb.Error,)):
        _check_channels(folder, selection)
    out.mkdir(parents=True, exist_ok=True)
    with (
        damage_told((duckdb.Error,)),
        connect_views(folder.published, published, reach=[out], config=_MEMORY) as con,
    ):
        return {path: _write(con, table, selection, path) for table, path in targets.items()}


def _targets(selection: Selection, out: Path) -> dict[str, Path]:
    unknown = sorted(set(selection.tables) - set(TABLES))
    if unknown:
        raise WrongUsage(f"there is no table {unknown[0]!r}; there are {', '.join(TABLES)}")
    if selection.since and selection.until and selection.since >= selection.until:
        raise WrongUsage(f"--from {iso(selection.since)} is not before --to {iso(selection.until)}")
    if out.exists() and not out.is_dir():
        raise BadInput(f"{out} is not a folder")
    targets = {table: out / f"{table}.{selection.format}" for table in selection.tables}
    existing = [path for path in targets.values() if path.exists()]
    if existing:
        raise BadInput(f"{existing[0]} is there already; name another folder")
    return targets


def _check_channels(folder: DataFolder, selection: Selection) -> None:
    with connect_views(folder.published, read_manifest(folder.manifest)) as con:
        channels = {name for (name,) in con.execute("SELECT channel FROM channels").fetchall()}
    missing = sorted(set(selection.channels) - channels)
    if missing:
        raise BadInput(f"nothing is published of {', '.join(missing)}; is the name right?")


def _write(con: duckdb.DuckDBPyConnection, table: str, selection: Selection, path: Path) -> int:
    columns = {row[0]: row[1] for row in con.execute(f"DESCRIBE {table}").fetchall()}
    where, values = _where(table, columns, selection)
    chosen = _guarded(columns) if selection.format == "csv" else "* EXCLUDE (rev)"
    if "rev" not in columns:
        chosen = chosen.replace("* EXCLUDE (rev)", "*")
    order = ", ".join(f'"{c}"' for c in TABLES[table].order)
    # a query's ORDER BY sees the columns themselves, not the guarded texts
    query = f"SELECT {chosen} FROM (SELECT * FROM {table} {where} ORDER BY {order})"
    aside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        rows = con.execute(
            f"COPY ({query}) TO {quoted(aside)} ({_OPTIONS[selection.format]})", values
        )
        count = int(rows.fetchall()[0][0])
        if selection.format == "csv":
            _mark(aside)
        aside.replace(path)
    except (duckdb.IOException, OSError) as exc:
        reason = str(exc).splitlines()[0][:200]
        raise StorageFull(f"cannot write {path}: {reason}") from exc
    finally:
        aside.unlink(missing_ok=True)
    return count


_OPTIONS = {"parquet": "FORMAT parquet", "csv": "FORMAT csv, HEADER"}


def _where(
    table: str, columns: Iterable[str], selection: Selection
) -> tuple[str, dict[str, Any] | None]:
    """Rows of the channels and the span; a stream belongs to every span it touches."""
    conditions: list[str] = []
    values: dict[str, Any] = {}
    if selection.channels and "channel" in columns:
        conditions.append("channel IN (SELECT unnest($channels::VARCHAR[]))")
        values["channels"] = list(selection.channels)
    first, last = TABLES[table].time, TABLES[table].time
    if table == "streams":
        first, last = "started_at", "coalesce(ended_at, started_at)"
    for bound, column, sign in ((selection.since, last, ">="), (selection.until, first, "<")):
        if bound is not None and column is not None:
            name = "since" if sign == ">=" else "until"
            column = column if "(" in column else f'"{column}"'
            conditions.append(f"{column} {sign} ${name}")
            values[name] = bound.astimezone(UTC).replace(tzinfo=None)
    return (f"WHERE {' AND '.join(conditions)}" if conditions else ""), values or None


def _guarded(columns: dict[str, str]) -> str:
    """Columns as a spreadsheet may see them: what it would run as a formula is text.

    Lists become text such as [1, 2]; times are UTC without saying so, which Excel can read.
    """
    parts = []
    for name, kind in columns.items():
        if name == "rev":
            continue
        if kind == "VARCHAR":
            risky = f"""regexp_matches("{name}", '^[=+\\-@\\t\\r\\n]')"""
            parts.append(f"""CASE WHEN {risky} THEN '''' ELSE '' END || "{name}" AS "{name}" """)
        else:
            parts.append(f'"{name}"')
    return ", ".join(parts)


def _mark(path: Path) -> None:
    """Put the byte order mark before what is there."""
    marked = path.with_name(f"{path.name}.bom")
    try:
        with path.open("rb") as source, marked.open("wb") as target:
            target.write(_BOM)
            while block := source.read(1 << 20):
                target.write(block)
        marked.replace(path)
    finally:
        marked.unlink(missing_ok=True)
