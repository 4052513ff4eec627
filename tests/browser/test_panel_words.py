"""What the panel says, and to whom: in Chromium, fed by the real EBS."""

import json
import re
from datetime import UTC, datetime

import pytest

from ebs.schema import MoodBody
from tests.helpers.browser.looking import contrast, rgb, shown, style
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

HOSTILE = "<img src=x onerror=document.title='caught'>"


def test_the_received_data_and_the_score_below_it(page, ebs):
    shown(page, ebs)
    assert page.locator("#received h2").inner_text() == "Received data"
    assert page.locator("#count").inner_text() == "41 messages · 40 a minute · 93% readable"
    assert page.locator("#top li").all_inner_texts() == ["LUL ×12", "Pog ×3"]
    assert page.locator("#score").inner_text().split() == ["▲", "+0.21", "positive"]
    received, score = (page.locator(at).bounding_box() for at in ("#received", "#score"))
    assert score["y"] >= received["y"] + received["height"]


def test_a_chat_that_cannot_be_read_is_unsupported_never_neutral(page, ebs):
    why = "most of this chat is in a language that cannot be scored"
    now = {"mood": 0.0, "label": "unsupported", "n": 41, "top": []}
    shown(page, ebs, readable=0.12, now=now, forecast=None, why=why)
    assert page.locator("#score").inner_text().split() == ["–", "unsupported", "language"]
    assert page.locator("#count").inner_text() == "41 messages · 40 a minute · 12% readable"
    assert page.locator("#next").inner_text().split("\n") == ["no forecast", why]
    assert not page.locator("#sentiment").is_visible()
    assert not page.locator("#moment").inner_text()


def test_a_mood_waits_while_the_language_is_read(page, ebs):
    why = "still reading the language of this chat: 23 messages in the last half hour"
    now = {"mood": None, "label": "waiting", "n": 11, "top": []}
    shown(page, ebs, basis=None, readable=None, now=now, forecast=None, why=why)
    assert page.locator("#score").inner_text().strip() == "– reading the language…"
    assert page.locator("#next").inner_text().split("\n") == ["no forecast", why]
    assert not page.locator("#sentiment").is_visible()
    assert not page.locator("#by-emotes").is_visible()
    assert not page.locator("#moment").is_visible()


BY_EMOTES = {
    "basis": "emotes",
    "readable": 0.02,
    "now": {"mood": 0.21, "label": "positive", "n": 41, "top": [["LUL", 12]]}
    | {"share": 0.12, "seconds": 240, "laughs": 0.09},
}


def test_a_mood_by_emotes_says_so_and_laughter_is_a_line_of_its_own(page, ebs):
    shown(page, ebs, **BY_EMOTES)
    assert page.locator("#score").inner_text().split() == ["▲", "+0.21", "positive", "by", "emotes"]
    assert page.locator("#signs").inner_text() == (
        "mood from emotes and emoji in 12% of messages, 4 mins · laughter in 9%"
    )
    assert page.locator("#count").inner_text() == "41 messages · 40 a minute"
    assert page.locator("#sentiment").is_visible()
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


@pytest.mark.parametrize("language", ["de", "es", "fr", "ja", "pt", "zh"])
def test_a_mood_by_emotes_fits_the_panel_in_every_language(page, ebs, language):
    text = "Mood rose to +0.80, with Kappa"
    ebs.publish(mood_body(**BY_EMOTES, moment={"at": iso(datetime.now(UTC)), "text": text}))
    page.goto(f"{ebs.panel()}&language={language}")
    page.locator(f"html[lang^={language}] #signs").wait_for()
    assert "12" in page.locator("#signs").inner_text()
    assert page.locator("#by-emotes").inner_text() != "by emotes"
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_a_mood_by_words_says_nothing_of_emotes(page, ebs):
    shown(page, ebs, basis="words")
    assert not page.locator("#by-emotes").is_visible()
    assert not page.locator("#signs").is_visible()


def test_a_recap_by_emotes_says_so(page, ebs):
    recap = {"mood": 0.17, "n": 900, "basis": "emotes"}
    shown(page, ebs, state="offline", status="offline", recap=recap, forecast=None)
    said = ["▲", "+0.17", "positive", "overall", "by", "emotes"]
    assert page.locator("#score").inner_text().split() == said


def test_too_few_emotes_are_said_with_their_share(page, ebs):
    why = "most of this chat is in a language that cannot be scored"
    why += ", and too few of its messages have emotes: 2%"
    now = {"mood": None, "label": "unsupported", "n": 41, "top": []}
    shown(page, ebs, basis="emotes", readable=0.02, now=now, forecast=None, why=why)
    assert page.locator("#score").inner_text().split() == ["–", "unsupported", "language"]
    assert page.locator("#next").inner_text().split("\n") == ["no forecast", why]


def test_windows_read_in_another_way_are_no_silence(page, ebs):
    shown(page, ebs, **BY_EMOTES, moods=dict.fromkeys(range(10), (None, 20)))
    assert page.locator("rect.silent").count() == 0
    assert page.locator(".column title").first.text_content().endswith("mood read in another way")
    assert "In 10 windows" in page.locator("#chart-text").text_content()


def test_the_chart_is_at_the_top_centre(page, ebs):
    shown(page, ebs)
    box = page.locator("#chart svg").bounding_box()
    assert box["x"] + box["width"] / 2 == pytest.approx(318 / 2, abs=1)
    assert box["y"] + box["height"] < 496 / 2 + 10


