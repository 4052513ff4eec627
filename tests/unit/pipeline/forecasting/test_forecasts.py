"""A running daemon serves what was chosen since, between two cycles, or serves on."""

import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.training.trials import TRIALS, add_trials
from models.versions import promotion
from models.versions.choice import CHOICE
from models.versions.registry import versions
from pipeline.chat.message import Batch, ChannelInfo, Heard, Message, StreamStart, Watch
from pipeline.engine.engine import Engine
from tests.helpers.build import rows, settings
from tests.helpers.model_versions import break_bytes, edit_card, no_model_at_all, put_version
from warehouse.config import DataFolder
from warehouse.errors import ModelUnusable
from warehouse.records import window_start
from warehouse.store.store import Store

SHIPPED_MODEL = versions()[0].model
STANDING = "SELECT model, status FROM models ORDER BY model"


@pytest.fixture
def engine(folder: DataFolder, store: Store) -> Iterator[Engine]:
    """It serves the shipped model; a version `m` of the user's lies there."""
    put_version(folder.models, "m", 2)
    engine = Engine(folder, settings(forecast=True), "live", store)
    engine.know([ChannelInfo("demo", "42", "Demo", "en")])
    yield engine
    engine.finish()


def chat(engine: Engine, t0: float, first: int, last: int) -> None:
    for k in range(first, last):
        at = t0 + 30 * k
        said = Message(f"{k}", "demo", at + 1, "ann", "great")
        opening = () if k else (StreamStart("demo", t0, "s1"), Watch("demo", t0))
        engine.feed(Batch(at + 36, (*opening, said, Heard("demo", at + 36))))
    engine.commit()


def test_another_model_serves_from_the_next_cycle_on(
    engine: Engine, folder: DataFolder, caplog: pytest.LogCaptureFixture
) -> None:
    t0 = float(window_start(time.time() - 900))
    chat(engine, t0, 0, 8)
    assert rows(folder, STANDING) == [(SHIPPED_MODEL, "serving"), ("lstm-m", "candidate")]
    promotion.promote(folder, "m", "asked for")
    with caplog.at_level(logging.INFO):
        engine.housekeeping()
    assert f"model serving name=lstm-m before={SHIPPED_MODEL}" in caplog.text
    assert rows(folder, STANDING) == [(SHIPPED_MODEL, "available"), ("lstm-m", "serving")]
    chat(engine, t0, 8, 13)
    made = rows(folder, "SELECT model, count(*) FROM forecasts GROUP BY 1 ORDER BY min(cutoff)")
    assert made == [(SHIPPED_MODEL, 3), ("lstm-m", 5)]
    scored = dict(rows(folder, "SELECT model, max(targets) FROM forecast_scores GROUP BY model"))
    assert (scored[SHIPPED_MODEL], scored["lstm-m"]) == (2, 4), "no forecast counts for another"
    promotion.rollback(folder)
    engine.housekeeping()
    assert engine.state.forecasts.served == SHIPPED_MODEL


