"""Forecasts of an emote mood: of their own history, scored apart, none where signs are rare."""

import time
from collections.abc import Iterator

import pytest

from models.inputs.published import sessions_by_channel
from models.judging.record import record
from models.versions.registry import forecasters
from pipeline.chat.message import Batch, Heard, Item, Message, StreamStart, Watch
from pipeline.engine.engine import Engine
from pipeline.requests.forget import forget_chatter
from tests.helpers.build import settings, stored
from warehouse.config import DataFolder
from warehouse.errors import BadInput
from warehouse.records import window_start
from warehouse.store.store import Store

ENGLISH = "why would you go mid there, they are clearly not back yet"
RUSSIAN = "привет как дела"
BASES = "SELECT basis, count(*) FROM windows GROUP BY ALL ORDER BY ALL"
MADE = "SELECT DISTINCT basis, epoch(cutoff) FROM forecasts ORDER BY 2"


class Daemon:
    """An engine that is fed windows of ten messages."""

    def __init__(self, folder: DataFolder) -> None:
        self.folder, self.t0, self.done = folder, window_start(time.time() - 3 * 3600), 0
        self.open()

    def open(self) -> None:
        values = settings(forecast=True, lexicon="full")
        self.engine = Engine(self.folder, values, "live", Store(self.folder.warehouse))

    def windows(self, count: int, text: str, sign: str = "", every: int = 1) -> None:
        for k in range(self.done, self.done + count):
            at = self.t0 + 30 * k
            items: list[Item] = [Watch("demo", self.t0)] if k == 0 else []
            items += [StreamStart("demo", self.t0, "demo:one")] if k == 0 else []
            for j in range(10):
                said = f"{text} {sign}" if (10 * k + j) % every == 0 else text
                items.append(Message(f"{k}.{j}", "demo", at + 1 + j, f"chatter{j}", said))
            self.engine.feed(Batch(at + 36, (*items, Heard("demo", at + 30))))
        self.done += count
        self.engine.commit()

    def close(self) -> None:
        self.engine.state.buffer.close()
        self.engine.state.store.close()

    def stored(self, query: str) -> list[tuple[object, ...]]:
        return stored(self.engine.state.store, query)


@pytest.fixture
def daemon(folder: DataFolder) -> Iterator[Daemon]:
    found = Daemon(folder)
    yield found
    found.close()


def test_an_emote_mood_is_forecast_from_emote_windows_alone_and_scored_apart(
    daemon: Daemon,
) -> None:
    daemon.windows(14, RUSSIAN, "Sadge")
    assert daemon.stored(BASES) == [("emotes", 11), ("words", 3)]
    made = daemon.stored(MADE)
    assert {basis for basis, _ in made} == {"emotes"}
    assert made[0][1] == daemon.t0 + 30 * (3 + 6), "six windows of its own come first"
    assert daemon.stored("SELECT DISTINCT basis FROM forecast_scores") == [("emotes",)]
    log = daemon.engine.state.forecasts._logs["demo", "emotes"]
    assert len(log.session()) == 11 and log.past == ()


def test_words_and_emotes_of_one_stream_have_a_record_each(daemon: Daemon) -> None:
    daemon.windows(16, ENGLISH + " good")
    daemon.windows(70, RUSSIAN, "Sadge")
    assert [basis for basis, _ in daemon.stored(BASES)] == ["emotes", "words"]
    scored = "SELECT basis, max(targets) FROM forecast_scores WHERE step = 10 GROUP BY ALL"
    assert dict(daemon.stored(scored)).keys() == {"emotes", "words"}
    crossing = (
        "SELECT count(*) FROM forecasts f JOIN windows w ON w.channel = f.channel "
        "AND w.start = f.cutoff - INTERVAL 30 SECOND WHERE w.basis <> f.basis"
    )
    assert daemon.stored(crossing) == [(0,)]
    met = (
        "SELECT f.basis, count(*) FROM forecasts f JOIN windows w ON w.start = f.cutoff "
        "AND w.basis = f.basis GROUP BY ALL ORDER BY ALL"
    )
    targets = (
        "SELECT basis, sum(targets) FROM forecast_scores WHERE step = 1 "
        "AND model = 'session_mean' GROUP BY ALL ORDER BY ALL"
    )
    assert daemon.stored(targets) == daemon.stored(met), "none is judged by the other's windows"
    shown = daemon.engine.state.forecasts.shown("demo")
    assert shown is not None and shown.basis == "emotes" and max(shown.q50) < 0
    learnt = daemon.engine.state.forecasts.taught
    assert learnt.of(("demo", "words"), "session_mean") is not learnt.of(
        ("demo", "emotes"), "session_mean"
    )


@pytest.mark.parametrize(("every", "forecast"), [(20, True), (50, False)])
def test_where_signs_are_too_rare_nothing_is_forecast(
    daemon: Daemon, every: int, forecast: bool
) -> None:
    daemon.windows(40, RUSSIAN, "Sadge", every)
    assert bool(daemon.stored(MADE)) is forecast


def test_a_restart_goes_on_where_it_was(daemon: Daemon) -> None:
    daemon.windows(14, RUSSIAN, "Sadge")
    daemon.engine.housekeeping()
    daemon.close()
    daemon.open()
    state = daemon.engine.state
    assert state.intake.readable["demo"].share == 0.0 and state.intake.reading("demo") == "emotes"
    assert len(state.forecasts._logs["demo", "emotes"].session()) == 11
    daemon.windows(4, RUSSIAN, "Sadge")
    assert daemon.stored(BASES) == [("emotes", 15), ("words", 3)]
    assert {basis for basis, _ in daemon.stored(MADE)} == {"emotes"}


def test_a_chatter_forgotten_leaves_windows_of_their_basis(daemon: Daemon) -> None:
    daemon.windows(8, RUSSIAN + " hate", "Sadge", 3)
    before = daemon.stored(BASES)
    hasher = daemon.engine.state.workspace.hasher
    forget_chatter(daemon.engine.state.workspace, hasher.of("chatter3"))
    assert daemon.stored(BASES) == before
    words = "SELECT min(mean_compound) FROM windows WHERE basis = 'words'"
    assert daemon.stored(words)[0][0] < -0.3, "hate counts there"
    signs = "SELECT max(share_scored), max(n_messages) FROM windows WHERE basis = 'emotes'"
    assert daemon.stored(signs) == [(1 / 3, 9)], "what they say in words counts nowhere"


def test_training_sees_words_alone_and_a_record_both(daemon: Daemon) -> None:
    daemon.windows(14, RUSSIAN, "Sadge")
    with pytest.raises(BadInput, match="nothing to judge"):
        record(daemon.folder, forecasters(daemon.folder))
    (words,) = sessions_by_channel(daemon.folder)
    assert [(len(s), s.basis) for s in words] == [(3, "words")]
    daemon.windows(70, RUSSIAN, "Sadge")
    found = record(daemon.folder, forecasters(daemon.folder))
    assert {key[-1] for key in found.days} == {"emotes"}
