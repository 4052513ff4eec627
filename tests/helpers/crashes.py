"""Killing the pipeline and judging what it left: shared by the kill test and its benchmark."""

import multiprocessing
import os
import random
import shutil
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from pipeline.chat.message import Batch
from pipeline.engine.engine import Engine
from tests.helpers import crash_driver
from tests.helpers.build import chat_rows, parquet, rows, settings, stored
from tests.helpers.patience import PATIENCE_S
from warehouse.config import DataFolder
from warehouse.published.manifest import read_manifest
from warehouse.records import WINDOW_SECONDS, window_start
from warehouse.store.rollups import ROLLUPS
from warehouse.store.store import Store
from warehouse.tables import TABLES

# each run is forked from a process that has loaded everything once: to load it takes longer than
# a trial
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["tests.helpers.crash_driver"])
COMPARED = {
    "windows": "SELECT * EXCLUDE rev FROM windows ORDER BY ALL",
    # others fill the list only once three chatters used them, as far as the run remembers
    "window_terms": """SELECT * EXCLUDE rev FROM window_terms
        WHERE contribution <> 0 AND term <> '*' ORDER BY ALL""",
    "streams": "SELECT * EXCLUDE rev FROM streams ORDER BY ALL",
    # of a moment's text how busy it was: its words are picked from those lists
    "events": r"""SELECT * EXCLUDE rev REPLACE (
            CASE kind WHEN 'moment' THEN regexp_extract(detail, '[\d.]+ times as busy') ELSE detail
            END AS detail)
        FROM events ORDER BY ALL""",
}
LATEST_S = 0.7  # of a kill after the start of the work; a replay or simulation takes five seconds
OPEN = {rollup.name for rollup in ROLLUPS}
WINDOWS = """
SELECT channel, epoch(start)::BIGINT AS start, n_messages, observed_s FROM windows ORDER BY ALL
"""
# words and emotes of a window sum to what its mean is made of
UNEVEN = """
SELECT w.channel, w.start FROM windows w LEFT JOIN (
    SELECT channel, start, sum(contribution) AS total FROM window_terms GROUP BY ALL
) t USING (channel, start)
WHERE abs(coalesce(mean_compound, 0) - coalesce(total, 0)) > 1e-9
"""
Windows = dict[tuple[str, int], tuple[int, float]]  # (n_messages, observed_s)


@dataclass
class Tally:
    """What kills did. lost: windows, terms, streams or events that were committed, or
    messages that were on disk, and are not there at the end; twice: messages too many;
    other: differences from a run that was never interrupted; broken: reads that failed."""

    kills: int = 0
    sent: int = 0
    on_disk: int = 0
    in_windows: int = 0
    lost: int = 0
    twice: int = 0
    other: int = 0
    reads: int = 0
    broken: list[str] = field(default_factory=list)
    observed_s: float = 0.0
    unobserved_s: float = 0.0
    drained_s: list[float] = field(default_factory=list)  # from SIGTERM to the end

    def add(self, more: "Tally") -> None:
        for part in fields(self):
            setattr(self, part.name, getattr(self, part.name) + getattr(more, part.name))


# -- killing -------------------------------------------------------------------------------


class Run:
    """A pipeline in a process of its own, about to open its data folder."""

    def __init__(self, folder: DataFolder, mode: str, now: float, file: Path | None) -> None:
        self._told, told = FORKED.Pipe(duplex=False)
        self._process = FORKED.Process(
            target=crash_driver.run, args=(told, folder.root, mode, now, file)
        )
        self._process.start()
        told.close()
        assert self.hears() == "opening"

    def hears(self) -> str:
        """What it says next."""
        return str(self._told.recv())

    def send_signal(self, number: signal.Signals) -> None:
        assert self._process.pid
        os.kill(self._process.pid, number)

    def wait(self, seconds: float) -> int | None:
        """Its exit code, negative for a signal."""
        self._process.join(seconds)
        self._told.close()
        return self._process.exitcode


def launch(folder: DataFolder, mode: str, now: float, file: Path | None = None) -> Run:
    return Run(folder, mode, now, file)


