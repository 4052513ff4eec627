"""A real EBS in its own process, a real Chromium, and bodies to publish between them."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.helpers.ebs_process import EbsProcess, running

CHROMIUM = Path(os.environ.get("DLD_CHROMIUM", "/usr/bin/chromium"))
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PANEL = {"width": 318, "height": 496}
STEPS = [[round(-0.1 - 0.01 * k, 2), 0.1, round(0.3 + 0.01 * k, 2)] for k in range(10)]


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
        },
        "moment": {"at": iso(end - timedelta(minutes=10)), "text": "The mood jumped"},
        "recap": None,
    } | changed


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


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page of a panel's size, in UTC; any script error or refused script fails the test."""
    context = chromium.new_context(viewport=PANEL, timezone_id="UTC", locale="en-GB")
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None,
    )
    yield page
    context.close()
    assert wrong == []
