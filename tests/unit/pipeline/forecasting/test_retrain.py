"""Nightly retraining: a child at its hour, one line at start and end, ended with the daemon."""

import asyncio
import logging
import os
import re
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from pipeline.chat.message import Batch
from pipeline.engine import daemon
from pipeline.engine.engine import Engine
from pipeline.forecasting import retrain
from tests.helpers.build import settings
from tests.helpers.patience import PATIENCE_S, STORY_S, eventually, play
from tests.unit.pipeline.engine.test_daemon import Told, signals
from warehouse.config import DataFolder
from warehouse.records import iso, utc, window_start
from warehouse.store.store import Store

__all__ = ["signals"]  # a fixture for every test here, too


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


@pytest.mark.parametrize(
    ("now", "next_"),
    [
        ("2026-01-01T03:59:59Z", "2026-01-01T04:00:00Z"),
        ("2026-01-01T04:00:00Z", "2026-01-02T04:00:00Z"),
        ("2026-12-31T23:00:00Z", "2027-01-01T04:00:00Z"),
    ],
)
def test_the_hour_comes_once_a_day(now: str, next_: str) -> None:
    at = retrain.following("04:00", datetime.fromisoformat(now).timestamp())
    assert iso(utc(at)) == next_


def test_a_training_says_when_it_begins_and_how_it_ended(
    folder: DataFolder, caplog: pytest.LogCaptureFixture
) -> None:
    code = "import os; print('first'); print('not promoted:', os.environ['DLD_DATA'])"
    with caplog.at_level(logging.INFO):
        assert asyncio.run(retrain.train(folder, python(code)))
    begun, ended = [
        r.getMessage() for r in caplog.records if r.name == "pipeline.forecasting.retrain"
    ]
    assert begun.startswith("training begun pid=")
    result = re.escape(f"result=not promoted: {folder.root}")
    assert re.fullmatch(rf"training ended took_s=\d+ {result}", ended)
    assert (folder.models / "train.log").read_text().startswith("first\n")


def test_a_training_that_fails_is_one_line_with_its_reason(
    folder: DataFolder, caplog: pytest.LogCaptureFixture
) -> None:
    assert not asyncio.run(retrain.train(folder, python("raise SystemExit('error: too little')")))
    assert re.search(r"training failed code=1 took_s=\d+ why=error: too little", caplog.text)


def test_a_command_that_cannot_be_run_is_one_line(
    folder: DataFolder, caplog: pytest.LogCaptureFixture
) -> None:
    assert not asyncio.run(retrain.train(folder, ("/nowhere/python",)))
    assert "training not begun" in caplog.text


def test_the_command_trains_and_gives_way_to_others() -> None:
    assert retrain.COMMAND[1:] == ("-m", "models", "train", "--nice", "19")


@pytest.mark.parametrize("deaf", [False, True])
def test_a_child_is_ended_with_the_daemon(
    folder: DataFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    deaf: bool,
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(retrain, "_PATIENCE_S", 2 if deaf else PATIENCE_S)
    monkeypatch.setattr(retrain, "_LOOK_S", 0.01)
    monkeypatch.setattr(retrain, "following", lambda at, now: now)  # it is always due
    mark = tmp_path / "pid"
    ignores = "signal.signal(signal.SIGTERM, signal.SIG_IGN); " if deaf else ""
    code = (
        f"import os, signal, time; {ignores}"
        f"open({str(mark)!r}, 'w').write(str(os.getpid()) + '.'); time.sleep({2 * STORY_S})"
    )

    async def daemon() -> None:
        keeping = asyncio.create_task(retrain.keep(folder, "04:00", python(code)))
        await eventually(lambda: mark.exists() and mark.read_text().endswith("."))
        keeping.cancel()
        await asyncio.wait({keeping})

    play(daemon())
    pid = int(mark.read_text()[:-1])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert f"training stopped pid={pid}" in caplog.text


def test_trainings_never_overlap_and_begin_only_when_due(
    folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrain, "_LOOK_S", 0.01)
    asked: list[float] = []

    def following(at: str, now: float) -> float:
        asked.append(now)
        return now if len(asked) < 4 else now + 86_400

    monkeypatch.setattr(retrain, "following", following)
    code = (
        f"import pathlib, time; p = pathlib.Path({str(tmp_path / 'busy')!r}); "
        f"log = open({str(tmp_path / 'log')!r}, 'a'); log.write('two ' if p.exists() else 'one '); "
        "p.touch(); time.sleep(0.1); p.unlink()"
    )

    async def daemon() -> None:
        keeping = asyncio.create_task(retrain.keep(folder, "04:00", python(code)))
        await eventually(lambda: len(asked) >= 4)
        await asyncio.sleep(0.3)
        keeping.cancel()

    asyncio.run(daemon())
    assert (tmp_path / "log").read_text() == "one one one "


@pytest.mark.parametrize(("asked", "kept"), [(True, ["03:30", "ended"]), (False, [])])
def test_the_daemon_retrains_where_it_is_asked_to_and_ends_that_with_itself(
    folder: DataFolder, store: Store, monkeypatch: pytest.MonkeyPatch, asked: bool, kept: list[str]
) -> None:
    told: list[str] = []

    async def keep(_: DataFolder, at: str) -> None:
        told.append(at)
        try:
            await asyncio.sleep(60)
        finally:
            told.append("ended")

    monkeypatch.setattr(retrain, "keep", keep)
    chosen = settings(forecast=True, retrain=asked, retrain_at="03:30")
    engine = Engine(folder, chosen, "live", store)
    now = float(window_start(time.time()))
    asyncio.run(daemon.run(engine, Told(Batch(now), Batch(now + 1))))
    assert told == kept


@pytest.mark.parametrize("at", ["24:00", "4:00", "04:60", "noon", ""])
def test_an_hour_that_is_none_is_refused(at: str) -> None:
    with pytest.raises(ValidationError):
        settings(retrain_at=at)
