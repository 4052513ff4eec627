"""Check of the rows that a mirror loads: what a bucket has may be damaged, or somebody's."""

import threading
from pathlib import Path

import duckdb

from warehouse.connections import Config, open_duckdb
from warehouse.errors import BadInput, WarehouseBroken
from warehouse.published.table_files import samples_schema
from warehouse.sql import migrations, scan
from warehouse.store.foreign_rows import checked
from warehouse.tables import TABLES

_BOUNDS: Config = {"memory_limit": "256MB", "threads": 1}


class RowCheck:
    """Our own tables, without rows, which others' are held against. root: where files lie."""

    def __init__(self, root: Path) -> None:
        self._con = open_duckdb(reach=[root], config=_BOUNDS)
        self._lock = threading.Lock()  # a file at a time: memory is bounded
        for _, text in migrations():
            self._con.execute(text).fetchall()
        self._con.register("no_samples", samples_schema().empty_table())
        self._con.execute("CREATE TABLE samples AS FROM no_samples")

    def check(self, table: str, path: Path) -> None:
        """Columns of ours have their types, and values within bounds; what a newer DLD added is
        not looked at. Raises WarehouseBroken."""
        if table not in TABLES:
            return
        try:
            with self._lock:
                checked(self._con, table, scan([path]), are_some=True)
        except (BadInput, duckdb.Error) as exc:
            reason = str(exc).splitlines()[0][:200]
            raise WarehouseBroken(f"the bucket's {table} has no rows of ours: {reason}") from exc
