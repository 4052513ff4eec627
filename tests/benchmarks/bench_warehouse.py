"""What the dashboard asks of a hundred million windows, against 100 ms.

DLD_BENCH_WINDOWS: fewer windows for a quick run. Takes 8 GB below TMPDIR and gives them back.
"""

import math
import os
import re
import statistics
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest

from tests.benchmarks.history import CHANNELS, FIRST, UNIFORM, History, forecasts
from warehouse.config import DataFolder
from warehouse.forecast_metrics import SUMMED
from warehouse.published.reader import Reader
from warehouse.sql import quoted, sql

WINDOWS = int(os.environ.get("DLD_BENCH_WINDOWS", 100_000_000))
WARM, COLD = 9, 3
MOST_MS = 100.0
MOST_FORECAST_BYTES = 200
TERM = "term33"
ACCURACY = re.sub(
    r"sum\(sum_within\).*?GROUP BY",
    "sum((n_messages - 1) * sd_compound ** 2) / sum(n_messages - 1) AS v FROM windows "
    "WHERE channel IN (SELECT unnest($channels::VARCHAR[])) AND start >= $since "
    "AND start < $until AND n_messages > 1 GROUP BY",
    sql("dash_skill"),
    count=1,
    flags=re.DOTALL,
)
TREND = """
SELECT t.channel, start::DATE AS day, sum(t.n) AS n, count(*) AS windows,
    sum(t.contribution * w.n_messages) / any_value(total) AS contribution, any_value(total) AS total
FROM window_terms t JOIN windows w USING (channel, start) JOIN (
    SELECT start::DATE AS day, sum(n_messages) AS total FROM windows
    WHERE channel IN (SELECT unnest($channels::VARCHAR[])) GROUP BY 1) d ON d.day = start::DATE
WHERE t.term = $term AND t.channel IN (SELECT unnest($channels::VARCHAR[]))
    AND w.channel IN (SELECT unnest($channels::VARCHAR[])) AND start >= $since AND start < $until
GROUP BY ALL ORDER BY ALL
"""


