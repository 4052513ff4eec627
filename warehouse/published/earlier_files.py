"""Files that an earlier version published: read with the columns that came later.

The pipeline makes them all anew when it first runs; until then pages, exports and imports read
them as they are.
"""

from collections.abc import Mapping
from pathlib import Path

from warehouse.connections import Connection
from warehouse.published.manifest import Manifest
from warehouse.sql import scan

Later = Mapping[str, str]  # SQL of what a later column has in rows of before, by table
_BASIS = "'words' AS basis"
_LATER = {
    "windows": f"{_BASIS}, NULL::INTEGER AS n_laughs",
    "window_hours": f"{_BASIS}, 0::BIGINT AS n_laughs, 0::BIGINT AS laughs_of",
    "term_days": _BASIS,
    "forecasts": _BASIS,
    "forecast_scores": _BASIS,
}


def later_columns(con: Connection, published: Path, manifest: Manifest) -> Later:
    """Those that none of the manifest's files has; of what this version published, none."""
    files = manifest.tables.get("windows", ())
    if not files:
        return {}
    first = scan([published / files[0].path])
    have = {row[0] for row in con.execute(f"DESCRIBE SELECT * FROM {first}").fetchall()}
    return {} if "basis" in have else _LATER


def with_later(table: str, rows: str, later: Later) -> str:
    """SQL of the rows with the later columns of their table. rows: SQL of the files'."""
    return f"SELECT *, {later[table]} FROM ({rows})" if table in later else rows
