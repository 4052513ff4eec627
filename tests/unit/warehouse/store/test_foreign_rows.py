"""Bounds of rows from elsewhere: what no table of ours can have refuses its file."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.helpers.browser.rows import forecast, score
from warehouse.connections import Connection, open_duckdb
from warehouse.errors import BadInput
from warehouse.sql import migrations
from warehouse.store.foreign_rows import checked
from warehouse.store.store import table_schemas

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
FORECAST = forecast("demo", NOON, "lstm-1", 0.1)
SCORE = score("demo", NOON.date(), "lstm-1", 0, 2.0)
CLIP = {"clip_id": "Sly-Fox_7", "channel": "demo", "at": NOON, "duration_s": 30.0, "views": 3}


@pytest.fixture
def con() -> Iterator[Connection]:
    with open_duckdb() as con:
        for _, text in migrations():
            con.execute(text).fetchall()
        yield con


def taken(con: Connection, table: str, row: dict[str, Any]) -> int:
    """Rows that are taken of a file with this one."""
    schema = table_schemas()[table]
    con.register("theirs", schema.empty_table().from_pylist([row], schema=schema))
    return len(con.execute(checked(con, table, "theirs")).fetchall())


@pytest.mark.parametrize(
    ("table", "row", "wrong"),
    [
        ("forecasts", FORECAST, {"chance_drop": 1.2}),
        ("forecasts", FORECAST, {"five_q50": float("nan")}),
        ("forecasts", FORECAST, {"q50": [0.1] * 11}),
        ("forecast_scores", SCORE, {"step": 11}),
        ("forecast_scores", SCORE, {"volume_hits80": -1}),
        ("clips", CLIP, {"clip_id": "../x"}),
        ("clips", CLIP, {"duration_s": 0.0}),
    ],
)
def test_a_value_out_of_bounds_refuses_its_file(
    con: Connection, table: str, row: dict[str, Any], wrong: dict[str, Any]
) -> None:
    assert taken(con, table, {**row}) == 1
    with pytest.raises(BadInput, match=f"{table}.{min(wrong)} is out of bounds in 1 rows"):
        taken(con, table, {**row, **wrong})


def test_what_meta_keeps_may_be_longer_than_other_texts(con: Connection) -> None:
    con.execute("CREATE TABLE theirs AS SELECT 'company' AS name, repeat('x', 200000) AS value")
    assert checked(con, "meta", "theirs")
    con.execute("UPDATE theirs SET value = repeat('x', 1000001)")
    with pytest.raises(BadInput, match=r"meta\.value is out of bounds"):
        checked(con, "meta", "theirs")
