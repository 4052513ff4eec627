"""docs/data.md is true: every published table and column stands in it, as the files have it.

    python -m tests.contract.test_dictionary

writes its sections anew, from the dictionary and the schema.
"""

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from tests.helpers.paths import ROOT
from warehouse.analysis.dictionary import Entry, entries
from warehouse.analysis.schema_columns import SHARD_HEALTH, columns, markdown
from warehouse.config import DataFolder
from warehouse.published.reader import Reader

PAGE = ROOT / "docs" / "data.md"
_BEGIN, _END = "<!-- tables: from the dictionary and the schema -->\n", "\n<!-- end -->"
COLUMNS = [entry for entry in entries() if entry.column]
Tables = dict[str, pa.Table]


@pytest.fixture(scope="module")
def tables(simulated: DataFolder) -> Tables:
    """All rows of every table, as its published files have them."""
    reader = Reader(simulated)
    names = [*reader.manifest().tables, SHARD_HEALTH]
    return {name: reader.run(f"FROM {name}") for name in names}


def parts() -> tuple[str, str, str]:
    """The page before, inside and after the tables."""
    before, begin, rest = PAGE.read_text("utf-8").partition(_BEGIN)
    inside, end, after = rest.partition(_END)
    return before + begin, inside, end + after


def test_the_page_says_what_the_dictionary_says() -> None:
    assert parts()[1] == markdown()


def test_every_published_column_is_in_the_dictionary_once_and_nothing_else() -> None:
    assert sorted((entry.table, entry.column) for entry in COLUMNS) == sorted(columns())
    assert [e.table for e in entries() if not e.column] == list(
        dict.fromkeys(t for t, _ in columns())
    )
    assert [entry for entry in entries() if not entry.about.endswith(".")] == []


def test_the_published_files_have_these_columns_and_types(simulated: DataFolder) -> None:
    for table, files in Reader(simulated).manifest().tables.items():
        for file in files:
            source = duckdb.read_parquet(str(simulated.published / file.path).replace("[", "[[]"))
            found = dict(zip(source.columns, map(str, source.types), strict=True))
            assert found == {
                name: column.type for (of, name), column in columns().items() if of == table
            }


def test_the_simulation_fills_most_tables(tables: Tables) -> None:
    """Or the two tests below would hold for want of rows."""
    assert {name for name, rows in tables.items() if not rows.num_rows} <= {
        "window_hours", "term_days", "trials", "decisions", "alerts", "clips", "vocabulary",
    } - {"window_hours"}  # fmt: skip


@pytest.mark.parametrize("entry", COLUMNS, ids=lambda entry: f"{entry.table}.{entry.column}")
def test_values_are_in_their_range_and_null_where_that_means_something(
    tables: Tables, entry: Entry
) -> None:
    values = tables[entry.table][entry.column].to_pylist()
    flat = [v for value in values for v in (value if isinstance(value, list) else [value])]
    assert entry.missing or None not in flat
    assert [v for v in flat if v is not None and not inside(entry.range, v)] == []


def inside(span: str, value: object) -> bool:
    """True for a value of the range; of no range, any."""
    low, dots, high = span.partition("..")
    if not dots:
        return not span or value in span.split("/")
    assert isinstance(value, int | float)
    return float(low) <= value <= float(high or "inf")


def rewrite(page: Path = PAGE) -> None:
    """Put the tables of today into the page."""
    before, _, after = parts()
    page.write_text(before + markdown() + after, "utf-8")


if __name__ == "__main__":
    rewrite()
