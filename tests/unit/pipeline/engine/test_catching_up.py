"""Chat that was missed is caught up on, with the share that is there by now."""

import time
from collections.abc import Iterator

import pytest

from pipeline.chat.message import Batch
from pipeline.engine import catching_up
from pipeline.engine.engine import Engine
from tests.helpers.build import settings
from warehouse.config import DataFolder
from warehouse.published.progress import Progress
from warehouse.store.store import Store


@pytest.fixture
def engine(folder: DataFolder, store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setattr(catching_up, "_TELL_S", 0.0)
    engine = Engine(folder, settings(), "simulated", store)
    yield engine
    engine.finish()


def test_a_pause_of_two_days_is_told_until_it_is_over(engine: Engine, folder: DataFolder) -> None:
    now = time.time()
    shares = []
    for behind_h in (48, 24, 12, 1):
        engine.feed(Batch(now - behind_h * 3600, ()))
        told = Progress.read(folder)
        assert told is not None and told.what == "pause"
        assert str(told).startswith("Catching up on two days of example chat: ")
        shares.append(told.share)
    assert shares == pytest.approx([0.0, 0.5, 0.75, 47 / 48], abs=0.01)
    engine.feed(Batch(now, ()))
    assert Progress.read(folder) is None


def test_of_a_source_whose_time_is_not_known_nothing_is_said(
    engine: Engine, folder: DataFolder
) -> None:
    engine.state.clock = time.time() - 7200
    engine.feed(Batch(None, ()))
    assert Progress.read(folder) is None


def test_a_replay_has_a_clock_of_its_own(folder: DataFolder, store: Store) -> None:
    engine = Engine(folder, settings(), "replay", store)
    engine.feed(Batch(time.time() - 7200, ()))
    assert Progress.read(folder) is None
    engine.finish()


def test_what_a_killed_daemon_told_goes_once_chat_is_live(
    engine: Engine, folder: DataFolder
) -> None:
    Progress("past", 86400, 0.4).tell(folder)
    engine.feed(Batch(time.time(), ()))
    assert not folder.progress.exists()