@pytest.fixture(scope="module")
def history() -> Iterator[History]:
    with TemporaryDirectory(prefix="dld-bench-") as place:
        began, cpu = time.perf_counter(), time.process_time()
        made = History(DataFolder(Path(place)), WINDOWS // CHANNELS, lambda _: None)
        made.write()
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
        print(f"\n{made.rows('windows'):,} windows made in {took:.0f} s ({cpu:.0f} s of CPU)")
        yield made


def spans(history: History) -> dict[str, dict[str, datetime]]:
    """A day and a month from the middle on, and all of it, in whole days."""
    end = datetime(history.until.year, history.until.month, history.until.day)
    middle = FIRST + (end - FIRST) // 2
    day = datetime(middle.year, middle.month, middle.day)
    month = max(FIRST, min(day, end - timedelta(days=30)))
    return {
        "day": {"since": day, "until": day + timedelta(days=1)},
        "month": {"since": month, "until": min(end, month + timedelta(days=30))},
        "year": {"since": FIRST, "until": end},
    }


def asked(history: History) -> list[tuple[str, str, dict[str, Any], str | None, dict[str, Any]]]:
    """(what, query, its values, text of the unrolled query, what its values differ in)."""
    of, one = spans(history), {"channels": ["channel42"]}
    series = {**one, "basis": "words", "step_s": 30, "offset_s": 0}
    hours = {**one, **of["year"], "basis": "words", "step_s": 3600, "offset_s": 0}
    month = {**one, **of["month"], "basis": "words"}
    trend = {**of["year"], "basis": "words", "channels": ["channel00"], "term": TERM}
    return [
        ("a channel's day", "dash_series", {**series, **of["day"]}, None, {}),
        ("a channel's year by hour", "dash_series_hours", hours, sql("dash_series"), {}),
        ("accuracy of a channel-month", "dash_skill", {**month, **SUMMED}, ACCURACY, {}),
        ("a term's trend over a year", "dash_term_trend", trend, TREND, {"basis": None}),
    ]


def timed(reader: Reader, query: str, values: dict[str, Any]) -> float:
    began = time.perf_counter()
    assert reader.query(query, **values).num_rows > 0
    return (time.perf_counter() - began) * 1000


def forget(folder: DataFolder) -> None:
    """Drop the files from the system's cache, as after a start of the machine."""
    for path in folder.published.rglob("*.parquet"):
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


def test_what_the_dashboard_asks_of_a_year_takes_under_100_ms(history: History) -> None:
    slow = []
    print(f"\n{'query':30} {'cold ms':>8} {'warm ms':>8} {'CPU ms':>8} {'unrolled ms':>12}")
    for what, query, values, unrolled, other in asked(history):
        cold = []
        for _ in range(COLD):
            forget(history.folder)
            cold.append(timed(Reader(history.folder), query, values))
        reader = Reader(history.folder)
        timed(reader, query, values)
        cpu = time.process_time()
        warm = statistics.median(timed(reader, query, values) for _ in range(WARM))
        cpu = (time.process_time() - cpu) * 1000 / WARM
        long = ""
        if unrolled:
            values = {k: v for k, v in {**values, **other}.items() if v is not None}
            began = time.perf_counter()
            reader.run(unrolled, values)
            long = f"{(time.perf_counter() - began) * 1000:.0f}"
        print(f"{what:30} {statistics.median(cold):8.0f} {warm:8.1f} {cpu:8.1f} {long:>12}")
        if warm >= MOST_MS:
            slow.append(what)
    assert not slow


def test_what_rollups_say_equals_the_unrolled_query(history: History) -> None:
    reader = Reader(history.folder)
    for what, query, values, unrolled, other in asked(history):
        if unrolled is None:
            continue
        found = reader.query(query, **values).to_pylist()
        plain = {k: v for k, v in {**values, **other}.items() if v is not None}
        expected = reader.run(unrolled, plain).to_pylist()
        assert len(found) == len(expected) > 0, what
        for one, two in zip(found, expected, strict=True):
            assert one.keys() == two.keys()
            assert all(_same(one[key], two[key]) for key in one), (what, one, two)


def _same(a: Any, b: Any) -> bool:
    number = isinstance(a, float) and b is not None
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9) if number else bool(a == b)


def test_sizes_of_the_files(history: History) -> None:
    print(f"\n{'table':16} {'rows':>12} {'bytes a row':>12} {'MB per million windows':>24}")
    for table in ("windows", "window_hours", "window_terms", "term_days", "forecast_scores"):
        rows, size = history.rows(table), history.bytes(table)
        share = CHANNELS if table in ("window_terms", "term_days") else 1  # terms of one channel
        windows = history.rows("windows") / share
        print(f"{table:16} {rows:12,} {size / rows:12.1f} {size / windows:24.2f}")
        assert size > 0


@pytest.mark.parametrize(("name", "digits"), [("as stored", (4, 2)), ("unrounded", (17, 17))])
def test_sizes_of_forecasts(name: str, digits: tuple[int, int], tmp_path: Path) -> None:
    """A forecast every 30 seconds of a channel, a row each; both places that keep it."""
    rows, file, database = 100_000, tmp_path / "f.parquet", tmp_path / "f.duckdb"
    with duckdb.connect(str(database)) as con:
        con.execute(UNIFORM)
        con.execute(f"CREATE TABLE f AS {forecasts(rows, digits, 'i')}")
        con.execute("CHECKPOINT")
        con.execute(f"COPY (FROM f ORDER BY channel, cutoff) TO {quoted(file)} (FORMAT parquet)")
    sizes = [path.stat().st_size / rows for path in (file, database)]
    print(
        f"\nforecasts {name}: {sizes[0]:.0f} bytes a row in Parquet, {sizes[1]:.0f} in the database"
    )
    assert name != "as stored" or max(sizes) < MOST_FORECAST_BYTES
