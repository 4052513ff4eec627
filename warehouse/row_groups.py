"""Row groups of Parquet files: few to a file as it is written, one by one as it is read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

_ROWS = 20_000  # of a group: what a file says of each of them takes memory too


def batches(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The file's rows; `iter_batches` would keep what it read ahead."""
    with pq.ParquetFile(path, pre_buffer=False) as file:
        for group in range(file.num_row_groups):
            yield from file.read_row_group(group, columns, use_threads=False).to_batches()


class RowWriter:
    """Rows on their way into a file, gathered until they make a group."""

    def __init__(self, writer: pq.ParquetWriter) -> None:
        self._writer, self._waiting, self._n = writer, list[pa.Table](), 0

    def write_table(self, rows: pa.Table) -> None:
        """Add the rows."""
        self._waiting.append(rows)
        self._n += rows.num_rows
        if self._n >= _ROWS:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._n:
            self._writer.write_table(pa.concat_tables(self._waiting))
        self._waiting, self._n = [], 0


@contextmanager
def row_writer(path: Path, schema: pa.Schema) -> Iterator[RowWriter]:
    """A file in the making; it is whole at the end."""
    with pq.ParquetWriter(path, schema) as writer:
        rows = RowWriter(writer)
        yield rows
        rows.flush()
