"""An import as it waits beside its request: four Parquet files, applied in one transaction."""

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.errors import BadInput
from warehouse.store import Store, table_schemas

TABLES = ("streams", "channels", "windows", "window_terms")


@dataclass(frozen=True)
class ImportFiles:
    """The folder of an import: streams, channels, windows and window_terms, as Parquet."""

    folder: Path

    def path(self, table: str) -> Path:
        return self.folder / f"{table}.parquet"

    def writer(self, table: str) -> pq.ParquetWriter:
        """A writer of rows with the table's columns."""
        return pq.ParquetWriter(self.path(table), table_schemas()[table])

    def check(self) -> None:
        """Raises BadInput when a file is missing or has other columns than its table."""
        for table in TABLES:
            try:
                schema = pq.read_schema(self.path(table))
            except (OSError, pa.ArrowException) as exc:
                raise BadInput(f"the import's {table}.parquet cannot be read") from exc
            if schema.names != table_schemas()[table].names:
                raise BadInput(f"the import's {table}.parquet has other columns: {schema.names}")


def apply_import(store: Store, files: ImportFiles, meta: dict[str, str]) -> None:
    """Replace earlier imports of the same channels and spans; observed windows stay.

    meta: kept in the same transaction, so that a request is applied once.
    """
    files.check()
    paths = {table: str(files.path(table)) for table in TABLES}
    streams = {"streams": paths["streams"]}
    replaced = store.write(
        {},
        meta,
        before=[
            ("import_clear_terms", streams),
            ("import_clear_windows", streams),
            ("import_windows", {"windows": paths["windows"]}),
            ("import_terms", {"terms": paths["window_terms"]}),
            ("import_streams", streams),
            ("import_channels", {"channels": paths["channels"]}),
        ],
    )
    if replaced[0] or replaced[1]:
        _mark_stale(store, files)


def _mark_stale(store: Store, files: ImportFiles) -> None:
    """Published files of the months the import lies in are to be made again."""
    for stream in pq.read_table(files.path("streams")).to_pylist():
        month, last = (f"{stream[c]:%Y-%m}" for c in ("started_at", "ended_at"))
        while month <= last:
            for table in ("windows", "window_terms"):
                store.stale.setdefault(table, set()).add(month)
            year, number = int(month[:4]), int(month[5:])
            month = f"{year + number // 12}-{number % 12 + 1:02}"
