"""A folder of imported logs is a whole product, though no daemon has ever run on it."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import worker
from pipeline.cli.inbox import inbox as work_off
from pipeline.config import PipelineSettings
from pipeline.doctor.finding import OK, Finding
from pipeline.doctor.published import check_published
from pipeline.engine.engine import Engine
from pipeline.imports.backtest import backtest
from pipeline.imports.command import import_files
from tests.helpers.browser.published import write
from tests.helpers.browser.rows import window
from tests.helpers.build import rows
from tests.helpers.logs import downloader
from tests.helpers.pages import open_at, text_of
from tests.helpers.past_chat import NEW, table
from warehouse.config import DataFolder
from warehouse.errors import BadInput
from warehouse.inbox.requests import InboxFolder, Request, asked_now, new_id
from warehouse.store.store import Store

Open = Callable[..., AppTest]
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
PAGES = ("live", "review", "explore", "accuracy", "vocabulary", "import_log", "health")
NEVER = ("Replay", "within a minute", "may have stopped", "may be off", "once a minute",
         "in a minute", "catching up", "last day")  # fmt: skip


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DataFolder]:
    """Four streams of two channels, and their record."""
    place = tmp_path_factory.mktemp("imported")
    folder = DataFolder(place / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLD_DATA", str(folder.root))
        import_files([table(place / "chat.csv")], None, None, False)
        backtest(folder)
    yield folder


@pytest.fixture
def empty(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    monkeypatch.setenv("DLD_DATA", str(folder.root))
    return folder


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Open:
    def open_(name: str, folder: DataFolder, **address: str) -> AppTest:
        return open_at(monkeypatch, NOW, name, folder.root, address)

    return open_


def all_of(page: AppTest) -> str:
    """Every word on it, whatever draws it."""
    kinds = ("markdown", "caption", "info", "warning", "error", "button", "text_input")
    parts = [e.label if hasattr(e, "label") else e.value for k in kinds for e in page.get(k)]
    return " ".join([text_of(page), *map(str, parts)])


# -- what an import publishes -----------------------------------------------------------------


def test_an_import_publishes_what_a_daemon_would(imported: DataFolder) -> None:
    tables = ("lexicon", "models", "health", "vocabulary", "forecast_scores")
    for name in tables:
        assert rows(imported, f"SELECT count(*) > 0 FROM {name}") == [(True,)], name
    told = {r[0] for r in rows(imported, "SELECT name FROM health")}
    assert told >= {"storage", "versions", "text", "retention_h", "imported"}
    (row,) = rows(
        imported, f"SELECT n, n_channels, status, evidence FROM vocabulary WHERE term = '{NEW}'"
    )
    assert row[:3] == (240, 2, "proposed") and "240 uses by 9 people" in row[3]


def test_importing_again_counts_no_name_twice(empty: DataFolder, tmp_path: Path) -> None:
    uses = f"SELECT n FROM vocabulary WHERE term = '{NEW}'"
    path = table(tmp_path / "a.csv", ("ann",), streams=1)
    import_files([path], None, None, False)
    assert rows(empty, uses) == [(60,)]
    import_files([path], None, None, False)
    assert rows(empty, uses) == [(60,)]
    import_files([table(tmp_path / "b.csv", ("bob",), streams=1)], None, None, False)
    assert rows(empty, uses) == [(120,)]


def test_an_import_tells_what_it_read_and_skipped(empty: DataFolder, tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text(orjson.dumps(downloader()).decode())
    (tmp_path / "bad.txt").write_text("no chat at all\n")
    with pytest.raises(BadInput):
        import_files([tmp_path / "good.json", tmp_path / "bad.txt"], None, None, False)
    ((detail,),) = rows(empty, "SELECT detail FROM health WHERE name = 'imported'")
    told = orjson.loads(detail)
    assert (told["files"], told["failed"], told["streams"], told["messages"]) == (2, 1, 1, 3)


def test_a_running_daemon_takes_the_names_in(
    empty: DataFolder, store: Store, tmp_path: Path
) -> None:
    engine = Engine(empty, PipelineSettings(forecast=False), "live", store)
    path = table(tmp_path / "a.csv", ("ann",), streams=1)
    importing = subprocess.Popen([sys.executable, "-m", "pipeline", "import", str(path)])
    while importing.poll() is None:
        engine.commit()
        time.sleep(0.1)
    assert importing.returncode == 0
    engine.housekeeping()
    found = rows(empty, f"SELECT n, status FROM vocabulary WHERE term = '{NEW}'")
    engine.finish()
    assert found == [(60, "proposed")]


# -- its record -------------------------------------------------------------------------------


def test_a_backtest_judges_every_model_on_every_day(imported: DataFolder) -> None:
    found = rows(
        imported, "SELECT DISTINCT channel, day::VARCHAR FROM forecast_scores ORDER BY ALL"
    )
    days = ("2020-03-01", "2020-03-02")
    assert found == [(channel, day) for channel in ("ann", "bob") for day in days]
    steps = "SELECT step FROM forecast_scores WHERE targets > 0 GROUP BY step ORDER BY step"
    assert rows(imported, steps) == [(step,) for step in range(11)], "the five minutes come first"
    models = {r[0] for r in rows(imported, "SELECT model FROM forecast_scores")}
    assert models >= {"last_value", "session_mean", "ewma", "ridge"}


def test_days_that_were_observed_keep_their_own_record(empty: DataFolder, tmp_path: Path) -> None:
    import_files([table(tmp_path / "a.csv", ("ann",))], None, None, False)
    noon = datetime(2020, 3, 1, 12, tzinfo=UTC)
    write(empty.root, {"windows": [window("ann", noon, 3, 0.1, source="live")]}, "live")
    backtest(empty)
    assert rows(empty, "SELECT DISTINCT day::VARCHAR FROM forecast_scores") == [("2020-03-02",)]


def asked(folder: DataFolder, action: str, **body: Any) -> str:
    request = Request(new_id(), asked_now(), "dashboard", action, body)
    InboxFolder(folder.inbox).put(request)
    return request.id


def test_what_waits_is_done_by_a_command_where_no_daemon_runs(
    empty: DataFolder, tmp_path: Path
) -> None:
    import_files([table(tmp_path / "a.csv", ("ann",), streams=1)], None, None, False)
    inbox = InboxFolder(empty.inbox)
    ids = [
        asked(empty, "backtest"),
        asked(empty, "vocabulary", decision="accept", term=NEW),
        asked(empty, "nonsense"),
    ]
    subprocess.run([sys.executable, "-m", "pipeline", "inbox"], check=True, timeout=300)
    outcomes = [inbox.outcome(request) for request in ids]
    assert outcomes[:2] == ["", ""] and "unknown action" in str(outcomes[2])
    assert rows(empty, "SELECT count(*) > 0 FROM forecast_scores") == [(True,)]
    assert rows(empty, f"SELECT status FROM vocabulary WHERE term = '{NEW}'") == [("accepted",)]


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("found", {}),
        ("found", {"read": {"messages": "many"}}),
        ("found", {"read": {}, "found": {"names": [{}]}}),
        ("record", {}),
        ("record", {"streams": 1, "channels": 1, "cutoffs": 1}),
    ],
)
def test_requests_that_an_import_would_not_make_are_refused(
    empty: DataFolder, action: str, body: dict[str, Any]
) -> None:
    request = asked(empty, action, **body)
    work_off()
    assert InboxFolder(empty.inbox).outcome(request)


def test_doctor_asks_for_no_pipeline(imported: DataFolder) -> None:
    found = {f.check: f for f in check_published(imported, running=False)}
    assert found["freshness"] == Finding(
        "freshness", OK, "imported logs alone: you need no pipeline"
    )
    assert ", import, 320 windows" in found["published"].says


# -- what pages say of it ---------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_no_page_speaks_as_if_something_ran(
    imported: DataFolder, open_page: Open, name: str
) -> None:
    words = all_of(open_page(name, imported))
    assert not [phrase for phrase in NEVER if phrase in words]
    assert "Imported chat" in words or name == "import_log"


def test_the_first_page_tells_what_there_is(imported: DataFolder, open_page: Open) -> None:
    page = open_page("live", imported)
    assert "4 streams of 2 channels, 2020, 1,920 messages." in text_of(page)
    links = "".join(e.proto.body for e in page.get("html"))
    for address in (
        "review?stream=",
        "explore?channels=ann&amp;span=all",
        "vocabulary",
        "accuracy",
    ):
        assert f'href="{address}' in links


def test_streams_without_a_date_are_told_as_such(
    empty: DataFolder, tmp_path: Path, open_page: Open
) -> None:
    text = table(tmp_path / "a.csv", ("ann",), streams=1).read_text()
    (tmp_path / "a.csv").write_text(text.replace("2020-03-01T18:00:00Z", ""))
    import_files([tmp_path / "a.csv"], None, None, True)
    words = text_of(open_page("live", empty))
    assert "1 stream of 1 channel, dates unknown" in words and "2000" not in words


def test_the_accuracy_page_shows_the_record(imported: DataFolder, open_page: Open) -> None:
    words = all_of(open_page("accuracy", imported))
    assert "forecasts of 4 streams of 2 channels. Each one knew only what came before" in words
    assert "Run it again" in words and "80 % band holds" in words


def test_without_a_record_the_accuracy_page_offers_one(
    empty: DataFolder, tmp_path: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_files([table(tmp_path / "a.csv", ("ann",), streams=1)], None, None, False)
    begun = list[str]()
    monkeypatch.setattr(worker, "begin", lambda: begun.append("worker"))
    page = open_page("accuracy", empty)
    assert "No backtest has judged a stream" in text_of(page)
    page.button(key="run-backtest").click().run()
    assert begun == ["worker"]
    (request,) = InboxFolder(empty.inbox).requests()
    assert request.action == "backtest"
    assert page.button(key="run-backtest").disabled


def test_the_vocabulary_page_shows_proposals_and_the_lexicon(
    imported: DataFolder, open_page: Open
) -> None:
    page = open_page("vocabulary", imported)
    words = all_of(page)
    assert NEW in words and "240 uses by 9 people" in words and "windows that hold it" in words
    assert "entries" in words and "not published yet" not in words


def test_data_health_speaks_of_imports(imported: DataFolder, open_page: Open) -> None:
    page = open_page("health", imported)
    words = text_of(page)
    for part in ("of 2 channels", "none of an import is kept", "lstm-", "full-"):
        assert part in words
    for part in ("Lag", "Connection lost", "Alerts"):
        assert part not in words
    assert page.dataframe[0].value["Messages"].tolist() == [1920]


def test_a_worker_is_begun_only_where_no_daemon_ever_ran(
    imported: DataFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DLD_DATA", str(imported.root))
    assert worker.is_there()
    monkeypatch.setattr(worker, "find_spec", lambda name: None)  # in an image of its own
    assert not worker.is_there()
    monkeypatch.undo()
    monkeypatch.setattr(worker, "_begun", [])  # another test's may be at it yet
    monkeypatch.setenv("DLD_DATA", str(tmp_path))
    DataFolder(tmp_path).warehouse.touch()  # a daemon has begun
    assert not worker.is_there()
