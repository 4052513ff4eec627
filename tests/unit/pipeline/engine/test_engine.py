"""The pipeline's turn: what is fed is committed, published and served, whatever it is."""

import errno
import time
from collections.abc import Iterator
from datetime import timedelta

import orjson
import pytest

from pipeline.chat.message import (
    Batch,
    ChannelInfo,
    Happening,
    Heard,
    Item,
    Message,
    StreamStart,
    Watch,
)
from pipeline.engine.commit import commit
from pipeline.engine.engine import Engine
from pipeline.serving.live_moments import LiveMoment
from tests.helpers.build import rows, settings, stored
from warehouse.config import DataFolder
from warehouse.errors import StorageFull
from warehouse.published import publisher as publishing
from warehouse.records import iso, utc, window_start
from warehouse.store.store import Store


@pytest.fixture
def t0() -> float:
    """The start of a window a minute ago, as a live source would have it."""
    return float(window_start(time.time() - 60))


@pytest.fixture
def engine(folder: DataFolder, store: Store) -> Iterator[Engine]:
    engine = Engine(folder, settings(), "live", store)
    yield engine
    engine.finish()


def say(at: float, text: str = "great", chatter: str = "ann", **more: object) -> Message:
    return Message(f"{at}{chatter}", "demo", at, chatter, text, **more)  # type: ignore[arg-type]


def opened(t0: float, *items: Item) -> Batch:
    return Batch(t0 + 36, (StreamStart("demo", t0, "s1", "A title"), Watch("demo", t0), *items))


def test_a_closed_window_is_committed_published_and_served(
    engine: Engine, folder: DataFolder, t0: float
) -> None:
    engine.know([ChannelInfo("demo", "42", "Demo", "en")])
    engine.feed(opened(t0, say(t0 + 1), say(t0 + 2, "terrible", "bob"), Heard("demo", t0 + 36)))
    assert rows(folder, "SELECT n_messages, n_chatters, observed_s, source FROM windows") == [
        (2, 2, 30.0, "live")
    ]
    assert rows(folder, "SELECT stream_id, title, ended_at FROM streams") == [
        ("s1", "A title", None)
    ]
    assert rows(folder, "SELECT text FROM samples ORDER BY rank") == [("great",), ("terrible",)]
    found = orjson.loads((folder.latest / "42.json").read_bytes())
    assert (found["login"], found["now"]["n"], found["now"]["label"]) == ("demo", 2, "waiting")


