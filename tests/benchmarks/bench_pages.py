"""Every page of the dashboard in Chromium on a hundred million windows: when it is fully drawn.

A page is opened by its address in a browser that has been there once; a filter's change is
timed from the last key or click. Needs Chromium. pages_server.py: what makes it shorter.
"""

import statistics
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, TimeoutError, sync_playwright

from tests.benchmarks import clicks, drawn
from tests.benchmarks.pages_server import Server, dashboard, history, publishing

OPENED, CHANGED = 7, 3
MOST_OPEN_MS, MOST_CHANGE_MS = 1000.0, 500.0  # medians of a page, of its filters set again
MOST_FIRST_MS = 1000.0  # the worst of a filter's changes that were not asked for before
MOST_RUN_MS = 1000  # a change that runs nothing by then has no effect on the page
VIEW = {"width": 1440, "height": 900}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not drawn.CHROMIUM.is_file():
        pytest.skip(f"no Chromium at {drawn.CHROMIUM}")
    log = tmp_path_factory.mktemp("log") / "dashboard.log"
    with history() as folder, publishing(folder), dashboard(folder, log) as started:
        yield started


@pytest.fixture(scope="module")
def page(server: Server) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=drawn.CHROMIUM, args=drawn.FLAGS)
        context = browser.new_context(viewport=VIEW, timezone_id="Europe/Berlin")
        context.add_init_script(drawn.SCRIPT)
        opened = context.new_page()
        opened.set_default_timeout(drawn.PATIENCE_MS)
        yield opened
        browser.close()


def addresses(page: Page, server: Server) -> dict[str, str]:
    """Address by title of every page of the navigation."""
    page.goto(server.address)
    waited(page)
    found = page.locator("[data-testid=stTopNavLink],[data-testid=stSidebarNavLink]").all()
    return {
        link.inner_text().split("\n")[-1].strip(): str(link.get_attribute("href")) for link in found
    }


def opened(page: Page, address: str) -> float:
    """Milliseconds until the page at the address is fully drawn."""
    page.goto(address, wait_until="commit")
    return waited(page)


def waited(page: Page) -> float:
    page.wait_for_function(drawn.DONE, timeout=drawn.PATIENCE_MS)
    return float(page.evaluate(drawn.DONE))


def changed(page: Page, kind: str, place: int, turn: int) -> float | None:
    """Milliseconds from setting a filter until all is drawn; None where nothing came of it."""
    try:
        key = clicks.ready(page, kind, place, turn)
        page.evaluate(drawn.START)
        clicks.press(page, kind, place, turn, key)
        page.wait_for_function(drawn.RAN, timeout=MOST_RUN_MS)
    except TimeoutError:
        page.keyboard.press("Escape")
        return None
    return waited(page)


def filter_times(page: Page, address: str) -> dict[str, list[float]]:
    """Times of every filter of the page, from its usual view on."""
    opened(page, address)
    found: dict[str, list[float]] = {}
    for label, kind, place in list(clicks.filters(page)):
        opened(page, address)
        times = [changed(page, kind, place, turn) for turn in range(CHANGED)]
        found[f"{label} {place + 1}" if label in found else label] = [t for t in times if t]
    return found


def test_pages_are_drawn_in_time_on_a_hundred_million_windows(page: Page, server: Server) -> None:
    slow: list[str] = []
    print(f"\n{'page':20} {'first ms':>9} {'warm ms':>8} {'worst ms':>9} "
          f"{'filter ms':>10} {'first of its kind, worst ms':>28}")  # fmt: skip
    found = addresses(page, server)
    for title, link in found.items():
        address = server.address + _path(link)
        first, *warm = [opened(page, address) for _ in range(OPENED)]
        errors = page.evaluate(drawn.ERRORS)
        new, again = filter_times(page, address), filter_times(page, address)
        worst = {name: max(times) for name, times in new.items() if times}
        changes = [t for times in again.values() for t in times] or [0.0]
        told = f"{statistics.median(changes):10.0f} {max(worst.values(), default=0.0):28.0f}"
        print(f"{title:20} {first:9.0f} {statistics.median(warm):8.0f} {max(warm):9.0f} {told}")
        for name, times in new.items():
            print(f"    {name:30}", *(f"{t:6.0f}" for t in (*times, *again.get(name, ()))))
        slow += [title] if statistics.median(warm) >= MOST_OPEN_MS else []
        slow += [f"{title}: filters"] if statistics.median(changes) >= MOST_CHANGE_MS else []
        slow += [f"{title}: {name}" for name, ms in worst.items() if ms >= MOST_FIRST_MS]
        slow += [f"{title}: {errors} errors on the page"] if errors else []
    assert len(found) > 1
    assert server.tracebacks() == 0
    assert not slow


def _path(address: str) -> str:
    """What follows the server's own address in a link."""
    return "/" + address.partition("://")[2].partition("/")[2] if "://" in address else address
