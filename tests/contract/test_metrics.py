"""Every metric of forecasts is summed, stored, reported and shown for being declared, no more."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from models.forecasters.naive import Baseline
from models.judging.backtest import judge
from models.judging.tally import Tally
from pipeline.forecasting.verify import Made, Verifier, score_columns
from tests.helpers.browser import published
from tests.helpers.browser.rows import channel, score, window
from tests.helpers.forecasting import make_session, windows_of
from tests.helpers.pages import open_at
from warehouse.forecast_metrics import METRICS, SUMMED, SUMS
from warehouse.records import STEPS
from warehouse.sql import migrations
from warehouse.store.store import table_schemas
from warehouse.tables import TABLES

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MODELS = {name: Baseline(name) for name in ("session_mean", "ewma")}
KEYS = set(TABLES["forecast_scores"].replace)


def test_a_sum_is_a_column_of_the_scores_and_of_its_kind() -> None:
    with duckdb.connect() as con:
        for _, text in migrations():
            con.execute(text).fetchall()
        columns = con.execute("DESCRIBE forecast_scores").fetchall()
    stored = {name: (kind, null) for name, kind, null, *_ in columns if name not in KEYS | {"rev"}}
    assert set(stored) == {s.name for s in SUMS}
    for s in SUMS:
        kind, null = stored[s.name]
        assert (kind in ("INTEGER", "BIGINT")) is s.is_count, s.name
        assert (null == "YES") is s.is_later, s.name


def verified() -> list[dict[str, Any]]:
    """Rows of scores of a forecast whose ten windows came."""
    session = make_session(70)
    verifier = Verifier(("session_mean",))
    quantiles = np.tile(np.array([-0.5, -0.2, 0.0, 0.2, 0.5]), (1, STEPS, 1))
    volume, notes = np.tile(np.array([6.0, 12.0, 18.0]), (1, STEPS, 1)), np.zeros((0, STEPS, 0))
    made = Made("a1", "words", "full-1", quantiles, volume, notes)
    verifier.expect("alpha", int(session.start[60]), made)
    verifier.happened(windows_of(session)[60:])
    return rows(verifier)


def rows(verifier: Verifier) -> list[dict[str, Any]]:
    """Rows of forecast_scores that follow."""
    columns = score_columns(verifier.take())
    return pa.table(columns, schema=table_schemas()["forecast_scores"]).to_pylist()


def test_every_sum_is_verified() -> None:
    row = verified()[0]
    assert set(row) == KEYS | {s.name for s in SUMS}
    assert all(isinstance(row[s.name], int if s.is_count else float) for s in SUMS)


def test_a_sum_that_was_not_kept_when_the_day_began_stays_missing() -> None:
    row = verified()[0]
    verifier = Verifier(("session_mean",))
    verifier.load([{**row, **dict.fromkeys(SUMMED["later"])}])
    verifier.changed = set(verifier.sums)
    assert rows(verifier) == [{**row, **dict.fromkeys(SUMMED["later"])}]


def reported() -> dict[str, list[float]]:
    """Figures of a model in report.json."""
    tally = Tally()
    judge(make_session(90), MODELS, tally)
    figures: dict[str, list[float]] = tally.report(MODELS)["all"]["models"]["ewma"]
    return figures


def test_every_metric_is_in_the_report_of_a_backtest() -> None:
    figures = reported()
    assert {m.key for m in METRICS} <= set(figures)
    assert all(len(figures[m.key]) == STEPS and None not in figures[m.key] for m in METRICS)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A window, and the scores of a day."""
    root, later = (
        tmp_path_factory.mktemp("scores"),
        {"width95": 9.0, "counts": 9, "volume_error": 9.0, "volume_hits80": 7},
    )
    scores = [
        score("alpha", NOON.date(), model, 1, error, **later)
        for model, error in (("lstm-1", 18.6), ("session_mean", 21.0))
    ]
    windows = [window("alpha", NOON, 11, 0.1)]
    tables = {"channels": [channel("alpha")], "windows": windows, "forecast_scores": scores}
    published.write(root, tables)
    return root


def test_every_metric_is_a_column_of_the_table_on_the_accuracy_page(
    monkeypatch: pytest.MonkeyPatch, data: Path
) -> None:
    page = open_at(monkeypatch, NOON, "accuracy", data, {"show": "skill"})
    table = page.dataframe[0].value
    assert {m.label for m in METRICS} <= set(table.columns)
    assert table[[m.label for m in METRICS]].notna().all(axis=None)


def test_every_metric_can_be_drawn_over_time(monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    page = open_at(monkeypatch, NOON, "accuracy", data, {"show": "time"})
    assert page.segmented_control(key="metric").options == [m.label for m in METRICS]
    for metric in METRICS:
        drawn = open_at(
            monkeypatch, NOON, "accuracy", data, {"show": "time", "metric": metric.name}
        )
        assert not drawn.exception and metric.about in drawn.caption[0].value