def test_a_daemon_without_a_model_serves_the_first_that_is_promoted(
    folder: DataFolder, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(_: DataFolder) -> None:
        raise ModelUnusable("no usable model")

    put_version(folder.models, "m", 2)
    with monkeypatch.context() as patched:
        patched.setattr("pipeline.forecasting.forecasts.serving", none)
        engine = Engine(folder, settings(forecast=True), "live", store)
    t0 = float(window_start(time.time() - 900))
    chat(engine, t0, 0, 8)
    assert (
        engine.state.forecasts.why == "no model is there to forecast"
        and not engine.state.forecasts.latest
    )
    promotion.promote(folder, "m", "asked for")
    engine.housekeeping()
    chat(engine, t0, 8, 9)
    assert (
        engine.state.forecasts.why == "" and engine.state.forecasts.latest["demo"].model == "lstm-m"
    )
    engine.finish()


def test_where_forecasts_are_off_a_promotion_loads_nothing(
    folder: DataFolder, store: Store
) -> None:
    put_version(folder.models, "m", 2)
    engine = Engine(folder, settings(forecast=False), "live", store)
    promotion.promote(folder, "m", "asked for")
    engine.housekeeping()
    assert not engine.state.forecasts.models
    engine.finish()


@pytest.mark.parametrize("damage", [break_bytes, no_model_at_all])
def test_one_that_cannot_be_loaded_is_refused_and_the_old_one_serves_on(
    engine: Engine,
    folder: DataFolder,
    damage,  # type: ignore[no-untyped-def]
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = engine.state.forecasts.models
    promotion.promote(folder, "m", "asked for")
    damage(folder.models / "m")
    with caplog.at_level(logging.INFO):
        engine.housekeeping()
    assert "model refused version=m" in caplog.text
    assert f"model serves on name={SHIPPED_MODEL}" in caplog.text
    assert engine.state.forecasts.models is before
    assert rows(folder, STANDING) == [(SHIPPED_MODEL, "serving"), ("lstm-m", "refused")]
    caplog.clear()
    engine.housekeeping()
    assert "refused" not in caplog.text, "it is tried once a choice, not every minute"


def test_a_choice_that_cannot_be_read_changes_nothing(
    engine: Engine, folder: DataFolder, caplog: pytest.LogCaptureFixture
) -> None:
    promotion.promote(folder, "m", "asked for")
    engine.housekeeping()
    (folder.models / CHOICE).write_text("{")
    engine.housekeeping()
    assert engine.state.forecasts.served == "lstm-m"
    assert "model lstm-m serves on" in caplog.text
    assert ("lstm-m", "serving") in rows(folder, STANDING)


def test_new_versions_and_trials_are_told_within_a_minute(
    engine: Engine, folder: DataFolder
) -> None:
    verdict = {"better": False, "why": "not better"}
    chances = {"lstm-n": {"above": {"holds": True}}}
    edit_card(put_version(folder.models, "n", 3), verdict=verdict, chances=chances)
    trial = {
        "study": "s", "trial": 0, "status": "done", "trained_at": "2026-01-01T00:00:00Z",
        "params": {"units": 8, "members": 1}, "searched": {"units": 8}, "loss": 0.9,
        "losses": [0.95, 0.9], "seconds": 3.5, "why": "",
    }  # fmt: skip
    add_trials(folder.models / TRIALS, [trial, {"study": "s", "trial": 1, "status": "pruned"}])
    engine.housekeeping()
    assert ("lstm-n", "rejected") in rows(folder, STANDING)
    found = rows(
        folder,
        "SELECT trial, status, params->>'units', (scores->>'loss')::DOUBLE, kind "
        "FROM trials ORDER BY trial",
    )
    assert found == [(0, "done", "8", 0.9, "lstm"), (1, "pruned", None, None, "lstm")]
    asked = "params->'verdict'->>'why', params->'chances'->'lstm-n'->'above'->>'holds'"
    (told,) = rows(folder, f"SELECT {asked} FROM models WHERE model = 'lstm-n'")
    assert told == ("not better", "true")


def test_while_nothing_changes_nothing_is_written(
    engine: Engine, folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.engine import tables

    def never(_: Engine) -> None:
        raise AssertionError

    monkeypatch.setattr(tables, "write_models", never)
    engine.housekeeping()


def test_the_card_says_since_when_and_why_it_serves(engine: Engine, folder: DataFolder) -> None:
    promotion.promote(folder, "m", "better: CRPS 0.04")
    engine.housekeeping()
    (why,) = rows(folder, "SELECT params->'choice'->>'why' FROM models WHERE status = 'serving'")
    assert why == ("better: CRPS 0.04",)


def test_trials_that_are_no_trials_do_not_stop_the_daemon(
    engine: Engine, folder: DataFolder
) -> None:
    Path(folder.models / TRIALS).write_text('{"study": 1, "trial": "x"}\n[1]\nnull\n{"stu')
    engine.housekeeping()
    assert rows(folder, "SELECT count(*) FROM trials") == [(0,)]
