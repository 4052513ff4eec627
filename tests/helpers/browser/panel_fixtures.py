"""A real EBS in its own process, a real Chromium, and bodies to publish between them."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, sync_playwright

from tests.helpers.ebs_process import EbsProcess, running
from tests.helpers.patience import PATIENCE_S

CHROMIUM = Path(os.environ.get("DLD_CHROMIUM", "/usr/bin/chromium"))
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PANEL = {"width": 318, "height": 496}
STEPS = [[round(-0.1 - 0.01 * k, 2), 0.1, round(0.3 + 0.01 * k, 2)] for k in range(10)]

FIVE = {
    "five": [-0.02, 0.04, 0.11],
    "usual": 0.1,
    "chances": {"above": 0.31, "drop": 0.08, "rise": 0.03},
    "activity": [12.2, 20.0, 30.4],
    "grade": "clearly",
    "five_skill": 0.143,
}


def iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def this_window() -> datetime:
    """Start of the window that is open now."""
    seconds = int(datetime.now(UTC).timestamp())
    return datetime.fromtimestamp(seconds - seconds % 30, UTC)


def history(end: datetime, moods: dict[int, tuple[float | None, int | None]]) -> list[Any]:
    """60 windows up to `end`; all 0.2 of 20 messages but those named by their index."""
    points = []
    for index in range(60):
        mood, n = moods.get(index, (0.2, 20))
        points.append([iso(end - timedelta(seconds=30 * (60 - index))), mood, n])
    return points


def mood_body(channel_id: str = "123", age_s: float = 0, **changed: Any) -> dict[str, Any]:
    """A body as the pipeline publishes it, made `age_s` seconds ago."""
    end = this_window() - timedelta(seconds=age_s // 30 * 30)
    moods = changed.pop("moods", {})
    return {
        "v": 1,
        "channel_id": channel_id,
        "login": "demo_channel",
        "source": "simulated",
        "window_s": 30,
        "generated_at": iso(datetime.now(UTC) - timedelta(seconds=age_s)),
        "status": "live",
        "readable": 0.93,
        "now": {"mood": 0.21, "label": "positive", "n": 41, "top": [["LUL", 12], ["Pog", 3]]},
        "history": history(end, moods),
        "forecast": {
            "cutoff": iso(end),
            "model": "lstm-1",
            "steps": STEPS,
            "skill": 0.13,
            "record": "A fair record.",
            **FIVE,
        },
        "moment": {"at": iso(end - timedelta(minutes=10)), "text": "The mood jumped"},
        "recap": None,
    } | changed


def earlier_body(**changed: Any) -> dict[str, Any]:
    """The same as a pipeline published it that had no forecast of the five minutes."""
    body = mood_body()
    told = {key: value for key, value in body["forecast"].items() if key not in FIVE}
    return body | {"forecast": told | changed}


@pytest.fixture(scope="module")  # closed again: other tests run loops of their own
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        told = f"no Chromium at {CHROMIUM}"
        if os.environ.get("DLD_REQUIRE_CHROMIUM") == "1":
            pytest.fail(told)
        pytest.skip(told)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def ebs_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EbsProcess]:
    with running(tmp_path_factory.mktemp("ebs"), DLD_DEVELOPMENT="1") as ebs:
        yield ebs


@pytest.fixture
def ebs(ebs_process: EbsProcess) -> EbsProcess:
    ebs_process.withdraw()
    return ebs_process


@pytest.fixture(scope="module")
def kept_page(chromium: Browser) -> Iterator[Page]:
    """A page for a file's tests, one after another: Chromium works a second for a new one."""
    with _new_page(chromium) as page:
        yield page


@contextmanager
def _new_page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport=PANEL, timezone_id="UTC", locale="en-GB")
    context.set_default_timeout(PATIENCE_S * 1000)
    yield context.new_page()
    context.close()


@contextmanager
def empty_page(request: pytest.FixtureRequest) -> Iterator[Page]:
    """The file's page, emptied afterwards; a new one for a test marked `own_page`."""
    if request.node.get_closest_marker("own_page"):
        with _new_page(request.getfixturevalue("chromium")) as page:
            yield page
    else:
        page = request.getfixturevalue("kept_page")
        yield page
        _empty(page)


def _empty(page: Page) -> None:
    """No script runs on, nothing is stored or routed. Within its origin, or Chromium makes a new
    process."""
    page.unroute_all()
    page.route("**/empty", lambda route: route.fulfill(content_type="text/html"))
    page.goto(urljoin(page.url, "/empty"))
    page.evaluate("localStorage.clear(), sessionStorage.clear()")
    page.unroute_all()
    page.context.clear_cookies()
    page.set_viewport_size(PANEL)


@contextmanager
def no_errors(page: Page, counts: Callable[[ConsoleMessage], bool]) -> Iterator[None]:
    """An error of a script, or a line on the console that counts as one, fails the test."""
    wrong: list[str] = []

    def hear(line: ConsoleMessage) -> None:
        if counts(line):
            wrong.append(line.text)

    def fail(error: Error) -> None:
        wrong.append(str(error))

    page.on("console", hear)
    page.on("pageerror", fail)
    yield
    page.remove_listener("console", hear)
    page.remove_listener("pageerror", fail)
    assert wrong == []


@pytest.fixture
def page(request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of a panel's size, in UTC; any script error or refused script fails the test."""
    with (
        empty_page(request) as page,
        no_errors(page, lambda line: "Content Security Policy" in line.text),
    ):
        yield page
