"""The browser source for OBS in Chromium, at the sizes that sources have."""

import re
from datetime import timedelta

import pytest

from tests.helpers.browser.looking import wait_until
from tests.helpers.browser.obs import ALL, OUTSIDE, link, parts, picture, shown
from tests.helpers.browser.panel_fixtures import (
    chromium,
    ebs,
    ebs_process,
    iso,
    kept_page,
    mood_body,
    page,
    this_window,
)

__all__ = ["chromium", "ebs", "ebs_process", "kept_page", "page"]  # fixtures
pytestmark = pytest.mark.browser

SIZES = [(800, 600), (1920, 1080), (400, 200), (300, 100)]
LANGUAGES = ["en", "de", "es", "fr", "ja", "pt", "zh"]
# what OBS puts into a page once it has loaded, with the style that a new source has
OBS_STYLE = "body { background-color: rgba(0, 0, 0, 0); margin: 0px auto; overflow: hidden; }"
GIVE_STYLE = """css => {
    const obsCSS = document.createElement('style');
    obsCSS.innerHTML = css;
    document.querySelector('head').appendChild(obsCSS);
}"""
CUT = """() => [...document.querySelectorAll("#score, #notice, header, .meter-ends")]
    .filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)
    .map((e) => e.id || e.className)"""
MEET = """() => {
    const box = (at) => document.querySelector(at)?.getBoundingClientRect();
    const [header, score] = [box("header"), box("#word")];
    return header?.width > 0 && score.right > box("#source, #status").left
        && score.top < header.bottom && header.top < score.bottom;
}"""


@pytest.mark.parametrize("size", SIZES)
def test_it_fills_the_source_and_leaves_nothing_outside(page, ebs, size):
    shown(page, ebs, size=size)
    assert page.evaluate(OUTSIDE) == []
    box = page.locator("#dld").bounding_box()
    assert max(box["width"] / size[0], box["height"] / size[1]) > 0.85
    assert parts(page)[0] == "meter"


@pytest.mark.parametrize(
    ("size", "has"),
    [((800, 600), ALL), ((400, 200), ["meter", "chart"]), ((300, 100), ["meter", "emotes"])],
)
def test_what_has_no_room_is_left_out_the_last_part_first(page, ebs, size, has):
    assert parts(shown(page, ebs, size=size)) == has


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", ["none", "dark", "light"])
def test_the_background_is_transparent(page, ebs, size, theme):
    """To the last pixel at the corners, and mostly where there is no card."""
    shown(page, ebs, f"?theme={theme}", size)
    page.evaluate(GIVE_STYLE, OBS_STYLE)
    image = picture(page)
    right, bottom = size[0] - 1, size[1] - 1
    for corner in ((0, 0), (right, 0), (0, bottom), (right, bottom)):
        assert image.getpixel(corner)[3] == 0, corner
    alpha = image.getchannel("A").histogram()
    assert sum(alpha[250:]) > 300  # something is drawn
    if theme == "none":
        assert alpha[0] > sum(alpha) / 3


def test_the_card_of_a_theme_is_opaque(page, ebs):
    dark, light = (picture(shown(page, ebs, f"?theme={t}")).getpixel((200, 3)) for t in THEMED)
    assert (dark, light) == ((24, 24, 27, 255), (255, 255, 255, 255))


THEMED = ("dark", "light")


@pytest.mark.own_page
def test_a_new_window_is_shown_when_it_comes(page, ebs):
    page.clock.install()
    shown(page, ebs)
    page.get_by_text("+0.21").wait_for()
    before = page.locator(".meter-needle").bounding_box()["x"]
    ebs.publish(mood_body(now={"mood": -0.4, "label": "negative", "n": 9, "top": [["Sadge", 2]]}))
    page.clock.fast_forward(41_000)
    page.get_by_text(re.compile("[-\u2212]0[.]40")).wait_for()
    page.get_by_text("Sadge").wait_for()
    page.clock.fast_forward(2_000)
    assert page.locator(".meter-needle").bounding_box()["x"] < before


@pytest.mark.own_page
def test_it_asks_once_a_window_with_no_token_and_nothing_of_twitchs(page, ebs):
    asked = []
    page.on("request", lambda request: asked.append((request.url, request.headers)))
    page.clock.install()
    shown(page, ebs)
    moods = [headers for url, headers in asked if url.endswith("/mood")]
    assert len(moods) == 1 and "authorization" not in moods[0]
    assert all(url.startswith(ebs.address) for url, _ in asked)
    token = link(ebs).rpartition("/")[2]
    assert [r for _, h in asked if token in (r := h.get("referer", ""))] == []
    page.clock.fast_forward(41_000)
    page.wait_for_timeout(300)
    assert sum(url.endswith("/mood") for url, _ in asked) == 2


