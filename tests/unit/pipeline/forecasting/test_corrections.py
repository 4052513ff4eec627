"""The daemon's forecasts learn, are scored and go on after restarts; the record is kept right."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from models.inputs.features import now
from models.versions.registry import usable
from pipeline.chat.message import Batch, Heard, Item, Message, StreamStart
from pipeline.chat.message import Watch as Joined
from pipeline.engine.commit import publish
from pipeline.engine.engine import Engine
from pipeline.engine.tables import read_records, write_models
from pipeline.forecasting import corrections as module
from pipeline.forecasting.corrections import MEAN
from pipeline.forecasting.track_record import ENOUGH, Standing
from pipeline.requests.forget import forget_channel
from tests.helpers.build import rows as published
from tests.helpers.build import settings, stored
from tests.helpers.model_versions import put_version
from warehouse.config import DataFolder
from warehouse.records import FIVE, STEPS
from warehouse.store.backup import restore_backup, write_backup
from warehouse.store.store import Store

WORDS = ("great", "bad", "love it", "hello", "awful", "fine", "good good", "hate this")
SCORES = "SELECT * EXCLUDE (rev, basis) FROM forecast_scores ORDER BY ALL"
STATES = "SELECT source, channel, model, length(hex(state)) / 2 FROM learnt ORDER BY ALL"


class Daemon:
    """An engine that is fed a window of chat at a time, and may be killed."""

    def __init__(self, folder: DataFolder, t0: float) -> None:
        self.folder, self.t0, self.done = folder, t0, 0
        self._open()

    def _open(self) -> None:
        values = settings(forecast=True)
        self.engine = Engine(self.folder, values, "live", Store(self.folder.warehouse))

    def windows(self, count: int) -> None:
        """The next windows are said, heard and closed, each in a turn of its own."""
        for k in range(self.done, self.done + count):
            at = self.t0 + 30 * k
            items: list[Item] = [Joined("demo", self.t0)] if k == 0 else []
            items += [StreamStart("demo", self.t0, "demo:one")] if k == 0 else []
            for j in range(2 + k % 5):
                said = WORDS[(3 * k + 5 * j + k * j) % len(WORDS)]
                items.append(Message(f"{k}.{j}", "demo", at + 1 + j, f"chatter{j}", said))
            self.engine.feed(Batch(at + 36, (*items, Heard("demo", at + 30))))
        self.done += count
        self.engine.commit()

    def kill(self) -> None:
        self.engine.state.buffer.flush()
        self.close()
        self._open()
        now = self.t0 + 30 * self.done + 6
        self.engine.feed(Batch(now, (Joined("demo", self.t0 + 30 * self.done),)))

    def close(self) -> None:
        self.engine.state.store.close()
        for hour in list(self.engine.state.buffer._files):
            self.engine.state.buffer._drop_file(hour)


@pytest.fixture
def t0() -> float:
    """The start of an hour: no test's windows lie in two days."""
    return time.time() // 3600 * 3600 - 2 * 3600


@pytest.fixture
def daemon(folder: DataFolder, t0: float) -> Iterator[Daemon]:
    found = Daemon(folder, t0)
    yield found
    found.close()


@pytest.fixture
def other(tmp_path_factory: pytest.TempPathFactory, t0: float) -> Iterator[Daemon]:
    """Another one, that is not killed."""
    found = Daemon(DataFolder(tmp_path_factory.mktemp("other")), t0)
    yield found
    found.close()


