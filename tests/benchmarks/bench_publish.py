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

import pytest

from pipeline.forecasting.forecast_rows import BANDS, FIVE_VOLUMES, FIVES, VOLUMES
from tests.benchmarks.bench_warehouse import WINDOWS
from tests.benchmarks.history import CHANNELS, FIRST, History
from tests.benchmarks.stored import store_history
from tests.helpers.build import T, term_row, window_row
from warehouse.config import DataFolder
from warehouse.published.publisher import Publisher
from warehouse.store.store import Store

CYCLES = 24
MOST_MS = 100.0
YEAR = WINDOWS // CHANNELS
HISTORIES = {"day": 2880, "month": min(YEAR, 86_400), "year": YEAR}


def cycle(store: Store, publisher: Publisher, at: datetime, late: bool) -> tuple[float, float]:
    """Write and publish a window of every channel; late: and five that are there already."""
    offset = at.replace(tzinfo=UTC).timestamp() - T
    again = [(f"channel{c:02d}", offset - 60) for c in range(5)] if late else []
    keys = [(f"channel{c:02d}", offset) for c in range(CHANNELS)] + again
    windows = [window_row(a, 9, channel=c) for c, a in keys]
    terms = [term_row(a, f"t{k}", 0.01, channel=c) for c, a in keys for k in range(20)]
    values = [0.1 + k / 100 for k in range(10)]
    said = dict.fromkeys((*BANDS, *VOLUMES), values) | dict.fromkeys((*FIVES, *FIVE_VOLUMES), 0.1)
    said |= {"model": "lstm-1", "basis": "words", "usual": 0.1}
    forecasts = [
        {"channel": w["channel"], "cutoff": w["start"], **said} for w in windows[:CHANNELS]
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
        began = time.perf_counter()
        history = History(DataFolder(Path(place) / "history"), HISTORIES[name], lambda _: None)
        history.write()
        folder = DataFolder(Path(place) / "data")
        store_history(history, folder)
        print(f"\na {name} made in {time.perf_counter() - began:.0f} s")
        measure(name, history, folder)


def measure(name: str, history: History, folder: DataFolder) -> None:
    began = time.perf_counter()
    with Store(folder.warehouse) as store:
        opened = time.perf_counter()
        publisher = Publisher(folder, store, "live")
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