def test_the_warehouse_is_opened_anew_on_another_day_and_publishing_goes_on(
    engine: Engine, folder: DataFolder, store: Store, t0: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened_anew, reopen = [], store.reopen
    monkeypatch.setattr(store, "reopen", lambda: opened_anew.append(reopen()))
    engine.feed(opened(t0, say(t0 + 1), Heard("demo", t0 + 36)))
    engine.housekeeping()
    assert not opened_anew
    engine._opened -= timedelta(days=1)
    engine.housekeeping()
    assert len(opened_anew) == 1
    engine.feed(Batch(t0 + 66, (say(t0 + 31), Heard("demo", t0 + 66))))
    engine.housekeeping()
    assert len(opened_anew) == 1
    assert rows(folder, "SELECT n_messages FROM windows ORDER BY start") == [(1,), (1,)]


def test_a_window_closed_and_changed_in_one_commit_is_one_row(
    engine: Engine, folder: DataFolder, store: Store, t0: float
) -> None:
    old = t0 - 86400  # not live: commits are a second apart
    engine.feed(Batch(old + 40, (StreamStart("demo", old, "s1"), say(old + 1))))
    engine.feed(Batch(old + 41, (say(old + 2, chatter="bob"),)))
    engine.commit()
    assert stored(store, "SELECT n_messages, n_late FROM windows") == [(2, 1)]
    assert rows(folder, "SELECT n_messages FROM windows") == [(2,)]


def test_equal_happenings_in_one_turn_are_one_event(
    engine: Engine, store: Store, t0: float
) -> None:
    sub = Happening("demo", t0 + 1, "sub", "tier 1")
    engine.feed(opened(t0, sub, sub, Happening("demo", t0 + 1, "sub", "tier 2")))
    assert stored(store, "SELECT count(*) FROM events") == [(2,)]


def laughter(t0: float, windows: int) -> list[Item]:
    """Three messages a window, and in the last one thirty people who laugh."""
    calm = [say(t0 + 30 * k + s, "good", f"u{s}") for k in range(windows) for s in (3, 13, 23)]
    return [*calm, *(say(t0 + 30 * windows - 20 + k / 4, "KEKW", f"v{k}") for k in range(30))]


def test_a_moment_is_an_event_of_the_turn_that_closes_its_window(
    engine: Engine, store: Store, t0: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed: list[LiveMoment] = []
    monkeypatch.setattr(
        "pipeline.engine.engine.commit",
        lambda state: (committed.extend(state.turn.moments), commit(state)),
    )
    began = t0 - 30 * 40
    start = StreamStart("demo", began, "s1"), Watch("demo", began)
    engine.feed(Batch(t0 + 36, (*start, *laughter(began, 41), Heard("demo", t0 + 36))))
    engine.feed(Batch(t0 + 40, (say(t0 + 8, "KEKW", "late"),)))
    at, closed = utc(t0 + 10), utc(t0 + 30)
    (moment,) = committed
    assert (moment.channel, moment.at, moment.found_at) == ("demo", at, closed)
    assert (moment.term, moment.n, moment.text) == ("kekw", 30, "kekw x 30, 11 times as busy")
    told = "SELECT event_id, kind, detail FROM events"
    assert stored(store, told) == [(f"moment:demo:{iso(at)}", "moment", moment.text)]


def test_hostile_items_never_stop_a_turn(
    engine: Engine, folder: DataFolder, store: Store, t0: float
) -> None:
    texts = ["", "\0", "a\0b great", "\ud800", "great\udfff", "x" * 100_000, "\u202e\U000e0000"]
    said = [say(t0 + 1 + k, text, f"u{k}") for k, text in enumerate(texts)]
    odd = [
        say(t0 + 9, "hi", "\ud800name"),
        say(t0 + 10, "x\ud800", "zoe", emotes=("x\ud800", "\0")),
        Happening("demo", t0 + 3, "raid", "\ud800\0"),
        StreamStart("demo", t0, "s2", "title\ud800\0", "\0"),
    ]
    engine.feed(opened(t0, *said, *odd))
    assert stored(store, "SELECT n_messages FROM windows") == [(9,)]
    assert rows(folder, "SELECT count(*) FROM window_terms") != [(0,)]
    engine.state.buffer.flush()
    texts_kept = {m.text for m in engine.state.buffer.since(0) if isinstance(m, Message)}
    assert "great\ufffd" in texts_kept


def test_a_message_from_the_far_future_is_dropped_and_counted(
    engine: Engine, store: Store, t0: float
) -> None:
    engine.feed(opened(t0, say(t0 + 1), say(t0 + 86400 * 365, chatter="bob")))
    engine.feed(Batch(t0 + 66, (say(t0 + 31),)))
    assert stored(store, "SELECT n_messages FROM windows ORDER BY start") == [(1,), (1,)]
    assert engine.state.intake.counts.dropped == 1


def test_a_clock_that_leaps_ahead_for_a_moment_does_no_lasting_harm(
    engine: Engine, store: Store, t0: float
) -> None:
    engine.feed(opened(t0, say(t0 + 1), Heard("demo", t0 + 36)))
    engine.feed(Batch(t0 + 7300, ()))
    engine.feed(Batch(t0 + 40, (say(t0 + 38), Heard("demo", t0 + 40))))
    engine.feed(Batch(t0 + 66, (Heard("demo", t0 + 66),)))
    query = f"SELECT epoch(start) - {t0}, n_messages, observed_s FROM windows ORDER BY 1 LIMIT 2"
    assert stored(store, query) == [(0, 1, 30.0), (30, 1, 30.0)]


def test_what_a_clock_ahead_by_hours_made_up_is_gone_when_it_steps_back(
    folder: DataFolder, store: Store, t0: float
) -> None:
    engine = Engine(folder, settings(forecast=True), "live", store)
    engine.know([ChannelInfo("demo", "42", "Demo", "en")])
    said = [say(t0 - 300 + 30 * k) for k in range(13)]
    engine.feed(
        Batch(t0 + 66, (StreamStart("demo", t0 - 300, "s1"), Watch("demo", t0 - 300), *said))
    )
    engine.feed(Batch(t0 + 3 * 3600, (say(t0 + 3 * 3600 - 300, chatter="from the future"),)))
    engine.feed(Batch(t0 + 70, (say(t0 + 68),)))
    ahead = f"SELECT n_messages FROM windows WHERE epoch(start) >= {t0 + 60} ORDER BY start"
    assert stored(store, ahead) == [(1,), (1,)]  # chat stays
    engine.feed(Batch(t0 + 96))
    engine.feed(Batch(t0 + 126))
    for count in (
        "SELECT count(*) FROM windows",
        f"SELECT count(*) FROM forecasts WHERE epoch(cutoff) > {t0 + 126}",
        "SELECT sum(windows) FROM window_hours",
    ):
        assert rows(folder, count) == [(0,)] if "forecasts" in count else [(14 + 1,)]
    assert stored(store, ahead) == [(2,), (0,), (1,)]
    newest = engine.state.forecasts.latest["demo"].cutoff.timestamp()
    assert newest == t0 + 120
    assert stored(store, "SELECT count(*) FROM windows") == [(15,)]
    engine.finish()


def test_a_clock_that_steps_back_a_little_opens_again_what_it_closed_too_early(
    engine: Engine, store: Store, t0: float
) -> None:
    engine.feed(opened(t0, say(t0 + 1), Heard("demo", t0 + 36)))
    engine.feed(Batch(t0 + 34.5))
    assert engine.state.clock == t0 + 36  # so little is none
    engine.feed(Batch(t0 + 76, (say(t0 + 33), Heard("demo", t0 + 70))))  # 40 s ahead
    engine.feed(Batch(t0 + 36))
    assert engine.state.clock == t0 + 36
    engine.feed(Batch(t0 + 66, (say(t0 + 50, chatter="bob"), Heard("demo", t0 + 66))))
    query = f"SELECT epoch(start) - {t0}, n_messages, observed_s, n_late FROM windows ORDER BY 1"
    assert stored(store, query) == [(0, 1, 30.0, 0), (30, 2, 30.0, 0)]


def test_while_the_time_is_not_known_nothing_closes_and_chat_is_kept(
    engine: Engine, store: Store, t0: float
) -> None:
    engine.feed(opened(t0, say(t0 + 1), Heard("demo", t0 + 36)))
    engine.feed(Batch(None, (say(t0 + 31), say(t0 + 7200, chatter="bob"))))
    assert stored(store, "SELECT count(*) FROM windows") == [(1,)]
    engine.feed(Batch(t0 + 66))
    assert stored(store, "SELECT n_messages FROM windows ORDER BY start") == [(1,), (1,)]


def test_nothing_of_a_message_is_on_disk_without_retention(
    folder: DataFolder, store: Store, t0: float
) -> None:
    engine = Engine(folder, settings(retention_h=0), "live", store)
    engine.feed(opened(t0, say(t0 + 1, "a very telling secret"), Heard("demo", time.time() + 30)))
    engine.finish()
    for path in folder.root.rglob("*"):
        if path.is_file():
            assert b"telling secret" not in path.read_bytes()
    assert rows(folder, "SELECT count(*) FROM samples") == [(0,)]
    assert stored(store, "SELECT n_messages FROM windows") == [(1,)]


def test_no_file_but_the_buffer_and_samples_holds_a_text_and_none_a_name(
    engine: Engine, folder: DataFolder, t0: float
) -> None:
    said = [say(t0 + k, "hey zanzibar_77 there", f"zanzibar_7{k}") for k in range(9)]
    said.append(say(t0 + 10, "my unspeakable words", "lone"))
    engine.feed(opened(t0, *said))
    engine.finish()
    for path in folder.root.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            shows_text = path.parent.name in ("buffer", "samples")
            assert (b"unspeakable" not in data) or shows_text, path
            if path.parent.name != "buffer":  # a text may name somebody; it is gone in a day
                assert b"zanzibar_7" not in data, path


def test_a_full_disk_is_told_and_nothing_is_lost_when_there_is_space_again(
    engine: Engine, folder: DataFolder, store: Store, t0: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise StorageFull("no space")

    with monkeypatch.context() as patch:
        patch.setattr(store, "write", full)
        with pytest.raises(StorageFull):
            engine.feed(opened(t0, say(t0 + 1), Happening("demo", t0 + 2, "raid", "x")))
        with pytest.raises(StorageFull):
            engine.retry()
    engine.retry()
    assert stored(store, "SELECT n_messages FROM windows") == [(1,)]
    assert stored(store, "SELECT kind FROM events") == [("raid",)]
    assert stored(store, "SELECT stream_id FROM streams") == [("s1",)]
    assert rows(folder, "SELECT n_messages FROM windows") == [(1,)]


def test_windows_committed_while_publishing_was_full_are_published_later(
    engine: Engine, folder: DataFolder, t0: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: object, data: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(publishing, "write_manifest", full)
        with pytest.raises(StorageFull):
            engine.feed(opened(t0, say(t0 + 1)))
    engine.retry()
    assert rows(folder, "SELECT n_messages FROM windows") == [(1,)]


def test_housekeeping_writes_what_the_pages_show(
    engine: Engine, folder: DataFolder, t0: float
) -> None:
    engine.know([ChannelInfo("demo", "42", "Demo", "en")])
    engine.feed(opened(t0, say(t0 + 1), say(t0 + 1), say(t0 + 2, "!song")))
    engine.housekeeping()
    found = dict(rows(folder, "SELECT name, value FROM health"))
    assert (found["messages"], found["filtered"], found["duplicates"]) == (1, 1, 1)
    assert rows(folder, "SELECT channel_id, display_name, readable, source FROM channels") == [
        ("42", "Demo", None, "live")
    ]


@pytest.mark.parametrize(
    ("login", "told", "right"),
    [("demo", "", ("デモ", "ja")), ("demo", "Demo", ("Demo", "ja")), ("older", "", ("demo", ""))],
)
def test_what_an_import_knows_of_a_channel_stays_where_a_session_is_not_told(
    engine: Engine,
    folder: DataFolder,
    store: Store,
    t0: float,
    login: str,
    told: str,
    right: tuple[str, str],
) -> None:
    known = {"channel": "demo", "channel_id": "42", "login": login, "display_name": "デモ",
             "language": "ja", "readable": None, "source": "import"}  # fmt: skip
    store.write({"channels": store.rows("channels", [known])})
    if told:
        engine.know([ChannelInfo("demo", "42", told, "ja")])
    engine.feed(opened(t0, say(t0 + 1)))
    engine.housekeeping()
    assert rows(folder, "SELECT display_name, language, source FROM channels") == [(*right, "live")]


def test_the_warehouse_is_opened_anew_once_a_day_while_nobody_reads_beside(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []
    monkeypatch.setattr(engine.state.store, "reopen", lambda: opened.append(1))
    engine.housekeeping()
    tomorrow = time.time() + 86400
    monkeypatch.setattr(engine.state, "now", lambda: tomorrow)
    with monkeypatch.context() as busy:
        busy.setattr(engine.state, "is_at_work", lambda: True)
        engine.housekeeping()
    assert not opened
    engine.housekeeping()
    engine.housekeeping()
    assert opened == [1]


def test_a_channel_met_while_it_runs_is_served_by_its_id_and_known_after_a_restart(
    engine: Engine, folder: DataFolder, store: Store, t0: float
) -> None:
    met = (ChannelInfo("demo", "42"), Watch("demo", t0), say(t0 + 1), Heard("demo", t0 + 36))
    engine.feed(Batch(t0 + 36, met))
    engine.feed(Batch(t0 + 66, (say(t0 + 61, chatter="bob"),)))
    assert rows(folder, "SELECT channel, channel_id FROM channels") == [("demo", "42")]
    assert [path.stem for path in folder.latest.glob("*.json")] == ["42"]
    again = Engine(folder, settings(), "live", store)
    assert again.state.channel_id("demo") == "42"
    assert again.state.channel_id("other").startswith("9")
    again.state.buffer.close()


def test_the_lexicon_is_told_once_and_again_when_it_is_another(
    folder: DataFolder, store: Store
) -> None:
    def told(lexicon: str) -> tuple[set[str], str | None]:
        engine = Engine(folder, settings(lexicon=lexicon), "live", store)
        engine.know([])
        engine.finish()
        return {version for (version,) in rows(folder, "SELECT version FROM lexicon")}, store.meta(
            "lexicon"
        )

    one, version = told("full")
    assert one == {version}
    revision = stored(store, "SELECT max(rev) FROM lexicon")
    told("full")
    assert stored(store, "SELECT max(rev) FROM lexicon") == revision
    both, vader = told("vader")
    assert both == {version, vader}
    told("full")
    current = "SELECT DISTINCT version FROM lexicon WHERE rev = (SELECT max(rev) FROM lexicon)"
    assert stored(store, current) == [(version,)]
    kinds = "SELECT kind, origin FROM lexicon WHERE version LIKE 'full%' AND term = "
    assert stored(store, f"{kinds} 'great'") == [("word", "vader")]
    assert stored(store, f"{kinds} 'PogChamp'")[0][0] == "emote"
    assert stored(store, f"{kinds} '😂'") == [("emoji", "rated")]
