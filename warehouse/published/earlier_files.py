"""Files that an earlier version published: read with the columns that came later.

The pipeline makes them all anew when it first runs; until then pages, exports and imports read
them as they are.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

from warehouse.connections import Connection
from warehouse.published.manifest import Manifest
from warehouse.published.shard_views import shard_of_file
from warehouse.records import Forecast
from warehouse.sql import scan

Later = Mapping[str, str]  # SQL of what later columns have in rows of before, by table
_BASIS = "'words' AS basis"
_FIVE = [field.name for field in fields(Forecast) if field.default is None]
# what came with a version: a table and a column that tell whether it is there, then all of it
_CAME: tuple[tuple[str, str, Later], ...] = (
    (
        "windows",
        "basis",
        {
            "windows": f"{_BASIS}, NULL::INTEGER AS n_laughs",
            "window_hours": f"{_BASIS}, 0::BIGINT AS n_laughs, 0::BIGINT AS laughs_of",
            "term_days": _BASIS,
            "forecasts": _BASIS,
            "forecast_scores": _BASIS,
        },
    ),
    ("windows", "n_capitals", {"windows": "NULL::INTEGER AS n_capitals"}),
    (
        "forecasts",
        "usual",
        {
            "forecasts": ", ".join(f"NULL::DOUBLE AS {name}" for name in _FIVE),
            "forecast_scores": "NULL::INTEGER AS volume_hits80",
        },
    ),
)

# tables that came with a version: the columns of none of their rows
NEW_TABLES = {
    "clips": 'NULL::VARCHAR AS clip_id, NULL::VARCHAR AS channel, NULL::TIMESTAMP AS "at", '
    "NULL::VARCHAR AS vod_id, NULL::INTEGER AS vod_offset_s, NULL::DOUBLE AS duration_s, "
    "NULL::INTEGER AS views, NULL::BIGINT AS rev"
}


def later_by_shard(
    con: Connection, published: Path, manifest: Manifest
) -> Mapping[int | None, Later]:
    """The later columns of each shard's files, of a folder's own by None: while several machines
    are updated, their versions differ."""
    tables = manifest.tables.items()
    shards = {shard_of_file(file) for _, files in tables for file in files}
    return {
        shard: _later(con, published, replace(manifest, tables={
            name: tuple(file for file in files if shard_of_file(file) == shard)
            for name, files in tables
        }))
        for shard in shards
    }  # fmt: skip


def _later(con: Connection, published: Path, manifest: Manifest) -> Later:
    """Those that none of the manifest's files has; of what this version published, none."""
    later: dict[str, str] = {}
    for table, column, values in _CAME:
        if column not in (_columns(con, published, manifest, table) or {column}):
            for name, value in values.items():
                later[name] = f"{later[name]}, {value}" if name in later else value
    return later


def _columns(con: Connection, published: Path, manifest: Manifest, table: str) -> set[str]:
    """Columns of the table's first file; none where it has no file."""
    files = manifest.tables.get(table, ())
    if not files:
        return set()
    first = scan([published / files[0].path])
    return {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {first}").fetchall()}


def with_later(table: str, rows: str, later: Later) -> str:
    """SQL of the rows with the later columns of their table. rows: SQL of the files'."""
    return f"SELECT *, {later[table]} FROM ({rows})" if table in later else rows
