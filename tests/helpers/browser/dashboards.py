"""The dashboard in its own process, a real Chromium, and what its plots have drawn."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.helpers.browser import published
from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S
from tests.helpers.ports import free_port
from warehouse.config import DataFolder

CHROMIUM = Path(os.environ.get("DLD_CHROMIUM", "/usr/bin/chromium"))
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MS = PATIENCE_S * 1000
expect.set_options(timeout=PATIENCE_MS)
TRACES = """() => [...document.querySelectorAll('.js-plotly-plot')].map(plot => plot.data.map(
    t => ({name: t.name, type: t.type, dash: t.line && t.line.dash, n: t.y.length})))"""


@contextmanager
def dashboard(data: Path, script: str = "dashboard/app.py") -> Iterator[str]:
    """The dashboard as people start it, on a free port; stopped at the end. script: another."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", script]
    process = subprocess.Popen(
        [*command, "--server.port", str(port), "--server.headless", "true"],
        cwd=ROOT,
        env={**os.environ, "DLD_DATA": str(data)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/_stcore/health")
        yield address
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_S)


def wait_for(url: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
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
def demo(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    return published.demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def address(browser: Browser, demo: DataFolder) -> Iterator[str]:
    with dashboard(demo.root) as url:
        yield url


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
