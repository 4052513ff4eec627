"""Fifty readers of the dashboard at once, and ten in Chromium, on a hundred million windows.

Readers go through the pages and change filters, with some seconds of thought between; fifty are
small clients that speak Streamlit's protocol, ten are Chromium. A publisher makes a new manifest
every 30 s meanwhile. Server and readers share this machine.
DLD_BENCH_LOAD_S: seconds of each of the two; pages_server.py: what else makes it shorter.
"""

import asyncio
import os
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from playwright.async_api import BrowserContext, Page, async_playwright
from playwright.async_api import Error as BrowserError

from tests.benchmarks import drawn
from tests.benchmarks.pages_server import Server, dashboard, history, publishing
from tests.benchmarks.streamlit_client import Reader, Run, pages

SECONDS = float(os.environ.get("DLD_BENCH_LOAD_S", 300))
SESSIONS, BROWSERS = 50, 10
THINK_S = tuple(map(float, os.environ.get("DLD_BENCH_THINK_S", "2,5").split(",")))
CHANGES = 3  # of filters, on a page
MOST_P95_S = 3.0
NAV = "[data-testid=stTopNavLink],[data-testid=stSidebarNavLink]"
FILTER = "[data-testid=stButtonGroup] button:not([data-testid$=Active]):visible"


@dataclass
class Tally:
    """Seconds by what was done (page: what), and errors by their kind."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)

    def add(self, what: str, run: Run) -> None:
        self.took[what].append(run.seconds)
        self.errors += [f"{what}: {error}" for error in run.errors]

    def all(self) -> list[float]:
        return [value for values in self.took.values() for value in values]

    def tell(self) -> None:
        """A row a page and action."""
        print(f"{'page':28}{'n':>6}{'p50 s':>8}{'p95 s':>8}{'worst':>8}")
        for what in [*sorted(self.took), "all"]:
            values = self.took.get(what) or self.all()
            p50, p95 = np.percentile(values, [50, 95])
            print(f"{what:28}{len(values):6}{p50:8.2f}{p95:8.2f}{max(values):8.2f}")
        print(f"errors: {len(self.errors)}", *sorted(set(self.errors))[:10], sep="\n  ")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("log") / "dashboard.log"
    with history() as folder, publishing(folder), dashboard(folder, log) as started:
        yield started


def test_fifty_sessions_are_answered_within_three_seconds(server: Server) -> None:
    asyncio.run(warm_up(server.address))
    before, cpu = server.memory_mb(), server.cpu_s()
    tally, most = asyncio.run(_fifty(server))
    cpu = (server.cpu_s() - cpu) / SECONDS
    least, longest = THINK_S
    print(f"\n{SESSIONS} sessions, {SECONDS:.0f} s, thinking {least:.0f} to {longest:.0f} s")
    tally.tell()
    each = (most - before) / SESSIONS
    print(
        f"server: {cpu:.2f} cores; resident {before:.0f} MB with one session, "
        f"{most:.0f} MB at most: {each:.1f} MB a session; {server.memory_mb():.0f} MB after"
    )
    assert not tally.errors
    assert server.tracebacks() == 0
    assert np.percentile(tally.all(), 95) < MOST_P95_S


async def warm_up(address: str) -> None:
    """Every page once."""
    async with Reader(address, random.Random(0)) as reader:
        await reader.open()
        for page in list(pages(reader)):
            await reader.open(page)


async def _fifty(server: Server) -> tuple[Tally, float]:
    """What they saw, and the server's most memory meanwhile."""
    tally, until = Tally(), time.monotonic() + SECONDS
    most = [server.memory_mb()]

    async def watch() -> None:
        while time.monotonic() < until:
            most.append(server.memory_mb())
            await asyncio.sleep(1)

    everybody = (session(server.address, k, tally, until) for k in range(SESSIONS))
    await asyncio.gather(watch(), *everybody)
    return tally, max(most)


