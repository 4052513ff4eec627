"""Every page, light and dark: usable by all, drawn whole, and photographed.

DLD_PICTURES names the folder for the pictures of the docs (`make pictures`), which show what the
simulator says; without it the pages show hostile chat made up for tests.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FloatRect, Page

from tests.helpers.browser import published
from tests.helpers.browser.dashboards import PATIENCE_MS, ROOT, browser, dashboard
from tests.helpers.patience import PATIENCE_S, STORY_S
from warehouse.config import DataFolder
from warehouse.errors import NothingPublished
from warehouse.published.manifest import read_manifest

__all__ = ["browser"]  # a fixture
pytestmark = pytest.mark.browser
THEMES = ("light", "dark")
SETTLED = """() => {
    const plots = [...document.querySelectorAll('[data-testid=stPlotlyChart]')];
    return document.querySelector('.dld-title')
        && plots.every(p => p.querySelector('.main-svg'))
        && !document.querySelector('[data-testid=stSkeleton], [data-testid=stStatusWidget]');
}"""
OF_ONE_COLOUR = 12_000  # bytes; a picture of less shows nothing
HEIGHT = 1500
NOT_OURS = {"exclude": [["[data-testid=stFileUploaderDropzone]"]]}  # Streamlit's own input in it


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("data")
    if "DLD_PICTURES" in os.environ:
        with simulated(data) as found:
            yield found
    else:
        with dashboard(published.demo(data).root) as found:
            yield found


@contextmanager
def simulated(data: Path) -> Iterator[str]:
    """The dashboard over what the simulator has just said of three days."""
    pipeline = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "run", "--source", "simulate"],
        cwd=ROOT,
        env={**os.environ, "DLD_DATA": str(data)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_now(DataFolder(data), pipeline)
        with dashboard(data) as found:
            yield found
    finally:
        pipeline.terminate()
        pipeline.wait(timeout=PATIENCE_S)


def _wait_until_now(folder: DataFolder, pipeline: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + STORY_S
    while pipeline.poll() is None and time.monotonic() < until:
        lately = datetime.now(UTC) - timedelta(minutes=2)
        if _newest(folder, "windows") > lately < _newest(folder, "health"):
            return
        time.sleep(0.5)
    pytest.fail(f"the simulator did not catch up within {STORY_S} s")


def _newest(folder: DataFolder, table: str) -> datetime:
    try:
        files = read_manifest(folder.manifest).tables.get(table, ())
    except NothingPublished:
        return datetime.min.replace(tzinfo=UTC)
    times = [datetime.fromisoformat(file.max) for file in files if file.rows]
    return max(times, default=datetime.min.replace(tzinfo=UTC))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    named = os.environ.get("DLD_PICTURES")
    folder = Path(named) if named else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _settled(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_function(SETTLED)
    before = b""
    for _ in range(20):  # the last plot's own drawing; a page may tell the seconds
        page.wait_for_timeout(350)
        if (now := page.screenshot()) == before:
            return
        before = now


def _pages(page: Page) -> dict[str, str]:
    """Address by name, as the navigation has them."""
    links = page.locator("[data-testid=stTopNavLink]").evaluate_all("all => all.map(a => a.href)")
    return {link.rstrip("/").rpartition("/")[2]: link for link in links}


def _drawn(page: Page) -> FloatRect:
    """What of the page is not empty."""
    bottom = page.locator(".stMainBlockContainer").evaluate("e => e.getBoundingClientRect().bottom")
    return {"x": 0, "y": 0, "width": 1360, "height": min(HEIGHT, max(400, bottom))}


@pytest.mark.parametrize("theme", THEMES)
def test_every_page_is_usable_by_all_and_drawn_whole(
    browser: Browser, address: str, pictures: Path, theme: str, tmp_path: Path
) -> None:
    context = browser.new_context(
        viewport={"width": 1360, "height": HEIGHT},
        color_scheme=theme,  # type: ignore[arg-type]
        timezone_id="Europe/Berlin",
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    _settled(page, address)
    found = _pages(page)
    assert len(found) >= 6
    faults: dict[str, str] = {}
    titles = []
    for link in found.values():
        _settled(page, link)
        titles.append(page.title())
        name = link.removeprefix(address).strip("/") or "live"
        assert (
            page.locator("[data-testid=stException], [data-testid=stAlertContentError]").count()
            == 0
        )
        # it refuses logs beside simulated chat: the docs show it over a folder that takes them
        folder = tmp_path if name == "bring-your-own" else pictures
        picture = folder / f"{name}-{theme}.png"
        page.screenshot(path=picture, clip=_drawn(page))
        assert picture.stat().st_size > OF_ONE_COLOUR, name
        if report := Axe().run(page, NOT_OURS).generate_snapshot():
            faults[name] = report
    context.close()
    assert faults == {}
    assert len(set(titles)) == len(found)  # what tabs and screen readers tell pages by
    assert all(title.endswith(" · DLD") for title in titles)
