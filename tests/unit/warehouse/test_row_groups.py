"""Row groups: few to a file, and read one by one."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from warehouse import row_groups
from warehouse.row_groups import batches, row_writer

SCHEMA = pa.schema([("n", pa.int64())])


def write(path: Path, lots: list[list[int]]) -> None:
    with row_writer(path, SCHEMA) as writer:
        for lot in lots:
            writer.write_table(pa.table({"n": lot}, SCHEMA))


def test_small_lots_share_a_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_groups, "_ROWS", 6)
    write(tmp_path / "a", [[1, 2, 3, 4], [5, 6, 7], [], [8]])
    about = pq.read_metadata(tmp_path / "a")
    assert [about.row_group(k).num_rows for k in range(about.num_row_groups)] == [7, 1]
    read = [batch.to_pydict()["n"] for batch in batches(tmp_path / "a")]
    assert read == [[1, 2, 3, 4, 5, 6, 7], [8]]


def test_a_file_of_no_rows_has_its_columns(tmp_path: Path) -> None:
    write(tmp_path / "a", [[]])
    assert pq.read_schema(tmp_path / "a").names == ["n"]
    assert list(batches(tmp_path / "a", ["n"])) == []
