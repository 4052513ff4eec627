"""Forgetting: a chatter's messages, or all of a channel, leave every place there is."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.chat.message import Batch, ChannelInfo, Message, StreamStart, Watch
from pipeline.engine.engine import Engine
from pipeline.requests.actions import actions
from pipeline.requests.client import ask
from pipeline.requests.queue import NotBefore, apply_all
from pipeline.requests.workspace import Workspace, open_workspace
from pipeline.serving.live_moments import LiveMoment, kept
from tests.helpers.build import T, outcome, put, rows, send, settings, term_row, window_row
from warehouse.config import DataFolder
from warehouse.erase import scrub
from warehouse.errors import BadInput
from warehouse.inbox.requests import InboxFolder, Request
from warehouse.records import utc, window_start
from warehouse.store.store import Store

Start = Callable[..., Engine]


@pytest.fixture
def t0() -> float:
    """The start of a window an hour ago: real enough for the buffer to keep it."""
    return float(window_start(time.time() - 3600))


@pytest.fixture
def launch(folder: DataFolder) -> Iterator[Start]:
    """A pipeline on the folder, let go of at the end."""
    running: list[Engine] = []

    def start(**values: object) -> Engine:
        engine = Engine(folder, settings(**values), "live", Store(folder.warehouse))
        running.append(engine)
        return engine

    yield start
    for engine in running:
        engine.state.store.close()
        for hour in list(engine.state.buffer._files):
            engine.state.buffer._drop_file(hour)


def talk(t0: float, channel: str = "demo") -> Batch:
    """Three chatters in two windows; `eve`, who is mentioned too, alone in a third."""

    def say(at: float, chatter: str, text: str) -> Message:
        return Message(f"{channel}{chatter}{at}", channel, t0 + at, chatter, text)

    return Batch(
        t0 + 96,
        (
            StreamStart(channel, t0, f"{channel}:one"),
            Watch(channel, t0),
            say(1, "ann", "great"),
            say(2, "bob", "nice"),
            say(3, "eve_17", "terrible xyzzyeve"),
            say(31, "ann", "hello @Eve_17 and eve_17"),
            say(32, "bob", "good"),
            say(61, "eve_17", "awful xyzzyeve"),
            say(62, "eve_17", "!xyzzyeve"),
        ),
    )


def ran(launch: Start, t0: float, *channels: str) -> Engine:
    """An engine that heard `talk` in the channels."""
    engine = launch()
    engine.know([ChannelInfo(name) for name in channels or ("demo",)])
    for name in channels or ("demo",):
        engine.feed(talk(t0, name))
    engine.commit()
    return engine


def stop(engine: Engine) -> None:
    engine.finish()
    engine.state.store.close()


def request(folder: DataFolder, **body: object) -> str:
    send(folder.inbox, Request("r1", "2026-01-01T00:00:00Z", "test", "forget", body))
    return "r1"


def everywhere(folder: DataFolder) -> bytes:
    """Every byte of every file, published columns as they are read too."""
    files = [p for p in folder.root.rglob("*") if p.is_file()]
    if (folder.root / "warehouse.duckdb.wal").exists():  # open: its free pages wait
        files = [p for p in files if not p.name.startswith("warehouse.duckdb")]
    data = b"".join(p.read_bytes() for p in files)
    texts = [rows(folder, f"FROM {table}") for table in ("samples", "window_terms", "windows")]
    return data + repr(texts).encode()


def happened(channel: str, detail: str) -> dict[str, Any]:
    """A moment as a row of events."""
    row = {"event_id": f"moment:{channel}", "channel": channel, "at": utc(T)}
    return {**row, "kind": "moment", "detail": detail}


def moment(channel: str, term: str) -> LiveMoment:
    return LiveMoment(channel, "1", utc(T), utc(T + 30), f"{term} x 5", "peak", 9.0, term)


WINDOWS = (
    "SELECT n_messages, n_chatters, n_filtered, mean_compound IS NULL FROM windows "
    "WHERE channel = 'demo' ORDER BY start"
)


def test_a_chatters_messages_leave_windows_samples_and_buffer_while_a_daemon_runs(
    folder: DataFolder, launch: Start, t0: float
) -> None:
    engine = ran(launch, t0)
    assert rows(folder, WINDOWS) == [
        (3, 3, 0, False), (2, 2, 0, False), (1, 1, 1, False),
    ]  # fmt: skip
    assert b"xyzzyeve" in everywhere(folder)
    request(folder, chatter="Eve_17")
    engine.commit()
    assert outcome(folder.inbox, "r1") == ""
    assert rows(folder, WINDOWS) == [(2, 2, 0, False), (2, 2, 0, False), (0, 0, 0, True)]
    found = everywhere(folder)
    assert b"xyzzyeve" not in found
    assert b"eve_17" not in found.lower()
    assert rows(folder, "SELECT text FROM samples WHERE text LIKE 'hello%'") == [
        ("hello @… and @…",)
    ]


@pytest.mark.parametrize("whom", ({"chatter": "ann"}, {"channel": "demo"}))
def test_the_warehouse_of_before_a_takeover_goes(
    folder: DataFolder, launch: Start, t0: float, whom: dict[str, str]
) -> None:
    engine = launch()
    engine.feed(talk(t0))
    for name in ("replaced.duckdb", "replaced.duckdb.wal"):
        (folder.root / name).touch()
    send(folder.inbox, Request("r1", "2026-01-01T00:00:00Z", "test", "forget", {**whom}))
    engine.commit()
    assert outcome(folder.inbox, "r1") == ""
    assert not list(folder.root.glob("replaced*"))


def test_it_is_the_same_without_a_daemon(
    folder: DataFolder, launch: Start, t0: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLD_LEXICON", "vader")
    stop(ran(launch, t0))
    ask(folder, "forget", {"chatter": "eve_17"})
    assert rows(folder, WINDOWS) == [(2, 2, 0, False), (2, 2, 0, False), (0, 0, 0, True)]
    assert b"xyzzyeve" not in everywhere(folder)
    assert b"eve_17" not in everywhere(folder).lower()
    with Store(folder.warehouse) as store:  # what is published is what is stored
        stored = store.cursor().execute(WINDOWS).fetchall()
    assert stored == rows(folder, WINDOWS)


def test_the_terms_that_are_left_sum_to_the_mean(
    folder: DataFolder, launch: Start, t0: float
) -> None:
    engine = ran(launch, t0)
    request(folder, chatter="eve_17")
    engine.commit()
    found = rows(
        folder,
        "SELECT abs(sum(t.contribution) - any_value(w.mean_compound)) < 1e-9, w.start "
        "FROM windows w JOIN window_terms t USING (channel, start) GROUP BY w.start",
    )
    assert [ok for ok, _ in found] == [True, True]


def test_windows_still_open_lose_the_messages_too(
    folder: DataFolder, launch: Start, t0: float
) -> None:
    engine = ran(launch, t0)
    more = [
        Message("a1", "demo", t0 + 91, "eve_17", "bad xyzzyeve"),
        Message("a2", "demo", t0 + 92, "ann", "ok"),
    ]
    engine.feed(Batch(t0 + 100, tuple(more)))
    request(folder, chatter="eve_17")
    engine.commit()
    engine.feed(Batch(t0 + 130))
    engine.commit()
    assert rows(folder, WINDOWS)[-1] == (1, 1, 0, False)
    assert b"xyzzyeve" not in everywhere(folder)


def test_with_no_buffer_on_disk_the_windows_in_memory_are_made_again(
    folder: DataFolder, launch: Start, t0: float
) -> None:
    engine = launch(retention_h=0)
    engine.feed(replace(talk(t0), at=t0 + 94))  # the first window closed a minute ago, nearly
    engine.commit()
    request(folder, chatter="eve_17")
    engine.commit()
    engine.feed(Batch(t0 + 97))
    engine.commit()
    assert [row[0] for row in rows(folder, WINDOWS)] == [2, 2, 0]


def test_a_kill_at_any_step_is_made_good_when_the_request_is_applied_again(
    folder: DataFolder, launch: Start, t0: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = ran(launch, t0)
    request(folder, chatter="eve_17")

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    for step in ("_keep", "_forget_in_memory", "_publish"):
        with monkeypatch.context() as patch:
            patch.setattr(f"pipeline.requests.forget.{step}", dies)
            with pytest.raises(KeyboardInterrupt):
                engine.commit()
    with monkeypatch.context() as patch:
        patch.setattr(type(engine.state.buffer), "rewrite", dies)
        with pytest.raises(KeyboardInterrupt):
            engine.commit()
    engine.commit()
    assert rows(folder, WINDOWS) == [(2, 2, 0, False), (2, 2, 0, False), (0, 0, 0, True)]
    assert b"xyzzyeve" not in everywhere(folder)


def test_a_window_whose_messages_are_no_longer_all_buffered_keeps_its_numbers(
    folder: DataFolder, launch: Start, t0: float
) -> None:
    engine = ran(launch, t0)
    hasher = engine.state.intake.hasher
    engine.state.buffer.rewrite(
        lambda item: None if getattr(item, "chatter", "") == str(hasher.of("bob")) else item
    )
    request(folder, chatter="eve_17")
    engine.commit()
    assert [row[0] for row in rows(folder, WINDOWS)] == [3, 2, 0]
    assert b"xyzzyeve" not in everywhere(folder)


def test_a_term_of_old_that_was_the_name_goes_into_the_rest(
    folder: DataFolder, launch: Start, t0: float
) -> None:
    engine = ran(launch, t0)
    put(
        engine.state.store,
        windows=[window_row(0, n=4, mean=0.5, channel="old")],
        window_terms=[
            term_row(0, "*", 0.125, channel="old", n=3),
            term_row(0, "eve_17", 0.25, channel="old", n=2),
            term_row(0, "great", 0.125, channel="old"),
        ],
        events=[happened("old", "eve_17 x 5, 3 times as busy"), happened("demo", "gg x 5")],
    )
    engine.state.store.write({}, kept([moment("old", "eve_17"), moment("demo", "gg")]))
    engine.commit()
    request(folder, chatter="eve_17")
    engine.commit()
    assert rows(
        folder, "SELECT term, n, contribution FROM window_terms WHERE channel = 'old' ORDER BY term"
    ) == [("*", 5, 0.375), ("great", 1, 0.125)]  # fmt: skip
    assert b"eve_17" not in everywhere(folder)
    told = rows(folder, "SELECT channel, detail FROM events ORDER BY channel")
    assert told == [("demo", "gg x 5"), ("old", "")]
    assert engine.state.store.query("last_moments").num_rows == 1


def test_a_lexicons_word_stays_one_though_somebody_is_called_so(
    folder: DataFolder, launch: Start, t0: float
) -> None:
    engine = ran(launch, t0)
    put(
        engine.state.store,
        windows=[window_row(0, channel="old")],
        window_terms=[term_row(0, "great", channel="old"), term_row(0, channel="old")],
    )
    request(folder, chatter="great")
    engine.commit()
    assert len(rows(folder, "FROM window_terms WHERE channel = 'old' AND term = 'great'")) == 1
    assert rows(folder, "SELECT text FROM samples WHERE text = 'great'") == [("great",)]


def test_a_channel_leaves_every_table_file_and_byte(
    folder: DataFolder, launch: Start, t0: float
) -> None:
    engine = ran(launch, t0, "demo", "secretplace")
    ask_marker = Request("m", "2026-01-01T00:00:00Z", "t", "marker", {"channel": "secretplace"})
    send(folder.inbox, ask_marker)
    engine.state.store.write({}, kept([moment("secretplace", "LUL")]))
    engine.commit()
    assert b"secretplace" in everywhere(folder)
    others = rows(folder, "SELECT * EXCLUDE rev FROM windows WHERE channel = 'demo' ORDER BY start")
    request(folder, channel="SecretPlace")
    engine.commit()
    assert outcome(folder.inbox, "r1") == ""
    assert b"secretplace" not in everywhere(folder).lower()
    left = rows(folder, "SELECT * EXCLUDE rev FROM windows ORDER BY start")
    assert left == others
    assert len(list(folder.latest.glob("*.json"))) == 1
    engine.feed(Batch(t0 + 200, (Message("x", "demo", t0 + 190, "ann", "great"),)))
    engine.finish()  # the file that was put in place is the one that is written to
    engine.state.store.close()
    assert scrub(folder.warehouse)  # as a start does
    assert not scrub(folder.warehouse)
    assert b"secretplace" not in everywhere(folder).lower()
    with open_workspace(folder) as workspace:
        assert workspace.store.query("last_streams", source="live").num_rows == 1


@pytest.mark.parametrize("is_running", [True, False])
def test_new_emotes_of_a_forgotten_channel_are_its_own_no_longer(
    folder: DataFolder, launch: Start, t0: float, is_running: bool
) -> None:
    engine = launch(lexicon="full")
    said = {"secretplace": ("sharedPog", "solePog"), "demo": ("sharedPog", "demoPog")}
    for channel, emotes in said.items():
        marked = [
            Message(f"{channel}{k}", channel, t0 + k, f"u{k}", " ".join(emotes), emotes)
            for k in range(25)
        ]
        engine.feed(Batch(t0 + 40, (StreamStart(channel, t0, f"{channel}:one"), *marked)))
    engine.housekeeping()
    query = "SELECT term, n_channels FROM vocabulary ORDER BY term"
    assert rows(folder, query) == [("demoPog", 1), ("sharedPog", 2), ("solePog", 1)]
    if is_running:
        request(folder, channel="secretplace")
        engine.commit()
    else:
        stop(engine)
        ask(folder, "forget", {"channel": "secretplace"})
    assert rows(folder, query) == [("demoPog", 1), ("sharedPog", 1)]
    assert b"solePog" not in everywhere(folder)


def test_a_channel_leaves_without_a_daemon_too(
    folder: DataFolder, launch: Start, t0: float
) -> None:
    stop(ran(launch, t0, "demo", "secretplace"))
    ask(folder, "forget", {"channel": "secretplace"})
    assert b"secretplace" not in everywhere(folder)
    assert len(rows(folder, WINDOWS)) == 3


def test_a_crash_between_the_rows_and_publishing_publishes_nothing_forgotten(
    folder: DataFolder, launch: Start, t0: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = ran(launch, t0, "demo", "secretplace")
    request(folder, channel="secretplace")

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.requests.forget._drop_latest", dies)
        with pytest.raises(KeyboardInterrupt):
            engine.commit()
    engine.state.store.close()
    with open_workspace(folder) as workspace:
        apply_all(InboxFolder(folder.inbox), workspace.store, actions(workspace))
        workspace.publish()
    scrub(folder.warehouse)
    assert b"secretplace" not in everywhere(folder)


@pytest.mark.parametrize(
    "body",
    [
        {}, {"chatter": "a b"}, {"chatter": "../../etc/passwd"}, {"chatter": ""}, {"chatter": 7},
        {"channel": "x" * 26}, {"channel": "é"}, {"chatter": "ann", "channel": "demo"},
        {"chatter_hash": "0"}, {"chatter_hash": "-1"}, {"chatter_hash": "9" * 40},
        {"chatter_hash": "１"}, {"channel": None}, {"channel": ["demo"]},
    ],
)  # fmt: skip
def test_what_is_no_name_is_refused_and_not_repeated(
    folder: DataFolder, store: Store, body: dict[str, object]
) -> None:
    store.close()
    with pytest.raises(BadInput) as refused:
        ask(folder, "forget", body)
    assert "\n" not in str(refused.value)
    assert "passwd" not in str(refused.value)
    kept = b"".join(p.read_bytes() for p in folder.inbox.rglob("*.json"))
    assert b"passwd" not in kept


def test_the_request_that_is_kept_names_nobody(folder: DataFolder, store: Store) -> None:
    store.close()
    ask(folder, "forget", {"chatter": "eve_17"}, request_id="asked")
    kept = orjson.loads((folder.inbox / "done" / "asked.json").read_bytes())
    assert set(kept) == {"id", "at", "by", "action"}


def test_the_salt_is_never_sent(folder: DataFolder, tmp_path: Path) -> None:
    ask(folder, "forget", {"chatter": "eve_17"})
    salt = (folder.root / "salt").read_bytes()
    assert all(salt not in p.read_bytes() for p in folder.inbox.rglob("*.json"))


def test_while_a_request_waits_it_names_nobody(
    folder: DataFolder, launch: Start, t0: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    def later(*_: object) -> None:
        raise NotBefore

    engine = ran(launch, t0)
    request(folder, chatter="eve_17")
    monkeypatch.setattr(Workspace, "await_chat", later)
    engine.commit()
    (path,) = folder.inbox.glob("*.json")
    assert b"chatter_hash" in path.read_bytes() and b"eve_17" not in path.read_bytes()
