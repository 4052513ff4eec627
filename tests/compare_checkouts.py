"""Comparison of two checkouts, row by row: what the same commands make of the same chat.

    python -m tests.compare_checkouts OLD [--only PART]... [--keep FOLDER]

PART: replay, import, simulate, reopen. Each runs the same commands in the checkout OLD and in
the one this is started in, into a data folder each, and compares every table of the warehouse,
every published one and what the EBS serves. `reopen` goes on with OLD's folder of `replay` in
both. Exit code 1 when a row differs. Real chat is found through DLD_TEST_DATA; without it the
streams are made up. --keep: where the data folders stay; OLD's are used again the next time.

Both run with the same salt, and with clocks that go by batches of chat: a word is stored once
three chatters have used it that day, so that what is stored depends on when a commit was.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import orjson

from tests.helpers.build import chat_rows, parquet
from tests.helpers.paths import ROOT

AT = 1_793_390_400.0  # the wall clock of both: a moment at which a simulated channel is on air
STREAMS = {  # of real chat: replayed; imported; replayed into the folder of before
    "replay": [("northernlion", "1087079172"), ("fl0m", "10_06_2021"), ("arypie", "1201462028")],
    "import": [("northernlion", "84065913"), ("northernlion", "115328018")],
    "reopen": [("northernlion", "103227724")],
}
LEFT_OUT = {  # columns that hold a clock, an id by chance, or the number of a commit
    "rev": "the number of the commit that wrote the row: how many windows it holds is chance",
    "generated_at": "the wall clock",
}
SUMMED = ("window_hours", "term_days")  # by two threads of DuckDB: the last digits are chance
ROWS_LEFT_OUT = {
    "health": "name NOT IN ('lag_s', 'told_at', 'began_at', 'storage', 'text')",
    "meta": "name NOT IN ('revision', 'erased', '') AND NOT starts_with(name, 'request:')",
}
# The wall clock stands still. The pipeline's other clock goes on by a twentieth of a second a
# batch, so that commits hold the same windows. A simulation ends where its past does.
_DRIVER = """
import asyncio, os, runpy, signal, sys, time

at, ticks = float(sys.argv.pop(1)), 0
sleep, to_thread, monotonic = asyncio.sleep, asyncio.to_thread, time.monotonic


def caller():
    return sys._getframe(2).f_globals["__name__"]


def slept(seconds, result=None):
    if seconds > 0 and "simulat" in caller():
        asyncio.get_running_loop().call_later(10, os.kill, os.getpid(), signal.SIGTERM)
        return sleep(3600)
    return sleep(seconds, result)


def stepped(step, *values):
    global ticks
    ticks += getattr(step, "__name__", "") != "merge"
    return to_thread(step, *values)


time.time = lambda: at
if sys.argv[1] == "run":
    asyncio.sleep, asyncio.to_thread = slept, stepped
    time.monotonic = lambda: ticks / 20 if caller().startswith("pipeline.") else monotonic()
