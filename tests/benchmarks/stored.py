"""A made-up history inside warehouse.duckdb too, in the order it would have come in."""

import os
from dataclasses import replace
from datetime import datetime, timedelta

import duckdb

from pipeline.forecasting.forecast_rows import BANDS, VOLUMES
from tests.benchmarks.history import UNIFORM, WINDOWS, History, filled
from warehouse.config import DataFolder
from warehouse.published.files import time_text
from warehouse.published.manifest import PublishedFile, write_manifest
from warehouse.published.publisher import Publisher
from warehouse.sql import quoted
from warehouse.store.store import Store
from warehouse.tables import TABLES

ARRAY = "[0.1, 0.11, 0.12, 0.13, 0.14, 0.15, 0.16, 0.17, 0.18, 0.19]"
ARRAYS = ", ".join(f"{ARRAY} AS {name}" for name in (*BANDS, *VOLUMES))
WHOLE = ("windows", "window_hours", "forecast_scores")  # of all the history
LAST_DAY = {
    "window_terms": "SELECT channel, start, 'term' || (hash(start, k) % 900) AS term, "
    "CASE k WHEN 0 THEN 'rest' ELSE 'word' END AS kind, 1 AS n, 0.01 AS contribution, 1 AS rev "
    "FROM (SELECT channel, start FROM windows WHERE start >= $last AND n_messages > 0), "
    "range(20) r(k) ORDER BY start",
    "forecasts": f"SELECT channel, start AS cutoff, 'lstm-1' AS model, {ARRAYS}, 1 AS rev "
    "FROM windows WHERE start >= $last ORDER BY start",
}


def store_history(history: History, folder: DataFolder) -> None:
    """Fill `folder` as a daemon that ran all the while would have: warehouse and published/.

    Published files of the history are linked, not copied; terms and forecasts are there for
    its last day only.
    """
    with Store(folder.warehouse) as store:
        empty = Publisher(folder, store, "live").publish()
    tables = dict(empty.tables)
    with duckdb.connect(str(folder.warehouse), config={"memory_limit": "3GB"}) as con:
        con.execute("SET TimeZone='UTC'")
        con.execute(UNIFORM)
        for at, after in history.months():
            _insert_windows(con, at, after)
        for table in WHOLE:
            tables[table] = tuple(history.files[table])
            _link(history, folder, table)
        for table in WHOLE[1:]:
            listed = quoted(folder.published / table / "*.parquet")
            con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM {listed} WHERE rev > 0")
        for table, query in LAST_DAY.items():
            con.execute(
                f"INSERT INTO {table} BY NAME {query}", {"last": history.until - timedelta(days=1)}
            )
            tables[table] = (_publish(con, folder, table),)
        _keep_meta(con, history.until)
    write_manifest(folder.manifest, replace(empty, revision=1, tables=tables))


def _insert_windows(con: duckdb.DuckDBPyConnection, at: datetime, after: datetime) -> None:
    """A month's windows, all channels' of a time together, without sorting them."""
    by_time = WINDOWS.replace(
        "range($channels * $count) r(i)",
        "(SELECT (x % $channels) * $count + x // $channels AS i "
        "FROM range($channels * $count) r(x))",
    )
    assert by_time != WINDOWS
    con.execute(f"INSERT INTO windows BY NAME {filled(by_time, History.values(at, after))}")


def _link(history: History, folder: DataFolder, table: str) -> None:
    for file in history.files[table]:
        os.link(history.folder.published / file.path, folder.published / file.path)


def _publish(con: duckdb.DuckDBPyConnection, folder: DataFolder, table: str) -> PublishedFile:
    spec, name = TABLES[table], f"{table}/last-day.parquet"
    order = ", ".join(spec.order)
    path = quoted(folder.published / name)
    con.execute(f"COPY (FROM {table} ORDER BY {order}) TO {path} (FORMAT parquet)").fetchall()
    ((rows, first, last),) = con.execute(
        f'SELECT count(*), min("{spec.time}"), max("{spec.time}") FROM {table}'
    ).fetchall()
    return PublishedFile(name, rows, time_text(first), time_text(last))


def _keep_meta(con: duckdb.DuckDBPyConnection, until: datetime) -> None:
    hour = (until - timedelta(seconds=30)).replace(minute=0, second=0)
    opens = {"open_window_hours": hour, "open_term_days": hour.replace(hour=0)}
    for name, value in {"revision": 1, **opens}.items():
        con.execute("INSERT OR REPLACE INTO meta VALUES ($n, $v)", {"n": name, "v": str(value)})
