"""The dashboard in real Chromium, on published data: what is drawn, not only that it runs."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser import published
from tests.browser.rows import HOSTILE_NAME, HOSTILE_TERM, channel, stream, window
from warehouse.records import utc, window_start

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
CHROMIUM = Path(os.environ.get("DLD_CHROMIUM", "/usr/bin/chromium"))
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MS = 30_000
TRACES = """() => [...document.querySelectorAll('.js-plotly-plot')].map(plot => plot.data.map(
    t => ({name: t.name, type: t.type, dash: t.line && t.line.dash, n: t.y.length})))"""


@contextmanager
def dashboard(data: Path) -> Iterator[str]:
    """The dashboard as people start it, on a free port; stopped at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py"]
    process = subprocess.Popen(
        [*command, "--server.port", str(port), "--server.headless", "true"],
        cwd=ROOT,
        env={**os.environ, "DLD_DATA": str(data), "DLD_DASHBOARD_REFRESH_S": "2"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/_stcore/health")
        yield address
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait_for(url: str) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.is_file():
        if os.environ.get("DLD_REQUIRE_CHROMIUM") == "1":
            pytest.fail(f"no Chromium at {CHROMIUM}; apt-get install -y chromium")
        pytest.skip(f"no Chromium at {CHROMIUM}")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def address(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = published.demo(tmp_path_factory.mktemp("demo"))
    with dashboard(folder.root) as found:
        yield found


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """One for all tests: its cache holds plotly. High enough that every chart is in view."""
    opened = browser.new_context(
        viewport={"width": 1400, "height": 2600}, timezone_id="Europe/Berlin"
    )
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    yield opened
    assert opened.locator("[data-testid=stException]").count() == 0
    assert opened.evaluate("window.pwned") is None
    opened.close()


def plots(page: Page, at_least: int) -> list[list[dict[str, Any]]]:
    """Name, type, dash and number of points of every trace of every plot, in order."""
    page.wait_for_function(
        "n => [...document.querySelectorAll('.js-plotly-plot')]"
        ".filter(p => p.data && p.querySelector('.main-svg')).length >= n",
        arg=at_least,
    )
    found: list[list[dict[str, Any]]] = page.evaluate(TRACES)
    return found


def by_name(traces: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {trace["name"]: trace for trace in traces}


def test_live_draws_cards_with_a_dashed_forecast_and_refreshes_them(
    page: Page, address: str
) -> None:
    page.goto(address)
    busy, quiet, past = (by_name(p) for p in plots(page, 3))
    assert busy["Mood"]["n"] == 60
    assert busy["Forecast"] == {"name": "Forecast", "type": "scatter", "dash": "dash", "n": 11}
    assert quiet["Silence"]["n"] > 20
    assert "Forecast" not in past
    assert page.get_by_text("Simulated chat").is_visible()
    assert page.get_by_text("● live").count() == 1
    assert page.get_by_text("○ offline").count() == 1
    assert page.get_by_text(HOSTILE_NAME[:30]).count() == 1
    assert page.get_by_text(HOSTILE_TERM[:20]).count() >= 1
    page.evaluate("window.stayed = true")
    before = page.locator(".dld-fresh").inner_text()
    page.wait_for_function(
        "old => document.querySelector('.dld-fresh').innerText !== old", arg=before
    )
    assert page.evaluate("window.stayed") is True


def test_explore_draws_every_window_with_gaps_events_and_terms(page: Page, address: str) -> None:
    page.goto(f"{address}/explore?channels=demo_busy&span=3h")
    timeline, movers, spread = plots(page, 3)
    drawn = by_name(timeline)
    assert drawn["demo_busy"]["n"] == 360
    assert drawn["Messages"]["n"] == 360
    assert drawn["Not observed"]["n"] == 6
    assert {"Raid", "Sub", "Connection lost", "New category", "Cheer"} <= set(drawn)
    assert movers[0]["n"] == 5
    labels = page.locator(".ytick text").all_text_contents()
    assert any(label.startswith(HOSTILE_TERM[:20]) for label in labels)
    assert page.locator("img[src=x]").count() == 0
    assert spread[0]["type"] == "bar"
    with page.expect_download() as download:
        page.locator("[data-testid=stDownloadButton] button").click()
    unguarded = page.locator("[data-testid=stElementToolbar] [aria-label='Download as CSV']")
    assert not any(button.is_visible() for button in unguarded.all())
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == 361
    assert lines[0].startswith("channel,start,")


def test_a_longer_span_has_longer_buckets_and_an_exact_link(page: Page, address: str) -> None:
    page.goto(f"{address}/explore?channels=demo_busy&span=3h")
    plots(page, 3)
    link = page.get_by_text("Link to exactly this span").get_attribute("href") or ""
    page.get_by_role("radio", name="3 days").click()
    page.wait_for_function("() => location.search.includes('span=3d')")
    page.get_by_text("points of 5 min").wait_for()
    page.wait_for_function("() => document.querySelector('.js-plotly-plot').data[1].y.length < 120")
    page.goto(f"{address}/explore?{link.partition('?')[2]}")
    assert by_name(plots(page, 3)[0])["demo_busy"]["n"] == 360
    assert page.get_by_text("in the address").count() == 0


def test_a_broken_address_gets_a_note(page: Page, address: str) -> None:
    page.goto(f"{address}/explore?channels=nobody&span=%3Cscript%3E&from=yesterday")
    plots(page, 1)
    assert page.get_by_text("in the address").count() == 2


def test_a_session_has_moments_forecasts_and_a_report_that_opens_offline(
    page: Page, address: str, tmp_path: Path
) -> None:
    page.goto(f"{address}/review")
    drawn = by_name(plots(page, 1)[0])
    assert drawn["Mood"]["n"] == 180
    assert drawn["Forecast 30 s before"]["dash"] == "dash"
    assert {"Raid", "Moments", "Not observed", "its 80 % band"} <= set(drawn)
    moments = page.locator("ol.dld-moments > li")
    assert moments.count() == drawn["Moments"]["n"] > 0
    moments.first.get_by_text("3 telling lines").click()
    assert moments.first.get_by_text("=HYPERLINK").first.is_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Report (HTML)").click()
    report = tmp_path / "report.html"
    download.value.save_as(report)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    assert asked == [report.as_uri()]
    assert page.locator("svg .mood").count() >= 1
    assert page.locator("ol > li").count() == drawn["Moments"]["n"]
    assert page.get_by_text("nobody real said any of it").is_visible()
    assert page.get_by_text("=HYPERLINK").count() == 0


def test_accuracy_draws_skill_coverage_and_a_replayed_forecast(page: Page, address: str) -> None:
    page.goto(f"{address}/accuracy")
    skill, coverage, channels, days, replayed, trials = plots(page, 6)
    drawn = by_name(skill)
    assert drawn["lstm-1"]["n"] == 10
    assert {"Ridge", "EWMA", "Last value", "95 % interval"} <= set(drawn)
    assert [trace["n"] for trace in coverage] == [10, 10]
    assert (channels[0]["n"], days[0]["n"]) == (2, 7)
    assert by_name(replayed)["Forecast"]["dash"] == "dash"
    assert sum(trace["n"] for trace in trials) > 0
    assert by_name(replayed)["What happened"]["n"] == 10
    assert page.get_by_text("of what can be known beyond").first.is_visible()


def test_vocabulary_lists_proposals_and_terms_in_use(page: Page, address: str) -> None:
    page.goto(f"{address}/vocabulary")
    interval, movers = plots(page, 2)
    assert [trace["n"] for trace in interval] == [2, 1]
    assert movers[0]["n"] == 5
    assert page.get_by_role("radio", name="Proposed (1)").count() == 1
    assert page.locator("[data-testid=stDataFrame]").count() == 2


def test_a_proposal_is_decided_with_a_click_and_the_answer_is_told(
    page: Page, tmp_path: Path
) -> None:
    published.demo(tmp_path)
    with dashboard(tmp_path) as own:
        page.goto(f"{own}/vocabulary")
        page.get_by_role("button", name="Accept at +1.8").click()
        page.get_by_text("asked; in force from the next window").wait_for()
        (waiting,) = (tmp_path / "inbox").glob("*.json")
        (tmp_path / "inbox" / "refused").mkdir()
        answer = tmp_path / "inbox" / "refused" / waiting.name
        answer.write_text('{"reason": "decided meanwhile: rejected by <b>ann</b>"}')
        page.get_by_text("refused: decided meanwhile: rejected by <b>ann</b>").wait_for()


def test_health_draws_what_was_seen_and_filters_alerts(page: Page, address: str) -> None:
    page.goto(f"{address}/health?period=1")
    seen, sizes, lag = plots(page, 3)
    assert [trace["type"] for trace in (*seen, *sizes, *lag)] == ["heatmap", "bar", "scatter"]
    assert sizes[0]["n"] == 7
    assert page.get_by_text("n = 5 alerts").is_visible()
    page.get_by_role("button", name="New term").click()
    page.get_by_text("n = 4 alerts").wait_for()
    page.wait_for_function("() => location.search.includes('kinds=mood_drop')")
    assert page.locator("img[src=x]").count() == 0


def test_an_empty_folder_says_so_and_fills_by_itself(page: Page, tmp_path: Path) -> None:
    start = utc(window_start(time.time()) - 30)
    tables = {
        "channels": [channel("alpha")],
        "streams": [stream("alpha", start, None)],
        "windows": [window("alpha", start, 9, 0.2)],
    }
    with dashboard(tmp_path) as empty:
        page.goto(empty)
        page.get_by_text("Nothing has been published yet").wait_for()
        published.write(tmp_path, tables)
        assert by_name(plots(page, 1)[0])["Mood"]["n"] == 1
