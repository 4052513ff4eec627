"""Every query: one statement, every $name explained in its header, and it fits the tables."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from tests.helpers.paths import ROOT
from warehouse.forecast_metrics import SUMMED
from warehouse.published.table_files import samples_schema
from warehouse.sql import migrations, query_names, sql
from warehouse.store.store import table_schemas
from warehouse.tables import TABLES

FILES = {"streams": "streams", "channels": "channels", "windows": "windows",
         "terms": "window_terms", "events": "events"}  # fmt: skip
VALUES: dict[str, Any] = {
    "n": 5, "rev": 7, "step": 1, "bins": 4, "limit": 9, "seconds": 60, "channel": "demo",
    "source": "live", "term": "LUL", "moved": ["a"], "replace": True, "names": ["a"],
    "contents": ["b"], **SUMMED,
}  # fmt: skip
TIME = datetime(2026, 1, 1)
FATES = """CREATE TABLE fates AS
    SELECT channel, start, stream_id, stream_id AS was, fate, n_messages AS n, n_messages AS n_old,
        covered AS whole, covered AS partly, covered AS old_whole, covered AS old_partly
    FROM windows, (VALUES ('new')) f(fate)"""  # import_fates.sql


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse's tables, and samples as readers see them; all empty."""
    with duckdb.connect() as con:
        for _, text in migrations():
            con.execute(text).fetchall()
        con.execute("CREATE TABLE touched (channel VARCHAR, start TIMESTAMP)")  # rollups.py
        con.execute(FATES)
        con.register("no_samples", samples_schema().empty_table())
        con.execute("CREATE TABLE samples AS FROM no_samples").fetchall()
        con.execute("CREATE VIEW shard_health AS SELECT *, 0 AS shard FROM health")  # reader.py
        yield con


@pytest.fixture(scope="module")
def parquet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An import of nothing."""
    folder = tmp_path_factory.mktemp("import")
    for name in FILES.values():
        pq.write_table(table_schemas()[name].empty_table(), folder / f"{name}.parquet")
    return folder


def header(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if line.startswith("--"))


def body(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))


def names(text: str) -> set[str]:
    return set(re.findall(r"\$([a-z]\w*)", text))


def value(name: str, text: str, parquet: Path) -> Any:
    if re.search(rf"read_parquet\(\${name}\)", text):
        return str(parquet / f"{FILES[name]}.parquet")
    return VALUES.get(name, TIME)


def try_all(con: duckdb.DuckDBPyConnection, text: str, parquet: Path) -> None:
    """Explain with times for what is unknown, else with NULL."""
    known = {n: value(n, text, parquet) for n in names(body(text))}
    try:
        con.execute(f"EXPLAIN {body(text)}", known or None).fetchall()
    except (duckdb.BinderException, duckdb.ConversionException, duckdb.InvalidInputException):
        loose = {n: None if v is TIME else v for n, v in known.items()}
        con.execute(f"EXPLAIN {body(text)}", loose or None).fetchall()


@pytest.mark.parametrize("name", query_names())
def test_a_query_is_one_statement_with_a_header_of_its_parameters_and_fits_the_tables(
    con: duckdb.DuckDBPyConnection, parquet: Path, name: str
) -> None:
    text = sql(name)
    assert text.startswith("-- ")
    assert text.endswith(";\n")
    assert len(duckdb.extract_statements(text)) == 1
    assert names(body(text)) == names(header(text))
    try_all(con, text, parquet)


def test_every_query_is_asked_for_somewhere() -> None:
    code = "\n".join(
        path.read_text("utf-8")
        for folder in ("warehouse", "pipeline", "models", "dashboard", "ebs")
        for path in (ROOT / folder).rglob("*.py")
    )
    assert [name for name in query_names() if f'"{name}"' not in code] == []


def test_an_unknown_query_is_named() -> None:
    with pytest.raises(KeyError, match="no query 'nothing'"):
        sql("nothing")


def test_migrations_count_from_one_without_a_gap() -> None:
    numbers = [number for number, _ in migrations()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_published_table_has_its_revision_and_its_keys(
    con: duckdb.DuckDBPyConnection,
) -> None:
    for name, spec in TABLES.items():
        columns = {row[0] for row in con.execute(f"DESCRIBE {name}").fetchall()}
        assert {*spec.replace, *spec.order, *([spec.time] if spec.time else [])} <= columns
        assert ("rev" in columns) is spec.stored
