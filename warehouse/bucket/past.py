"""The past of a shard that was taken over: files by reference, brought month by month.

The newest come first. Of each file its rows go into the warehouse in one transaction with the mark
that they are in, over a connection of their own, beside the turns.
"""

import duckdb

from warehouse.bucket.objects import Bucket
from warehouse.bucket.push import shard_folder
from warehouse.config import DataFolder
from warehouse.published.publisher import Publisher
from warehouse.sql import scan
from warehouse.store.foreign_rows import checked
from warehouse.store.store import AWAITED, Store
from warehouse.tables import TABLES


class Past:
    """The files that are still to come. awaited: paths; only `step` takes from it."""

    def __init__(
        self, bucket: Bucket, shard: int, folder: DataFolder, store: Store, publisher: Publisher
    ) -> None:
        self.bucket, self.home, self.folder = bucket, shard_folder(shard), folder
        self.publisher = publisher
        self.awaited = store.awaited()
        self._con = store.cursor() if self.awaited else None

    def step(self) -> str:
        """Bring one file; its path. Raises BucketFailed, OSError, duckdb.Error."""
        assert self._con
        path = self._next()
        table, day = self.awaited[path]
        target = self.folder.published / path
        if not target.is_file():
            self.bucket.load(f"{self.home}/{path}", target)
        self._insert(path, table, day)
        del self.awaited[path]
        return path

    def _next(self) -> str:
        tables = self.publisher.manifest.tables.values()
        newest = {file.path: file.max for files in tables for file in files}
        return max(self.awaited, key=lambda path: newest.get(path, ""))

    def _insert(self, path: str, table: str, day: str) -> None:
        con, spec = self._con, TABLES[table]
        assert con
        rows = checked(con, table, scan([self.folder.published / path]))
        conflict = "ON CONFLICT DO NOTHING" if spec.first_wins else ""
        con.execute("BEGIN")
        try:
            con.execute(
                f"INSERT INTO {table} BY NAME {rows} "
                f"WHERE \"{spec.time}\" < TIMESTAMP '{day[:10]}' {conflict}"
            ).fetchall()
            con.execute("DELETE FROM meta WHERE name = $name", {"name": f"{AWAITED}{path}"})
            con.execute("COMMIT")
        except duckdb.Error:
            con.execute("ROLLBACK")
            raise
