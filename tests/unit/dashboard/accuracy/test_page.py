"""The page Forecast accuracy on a few rows known exactly: how it opens, and its steps."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.accuracy import opening, over_time
from tests.helpers.browser import published
from tests.helpers.browser.rows import channel, forecast, models, score, stream, window
from tests.helpers.pages import open_at, sql_of, text_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
WINDOW = timedelta(seconds=30)
Open = Callable[..., AppTest]
MODELS = (("lstm-1", 18.6), ("session_mean", 21.0))  # noise 9: 0.2 of 12 is known


def tables(places: range, targets: int) -> dict[str, list[Mapping[str, Any]]]:
    """Twenty windows of mood 0.1 until noon, a forecast of 0.05 at each, two days of scores."""
    starts = [NOON - k * WINDOW for k in range(20, 0, -1)]
    own = stream("alpha", starts[0], None)
    days = [date(2026, 11, 22) - timedelta(days=k) for k in range(2)]
    return {
        "channels": [channel("alpha")],
        "streams": [own],
        "windows": [window("alpha", at, 10, 0.1, stream_id=own["stream_id"]) for at in starts],
        "forecasts": [forecast("alpha", at, "lstm-1", 0.05, 0.08) for at in starts],
        "forecast_scores": [
            score("alpha", day, model, step, error, targets=targets)
            for day in days for step in places for model, error in MODELS
        ],
        "models": models(),
    }  # fmt: skip


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published.write(tmp_path_factory.mktemp("judged"), tables(range(11), 100)).root


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of an earlier version: windows alone were judged, and no five minutes forecast."""
    of = tables(range(1, 11), 100)
    none = {k: None for k in forecast("alpha", NOON, "m", 0.0) if k.startswith(("five", "chance"))}
    of["forecasts"] = [{**row, **none, "usual": None} for row in of["forecasts"]]
    return published.write(tmp_path_factory.mktemp("before"), of).root


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Open:
    def opened(data: Path, **address: str) -> AppTest:
        return open_at(monkeypatch, NOON + timedelta(seconds=10), "accuracy", data, address)

    return opened


def test_the_page_opens_with_a_sentence_and_an_example(judged: Path, open_page: Open) -> None:
    text = text_of(open_page(judged))
    first = "Over these 2 days too few of DLD’s forecasts of the next five minutes could be judged"
    assert text.index(first) < text.index("For example alpha, 22 Nov 2026, 11:56.")
    assert "likely between +0.01 and +0.09. 80 messages came, of mood +0.10: above the band" in text


def test_the_five_minutes_come_first_where_they_were_judged(judged: Path, open_page: Open) -> None:
    page = open_page(judged)
    (slider,) = page.select_slider
    assert slider.options[:2] == ["five minutes", "step 1"] and slider.value == 0
    assert "Latent skill, five minutes" in text_of(page)
    assert "of what happened so far." in text_of(page), "too few for a verdict on the band"
    assert page.query_params["step"] in ("0", ["0"])


def test_an_address_of_before_still_names_its_step(judged: Path, open_page: Open) -> None:
    text = text_of(open_page(judged, step="3"))
    assert "For the 30 seconds of step 3, lstm-1 knew about" in text
    assert "Latent skill, step 3" in text


@pytest.mark.parametrize("show", ["skill", "bands", "time", "channels", "one"])
@pytest.mark.parametrize("step", ["0", "1"])
def test_every_section_draws_at_both(judged: Path, open_page: Open, show: str, step: str) -> None:
    page = open_page(judged, show=show, step=step)
    assert not page.exception and not page.error
    if show in ("time", "channels"):
        n = "five minutes, n = 200" if step == "0" else "step 1, n = 200 windows"
        assert n in text_of(page)


def test_what_an_earlier_version_judged_is_told_and_what_is_missing(
    before: Path, open_page: Open
) -> None:
    for address in ({}, {"step": "0"}, {"show": "bands"}, {"show": "one"}):
        page = open_page(before, **address)
        assert not page.exception and not page.error
        text = text_of(page)
        assert "No forecast of the next five minutes has been judged" in text
        assert "python -m pipeline backtest" in text
        assert "For the next 30 seconds, lstm-1 knew about 20 %" in text
        assert "For example" not in text and "The five minutes together" not in text
        assert page.select_slider[0].options[0] == "step 1"


def test_a_replayed_forecast_has_its_five_minutes(judged: Path, open_page: Open) -> None:
    at = NOON - 15 * WINDOW
    text = text_of(open_page(judged, show="one", of="alpha", at=f"{at:%Y-%m-%dT%H:%M:%SZ}"))
    assert "The five minutes together DLD said: likely between +0.01 and +0.09." in text
    assert "100 messages came, of mood +0.10: above the band, as one of ten should be." in text
    late = NOON - 2 * WINDOW
    text = text_of(open_page(judged, show="one", of="alpha", at=f"{late:%Y-%m-%dT%H:%M:%SZ}"))
    assert "Nobody knows whether it came true" in text


def test_chances_are_shown_with_how_they_held(judged: Path, open_page: Open) -> None:
    text = text_of(open_page(judged, show="bands"))
    assert "When DLD says 71 % for a mood above its usual, it happens in 68 of 100" in text
    assert (
        "DLD tells no chance of a mood 0.1 or more below its usual: it was not right often enough."
        in text
    )
    page = open_page(judged, show="bands", model="session_mean")
    assert any("No model tells" in c.value for c in page.caption)


def test_the_sql_behind_the_example_is_shown(judged: Path, open_page: Open) -> None:
    shown = "\n".join(sql_of(open_page(judged)))
    assert "-- dash_fives\n" in shown
    assert "model = 'lstm-1'" in shown


def test_models_that_leave_the_picture_over_time_are_named() -> None:
    rows = [("lstm-1", 0.1), ("lstm-1", 0.2), ("ewma", -0.01), ("last_value", -0.5)]
    scores = pd.DataFrame(rows, columns=["model", "skill"])
    assert over_time.outside(scores, "lstm-1") == ["Last value"]
    assert over_time.outside(scores, "session_mean") == []  # nothing in focus: all is in sight


def test_one_odd_day_of_years_does_not_flatten_the_others() -> None:
    scores = pd.DataFrame({"model": "lstm-1", "skill": [*[0.1] * 60, -28.0]})
    low, high = over_time.near(scores, "lstm-1")["range"]
    assert (low, high) == pytest.approx((-0.025, 0.125))
    assert over_time.outside(scores, "lstm-1") == ["lstm-1"]


def test_no_line_is_drawn_over_a_pause() -> None:
    days = [date(2020, 1, 1), date(2020, 2, 1), date(2022, 2, 1)]
    rows = pd.DataFrame({"day": days, "skill": [0.1, 0.2, 0.3], "targets": 9})
    drawn = over_time.broken(rows, "skill", "targets")
    assert drawn["day"].tolist() == [*days[:2], date(2022, 1, 31), days[2]]
    assert drawn["skill"].isna().tolist() == [False, False, True, False]


def test_days_of_streams_without_a_date_are_not_told_as_days() -> None:
    none, last = date(2000, 1, 9), date(2022, 5, 2)
    assert opening.over(none, last) == "Until 2 May 2022"
    assert opening.over(none, none) == "Over streams without a date"
    assert opening.over(last, last) == "On this day"
