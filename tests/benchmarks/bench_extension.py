"""How soon each view of the extension paints, from this machine's disk, and what it weighs."""

import statistics

import pytest

from tests.helpers.browser.panel_fixtures import chromium, kept_page
from tests.helpers.browser.twitch import SIZES, opened, twitch, twitch_servers, view

__all__ = ["chromium", "kept_page", "twitch", "twitch_servers", "view"]  # fixtures

ROUNDS = 9
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
WEIGHT = """performance.getEntries().filter(e => e.entryType === "navigation" ||
    e.entryType === "resource").reduce((sum, e) => sum + e.encodedBodySize, 0)"""


@pytest.mark.parametrize("name", SIZES)
def test_the_first_paint_of_each_view(view, twitch, name):
    paints, weight = [], 0
    for _ in range(ROUNDS):
        opened(view, twitch, name)
        view.wait_for_function(f"({PAINT}) !== null")
        paints.append(view.evaluate(PAINT))
        weight = view.evaluate(WEIGHT)
    print(f"\n{name}: first paint {statistics.median(paints):.0f} ms, {weight / 1000:.0f} kB")
    assert weight < 150_000