@pytest.mark.parametrize(
    ("mood", "label", "said"),
    [
        (-0.3, "negative", ["▼", "-0.30", "negative"]),
        (0.0, "neutral", ["●", "0.00", "neutral"]),
        (0.5, None, ["▲", "+0.50", "positive"]),
        (None, None, ["–", "too", "quiet", "to", "tell"]),
    ],
)
def test_a_mood_is_said_by_shape_and_word(page, ebs, mood, label, said):
    shown(page, ebs, now={"mood": mood, "label": label, "n": 5, "top": []})
    assert page.locator("#score").inner_text().split() == said


def test_simulated_chat_says_so(page, ebs):
    shown(page, ebs)
    assert page.locator("#source").inner_text() == "simulated"
    assert page.locator("#source").is_visible()


def test_replayed_chat_says_so(page, ebs):
    shown(page, ebs, source="replay")
    assert page.locator("#source").inner_text() == "replay"


def test_a_replay_of_long_ago_is_live_in_its_own_time(page, ebs):
    body = mood_body(age_s=400 * 86_400, source="replay")
    shown(page, ebs, body | {"generated_at": mood_body()["generated_at"]})
    assert page.locator("#status").inner_text() == "live"
    assert page.locator(".band").count() == 1


def test_live_chat_says_nothing_of_the_kind(page, ebs):
    shown(page, ebs, source="live")
    assert not page.locator("#source").is_visible()


def test_the_last_moment_is_told_with_its_time(page, ebs):
    shown(page, ebs)
    assert re.fullmatch(r"\d\d:\d\d The mood jumped", page.locator("#moment").inner_text())


def test_hostile_text_is_shown_as_text(page, ebs):
    shown(
        page,
        ebs,
        login=HOSTILE,
        now={"mood": 0.1, "label": HOSTILE, "n": 5, "top": [[HOSTILE, 2], ["<b>x</b>", 1]]},
        moment={"at": iso(this_window()), "text": HOSTILE},
    )
    assert page.locator("#moment").inner_text().endswith(HOSTILE)
    assert page.locator("#top li b").nth(1).inner_text() == "<b>x</b>"
    assert page.locator("img").count() == 0
    assert page.title() == "DLD: how this chat feels"


def test_a_name_written_from_the_right_stands_before_its_count(page, ebs):
    top = [["\u0634\u0643\u0631\u0627", 3]]
    shown(page, ebs, now={"mood": 0.2, "label": "positive", "n": 9, "top": top})
    name, whole = (page.locator(f"#top {tag}").bounding_box() for tag in ("b", "li"))
    assert name["x"] == pytest.approx(whole["x"], abs=0.5)


def test_long_words_stay_inside_the_panel(page, ebs):
    top = [["W" * 25, 99999]] * 5
    shown(
        page,
        ebs,
        login="w" * 25,
        now={"mood": -0.99, "label": "negative", "n": 999999, "top": top},
        moment={"at": iso(this_window()), "text": "W" * 160},
    )
    assert page.evaluate("document.documentElement.scrollWidth") == 318


# for everyone


def test_the_chart_has_words_for_those_who_cannot_see_it(page, ebs):
    shown(page, ebs, moods={3: (-0.5, 9), 20: (None, 0)})
    image = page.get_by_role("img", name="Mood of this chat")
    assert image.count() == 1
    said = page.locator("#chart-text").text_content()
    assert "Lowest: minus 0.50" in said
    assert "Nobody spoke in 1 window of 30 seconds." in said


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_every_text_has_enough_contrast(page, ebs, theme):
    shown(page, ebs)
    page.evaluate(
        "theme => postMessage({kind: 'context', context: {theme}}, location.origin)", theme
    )
    page.locator(f"html[data-theme={theme}]").wait_for()
    back = rgb(style(page, "html", "backgroundColor"))
    card = rgb(style(page, "#received", "backgroundColor"))
    for selector in ("h1", "h2", "#source", "#status", "#moment", "#record", "#word"):
        assert contrast(rgb(style(page, selector, "color")), back) >= 4.5, selector
    for selector in ("#next", "#next b", "#prospects", "#prospects b", "#record summary"):
        assert contrast(rgb(style(page, selector, "color")), back) >= 4.5, selector
    for selector in ("#count", "#top", "#top b", "#window"):
        assert contrast(rgb(style(page, selector, "color")), card) >= 4.5, selector
    for selector in (".mood-line", ".forecast-line"):
        assert contrast(rgb(style(page, selector, "stroke")), back) >= 3, selector


@pytest.mark.own_page
def test_what_is_out_of_date_is_pale_but_its_words_are_not(page, ebs):
    page.emulate_media(reduced_motion="reduce")
    shown(page, ebs, mood_body(age_s=300), state="stale")
    faded = """selector => [...document.querySelectorAll(selector)].map((node) => {
        let seen = 1;
        for (let of = node; of; of = of.parentElement) seen *= getComputedStyle(of).opacity;
        return seen;
    })"""
    assert set(page.evaluate(faded, "#chart text")) == {1}
    assert max(page.evaluate(faded, ".mood-line")) < 1


@pytest.mark.own_page
def test_reduced_motion_stops_every_animation(page, ebs):
    page.emulate_media(reduced_motion="reduce")
    shown(page, ebs)
    assert page.evaluate("document.getAnimations().length") == 0
    assert style(page, "svg", "animationName") == "none"


def test_the_panel_fits_twitchs_frame_without_scrolling(page, ebs):
    shown(page, ebs)
    size = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    )
    assert size == [318, 496]


def test_the_body_of_these_tests_is_the_one_of_the_contract():
    body = MoodBody.model_validate(mood_body())
    assert datetime.fromisoformat(body.generated_at).tzinfo == UTC
    assert len(json.dumps(mood_body()).encode()) < 5 * 1024
