"""kill -9 at any moment: nothing is counted twice, nothing on disk is lost, files are whole."""

import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.build import chat_rows, parquet, rows, stored
from warehouse.config import DataFolder
from warehouse.manifest import read_manifest
from warehouse.records import window_start
from warehouse.rollups import ROLLUPS
from warehouse.store import Store
from warehouse.tables import TABLES

ROOT = Path(__file__).parents[2]
SEED = 20260101  # of the moments of the kills


def launch(folder: DataFolder, mode: str, now: float, *more: object) -> subprocess.Popen[str]:
    """A pipeline that is running."""
    command = [sys.executable, "-m", "tests.contract.crash_driver", folder.root, mode, now, *more]
    run = subprocess.Popen(
        [str(part) for part in command], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert run.stdout
    assert run.stdout.readline() == "running\n"
    return run


def kill_after(run: subprocess.Popen[str], seconds: float) -> None:
    """End it with no chance to clean up; one that has ended by itself is too fast a test."""
    time.sleep(seconds)
    run.send_signal(signal.SIGKILL)
    assert run.wait(30) == -signal.SIGKILL, "it ended before it was killed"
    assert run.stdout
    run.stdout.close()


OPEN = {rollup.name for rollup in ROLLUPS}


def finish(run: subprocess.Popen[str]) -> None:
    assert run.stdout
    with run.stdout:
        assert run.stdout.read() == "ended\n"
    assert run.wait(60) == 0


def state(folder: DataFolder) -> dict[str, list[Any]]:
    """What is stored, without revisions; what is published is checked to be the same."""
    found = {}
    with Store(folder.warehouse) as store:
        for table in ("windows", "streams", "events"):
            found[table] = stored(store, f"SELECT * EXCLUDE rev FROM {table} ORDER BY ALL")
            published = rows(folder, f"SELECT * EXCLUDE rev FROM {table} ORDER BY ALL")
            assert published == found[table], table
    return found


def check_published(folder: DataFolder) -> None:
    """Every file named is whole, every key is there once."""
    manifest = read_manifest(folder.manifest)
    for name, spec in TABLES.items():
        keys = ", ".join(f'"{c}"' for c in spec.replace)
        (found,) = rows(folder, f"SELECT count(*) FROM {name}")
        if name not in OPEN:  # of a rollup, readers sum up the open period themselves
            assert found[0] == sum(file.rows for file in manifest.tables[name])
        if name in ("window_terms", "term_days"):  # replaced window by window, day by day
            keys += ", term, kind"
        if name == "samples":
            keys += ", rank"
        assert rows(folder, f"SELECT {keys} FROM {name} GROUP BY ALL HAVING count(*) > 1") == []


def counts(folder: DataFolder, name: str) -> Counter[float]:
    """Messages by window, from a log that may end in a torn line."""
    text = (folder.root / f"{name}.log").read_text()
    lines = text[: text.rfind("\n") + 1].split()
    return Counter(float(window_start(float(line))) for line in lines)


class Watching(threading.Thread):
    """Reads what is published all the while, as a dashboard and the EBS do."""

    def __init__(self, folder: DataFolder) -> None:
        super().__init__()
        self.folder, self.reads, self.stop = folder, 0, threading.Event()
        self.wrong: list[str] = []

    def run(self) -> None:
        while not self.stop.wait(0.05):
            try:
                if self.folder.manifest.is_file():
                    query = "SELECT count(*), count(DISTINCT (channel, start)) FROM windows"
                    ((n, keys),) = rows(self.folder, query)
                    if n != keys:
                        self.wrong.append(f"{n} rows of {keys} windows")
                    for path in self.folder.latest.glob("*.json"):
                        orjson.loads(path.read_bytes())
                    self.reads += 1
            except Exception as exc:
                self.wrong.append(repr(exc))


def test_live_chat_loses_only_what_was_said_while_nobody_listened(folder: DataFolder) -> None:
    moments, now = random.Random(SEED), time.time() - 2 * 3600
    committed: list[list[Any]] = []
    watching = Watching(folder)
    watching.start()
    for _ in range(2):
        kill_after(launch(folder, "live", now), moments.uniform(0.5, 3))
        with Store(folder.warehouse) as store:
            committed.append(stored(store, "SELECT epoch(start), n_messages FROM windows"))
    run = launch(folder, "live", now)
    time.sleep(2)
    run.terminate()
    finish(run)
    watching.stop.set()
    watching.join()
    assert watching.wrong == []
    assert watching.reads > 5
    final = state(folder)
    windows = {row[1].timestamp(): row for row in _utc(final["windows"])}
    sent, flushed = counts(folder, "sent"), counts(folder, "flushed")
    closed = {at: n for at, n in flushed.items() if at <= max(windows)}
    assert sum(closed.values()) > 50
    for at, n in closed.items():
        assert n <= windows[at][4] <= sent[at], "lost, or counted twice"
    for snapshot in committed:
        assert all(windows[at][4] == n for at, n in snapshot)
    assert any(row[3] == 30.0 for row in windows.values())
    assert any(row[3] < 30.0 for row in windows.values())  # nobody listened
    assert [row[0] for row in final["streams"]] == ["one"]
    check_published(folder)


def _utc(found: list[Any]) -> list[Any]:
    from datetime import UTC

    return [(row[0], row[1].replace(tzinfo=UTC), *row[2:]) for row in found]


@pytest.mark.parametrize(("mode", "kills"), [("replay", 2), ("simulate", 1)])
def test_a_run_that_is_killed_ends_like_one_that_is_not(
    tmp_path: Path, mode: str, kills: int
) -> None:
    moments = random.Random(f"{SEED}{mode}")
    now = float(window_start(time.time() - 120))
    table = [
        row for name in ("demo", "other") for k, day in enumerate(("01", "01", "02"))
        for row in chat_rows(name, f"{k}", f"2026-01-{day}", n=120, step=7)
    ]  # fmt: skip
    more = [parquet(tmp_path / "chat.parquet", table)] if mode == "replay" else []
    whole, killed = DataFolder(tmp_path / "whole"), DataFolder(tmp_path / "killed")
    finish(launch(whole, mode, now, *more))
    for _ in range(kills):
        kill_after(launch(killed, mode, now, *more), moments.uniform(0.1, 1))
    finish(launch(killed, mode, now, *more))
    assert state(killed) == state(whole)
    assert len(state(whole)["windows"]) > 100
    check_published(killed)
