"""What is yours goes with you: exports that open anywhere, backups that read back equal."""

import asyncio
import os
import shutil
import sys
import threading
import time
from functools import partial
from pathlib import Path
from subprocess import run as run_process

import duckdb
import numpy as np
import pandas as pd
import pytest

from models.versions.registry import SHIPPED
from pipeline.chat.message import Batch
from pipeline.engine.engine import Engine
from pipeline.requests.backup import backup_path
from pipeline.requests.backup_files import accept_files
from pipeline.requests.client import ask
from pipeline.sources.channel_list import load_channels, save_channels
from tests.helpers.build import (
    put,
    republish,
    rows,
    settings,
    stored,
    stream_row,
    term_row,
    window_row,
)
from tests.helpers.commands import Done, run
from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S
from warehouse.config import DataFolder
from warehouse.consent import Claim, OptOut, load_claims, load_optout, save_claims, save_optout
from warehouse.errors import AppError, BadInput, NothingPublished, WarehouseBroken
from warehouse.published.export import Selection, export
from warehouse.records import utc
from warehouse.store import backup as backups
from warehouse.store.backup import Counts, check_backup, write_backup
from warehouse.store.store import Store
from warehouse.tables import TABLES

T = 1_767_268_800.0
HOSTILE = ["=1+1", "+49", "-2+3", "@SUM(A1)", "\t=1", "\r=1", 'ok, "quoted"\nline', "Ünï 🎉 中文"]


@pytest.fixture
def published(folder: DataFolder, store: Store) -> DataFolder:
    """Two channels, three windows each around noon, terms that a spreadsheet would run."""
    for name in ("demo", "other"):
        put(
            store,
            channels=[{"channel": name, "display_name": name.title(), "source": "live"}],
            streams=[stream_row(0, 90, f"{name}:1", channel=name)],
            windows=[
                window_row(0, channel=name, mean=0.5),
                window_row(30, channel=name, n=0),
                window_row(60, channel=name, mean=-0.25),
            ],
            window_terms=[term_row(0, t, channel=name) for t in HOSTILE],
        )
    republish(folder, store)
    return folder


def test_parquet_holds_what_is_published(published: DataFolder, tmp_path: Path) -> None:
    found = export(published, Selection(), tmp_path / "out")
    assert {path.name: n for path, n in found.items()} == {
        "channels.parquet": 2, "streams.parquet": 2, "windows.parquet": 6,
        "window_terms.parquet": 16, "forecasts.parquet": 0, "forecast_scores.parquet": 0,
        "vocabulary.parquet": 0, "events.parquet": 0, "clips.parquet": 0,
    }  # fmt: skip
    frame = pd.read_parquet(tmp_path / "out" / "windows.parquet")
    assert list(frame.channel) == ["demo"] * 3 + ["other"] * 3
    assert "rev" not in frame.columns
    assert np.isnan(frame.mean_compound[1])
    path = str(tmp_path / "out" / "window_terms.parquet")
    terms = duckdb.sql(f"SELECT term FROM '{path}' WHERE channel = 'demo'").fetchall()
    assert sorted(t for (t,) in terms) == sorted(HOSTILE)


def test_csv_opens_in_pandas_and_duckdb_and_is_marked_for_excel(
    published: DataFolder, tmp_path: Path
) -> None:
    export(published, Selection(format="csv"), tmp_path)
    path = tmp_path / "windows.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbfchannel,start,")
    frame = pd.read_csv(path, parse_dates=["start"])
    assert list(frame.columns)[:2] == ["channel", "start"]
    assert list(frame.start[:2]) == [
        pd.Timestamp("2026-01-01 12:00"),
        pd.Timestamp("2026-01-01 12:00:30"),
    ]
    assert list(frame.mean_compound[:3].fillna(9)) == [0.5, 9, -0.25]
    con = duckdb.connect()
    found = con.sql(f"SELECT channel, start, mean_compound FROM read_csv('{path}')").fetchall()
    assert (found[2][0], found[2][2]) == ("demo", -0.25)


def test_no_cell_is_run_as_a_formula(published: DataFolder, tmp_path: Path) -> None:
    export(published, Selection(("window_terms",), format="csv"), tmp_path)
    frame = pd.read_csv(tmp_path / "window_terms.csv", keep_default_na=False, lineterminator=None)
    assert not any(str(v)[0] in "=+-@\t\r" for v in frame.term)
    assert set(frame.term) >= {"'=1+1", "'+49", "'-2+3", "'@SUM(A1)", "'\t=1", "Ünï 🎉 中文"}
    assert 'ok, "quoted"\nline' in set(frame.term)


