"""How soon each view of the extension and the source for OBS paint, from this machine's disk, and
what they weigh."""

import statistics

import pytest

from ebs.obs.links import Links
from tests.helpers.browser.looking import wait_until
from tests.helpers.browser.panel_fixtures import (
    chromium,
    ebs,
    ebs_process,
    kept_page,
    mood_body,
    page,
)
from tests.helpers.browser.twitch import SIZES, opened, twitch, twitch_servers, view

__all__ = ["chromium", "ebs", "ebs_process", "kept_page", "page", "twitch"]  # fixtures
__all__ += ["twitch_servers", "view"]

ROUNDS = 9
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
WEIGHT = """performance.getEntries().filter(e => e.entryType === "navigation" ||
    e.entryType === "resource").reduce((sum, e) => sum + e.encodedBodySize, 0)"""


@pytest.mark.parametrize("name", SIZES)
def test_the_first_paint_of_each_view(view, twitch, name):
    _measured(name, view, lambda: opened(view, twitch, name))


def test_the_first_paint_of_the_source_for_obs(page, ebs):
    ebs.publish(mood_body())
    link = f"{ebs.address}/obs/{Links(ebs.latest.parents[1] / 'ebs').token('123')}"

    def open_source():
        page.goto(link)
        page.locator("#dld[data-state=live]").wait_for()

    page.set_viewport_size({"width": 800, "height": 600})
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})  # as when OBS starts
    _measured("obs", page, open_source)


def _measured(name, page, open_it):
    paints, weight = [], 0
    for _ in range(ROUNDS):
        open_it()
        wait_until(page, lambda: page.evaluate(PAINT) is not None)  # the policy forbids eval
        paints.append(page.evaluate(PAINT))
        weight = page.evaluate(WEIGHT)
    print(f"\n{name}: first paint {statistics.median(paints):.0f} ms, {weight / 1000:.0f} kB")
    assert weight < 150_000
