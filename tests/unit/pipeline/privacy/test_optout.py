"""Opting out: who does not want to be read is not, from the source on."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from pipeline.chat.logins import login
from pipeline.chat.message import Batch, ChannelInfo, Message, StreamStart, Watch
from pipeline.engine.engine import Engine
from pipeline.imports.command import import_files
from pipeline.requests.actions import actions
from pipeline.requests.client import ask
from pipeline.requests.queue import apply_all
from pipeline.requests.workspace import open_workspace
from tests.helpers.build import (
    chat_rows,
    feed,
    intake,
    msg,
    outcome,
    parquet,
    rows,
    send,
    settings,
    start,
    watch,
)
from tests.helpers.commands import run
from tests.helpers.paths import ROOT
from warehouse.config import DataFolder
from warehouse.consent import OptOut, load_optout, save_optout
from warehouse.errors import AppError, BadInput, WarehouseBroken
from warehouse.identities import Identities
from warehouse.inbox.requests import InboxFolder, Request
from warehouse.records import window_start
from warehouse.store.store import Store


@pytest.fixture(autouse=True)
def data(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLD_DATA", str(folder.root))
    monkeypatch.setenv("DLD_LEXICON", "vader")


@pytest.fixture
def t0() -> float:
    return float(window_start(time.time() - 3600))


@pytest.fixture
def engine(folder: DataFolder) -> Iterator[Engine]:
    with Store(folder.warehouse) as store:
        engine = Engine(folder, settings(), "live", store)
        yield engine
        for hour in list(engine.state.buffer._files):
            engine.state.buffer._drop_file(hour)


def say(t0: float, at: float, chatter: str, text: str, channel: str = "demo") -> Message:
    return Message(f"{channel}{chatter}{at}", channel, t0 + at, chatter, text)


def opt_out(engine: Engine, undo: bool = False, **who: object) -> None:
    name = f"r{time.monotonic_ns()}"
    body = {**who, "undo": undo}
    send(engine.state.folder.inbox, Request(name, "2026-01-01T00:00:00Z", "test", "opt-out", body))
    engine.commit()
    assert outcome(engine.state.folder.inbox, name) == ""


def everything(folder: DataFolder) -> bytes:
    published = [rows(folder, f"FROM {t}") for t in ("samples", "window_terms", "channels")]
    files = [p.read_bytes() for p in folder.root.rglob("*") if p.is_file()]
    return b"".join(files) + repr(published).encode()


def test_their_messages_are_counted_as_filtered_and_are_nowhere(
    folder: DataFolder, engine: Engine, t0: float
) -> None:
    opt_out(engine, chatter="Eve")
    engine.feed(Batch(t0 + 20, (StreamStart("demo", t0, "demo:1"), Watch("demo", t0))))
    mine = [say(t0, 1, "eve", "xyzzyeve bad"), say(t0, 2, "EVE", "xyzzyeve")]
    engine.feed(Batch(t0 + 40, (*mine, say(t0, 3, "ann", "great"))))
    engine.commit()
    assert rows(folder, "SELECT n_messages, n_chatters, n_filtered FROM windows") == [(1, 1, 2)]
    assert b"xyzzyeve" not in everything(folder)
    undone = say(t0, 31, "eve", "xyzzyeve good")
    opt_out(engine, chatter="eve", undo=True)
    engine.feed(Batch(t0 + 70, (undone,)))
    engine.commit()
    assert rows(folder, "SELECT n_messages, n_filtered FROM windows ORDER BY start") == [
        (1, 2), (1, 0),
    ]  # fmt: skip


def test_nothing_of_theirs_is_scored_or_remembered() -> None:
    target = intake()
    target.gate.hidden.add(target.hasher.of("eve"))
    feed(target, start(), watch())
    assert target.take(msg(1, "catJam5 great", "eve", emotes=("catJam5",))) is None
    assert (target.counts.messages, target.counts.filtered) == (0, 1)
    assert all(not closed.lines for closed in target.drain())
    assert target.readable == {}


def test_their_name_is_never_a_term_nor_in_a_sample() -> None:
    target = intake()
    target.gate.hidden.add(target.hasher.of("eve_17"))
    assert target.gate.without_names("hello Eve_17") == "hello @…"
    assert not target.gate.admits("demo", "eve_17", 0)


def test_it_is_obeyed_after_a_restart(folder: DataFolder, t0: float) -> None:
    ask(folder, "opt-out", {"chatter": "eve"})
    with Store(folder.warehouse) as store:
        engine = Engine(folder, settings(), "live", store)
        engine.feed(Batch(t0 + 40, (StreamStart("demo", t0, "s"), say(t0, 1, "eve", "xyzzyeve"))))
        engine.finish()
    assert rows(folder, "SELECT n_messages, n_filtered FROM windows") == [(0, 1)]
    assert b"xyzzyeve" not in everything(folder)


def test_a_channel_is_not_read_and_no_longer_served(
    folder: DataFolder, engine: Engine, t0: float
) -> None:
    engine.know([ChannelInfo("demo"), ChannelInfo("shy")])
    for name in ("demo", "shy"):
        engine.feed(
            Batch(t0 + 40, (StreamStart(name, t0, f"{name}:1"), say(t0, 1, "ann", "hi", name)))
        )
    engine.commit()
    assert len(list(folder.latest.glob("*.json"))) == 2
    opt_out(engine, channel="Shy")
    assert len(list(folder.latest.glob("*.json"))) == 1
    for name in ("demo", "shy"):
        engine.feed(Batch(t0 + 70, (say(t0, 31, "ann", "xyzzy", name),)))
    engine.housekeeping()
    engine.commit()
    assert rows(folder, "SELECT channel, count(*) FROM windows GROUP BY ALL ORDER BY ALL") == [
        ("demo", 2), ("shy", 1),
    ]  # fmt: skip
    assert len(list(folder.latest.glob("*.json"))) == 1
    assert rows(folder, "SELECT channel FROM streams WHERE ended_at IS NULL") == [("demo",)]


def test_an_import_of_a_channel_that_opted_out_is_refused(
    folder: DataFolder, tmp_path: Path
) -> None:
    table = parquet(tmp_path / "chat.parquet", chat_rows("shy"))
    ask(folder, "opt-out", {"channel": "shy"})
    with pytest.raises(BadInput, match="shy opted out of being read"):
        import_files([table], None, None, False)
    ask(folder, "opt-out", {"channel": "shy", "undo": True})
    import_files([table], None, None, False)
    assert rows(folder, "SELECT count(*) > 0 FROM windows WHERE channel = 'shy'") == [(True,)]


def test_an_import_that_waits_is_refused_too(folder: DataFolder, tmp_path: Path) -> None:
    table = parquet(tmp_path / "chat.parquet", chat_rows("shy"))
    with Store(folder.warehouse):  # the command reads it, and waits
        with pytest.raises(BadInput, match="still waits"), pytest.MonkeyPatch.context() as patch:
            patch.setattr("pipeline.imports.submit.settle", _impatient)
            import_files([table], None, None, False)
        save_optout(folder.optout, OptOut(set(), {"shy"}))
    (name,) = [p.stem for p in folder.inbox.glob("*.json")]
    with open_workspace(folder) as workspace:
        apply_all(InboxFolder(folder.inbox), workspace.store, actions(workspace))
    assert "opted out" in str(outcome(folder.inbox, name))
    assert not (folder.inbox / name).exists()


def _impatient(folder: DataFolder, request_id: str, *_: object) -> None:
    raise BadInput(f"{request_id} still waits")


def test_an_import_counts_their_messages_as_filtered(folder: DataFolder, tmp_path: Path) -> None:
    ask(folder, "opt-out", {"chatter": "user3"})
    import_files([parquet(tmp_path / "c.parquet", chat_rows(n=70))], None, None, False)
    assert rows(folder, "SELECT sum(n_messages + n_filtered) FROM windows") == [(70,)]
    one_each = 70 // 7
    commands = sum(r["text"] == "!song" and r["user"] != "user3" for r in chat_rows(n=70))
    assert rows(folder, "SELECT sum(n_filtered) FROM windows") == [(one_each + commands,)]


def test_the_list_names_no_chatter(folder: DataFolder) -> None:
    ask(folder, "opt-out", {"chatter": "eve_17"})
    ask(folder, "opt-out", {"channel": "shy"})
    found = load_optout(folder.optout)
    assert (len(found.chatters), found.channels) == (1, {"shy"})
    assert all(b"eve_17" not in p.read_bytes() for p in folder.root.rglob("*") if p.is_file())


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"chatters": ["x"], "channels": []}'])
def test_a_damaged_list_stops_the_pipeline_rather_than_reading_people(
    folder: DataFolder, text: bytes
) -> None:
    folder.root.mkdir(parents=True)
    folder.optout.write_bytes(text)
    with pytest.raises(WarehouseBroken, match="opt-out list"):
        load_optout(folder.optout)


@pytest.mark.parametrize("name", ["", "a b", "ä", "../x", "x" * 26, "a\nb", "a;b", 5, None])
def test_what_is_no_login_is_refused(name: object) -> None:
    with pytest.raises(AppError, match="not a login"):
        login(name)


def test_undo_is_true_or_false(folder: DataFolder) -> None:
    with pytest.raises(BadInput, match="undo is true or false"):
        ask(folder, "opt-out", {"chatter": "eve", "undo": "yes"})


def test_the_commands_say_how_it_went(folder: DataFolder) -> None:
    done = run("opt-out", "--channel", "Shy")
    assert (done.code, done.out) == (0, "opted out: not read from now on\n")
    bad = run("forget", "--chatter", "../etc")
    assert (bad.code, bad.err) == (
        2, "error: that is not a login: 1 to 25 of a-z, 0-9 and _\n",
    )  # fmt: skip
    assert run("forget").code == 2
    assert run("opt-out", "--chatter", "a", "--channel", "b").code == 2
    assert run("run", "--channel", "shy").reason.startswith("error: shy opted out of being read")
    assert orjson.loads(folder.optout.read_bytes())["channels"] == ["shy"]


def test_a_source_is_told_whom_it_may_join() -> None:
    found = OptOut(channels={"shy"})
    assert found.allowed(["demo", " Shy", "other", "Demo"], Identities()) == ["demo", "other"]
    assert found.allowed([], Identities()) == []
    with pytest.raises(BadInput, match="shy opted out"):
        found.allowed(["shy"], Identities())


def test_a_replay_leaves_out_who_opted_out(folder: DataFolder, tmp_path: Path) -> None:
    ask(folder, "opt-out", {"channel": "shy"})
    file = parquet(tmp_path / "a.parquet", [*chat_rows(), *chat_rows("shy")])
    replay = ("run", "--source", "replay", "--file", str(file), "--speed", "0")
    command = [sys.executable, "-m", "pipeline", *replay]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert rows(folder, "SELECT DISTINCT channel FROM windows") == [("demo",)]
    assert rows(folder, "SELECT channel FROM channels") == [("demo",)]
    assert "opted out" in run(*replay, "--channel", "shy").reason