def kill(run: Run, moments: random.Random) -> None:
    """End it with no chance to clean up: one in three while it starts, the others at work.

    One that has ended by itself is too fast a test.
    """
    if moments.random() > 1 / 3:
        assert run.hears() == "running"
    time.sleep(moments.uniform(0, LATEST_S))
    run.send_signal(signal.SIGKILL)
    assert run.wait(PATIENCE_S) == -signal.SIGKILL, "it ended before it was killed"


def finish(run: Run) -> None:
    while run.hears() != "ended":
        continue
    assert run.wait(PATIENCE_S) == 0


class Watching(threading.Thread):
    """Reads what is published all the while, as a dashboard and the EBS do."""

    def __init__(self, folder: DataFolder) -> None:
        super().__init__()
        self.folder, self.reads, self.stop = folder, 0, threading.Event()
        self.wrong: list[str] = []

    def __enter__(self) -> "Watching":
        self.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.stop.set()
        self.join()

    def run(self) -> None:
        while not self.stop.wait(0.05):
            try:
                if self.folder.manifest.is_file():
                    self.read()
            except Exception as exc:
                self.wrong.append(repr(exc))

    def read(self) -> None:
        ((n, keys),) = rows(
            self.folder, "SELECT count(*), count(DISTINCT (channel, start)) FROM windows"
        )
        if n != keys:
            self.wrong.append(f"{n} rows of {keys} windows")
        for path in self.folder.latest.glob("*.json"):
            orjson.loads(path.read_bytes())
        self.reads += 1


# -- what is there -------------------------------------------------------------------------


def state(folder: DataFolder) -> dict[str, list[Any]]:
    """What is stored, without revisions; what is published is checked to be the same."""
    found = {}
    with Store(folder.warehouse) as store:
        for table, query in COMPARED.items():
            found[table] = stored(store, query)
            everything = f"SELECT * EXCLUDE rev FROM {table} ORDER BY ALL"
            assert rows(folder, everything) == stored(store, everything), table
        assert stored(store, UNEVEN) == []
    return found


def committed(folder: DataFolder) -> Windows:
    """The windows a killed pipeline left, read from a copy: its log stays as the kill left it."""
    with TemporaryDirectory() as aside:
        for path in folder.root.glob("warehouse.duckdb*"):
            shutil.copy(path, aside)
        with Store(Path(aside) / folder.warehouse.name) as store:
            return windows(store)


def windows(store: Store) -> Windows:
    return {(c, at): (n, s) for c, at, n, s in stored(store, WINDOWS)}


def check_published(folder: DataFolder) -> None:
    """Every file named is whole, every key is there once."""
    manifest = read_manifest(folder.manifest)
    for name, spec in TABLES.items():
        keys = ", ".join(f'"{c}"' for c in spec.replace)
        (found,) = rows(folder, f"SELECT count(*) FROM {name}")
        if name not in OPEN:  # of a rollup, readers sum up the open period themselves
            assert found[0] == sum(file.rows for file in manifest.tables[name])
        if name in ("window_terms", "term_days", "lexicon"):  # replaced many rows at a time
            keys += ", term, kind"
        if name == "samples":
            keys += ", rank"
        assert rows(folder, f"SELECT {keys} FROM {name} GROUP BY ALL HAVING count(*) > 1") == []


def counts(folder: DataFolder, name: str) -> Counter[tuple[str, int]]:
    """Messages by window, from a log that may end in a torn line."""
    path = folder.root / f"{name}.log"
    text = path.read_text() if path.is_file() else ""
    lines = (line.split() for line in text[: text.rfind("\n") + 1].splitlines())
    return Counter((channel, window_start(float(at))) for channel, at in lines)


def differing(one: list[Any], two: list[Any]) -> int:
    """Rows that are in one of them only."""
    mine, other = Counter(map(repr, one)), Counter(map(repr, two))
    return (mine - other).total() + (other - mine).total()


# -- trials --------------------------------------------------------------------------------