def test_a_channel_and_a_span_are_cut_out(published: DataFolder, tmp_path: Path) -> None:
    wanted = Selection(("windows", "streams"), ("demo",), utc(T + 30), utc(T + 60))
    found = export(published, wanted, tmp_path)
    assert list(found.values()) == [1, 1]  # a stream counts where it touches the span
    frame = pd.read_parquet(tmp_path / "windows.parquet")
    assert list(frame.start) == [pd.Timestamp("2026-01-01 12:00:30")]
    assert list(
        export(published, Selection(("streams",), (), utc(T + 91)), tmp_path / "b").values()
    ) == [0]


@pytest.mark.parametrize("table", sorted(TABLES))
@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_every_table_can_be_exported(
    published: DataFolder, tmp_path: Path, table: str, format: str
) -> None:
    wanted = Selection((table,), ("demo",), utc(T), utc(T + 90), format)
    assert (tmp_path / f"{table}.{format}") in export(published, wanted, tmp_path)


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (Selection(("../windows",)), "no table"),
        (Selection(("meta",)), "no table"),
        (Selection(since=utc(T), until=utc(T)), "not before"),
        (Selection(channels=("nobody",)), "nothing is published of nobody"),
    ],
)
def test_what_cannot_be_exported_is_refused_with_nothing_written(
    published: DataFolder, tmp_path: Path, wanted: Selection, reason: str
) -> None:
    with pytest.raises(BadInput, match=reason):
        export(published, wanted, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_there_is_not_replaced(published: DataFolder, tmp_path: Path) -> None:
    (tmp_path / "windows.parquet").write_bytes(b"mine")
    with pytest.raises(BadInput, match="is there already"):
        export(published, Selection(), tmp_path)
    assert (tmp_path / "windows.parquet").read_bytes() == b"mine"
    with pytest.raises(BadInput, match="not a folder"):
        export(published, Selection(), tmp_path / "windows.parquet")


def test_with_nothing_published_it_says_so(folder: DataFolder, tmp_path: Path) -> None:
    with pytest.raises(NothingPublished):
        export(folder, Selection(), tmp_path / "out")


# -- backup and restore ------------------------------------------------------------------------

SALT = bytes(range(16))
VERSION = next(SHIPPED.iterdir())
SERVING = '{"version": "one", "since": "", "why": "", "previous": []}'


def restore_backup(path: Path, folder: DataFolder) -> Counts:
    return backups.restore_backup(path, folder, partial(accept_files, folder=folder))


@pytest.fixture
def backed_up(published: DataFolder, store: Store, tmp_path: Path) -> Path:
    (published.root / "salt").write_bytes(SALT)
    save_optout(published.optout, OptOut({7, 8}, {"shy"}))
    save_claims(published.claims, {"11": Claim("mine", added=True)})
    save_channels(published.channels, ["b", "a"])
    shutil.copytree(VERSION, published.models / "one")
    (published.models / "one" / "notes.txt").write_text("stays")
    (published.models / "serving.json").write_text(SERVING)
    (published.models / "tune.db").write_text("stays")
    (published.models / "backtest").mkdir()
    (published.models / "backtest" / "predictions.parquet").write_text("stays, and is large")
    made = published.root / "backup.duckdb"  # as its own schema is called
    with store.cursor() as con:
        write_backup(con, published, made)
    return made.rename(tmp_path / made.name)


def test_a_restored_folder_is_what_was_backed_up(
    published: DataFolder, store: Store, backed_up: Path, tmp_path: Path
) -> None:
    there = DataFolder(tmp_path / "new")
    counts = restore_backup(backed_up, there)
    assert counts["windows"][0] == 6
    assert (there.root / "salt").read_bytes() == SALT
    assert load_optout(there.optout) == OptOut({7, 8}, {"shy"})
    assert load_claims(there.claims) == {"11": Claim("mine", added=True)}
    assert load_channels(there.channels) == ["b", "a"]
    for name in ("card.json", "linear.json", "model.tflite"):
        assert (there.models / "one" / name).read_bytes() == (VERSION / name).read_bytes()
    assert (there.models / "serving.json").read_text() == SERVING
    assert len(list((there.models / "one").iterdir())) == 3
    assert sorted(p.name for p in there.models.iterdir()) == ["one", "serving.json"]
    with Store(there.warehouse) as other:
        assert other.revision == store.revision
        for name in (n for n, spec in TABLES.items() if spec.stored):
            query = f"SELECT * FROM {name} ORDER BY ALL"
            assert stored(other, query) == stored(store, query)
        with pytest.raises(duckdb.ConstraintException):  # the constraints came too
            other.cursor().execute("UPDATE windows SET observed_s = 31")
        republish(there, other)
    assert len(rows(there, "FROM windows")) == 6


@pytest.mark.parametrize("kilobytes", [16, 600])  # at its beginning, and as DuckDB ends the file
def test_nothing_is_restored_where_there_is_no_room(
    backed_up: Path, tmp_path: Path, kilobytes: int
) -> None:
    there = tmp_path / "new"
    command = ["bash", "-c", f'ulimit -f {kilobytes}; exec "$@"', "-", sys.executable]
    command += ["-m", "pipeline", "restore", str(backed_up)]
    env = {**os.environ, "DLD_DATA": str(there)}
    done = run_process(command, cwd=ROOT, env=env, capture_output=True, check=False)
    assert done.returncode == 1
    assert b"no space left" in done.stderr
    assert [path for path in there.rglob("*") if path.is_file()] == []


def test_a_backup_is_for_its_owner_only(backed_up: Path) -> None:
    assert backed_up.stat().st_mode & 0o077 == 0


def test_a_backup_has_no_chat(folder: DataFolder, store: Store, tmp_path: Path) -> None:
    folder.buffer.mkdir(parents=True)
    (folder.buffer / "2026-01-01T12.jsonl").write_text('["m","qzx"]')
    with store.cursor() as con:
        write_backup(con, folder, folder.root / "b.duckdb")
    assert b"qzx" not in (folder.root / "b.duckdb").read_bytes()


@pytest.mark.parametrize("there", ["salt", "warehouse.duckdb", "buffer/x.jsonl", "optout.json"])
def test_where_data_is_nothing_is_restored(backed_up: Path, tmp_path: Path, there: str) -> None:
    folder = DataFolder(tmp_path / "new")
    (folder.root / there).parent.mkdir(parents=True)
    (folder.root / there).write_bytes(b"mine")
    with pytest.raises(BadInput, match="is not empty"):
        restore_backup(backed_up, folder)
    assert [p.read_bytes() for p in folder.root.rglob("*") if p.is_file()] == [b"mine"]


def test_a_changed_backup_is_not_restored(backed_up: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(backed_up)) as con:
        con.execute("UPDATE main.windows SET n_late = 1 WHERE channel = 'demo'")
    with pytest.raises(WarehouseBroken, match="windows is not what was backed up"):
        restore_backup(backed_up, DataFolder(tmp_path / "new"))
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "models/../../evil", "buffer/x.jsonl"])
def test_a_backup_with_paths_of_its_own_is_refused(
    backed_up: Path, tmp_path: Path, name: str
) -> None:
    with duckdb.connect(str(backed_up)) as con:
        con.execute(f"INSERT INTO \"{backed_up.stem}\".backup.files VALUES (?, 'x')", (name,))
    with pytest.raises(BadInput, match="other files"):
        restore_backup(backed_up, DataFolder(tmp_path / "new"))