def test_forecasts_that_waited_through_a_kill_are_scored_once(
    daemon: Daemon, other: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SAVED_EVERY_S", 0.0)
    other.windows(30)
    daemon.windows(18)
    daemon.engine.housekeeping()
    daemon.kill()
    daemon.windows(12)
    killed, whole = (
        stored(daemon.engine.state.store, SCORES),
        stored(other.engine.state.store, SCORES),
    )
    assert len(killed) == len(whole) == 5 * STEPS
    for one, two in zip(killed, whole, strict=True):
        assert one[:6] == two[:6], "the same targets and messages"
        assert np.allclose(one[6:-1], two[6:-1], atol=2e-2), "stored forecasts are rounded"
        assert abs(one[-1] - two[-1]) <= 0.005 * 12, "each of a dozen counts to a hundredth"
    first = next(r for r in whole if r[2] == MEAN and r[3] == 1)
    assert first[4] == 30 - 6, "every window from the seventh on was forecast"


def test_a_clock_set_back_before_a_restart_does_not_stop_it(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon.windows(18)
    daemon.engine.state.buffer.flush()
    daemon.close()
    back = daemon.t0 + 30 * 15 + 1
    monkeypatch.setattr(time, "time", lambda: back)
    daemon._open()
    forecasts = daemon.engine.state.forecasts
    assert forecasts._logs["demo", "words"].end() == daemon.t0 + 30 * 18, (
        "the source's clock may be right"
    )
    daemon.engine.feed(Batch(back))
    assert forecasts._logs["demo", "words"].end() == daemon.t0 + 30 * 15, (
        "what is to come is not known"
    )
    assert max(forecasts.verifier.waiting["demo"]) == daemon.t0 + 30 * 15


def test_what_was_learnt_survives_a_kill(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SAVED_EVERY_S", 0.0)
    daemon.windows(20)
    daemon.engine.housekeeping()
    served = daemon.engine.state.forecasts.served
    before = daemon.engine.state.forecasts.taught.of(("demo", "words"), served).to_bytes()
    size = len(before)
    assert stored(daemon.engine.state.store, STATES) == [
        ("live", "demo", served, size), ("live", "demo", MEAN, size),
    ]  # fmt: skip
    daemon.kill()
    assert daemon.engine.state.forecasts.taught.of(("demo", "words"), served).to_bytes() == before
    daemon.windows(1)
    assert daemon.engine.state.forecasts.taught.of(("demo", "words"), served).to_bytes() != before


def test_what_was_learnt_is_kept_when_the_daemon_stops(daemon: Daemon) -> None:
    daemon.windows(10)
    assert stored(daemon.engine.state.store, STATES) == []
    daemon.engine.finish()
    assert len(stored(daemon.engine.state.store, STATES)) == 2


def test_what_is_stored_is_what_was_taught(daemon: Daemon) -> None:
    daemon.windows(40)
    forecasts = daemon.engine.state.forecasts
    view = now([forecasts._logs["demo", "words"].session()])
    raw = forecasts.models[forecasts.served].predict(view)
    adjusted, _ = forecasts.taught.of(("demo", "words"), forecasts.served).adjust(view, raw)
    latest = forecasts.latest["demo"]
    assert np.allclose((latest.five_q10, *latest.q10), adjusted.quantiles[0, :, 1], atol=1e-4)
    assert not np.allclose(latest.q10, raw.quantiles[0, 1:, 1], atol=1e-3)
    assert latest.five_q10 != pytest.approx(raw.quantiles[0, 0, 1], abs=1e-3)
    assert latest.five_volume_q50 == pytest.approx(raw.volume[0, 0, 1], abs=1e-2)
    assert latest.usual == pytest.approx(view.session_mean[0], abs=1e-4)


def test_forgetting_a_channel_takes_what_it_taught(daemon: Daemon) -> None:
    daemon.windows(12)
    daemon.engine.finish()
    forget_channel(daemon.engine.state.workspace, "demo")
    assert stored(daemon.engine.state.store, STATES) == []
    forecasts = daemon.engine.state.forecasts
    assert forecasts.taught.rows("live") == [] and not forecasts.taught._by_key
    assert not forecasts.latest and not forecasts.means and not forecasts.verifier.waiting


def test_forgetting_a_channel_takes_its_name_from_cards_results_and_logs(daemon: Daemon) -> None:
    models = daemon.folder.models
    until = {"demo": "2026-01-01T00:00:00Z", "other": "2026-01-01T00:00:00Z"}
    data = {"channels": ["demo", "other"], "until": until, "held_out_channels": ["demo"]}
    put_version(models, "m", 2, data=data, hold_out=["demo"])
    (models / "backtest").mkdir()
    for name in ("predictions.parquet", "report.json", "report.md"):
        (models / "backtest" / name).write_text('{"channels": {"demo": 1}}')
    (models / "train.log").write_text("WARNING stream left out why=demo/1: clock")
    (models / "trials.jsonl").write_text("")
    write_models(daemon.engine.state)
    publish(daemon.engine.state)
    forget_channel(daemon.engine.state.workspace, "other than these")
    assert (models / "train.log").exists() and (models / "backtest" / "report.md").exists()
    forget_channel(daemon.engine.state.workspace, "demo")
    card = json.loads((models / "m" / "card.json").read_text())
    assert (card["data"]["channels"], list(card["data"]["until"])) == (["other"], ["other"])
    assert [v.path.name for v in usable(daemon.folder)][-1] == "m", "it can serve all the same"
    left = [p for p in models.rglob("*") if p.is_file() and b"demo" in p.read_bytes()]
    assert left == [] and (models / "trials.jsonl").exists()
    told = "SELECT count(*) FROM models WHERE params LIKE '%demo%'"
    assert stored(daemon.engine.state.store, told) == published(daemon.folder, told) == [(0,)]


def test_a_window_made_again_after_its_stream_does_not_stand_for_all_of_it(daemon: Daemon) -> None:
    daemon.windows(12)
    forecasts, known = (
        daemon.engine.state.forecasts,
        list(daemon.engine.state.moods.of("demo").windows),
    )
    said = sum(w.n_messages for w in known)
    forecasts.changed(replace(known[3], n_messages=99))
    assert forecasts._logs["demo", "words"].session().n[3] == 99
    forecasts.let_go("demo")  # as after a restart, when the stream has ended
    forecasts.changed(known[3])
    start = known[-1].start + timedelta(hours=5)
    forecasts.saw(replace(known[-1], start=start, stream_id="two"))
    assert [past[0] for past in forecasts._logs["demo", "words"].past] == [said]


def test_a_backup_carries_what_was_learnt(daemon: Daemon, tmp_path_factory) -> None:  # type: ignore[no-untyped-def]
    daemon.windows(12)
    daemon.engine.finish()
    store, away = daemon.engine.state.store, tmp_path_factory.mktemp("away")
    query = "SELECT source, channel, model, state FROM learnt ORDER BY ALL"
    kept = stored(store, query)
    write_backup(store.cursor(), daemon.folder, daemon.folder.root / "b.duckdb")
    restored = DataFolder(away / "restored")
    restore_backup(daemon.folder.root / "b.duckdb", restored, accept=lambda files: None)
    with Store(restored.warehouse) as other:
        assert len(kept) == 2 and stored(other, query) == kept


def test_a_model_is_compared_on_the_days_it_served(daemon: Daemon) -> None:
    daemon.windows(40)
    engine = daemon.engine
    read_records(engine.state)
    before = engine.state.forecasts.standing("demo")
    assert before.skill is not None and before.targets == 34
    five = engine.state.forecasts.standing("demo", FIVE)
    assert (five.targets, five.grade) == (25, "new")
    rows = engine.state.store.cursor().sql(
        "SELECT * EXCLUDE rev REPLACE (day - 3 AS day, 90 * squared_error AS squared_error) "
        f"FROM forecast_scores WHERE step = 1 AND model = '{MEAN}'"
    ).to_arrow_table().to_pylist()  # fmt: skip
    engine.state.store.write({"forecast_scores": engine.state.store.rows("forecast_scores", rows)})
    read_records(engine.state)
    assert engine.state.forecasts.standing("demo") == before, (
        "a day before it served is not its own"
    )
    assert engine.state.forecasts.standings[("demo", "words"), MEAN, 1].targets == 68


def test_where_the_network_is_no_better_the_session_mean_is_shown(daemon: Daemon) -> None:
    daemon.windows(20)
    forecasts = daemon.engine.state.forecasts
    latest, mean = forecasts.latest["demo"], forecasts.means["demo"]
    key = ("demo", "words"), forecasts.served, 1
    forecasts.standings[key] = Standing(-0.01, ENOUGH)
    shown = forecasts.shown("demo")
    assert shown is not None and (shown.q50, shown.model) == (mean.q50, MEAN)
    assert len(set(shown.q50)) == 1, "one mood for all steps"
    assert shown.five_q90 == latest.five_q90 != mean.five_q90, "by a record of its own"
    assert shown.five_volume_q90 == latest.five_volume_q90 != mean.five_volume_q90
    forecasts.standings[key] = Standing(-0.01, ENOUGH - 1)
    assert forecasts.shown("demo") == forecasts.latest["demo"]
    models = "SELECT DISTINCT model FROM forecasts"
    assert stored(daemon.engine.state.store, models) == [(forecasts.served,)], "so it can recover"


def test_forecasts_of_a_stream_are_not_scored_on_the_next(daemon: Daemon) -> None:
    daemon.windows(12)
    at = daemon.t0 + 30 * daemon.done
    scored = stored(daemon.engine.state.store, "SELECT sum(targets) FROM forecast_scores")
    items = [StreamStart("demo", at, "demo:two"), Message("x", "demo", at + 1, "ann", "great")]
    daemon.engine.feed(Batch(at + 36, (*items, Heard("demo", at + 30))))
    daemon.engine.commit()
    assert stored(daemon.engine.state.store, "SELECT sum(targets) FROM forecast_scores") == scored


def test_the_record_has_both_widths_and_the_counts_of_silent_windows(daemon: Daemon) -> None:
    daemon.windows(10)
    at = daemon.t0 + 30 * daemon.done
    daemon.engine.feed(Batch(at + 36, (Heard("demo", at + 30),)))
    daemon.engine.commit()
    query = "SELECT targets, counts, width95 > width80, volume_error > 0 FROM forecast_scores"
    assert stored(daemon.engine.state.store, f"{query} WHERE step = 1 AND model = 'ridge'") == [
        (4, 5, True, True)
    ]
