"""What the browser source for OBS says while data is old, missing, broken or not real."""

import pytest

from tests.helpers.browser.obs import ALL, OUTSIDE, link, parts, picture, shown
from tests.helpers.browser.panel_fixtures import (
    chromium,
    ebs,
    ebs_process,
    kept_page,
    mood_body,
    page,
)

__all__ = ["chromium", "ebs", "ebs_process", "kept_page", "page"]  # fixtures
pytestmark = pytest.mark.browser

LANGUAGES = ["en", "de", "es", "fr", "ja", "pt", "zh"]


def test_simulated_chat_says_so_whatever_parts_are_shown(page, ebs):
    for query in ("", "?parts=moment", "?parts=chart&theme=light"):
        assert shown(page, ebs, query).locator("#source").inner_text() == "simulated"
    shown(page, ebs, source="live")
    assert not page.locator("#source").is_visible()


def test_old_data_says_since_when_and_an_ended_stream_that_it_ended(page, ebs):
    shown(page, ebs, state="stale", history=mood_body(age_s=600)["history"])
    assert page.locator("#notice").inner_text().startswith("No new data since ")
    shown(page, ebs, state="offline", status="offline")
    assert "offline" in page.locator("#dld").inner_text()


def test_with_idle_hide_nothing_is_seen_while_there_is_no_chat_to_tell_of(page, ebs):
    shown(page, ebs, "?idle=hide", state="offline", status="offline")
    assert picture(page).getchannel("A").getextrema() == (0, 0)
    shown(page, ebs, "?idle=hide")
    assert picture(page).getchannel("A").getextrema() == (0, 255)


@pytest.mark.own_page
@pytest.mark.parametrize("query", ["", "?idle=hide"])
def test_a_channel_that_leaves_is_gone_and_comes_back_by_itself(page, ebs, query):
    page.clock.install()
    shown(page, ebs, query)
    ebs.withdraw()
    page.clock.fast_forward(41_000)
    page.locator("#dld[data-state=waiting]").wait_for(state="attached")
    assert parts(page) == []
    is_told = page.get_by_text("This link is not valid any more").is_visible()
    assert is_told is (query == "")
    ebs.publish(mood_body())
    page.clock.fast_forward(80_000)
    page.locator("#dld[data-state=live]").wait_for()


@pytest.mark.own_page
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_link_that_leads_nowhere_is_said_in_every_language(page, ebs, language):
    page.set_viewport_size({"width": 300, "height": 100})
    page.goto(f"{link(ebs)[:-1]}x?lang={language}")
    page.locator(f"html[lang^={language}]").wait_for(state="attached")
    gone = "async (lang) => (await import('/obs/page/words.js')).gone(lang)"
    page.get_by_text(page.evaluate(gone, language)).wait_for()
    assert page.evaluate(OUTSIDE) == []


@pytest.mark.own_page
def test_a_lost_connection_keeps_what_is_known_until_it_is_old(page, ebs):
    page.clock.install()
    shown(page, ebs)
    page.route("**/mood", lambda route: route.abort())
    page.clock.fast_forward(41_000)
    page.wait_for_timeout(200)
    assert parts(page) == ALL and not page.locator("#notice").is_visible()
    page.clock.fast_forward(90_000)
    page.locator("#dld[data-state=stale]").wait_for()
    assert page.locator("#notice").is_visible()


@pytest.mark.parametrize("garbage", ["not JSON", '{"v": 2}', "x" * 100_000])
def test_garbage_is_said_and_never_drawn(page, ebs, garbage):
    page.route("**/mood", lambda route: route.fulfill(body=garbage))
    page.goto(link(ebs))
    page.get_by_text("answer could not be read").wait_for()
    assert parts(page) == []