@pytest.mark.parametrize("data", [b"", b"not a database", b"\0" * 20000])
def test_what_is_no_backup_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(AppError):
        restore_backup(path, DataFolder(tmp_path / "new"))
    with pytest.raises(BadInput, match="is not a file"):
        restore_backup(tmp_path, DataFolder(tmp_path / "new"))


def test_a_bad_list_of_a_backup_is_told_without_what_is_in_it(
    backed_up: Path, tmp_path: Path
) -> None:
    bad = {
        "optout.json": b'{"chatters":[7,"shyname"],"channels":[]}',
        "claims.json": b'{"claims":{"shyname":{"login":"shyname","added":true}}}',
    }
    for name, data in bad.items():
        with duckdb.connect(str(backed_up)) as con:
            place = f'"{backed_up.stem}".backup.files'
            con.execute(f"UPDATE {place} SET data = ? WHERE path = ?", (data, name))
        with pytest.raises(BadInput, match="is not what it should be") as told:
            restore_backup(backed_up, DataFolder(tmp_path / "new"))
        assert "shyname" not in str(told.value)
        assert name != "optout.json" or "entry 2 of chatters" in str(told.value)
        with duckdb.connect(str(backed_up)) as con:
            con.execute(f"DELETE FROM {place} WHERE path = ?", (name,))


