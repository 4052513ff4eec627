"""A publishing cycle of a hundred channels, on a history of a day, a month and a year.

The windows of the history are those of bench_warehouse.py; terms and forecasts are there for
its last day. What a cycle costs must not follow the history.
"""

import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest

from tests.benchmarks.bench_warehouse import WINDOWS
from tests.benchmarks.history import CHANNELS, FIRST, History
from tests.build import T, term_row, window_row
from warehouse.config import DataFolder
from warehouse.files import quoted
from warehouse.publish import Publisher
from warehouse.store import Store

CYCLES = 24
MOST_MS = 100.0
YEAR = WINDOWS // CHANNELS
HISTORIES = {"day": 2880, "month": min(YEAR, 86_400), "year": YEAR}
ARRAY = "[0.1, 0.11, 0.12, 0.13, 0.14, 0.15, 0.16, 0.17, 0.18, 0.19]"


def fill(history: History) -> None:
    """The history's windows into its warehouse, as if they had been published at revision 1."""
    Store(history.folder.warehouse).con.close()
    last = history.until - timedelta(days=1)
    with duckdb.connect(str(history.folder.warehouse), config={"memory_limit": "3GB"}) as con:
        con.execute("SET TimeZone='UTC'")
        for table in ("windows", "window_hours", "forecast_scores"):
            for file in history.files[table]:
                source = quoted(history.folder.published / file.path)
                # the newest month as it came in, by time: what is skipped depends on it
                newest = table == "windows" and file is history.files[table][-1]
                order = "ORDER BY start" if newest else ""
                con.execute(f"INSERT INTO {table} BY NAME SELECT * FROM {source} {order}")
        con.execute(
            "INSERT INTO window_terms SELECT channel, start, 'term' || (hash(start, k) % 900), "
            "CASE k WHEN 0 THEN 'rest' ELSE 'word' END, 1, 0.01, 1 FROM "
            "(SELECT channel, start FROM windows WHERE start >= $last AND n_messages > 0), "
            "range(20) r(k) ORDER BY start",
            {"last": last},
        )
        arrays = ", ".join([ARRAY] * 8)
        con.execute(
            f"INSERT INTO forecasts SELECT channel, start, 'lstm-1', {arrays}, 1 FROM windows "
            "WHERE start >= $last ORDER BY start",
            {"last": last},
        )
        opened = history.until - timedelta(seconds=30)
        hour = opened.replace(minute=0, second=0)
        meta = {"revision": 1, "open_window_hours": hour, "open_term_days": hour.replace(hour=0)}
        for name, value in meta.items():
            con.execute("INSERT OR REPLACE INTO meta VALUES ($n, $v)", {"n": name, "v": str(value)})


def cycle(store: Store, publisher: Publisher, at: datetime, late: bool) -> tuple[float, float]:
    """Write and publish a window of every channel; late: and five that are there already."""
    offset = at.replace(tzinfo=UTC).timestamp() - T
    again = [(f"channel{c:02d}", offset - 60) for c in range(5)] if late else []
    keys = [(f"channel{c:02d}", offset) for c in range(CHANNELS)] + again
    windows = [window_row(a, 9, channel=c) for c, a in keys]
    terms = [term_row(a, f"t{k}", 0.01, channel=c) for c, a in keys for k in range(20)]
    values = [0.1 + k / 100 for k in range(10)]
    names = "q025 q10 q50 q90 q975 volume_q10 volume_q50 volume_q90".split()
    arrays = dict.fromkeys(names, values)
    forecasts = [
        {"channel": w["channel"], "cutoff": w["start"], "model": "lstm-1", **arrays}
        for w in windows[:CHANNELS]
    ]
    rows: dict[str, Any] = {"windows": windows, "window_terms": terms, "forecasts": forecasts}
    tables = {name: store.rows(name, found) for name, found in rows.items()}
    began = time.perf_counter()
    store.write(tables, {"clock": "1"})
    written = time.perf_counter()
    publisher.publish()
    return (written - began) * 1000, (time.perf_counter() - written) * 1000


@pytest.mark.parametrize("name", HISTORIES)
def test_a_cycle_costs_the_same_whatever_the_history(name: str) -> None:
    with TemporaryDirectory(prefix="dld-bench-") as place:
        history = History(DataFolder(Path(place)), HISTORIES[name], lambda _: None)
        history.write()
        fill(history)
        measure(name, history)


def measure(name: str, history: History) -> None:
    with Store(history.folder.warehouse) as store:
        Publisher(history.folder, store, "live").publish()  # terms and forecasts; made anew
    began = time.perf_counter()
    with Store(history.folder.warehouse) as store:
        opened = time.perf_counter()
        publisher = Publisher(history.folder, store, "live")
        publisher.publish()
        started = time.perf_counter()
        cpu = time.process_time()
        taken = [
            cycle(store, publisher, history.until + timedelta(seconds=30 * k), k % 4 == 3)
            for k in range(CYCLES)
        ]
        cpu = (time.process_time() - cpu) * 1000 / CYCLES
    write, publish = (statistics.median(column) for column in zip(*taken, strict=True))
    print(
        f"\nhistory of a {name}: open {opened - began:.2f} s, first publish "
        f"{started - opened:.2f} s; a cycle: write {write:.0f} ms, publish {publish:.0f} ms "
        f"(worst {max(p for _, p in taken):.0f}), CPU {cpu:.0f} ms"
    )
    assert history.until > FIRST
    assert publish < MOST_MS
