"""Explore and Forecast accuracy in real Chromium: what is drawn, asked anew, and taken away."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.helpers.browser.dashboards import address, browser, by_name, context, demo, page, plots
from tests.helpers.browser.rows import HOSTILE_TERM

__all__ = ["address", "browser", "context", "demo", "page"]  # fixtures
pytestmark = pytest.mark.browser


def drag(page: Page, begin: float, end: float) -> None:
    """Mark a stretch of the first plot, from one share of its width to another."""
    box = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + begin * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"], y + 3, steps=8)
    page.mouse.up()


def taken(page: Page, place: int = 0) -> list[dict[str, Any]]:
    """The rows of a chart's CSV."""
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").nth(place).click()
    with Path(download.value.path()).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_explore_draws_every_window_with_gaps_events_and_terms(page: Page, address: str) -> None:
    page.goto(f"{address}/explore?channels=demo_busy&span=3h")
    timeline, movers = plots(page, 2)
    drawn = by_name(timeline)
    assert drawn["demo_busy"]["n"] == 360
    assert drawn["Messages"]["n"] == 360
    assert drawn["Not observed"]["n"] == 6
    assert {"Raid", "Sub", "Connection lost", "New category", "Cheer"} <= set(drawn)
    assert movers[0]["n"] == 5
    labels = page.locator(".ytick text").filter(has_text=HOSTILE_TERM[:20])
    expect(labels).not_to_have_count(0)
    assert page.locator("img[src=x]").count() == 0
    unguarded = page.locator("[data-testid=stElementToolbar] [aria-label='Download as CSV']")
    assert not any(button.is_visible() for button in unguarded.all())
    rows = taken(page)
    assert len(rows) == 360
    assert list(rows[0])[:3] == ["channel", "login", "start"]
    assert {row["term"] for row in taken(page, 1)} == {"*", "LUL", "Pog", "BibleThump", "lol",
                                                       HOSTILE_TERM}  # fmt: skip


def test_a_stretch_marked_in_the_plot_is_asked_for_anew_and_can_be_left(
    page: Page, address: str
) -> None:
    page.goto(f"{address}/explore?channels=demo_busy&span=all")
    plots(page, 2)
    page.get_by_text("points of 5 min").wait_for()
    drag(page, 0.9, 0.95)  # an hour and a half of thirty hours
    page.wait_for_function("() => location.search.includes('span=dates')")
    page.get_by_text("points of 30 s").wait_for()
    page.wait_for_function(
        "() => { const n = document.querySelector('.js-plotly-plot').data[1].y.length;"
        " return n > 160 && n < 200; }"
    )
    near = page.url
    page.get_by_role("button", name="Wider").click()
    page.wait_for_function("old => location.href !== old", arg=near)
    page.get_by_role("button", name="Back").click()
    page.wait_for_function("old => location.href === old", arg=near)
    page.get_by_role("button", name="Back").click()
    page.wait_for_function("() => location.search.includes('span=all')")
    page.get_by_text("points of 5 min").wait_for()


def test_a_zoomed_view_is_told_by_its_address(page: Page, address: str) -> None:
    page.goto(f"{address}/explore?channels=demo_busy&span=3h")
    plots(page, 2)
    link = page.get_by_text("Link to exactly this span").get_attribute("href") or ""
    page.get_by_role("radio", name="3 days").click()
    page.wait_for_function("() => location.search.includes('span=3d')")
    page.get_by_text("points of 5 min").wait_for()
    page.wait_for_function("() => document.querySelector('.js-plotly-plot').data[1].y.length < 120")
    page.goto(f"{address}/explore?{link.partition('?')[2]}")
    assert by_name(plots(page, 2)[0])["demo_busy"]["n"] == 360
    assert page.get_by_text("in the address").count() == 0


def test_a_broken_address_gets_a_note(page: Page, address: str) -> None:
    page.goto(f"{address}/explore?channels=nobody&span=%3Cscript%3E&from=yesterday&show=all")
    plots(page, 1)
    expect(page.get_by_text("in the address")).to_have_count(3)


def test_every_section_draws_its_own_plots(page: Page, address: str) -> None:
    page.goto(f"{address}/explore?channels=demo_busy&span=24h")
    plots(page, 2)
    for section, types, said in (
        ("Distributions", ["bar", "bar"], "windows seen whole"),
        ("Hours of the week", ["heatmap"], "Blank: no stream then."),
        ("Mood and activity", ["scatter"], "say that one causes the other"),
        ("Titles and categories", ["scatter"], "When it changed"),
        ("Side by side", ["scatter"], "by time since the start"),
    ):
        page.get_by_role("radio", name=section).click()
        page.get_by_text(said).first.wait_for()
        page.wait_for_function(
            "wanted => { const plots = [...document.querySelectorAll('.js-plotly-plot')].slice(1);"
            " return JSON.stringify(plots.map(p => p.data && p.data[0].type)) === wanted; }",
            arg=json.dumps(types, separators=(",", ":")),
        )
        assert page.evaluate("document.body.scrollWidth <= window.innerWidth")
    behind = page.get_by_text("The SQL behind this")
    expect(behind).to_have_count(1)  # the one of the section before is gone
    behind.click()
    page.get_by_text("-- dash_summary").first.wait_for()


def test_accuracy_draws_skill_coverage_calibration_and_a_replayed_forecast(
    page: Page, address: str
) -> None:
    """Above each section stands one forecast of five minutes as it was."""
    page.goto(f"{address}/accuracy")
    example, skill = plots(page, 2)
    assert {"80 % band", "Forecast", "What came"} <= set(by_name(example))
    assert [trace["n"] for trace in skill if trace["name"] == "lstm-1"] == [10, 1]
    assert {"Ridge", "EWMA", "Last value", "95 % interval"} <= set(by_name(skill))
    expect(page.get_by_text("clearly better than guessing").first).to_be_visible()
    page.goto(f"{address}/accuracy?show=bands")
    _, coverage, widths, calibration, chances = plots(page, 5)
    assert [trace["n"] for trace in (*coverage, *widths)] == [10, 1] * 4
    assert (calibration[0]["type"], calibration[0]["n"]) == ("bar", 6)
    assert set(by_name(chances)) == {
        "honest",
        "a mood above its usual",
        "a mood 0.1 or more below its usual",
    }
    page.goto(f"{address}/accuracy?show=channels")
    _, channels = plots(page, 2)
    assert channels[0]["n"] == 2
    page.goto(f"{address}/accuracy?show=time&metric=crps")
    _, days = plots(page, 2)
    assert [trace["n"] for trace in days] == [7] * 5
    page.goto(f"{address}/accuracy?show=one")
    _, replayed, five = plots(page, 3)
    assert by_name(replayed)["Forecast"]["dash"] == "dash"
    assert by_name(replayed)["What happened"]["n"] == 10
    assert by_name(five)["What came"]["n"] == 1
    page.goto(f"{address}/accuracy?show=models")
    _, trials = plots(page, 2)
    assert sum(trace["n"] for trace in trials) > 0
