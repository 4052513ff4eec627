"""A folder of imported logs in a real browser: what is asked there is done without a daemon."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pipeline.imports.command import import_files
from tests.helpers.browser.dashboards import browser, context, dashboard, page, plots
from tests.helpers.past_chat import NEW, table

__all__ = ["browser", "context", "page"]  # fixtures
pytestmark = pytest.mark.browser
WITHIN_MS = 180_000  # a child of a child begins, and judges at low priority


@pytest.fixture(scope="module")
def address(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    place: Path = tmp_path_factory.mktemp("imported")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLD_DATA", str(place / "data"))
        import_files([table(place / "chat.csv", streams=1)], None, None, False)
    with dashboard(place / "data") as url:
        yield url


def test_the_first_page_leads_into_a_stream(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_text("2 streams of 2 channels, 2020")).to_be_visible(timeout=WITHIN_MS)
    page.get_by_role("link", name="1 Mar 2020").first.click()
    expect(page.get_by_text("from an imported log")).to_be_visible(timeout=WITHIN_MS)
    expect(page.get_by_text("Imported chat")).to_be_visible(timeout=WITHIN_MS)


def test_the_button_has_a_backtest_made(page: Page, address: str) -> None:
    page.goto(f"{address}/accuracy")
    page.get_by_role("button", name="Run the backtest").first.click()
    again = page.get_by_role("button", name="Run it again").first
    expect(again).to_be_visible(timeout=WITHIN_MS)
    expect(page.get_by_text("forecasts of 2 streams of 2 channels")).to_be_visible(
        timeout=WITHIN_MS
    )
    assert plots(page, 1)


def test_a_decision_is_taken(page: Page, address: str) -> None:
    page.goto(f"{address}/vocabulary?q={NEW}")
    page.get_by_role("button", name="Accept at").first.click()
    done = page.get_by_text("done; in force for what is imported from now on")
    expect(done).to_be_visible(timeout=WITHIN_MS)
