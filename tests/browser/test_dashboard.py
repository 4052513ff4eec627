"""The dashboard in real Chromium, on published data: what is drawn, not only that it runs."""

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.helpers.browser import published
from tests.helpers.browser.dashboards import (
    PATIENCE_MS,
    address,
    browser,
    by_name,
    context,
    dashboard,
    demo,
    page,
    plots,
)
from tests.helpers.browser.rows import HOSTILE_NAME, HOSTILE_TERM, channel, stream, term, window
from warehouse.config import DataFolder
from warehouse.records import utc, window_start

__all__ = ["address", "browser", "context", "demo", "page"]  # fixtures
pytestmark = pytest.mark.browser
# the second run of the part ends when it is let; the page is stale until then
HELD = """
import time
from pathlib import Path

import streamlit as st

from dashboard import frame

@frame.by_itself(0.1)
def part():
    st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    while st.session_state["runs"] == 2 and not Path({let!r}).exists():
        time.sleep(0.01)
    st.write(f"run {{st.session_state['runs']}}")

st.html(Path("dashboard/page.css"))
part()
"""


def test_live_draws_cards_with_a_dashed_forecast_and_refreshes_them(
    page: Page, address: str
) -> None:
    page.goto(address)
    pictures = page.locator(".dld-picture img")
    expect(pictures).to_have_count(3)
    for k, is_ahead in enumerate((True, True, False)):
        picture = pictures.nth(k)
        assert picture.evaluate("async p => { await p.decode(); return p.naturalWidth }") > 0
        assert ("forecast for five minutes" in (picture.get_attribute("alt") or "")) is is_ahead
    page.locator(".dld-points i[data-said]").first.hover()
    said = "i => getComputedStyle(i, '::after').content"
    assert "UTC" in page.locator(".dld-points i:hover").evaluate(said)
    expect(page.get_by_text("Simulated chat")).to_be_visible()
    for text in ("● live", "○ offline", HOSTILE_NAME[:30]):
        expect(page.get_by_text(text)).to_have_count(1)
    expect(page.get_by_text(HOSTILE_TERM[:20])).not_to_have_count(0)
    page.evaluate("window.stayed = true")
    before = page.locator(".dld-fresh").inner_text()
    page.wait_for_function(
        "old => document.querySelector('.dld-fresh').innerText !== old", arg=before
    )
    assert page.evaluate("window.stayed") is True


def test_a_session_has_moments_forecasts_and_a_report_that_opens_offline(
    page: Page, address: str, tmp_path: Path
) -> None:
    page.goto(f"{address}/review")
    drawn = by_name(plots(page, 1)[0])
    assert drawn["Mood"]["n"] == 180
    assert drawn["Forecast 30 s before"]["dash"] == "dash"
    assert {"Raid", "Moments", "Not observed", "Forecast's 80 % band"} <= set(drawn)
    moments = page.locator(".dld-moment")
    assert drawn["Moments"]["n"] > 0
    expect(moments).to_have_count(min(drawn["Moments"]["n"], 10))
    moments.first.get_by_text("3 telling lines").click()
    expect(moments.first.get_by_text("=HYPERLINK").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Report (HTML)").click()
    report = tmp_path / "report.html"
    download.value.save_as(report)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    assert asked == [report.as_uri()]
    assert page.locator("svg .mood").count() >= 1
    assert page.locator("ol").first.locator("> li").count() == drawn["Moments"]["n"]
    assert page.get_by_text("nobody real said any of it").is_visible()
    assert page.get_by_text("=HYPERLINK").count() == 0


def test_vocabulary_lists_proposals_and_terms_in_use(page: Page, address: str) -> None:
    page.goto(f"{address}/vocabulary")
    interval, movers = plots(page, 2)
    assert [trace["n"] for trace in interval] == [2, 1]
    assert movers[0]["n"] == 5
    expect(page.get_by_role("radio", name="Proposed (1)")).to_have_count(1)
    expect(page.locator("[data-testid=stDataFrame]")).to_have_count(3)


def test_a_proposal_is_decided_with_a_click_and_the_answer_is_told(
    page: Page, address: str, demo: DataFolder
) -> None:
    page.goto(f"{address}/vocabulary")
    page.get_by_role("button", name="Accept at +1.8").click()
    page.get_by_text("asked; in force from the next window").wait_for()
    (waiting,) = demo.inbox.glob("*.json")
    (demo.inbox / "refused").mkdir()
    answer = demo.inbox / "refused" / waiting.name
    answer.write_text('{"reason": "decided meanwhile: rejected by <b>ann</b>"}')
    waiting.unlink()
    page.get_by_text("refused: decided meanwhile: rejected by <b>ann</b>").wait_for()


def test_health_draws_what_was_seen_and_filters_alerts(page: Page, address: str) -> None:
    page.goto(f"{address}/health?back=7")  # alerts of an hour ago may be of the day before
    seen, sizes, lag = plots(page, 3)
    assert [trace["type"] for trace in (*seen, *sizes, *lag)] == ["heatmap", "bar", "scatter"]
    assert sizes[0]["n"] == 7
    page.get_by_text("n = 5 alerts").wait_for()
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
        expect(page.locator(".dld-picture img")).to_have_attribute("alt", re.compile("1 window of"))


def test_what_is_drawn_again_by_itself_is_not_greyed_meanwhile(page: Page, tmp_path: Path) -> None:
    script, let = tmp_path / "held.py", tmp_path / "let"
    script.write_text(HELD.format(let=str(let)))
    with dashboard(tmp_path, str(script)) as held:
        page.goto(held)
        stale = page.locator("[data-stale=true]", has_text="run 1")
        stale.wait_for()
        look = "e => { const s = getComputedStyle(e); return [s.opacity, s.transitionDuration] }"
        assert stale.evaluate(look) == ["1", "0s"]
        let.touch()
        page.get_by_text("run 3").wait_for()


def test_words_without_an_end_stay_inside_their_card_on_a_phone(
    browser: Browser, tmp_path: Path
) -> None:
    start, endless = utc(window_start(time.time()) - 30), "W" * 400
    tables = {
        "channels": [channel("alpha", display_name=endless)],
        "streams": [stream("alpha", start, None, title=endless, category=endless)],
        "windows": [window("alpha", start, 9, 0.2)],
        "window_terms": [term("alpha", start, "😂" * 60, 9, 0.2)],
        "events": [{"event_id": "1", "channel": "alpha", "kind": "title", "detail": endless,
                    "at": start}],
    }  # fmt: skip
    published.write(tmp_path, tables)
    phone = browser.new_context(viewport={"width": 390, "height": 844})
    phone.set_default_timeout(PATIENCE_MS)
    with dashboard(tmp_path) as own:
        page = phone.new_page()
        for where, what in (("", ".dld-facts, .dld-facts *"), ("/review", ".dld-say")):
            page.goto(own + where)
            page.locator(what).first.wait_for()
            ends = page.locator(what).evaluate_all(
                "all => all.map(e => e.getBoundingClientRect().right)"
            )
            assert max(ends) <= 390 - 16, where
    phone.close()