async def session(
    address: str, number: int, tally: Tally, until: float, think_s: tuple[float, ...] = THINK_S
) -> None:
    """A reader goes through the pages and changes filters; think_s: least and longest pause."""
    draw = random.Random(number)
    await asyncio.sleep(draw.uniform(0, think_s[1]))
    async with Reader(address, draw) as reader:
        tally.add("live: open", await reader.open())
        await _think(reader, tally, until, think_s)
        while time.monotonic() < until:
            page = draw.choice(list(pages(reader)))
            tally.add(f"{page or 'live'}: open", await reader.open(page))
            for _ in range(CHANGES):
                await _think(reader, tally, until, think_s)
                if time.monotonic() < until and (run := await reader.change()):
                    tally.add(f"{page or 'live'}: filter", run)


async def _think(reader: Reader, tally: Tally, until: float, think_s: tuple[float, ...]) -> None:
    """Some seconds, in which fragments go on by themselves."""
    left = min(reader.draw.uniform(*think_s), max(until - time.monotonic(), 0))
    end = time.monotonic() + left
    for fragment, interval in list(reader.repeats.items()):
        if interval < end - time.monotonic():
            await asyncio.sleep(interval)
            tally.add(f"{reader.page or 'live'}: by itself", await reader.refresh(fragment))
    await asyncio.sleep(max(end - time.monotonic(), 0))


def test_ten_chromium_sessions_are_drawn_within_three_seconds(server: Server) -> None:
    if not drawn.CHROMIUM.is_file():
        pytest.skip(f"no Chromium at {drawn.CHROMIUM}")
    before = server.memory_mb()
    tally = asyncio.run(_ten(server))
    print(f"\n{BROWSERS} Chromium sessions for {SECONDS:.0f} s; server {before:.0f} MB before, "
          f"{server.memory_mb():.0f} MB after")  # fmt: skip
    tally.tell()
    assert not tally.errors
    assert server.tracebacks() == 0
    assert np.percentile(tally.all(), 95) < MOST_P95_S


async def _ten(server: Server) -> Tally:
    tally = Tally()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=drawn.CHROMIUM, args=drawn.FLAGS)
        contexts = [
            await browser.new_context(viewport={"width": 1440, "height": 900})
            for _ in range(BROWSERS)
        ]
        until = time.monotonic() + SECONDS
        await asyncio.gather(*(_browse(c, server, k, tally, until) for k, c in enumerate(contexts)))
        await browser.close()
    return tally


async def _browse(
    context: BrowserContext, server: Server, number: int, tally: Tally, until: float
) -> None:
    """Click through the pages; the first load of the application is told apart."""
    draw = random.Random(number)
    await context.add_init_script(drawn.SCRIPT)
    page = await context.new_page()
    page.set_default_timeout(drawn.PATIENCE_MS)
    await asyncio.sleep(draw.uniform(0, THINK_S[1]))
    try:
        await page.goto(server.address, wait_until="commit")
        tally.took["(first load)"].append(await _drawn(page))
        while time.monotonic() < until:
            await asyncio.sleep(draw.uniform(*THINK_S))
            await _click(page, draw, tally)
            tally.errors += ["error on a page"] * int(await page.evaluate(drawn.ERRORS))
    except BrowserError as exc:
        tally.errors.append(str(exc).splitlines()[0][:80])


async def _click(page: Page, draw: random.Random, tally: Tally) -> None:
    """Another page, or one of the page's buttons."""
    changers = await page.locator(FILTER).all()
    on = await page.title()
    if changers and draw.random() < 0.5:
        what, target = f"{on}: filter", draw.choice(changers)
    else:
        links = await page.locator(NAV).all()
        target = draw.choice(links)
        what = f"{(await target.inner_text()).splitlines()[-1]}: open"
    await page.evaluate(drawn.START)
    await target.click()
    try:
        await page.wait_for_function(drawn.RAN, timeout=5000)
    except BrowserError:
        return  # what was chosen already
    tally.took[what].append(await _drawn(page))


async def _drawn(page: Page) -> float:
    """Seconds until all is drawn."""
    await page.wait_for_function(drawn.DONE)
    return float(await page.evaluate(drawn.DONE)) / 1000