def test_a_link_to_a_backup_is_restored_as_the_backup(backed_up: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere" / "link.duckdb"
    link.parent.mkdir()
    link.symlink_to(backed_up)
    assert restore_backup(link, DataFolder(tmp_path / "new"))["windows"][0] == 6


def test_more_keys_than_fit_into_memory_are_restored(
    published: DataFolder, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (published.root / "salt").write_bytes(SALT)
    with store.cursor() as con:
        con.execute("DELETE FROM window_terms")
        con.execute(
            "INSERT INTO window_terms (channel, start, term, kind, n, contribution, rev) SELECT "
            "'demo', TIMESTAMP '2026-01-01' + to_seconds(30 * (i // 10)), "
            "'term' || (i % 10), 'emote', 1, 0.1, 1 FROM range(600_000) t(i)"
        )
        write_backup(con, published, published.root / "large.duckdb")
    monkeypatch.setattr("warehouse.store.backup._BOUNDS", {"memory_limit": "24MB", "threads": 1})
    restored = restore_backup(published.root / "large.duckdb", DataFolder(tmp_path / "new"))
    assert restored["window_terms"][0] == 600_000


def test_a_cut_off_backup_is_refused(backed_up: Path, tmp_path: Path) -> None:
    data = backed_up.read_bytes()
    backed_up.write_bytes(data[: len(data) // 2])
    with pytest.raises(AppError):
        check_backup(backed_up)


def test_a_running_engine_makes_a_backup_beside_its_turns(folder: DataFolder, store: Store) -> None:
    engine = Engine(folder, settings(), "live", store)
    put(store, windows=[window_row(0)])
    stop = threading.Event()

    def turn() -> None:
        while not stop.is_set():
            engine.feed(Batch(time.time()))
            engine.commit()
            time.sleep(0.01)

    async def both() -> str:
        turning = asyncio.create_task(asyncio.to_thread(turn))
        try:
            # the store is locked within one process too, so the command only waits
            return await asyncio.to_thread(_wait_for_backup, folder)
        finally:
            stop.set()
            await turning

    name = asyncio.run(both())
    assert check_backup(backup_path(folder, name))["windows"][0] == 1
    assert engine.state.jobs == {}


def _wait_for_backup(folder: DataFolder) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.requests.client.open_workspace", _locked)
        return ask(folder, "backup", {}, PATIENCE_S)


def _locked(folder: DataFolder) -> None:
    from warehouse.errors import WarehouseLocked

    raise WarehouseLocked("in use")


def command(folder: DataFolder, *words: str) -> Done:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLD_DATA", str(folder.root))
        return run(*words)


def test_the_commands_say_how_it_went(published: DataFolder, store: Store, tmp_path: Path) -> None:
    store.close()
    out = str(tmp_path / "out")
    done = command(published, "export", "--out", out, "--table", "windows", "--format", "csv")
    assert (done.code, done.out) == (0, f"{out}/windows.csv: rows=6\n")
    for words, reason in (
        (["export", "--out", out, "--from", "yesterday"], "--from 'yesterday' is not an ISO time"),
        (["export", "--out", out, "--channel", "../x"], "is not a login"),
        (["export", "--out", out, "--table", "x; DROP"], "there is no table"),
        (["restore", str(tmp_path / "none")], "is not a file"),
    ):
        bad = command(published, *words)
        assert reason in bad.reason
    assert command(published, "export").code == 2
    file = str(tmp_path / "kept")
    done = command(published, "backup", "--out", file)
    assert done.code == 0, done.err
    assert "read back and equal" in done.out
    assert "is there already" in command(published, "backup", "--out", file).err
    assert list(published.backups.glob("*")) == []
    done = command(DataFolder(tmp_path / "new"), "restore", file)
    assert done.code == 0, done.err
    assert len(rows(DataFolder(tmp_path / "new"), "FROM windows")) == 6
    assert "is not empty" in command(DataFolder(tmp_path / "new"), "restore", file).err