RECAP = {"mood": -0.17, "n": 900, "basis": "emotes"}
TOLD = {
    "words": {},
    "emotes": {"basis": "emotes"},
    "quiet": {"status": "quiet", "state": "quiet"},
    "offline": {"status": "offline", "state": "offline", "recap": RECAP},
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("told", TOLD)
def test_no_text_is_cut_or_meets_another_in_any_language(page, ebs, language, told):
    text = "Mood rose to +0.80, with PepeLaughingHarder"
    moment = {"at": iso(this_window()), "text": text}
    now = {"mood": -0.21, "label": "x", "n": 41, "top": [["W" * 25, 99999]] * 5}
    shown(page, ebs, f"?lang={language}", moment=moment, now=now, **TOLD[told])
    page.locator(f"html[lang^={language}]").wait_for(state="attached")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("() => new Promise(requestAnimationFrame)")
        assert page.evaluate(OUTSIDE) == [], width
        assert page.evaluate(CUT) == [], width
        assert not page.evaluate(MEET), width


def test_parts_come_in_the_order_of_the_address(page, ebs):
    shown(page, ebs, "?parts=emotes,meter,emotes,nonsense")
    found = page.locator(".part").evaluate_all("all => all.map(e => e.className.split(' ')[1])")
    assert found == ["emotes", "meter"]


def test_a_part_that_is_empty_keeps_its_place_but_at_the_end(page, ebs):
    """Nothing below it may jump from window to window."""
    silent = {"mood": 0.2, "label": "positive", "n": 3, "top": []}
    before = shown(page, ebs).locator(".moment").bounding_box()
    assert shown(page, ebs, now=silent).locator(".moment").bounding_box() == before
    whole = page.locator("#dld").bounding_box()
    shown(page, ebs, now=silent, moment=None)
    card = page.locator("#dld").bounding_box()
    assert (card["width"], card["height"] < whole["height"]) == (whole["width"], True)


def test_the_size_is_a_share_of_what_fits(page, ebs):
    whole, half = (
        shown(page, ebs, query).locator("#dld").bounding_box() for query in ("", "?size=50")
    )
    assert half["width"] == pytest.approx(whole["width"] / 2, abs=1)


def test_another_size_of_the_source_is_another_size_of_the_parts(page, ebs):
    shown(page, ebs, size=(400, 300))
    before = page.locator("#dld").bounding_box()["width"]
    page.set_viewport_size({"width": 800, "height": 600})
    wait_until(page, lambda: page.locator("#dld").bounding_box()["width"] > before * 1.9)
    page.set_viewport_size({"width": 800, "height": 80})
    page.locator(".chart").wait_for(state="hidden")


HOSTILE = (
    "parts=<script>document.title='caught'</script>&size=1e9&lang=../../&theme=javascript:1&idle=x",
    "parts=__proto__,constructor&size=-5&lang=constructor&theme=toString",
    "parts=&size=&lang=&theme=&idle=",
    "size=NaN&lang=%00&parts=%ff%fe&language=" + "x" * 2000,
    "lang=en&lang=xx&size=99999999999999999999",
)


@pytest.mark.parametrize("query", HOSTILE)
def test_a_hostile_address_is_the_page_as_it_is_by_itself(page, ebs, query):
    told = "header, .meter, .emotes, .moment"
    plain = shown(page, ebs, "?lang=en").locator(told).all_inner_texts()
    shown(page, ebs, f"?{query}")
    # the last moment's minute may be another by now
    assert page.locator(told).all_inner_texts()[:3] == plain[:3]
    assert parts(page) == ALL
    assert page.title() == "DLD: how this chat feels"
    assert page.locator("#dld").bounding_box()["width"] <= 400


def test_hostile_chat_is_shown_as_text(page, ebs):
    name = "<img src=x onerror=document.title='caught'>"
    moment = {"at": iso(this_window()), "text": name * 3}
    shown(page, ebs, now={"mood": 0.1, "label": name, "n": 5, "top": [[name, 2]]}, moment=moment)
    assert name[:20] in page.locator(".emotes").inner_text()
    assert page.locator("img").count() == 0
    assert page.title() == "DLD: how this chat feels"


def test_a_streamers_own_css_counts(page, ebs):
    """As OBS puts it into the page; of the example in docs/obs.md."""
    shown(page, ebs)
    page.evaluate(GIVE_STYLE, ".chart { display: none } .meter #number { color: rgb(1, 2, 3) }")
    page.locator(".chart").wait_for(state="hidden")
    colour = page.eval_on_selector("#number", "e => getComputedStyle(e).color")
    assert colour == "rgb(1, 2, 3)"
    assert page.evaluate(OUTSIDE) == []


def test_the_band_of_the_last_five_minutes_lies_around_the_needle(page, ebs):
    five = {"mood": 0.18, "low": 0.05, "high": 0.31, "n": 300, "label": "positive"}
    now = {"mood": 0.21, "label": "positive", "n": 41, "top": [], "five": five}
    shown(page, ebs, now=now)
    bar = page.locator(".meter-bar").bounding_box()
    band = page.locator(".meter-band").bounding_box()
    assert (band["x"] - bar["x"]) / bar["width"] == pytest.approx(0.525, abs=0.01)
    assert band["width"] / bar["width"] == pytest.approx(0.13, abs=0.01)
    shown(page, ebs)
    assert not page.locator(".meter-band").is_visible()


def test_the_preview_leads_to_the_source_in_its_language_and_theme(page, ebs):
    ebs.publish(mood_body())
    page.goto(f"{ebs.address}/preview/?language=de&theme=light")
    page.locator("#obs:not([hidden])").wait_for()
    address = page.locator("#obs").get_attribute("href")
    assert address.startswith("/obs/123-") and address.endswith("?lang=de&theme=light")
    page.goto(ebs.address + address)
    page.get_by_text("positiv", exact=True).first.wait_for()
    assert page.locator("html[data-theme=light]").count() == 1


def test_a_body_as_large_as_the_contract_allows_is_drawn(page, ebs):
    body = mood_body(moods={k: (-1 if k % 2 else 1, 999_999_999) for k in range(60)})
    body["moment"] = {"at": iso(this_window() - timedelta(minutes=1)), "text": "W" * 160}
    ebs.publish(body)
    page.goto(link(ebs))
    page.locator("#dld[data-state=live]").wait_for()
    assert page.evaluate(OUTSIDE) == []
