"""An import as it waits beside its request: four Parquet files, applied in one transaction."""

import glob
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.errors import BadInput
from warehouse.store.store import Store, table_schemas

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

    def channels(self) -> set[str]:
        """Every channel named in the files. Raises BadInput when one cannot be read."""
        self.check()
        try:
            columns = [pq.read_table(self.path(t), columns=["channel"]) for t in TABLES]
        except (OSError, pa.ArrowException) as exc:
            raise BadInput("the import's files cannot be read") from exc
        return {str(name) for c in columns for name in c.column("channel").unique().to_pylist()}

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
    """Replace earlier imports of the same streams and spans; observed windows stay.

    meta: kept in the same transaction, so that a request is applied once. Raises BadInput for
    files whose rows are not what the tables take.
    """
    files.check()
    try:
        _apply(store, files, meta)
    except duckdb.Error as exc:
        reason = str(exc).splitlines()[0][:200]
        raise BadInput(f"the import's rows cannot be taken: {reason}") from exc


def _apply(store: Store, files: ImportFiles, meta: dict[str, str]) -> None:
    paths = {table: glob.escape(str(files.path(table))) for table in TABLES}
    streams = {"streams": paths["streams"]}
    months = store.query("import_months", **streams).column("month").to_pylist()
    store.write(
        {},
        meta,
        before=[
            ("touch_import", {**streams, "windows": paths["windows"]}),
            ("import_clear_terms", streams),
            ("import_clear_windows", streams),
            ("import_windows", {"windows": paths["windows"]}),
            ("import_terms", {"terms": paths["window_terms"]}),
            ("import_streams", streams),
            ("import_drop_streams", streams),
            ("import_channels", {"channels": paths["channels"]}),
        ],
    )
    for table in ("windows", "window_terms"):  # their published files are to be made again
        store.touched(table, months=months)