def live_trial(folder: DataFolder, moments: random.Random, kills: int) -> Tally:
    """Kill it while chat goes on, end it in order, and count against the logs.

    What nobody listened to is not lost but not observed. The end is compared with a run that
    is told the buffer in one go.
    """
    tally, now = Tally(kills=kills), float(window_start(time.time() - 3 * 3600))
    left: list[Windows] = []
    with Watching(folder) as watching:
        for _ in range(kills):
            kill(launch(folder, "live", now), moments)
            if folder.warehouse.exists():
                left.append(committed(folder))
        run = launch(folder, "live", now)
        assert run.hears() == "running"
        time.sleep(1.5)  # three minutes of chat
        told_at = time.monotonic()
        run.send_signal(signal.SIGTERM)
        finish(run)
        tally.drained_s.append(time.monotonic() - told_at)
    tally.reads, tally.broken = watching.reads, watching.wrong
    final = state(folder)
    with Store(folder.warehouse) as store:
        found, clock = windows(store), float(store.meta("clock") or 0)
    _count(tally, found, folder, left)
    told = retold(folder, clock)
    tally.other += sum(differing(final[name], told[name]) for name in ("windows", "window_terms"))
    check_published(folder)
    return tally


def _count(tally: Tally, found: Windows, folder: DataFolder, left: list[Windows]) -> None:
    """Messages window by window: at least what was on disk, at most what was sent."""
    last = max(at for _, at in found)
    sent, kept = counts(folder, "sent"), counts(folder, "flushed")
    for key, n in kept.items():
        if key[1] <= last:  # later ones wait in the buffer for their window to close
            have = found.get(key, (0, 0.0))[0]
            tally.on_disk += n
            tally.lost += max(0, n - have)
            tally.twice += max(0, have - sent[key])
    tally.sent = sent.total()
    tally.in_windows = sum(n for n, _ in found.values())
    tally.observed_s = sum(s for _, s in found.values())
    tally.unobserved_s = sum(WINDOW_SECONDS - s for _, s in found.values())
    for before in left:
        tally.lost += sum(found.get(key) != value for key, value in before.items())


def retold(folder: DataFolder, clock: float) -> dict[str, list[Any]]:
    """State of an engine that takes in the whole buffer of `folder`, up to `clock`, at once."""
    aside = DataFolder(folder.root.with_name("retold"))
    shutil.copytree(folder.buffer, aside.buffer)
    shutil.copy(folder.root / "salt", aside.root / "salt")
    with Store(aside.warehouse) as store:
        engine = Engine(aside, settings(), "live", store)
        engine.feed(Batch(clock))
        engine.finish()
    found = state(aside)
    shutil.rmtree(aside.root)
    return found


def rerun_trial(place: Path, mode: str, moments: random.Random, kills: int) -> Tally:
    """Kill a replay or a simulation, let it end, and compare with one that was not killed."""
    now = float(window_start(time.time() - 120))
    file = parquet(place / "chat.parquet", _chat()) if mode == "replay" else None
    whole, killed = DataFolder(place / "whole"), DataFolder(place / "killed")
    beside = launch(whole, mode, now, file)
    with Watching(killed) as watching:
        for _ in range(kills):
            kill(launch(killed, mode, now, file), moments)
        finish(launch(killed, mode, now, file))
    finish(beside)
    tally = Tally(kills, reads=watching.reads, broken=watching.wrong)
    one, two = state(whole), state(killed)
    tally.other = sum(differing(one[name], two[name]) for name in COMPARED)
    with Store(whole.warehouse) as store:
        expected = windows(store)
    with Store(killed.warehouse) as store:
        found = windows(store)
    for key, (n, seconds) in expected.items():
        have = found.get(key, (0, 0.0))[0]
        tally.sent += n
        tally.lost += max(0, n - have)
        tally.twice += max(0, have - n)
        tally.observed_s += seconds
    tally.on_disk = tally.sent
    tally.in_windows = sum(n for n, _ in found.values())
    check_published(killed)
    return tally


def _chat() -> list[dict[str, Any]]:
    return [
        row for name in ("demo", "other") for k, day in enumerate(("01", "01", "02"))
        for row in chat_rows(name, f"{k}", f"2026-01-{day}", n=120, step=7)
    ]  # fmt: skip