runpy.run_module("pipeline", run_name="__main__", alter_sys=True)
"""


@dataclass(frozen=True)
class Run:
    """A checkout at work in a data folder."""

    python: str
    checkout: Path
    data: Path

    def command(self, *words: str, codes: tuple[int, ...] = (0,)) -> None:
        """Run `python -m pipeline WORDS`, what it prints into a log beside the data."""
        env = os.environ | {
            "DLD_DATA": str(self.data), "DLD_EMOTES": "false", "PYTHONPATH": str(self.checkout),
        }  # fmt: skip
        self.data.mkdir(parents=True, exist_ok=True)
        (self.data / "salt").write_bytes(bytes(16))
        line = [self.python, "-c", _DRIVER, str(AT), *words]
        with (self.data.parent / f"{self.data.name}.log").open("a") as log:
            done = subprocess.run(line, cwd=self.checkout, env=env, stdout=log, stderr=log)
        if done.returncode not in codes:
            sys.exit(f"{self.checkout}: {' '.join(words)}: see {log.name}")


def replay(run: Run, chat: dict[str, Path]) -> None:
    _replay(run, chat["replay"])


def import_(run: Run, chat: dict[str, Path]) -> None:
    run.command("import", str(chat["import"]), "--undated")
    if "log" in chat:
        run.command("import", str(chat["log"]), "--undated")


def simulate(run: Run, chat: dict[str, Path]) -> None:
    run.command("run", "--source", "simulate")


def reopen(run: Run, chat: dict[str, Path]) -> None:
    """The folder of before is there already."""
    run.command("doctor", codes=(0, 1))  # 1: without a network, not all is well
    run.command("export", "--out", f"{run.data}.before")
    _replay(run, chat["reopen"])
    run.command("export", "--out", f"{run.data}.export")


def _replay(run: Run, table: Path) -> None:
    run.command("run", "--source", "replay", "--file", str(table), "--speed", "0", "--undated")


PARTS: dict[str, Callable[[Run, dict[str, Path]], None]] = {
    "replay": replay,
    "import": import_,
    "simulate": simulate,
    "reopen": reopen,
}


def cut_chat(folder: Path) -> dict[str, Path]:
    """The tables of chat that are replayed and imported, by the part that takes them."""
    folder.mkdir(parents=True, exist_ok=True)
    root = Path(os.environ.get("DLD_TEST_DATA", "/nonexistent")) / "data"
    tables = {name: folder / f"{name}.parquet" for name in STREAMS}
    for number, (name, path) in enumerate(tables.items()):
        if (root / "chat.parquet").is_file():
            places = ", ".join(str(place) for place in STREAMS[name])
            duckdb.sql(
                f"COPY (FROM '{root / 'chat.parquet'}' WHERE (channel, stream) IN ({places})) "
                f"TO '{path}'"
            )
        else:
            parquet(path, chat_rows(stream=name, date=f"2026-01-0{number + 1}", n=2000))
    log = root / "formats" / "vod_comments_v5.json"
    return {**tables, "log": log} if log.is_file() else tables


def differing(old: Path, new: Path) -> Iterator[tuple[str, int, int, list[Any]]]:
    """(table, rows, rows that differ, some of them) of everything in two data folders."""
    with duckdb.connect() as con:
        for name, folder in (("old", old), ("new", new)):
            con.execute(f"ATTACH '{folder / 'warehouse.duckdb'}' AS {name} (READ_ONLY)")
        for table in sorted(_tables(con, "old") | _tables(con, "new")):
            yield table, *_compare(con, table, f"old.{table}", f"new.{table}")
        for table in sorted(_published(old).keys() | _published(new).keys()):
            scans = [_scan(folder, _published(folder)[table]) for folder in (old, new)]
            yield f"published {table}", *_compare(con, table, *scans)
    yield "served bodies", *_differing_bodies(old, new)


def _tables(con: duckdb.DuckDBPyConnection, database: str) -> set[str]:
    query = "SELECT table_name FROM duckdb_tables() WHERE database_name = ?"
    return {name for (name,) in con.execute(query, [database]).fetchall()}


def _published(data: Path) -> dict[str, list[str]]:
    """Paths by table, of the manifest in force."""
    tables = orjson.loads((data / "published" / "manifest.json").read_bytes())["tables"]
    return {table: [file["path"] for file in files] for table, files in tables.items()}


def _scan(data: Path, paths: Iterable[str]) -> str:
    return f"read_parquet({[str(data / 'published' / path) for path in paths]})"


def _compare(
    con: duckdb.DuckDBPyConnection, table: str, old: str, new: str
) -> tuple[int, int, list[Any]]:
    types = {row[0]: row[1] for row in con.execute(f"DESCRIBE FROM {old}").fetchall()}
    columns = {name: f'"{name}"' for name in types if name not in LEFT_OUT}
    if table in SUMMED:
        columns |= {n: f"round({c}, 9)" for n, c in columns.items() if types[n] == "DOUBLE"}
    kept = ", ".join(columns.values())
    where = ROWS_LEFT_OUT.get(table, "true")
    rows = [f"(SELECT {kept} FROM {place} WHERE {where})" for place in (old, new)]
    gone, come = (
        con.execute(f"{first} EXCEPT ALL {second} ORDER BY ALL").fetchall()
        for first, second in (rows, rows[::-1])
    )
    (count,) = con.execute(f"SELECT count(*) FROM {rows[0]}").fetchall()[0]
    samples = [("-", *row) for row in gone[:3]] + [("+", *row) for row in come[:3]]
    return count, max(len(gone), len(come)), samples


def _differing_bodies(old: Path, new: Path) -> tuple[int, int, list[Any]]:
    before, after = _bodies(old), _bodies(new)
    names = sorted(n for n in before.keys() | after.keys() if before.get(n) != after.get(n))
    samples = [(sign, n, b.get(n)) for n in names[:1] for sign, b in (("-", before), ("+", after))]
    return len(before), len(names), samples


def _bodies(data: Path) -> dict[str, Any]:
    return {
        path.name: {k: v for k, v in orjson.loads(path.read_bytes()).items() if k not in LEFT_OUT}
        for path in (data / "published" / "latest").glob("*.json")
    }


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(options.keep or scratch).resolve()
        chat = cut_chat(folder / "chat")
        failed = 0
        for part in options.only or PARTS:
            old, new = _both(options, folder, part, chat)
            for table, rows, differ, samples in differing(old, new):
                print(f"{part:9} {table:26} rows={rows:<7} differ={differ}", flush=True)
                for row in samples:
                    print("   ", *row)
                failed += bool(differ)
    print("the same" if not failed else f"{failed} tables differ")
    return int(failed > 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.compare_checkouts")
    parser.add_argument("old", type=Path, help="the checkout to compare with")
    parser.add_argument("--python", default=sys.executable, help="runs both")
    parser.add_argument("--only", action="append", choices=PARTS, help="only these parts")
    parser.add_argument("--keep", type=Path, help="where data folders stay")
    return parser.parse_args()


def _both(
    options: argparse.Namespace, folder: Path, part: str, chat: dict[str, Path]
) -> tuple[Path, Path]:
    """The data folders of a part, OLD's and ours."""
    old = Run(options.python, options.old.resolve(), folder / "old" / part)
    new = Run(options.python, ROOT, folder / "new" / part)
    if part == "reopen" and not (folder / "old" / "replay").is_dir():
        _both(options, folder, "replay", chat)
    for run in (old, new):
        if run is old and run.data.is_dir():
            continue
        for path in run.data.parent.glob(f"{part}*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if part == "reopen":
            shutil.copytree(folder / "old" / "replay", run.data)
        began = time.monotonic()
        PARTS[part](run, chat)
        print(f"{part:9} {run.checkout}: {time.monotonic() - began:.1f} s", flush=True)
    return old.data, new.data


if __name__ == "__main__":
    sys.exit(main())
