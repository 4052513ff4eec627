"""What pages with nothing to show offer: the nearest place that has something."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.helpers.browser import published
from tests.helpers.browser.rows import WINDOW, alerts, channel, models, score, stream, term, window
from tests.helpers.pages import open_at, text_of

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OLD, EMPTY, SILENT = NOON - 60 * DAY, NOON - 40 * DAY, NOON - HOUR
Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Alpha spoke sixty days ago, was not seen in a stream twenty days later, and was silent in
    its last; beta never streamed."""
    spoken = [window("alpha", OLD + k * WINDOW, 10, 0.1) for k in range(120)]
    silent = [window("alpha", SILENT + k * WINDOW, 0, None) for k in range(120)]
    day = OLD.date()
    tables = {
        "channels": [channel("alpha"), channel("beta")],
        "streams": [stream("alpha", at, at + HOUR) for at in (OLD, EMPTY, SILENT)],
        "windows": [*spoken, *silent],
        "window_terms": [term("alpha", OLD, "LUL", 3, 0.01)],
        "models": models(),
        "forecast_scores": [
            score("alpha", day, model, step, 20.0)
            for model in ("lstm-1", "session_mean")
            for step in range(1, 11)
        ],
        "alerts": alerts(OLD + HOUR, "alpha"),
    }
    return published.write(tmp_path_factory.mktemp("nearest"), tables).root


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Open:
    def opened(name: str, **address: str) -> AppTest:
        page = open_at(monkeypatch, NOON, name, folder, address)
        assert not page.exception and not page.error
        return page

    return opened


@pytest.mark.parametrize(
    ("name", "address", "nothing", "key", "there"),
    [
        ("accuracy", {}, "No forecast has been checked", "period", "90"),
        ("vocabulary", {}, "No term was used in this period", "days", "all"),
        ("health", {}, "No alert of these kinds in this period", "back", "90"),
    ],
)
def test_a_period_without_anything_leads_to_the_next_longer_one_that_has(
    open_page: Open, name: str, address: dict[str, str], nothing: str, key: str, there: str
) -> None:
    page = open_page(name, **address)
    assert nothing in text_of(page)
    page.button(key=f"wider-{key}").click().run()
    assert not page.exception
    assert page.session_state[key] == there
    assert nothing not in text_of(page)


def test_what_is_nowhere_has_no_button(open_page: Open) -> None:
    page = open_page("health", kinds="silence", of="beta", channels="beta")
    assert not [b for b in page.button if (b.key or "").startswith("wider")]


@pytest.mark.parametrize(
    ("at", "nothing", "sides"),
    [
        (SILENT, "Nobody spoke in this stream", ["Nearest before: 23 Sep 2026"]),
        (EMPTY, "Nothing was observed of this stream",
         ["Nearest before: 23 Sep 2026", "Nearest after: 22 Nov 2026"]),
    ],
)  # fmt: skip
def test_a_stream_without_anything_leads_to_its_neighbours(
    open_page: Open, at: datetime, nothing: str, sides: list[str]
) -> None:
    page = open_page("review", stream=f"alpha:{at:%Y%m%dT%H%M%S}")
    assert nothing in text_of(page)
    assert [b.label for b in page.button if b.label.startswith("Nearest")] == sides
    page.button(key="nearest-before").click().run()
    assert not page.exception
    assert page.selectbox(key="review-stream").value == f"alpha:{OLD:%Y%m%dT%H%M%S}"
    assert nothing not in text_of(page)
