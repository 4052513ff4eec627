"""What the panel says, and to whom: in Chromium, fed by the real EBS."""

import json
from datetime import UTC, datetime, timedelta

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

UNREAD = "cannot read this language"
WHY_UNREAD = "DLD cannot read the language of most of this chat"
ISOLATES = {0x2068: None, 0x2069: None}  # marks around a name of any script
HOSTILE = "<img src=x onerror=document.title='caught'>"


def test_the_received_data_and_the_score_below_it(page, ebs):
    shown(page, ebs)
    assert page.locator("#received h2").inner_text() == "The last 30 seconds"
    assert page.locator("#count").inner_text() == "41 messages · 40 a minute"
    assert page.locator("#top li").all_inner_texts() == ["LUL ×12", "Pog ×3"]
    assert page.locator("#score").inner_text().split() == ["+0.21", "positive"]
    assert page.locator("#score .face").get_attribute("data-mood") == "positive"
    received, score = (page.locator(at).bounding_box() for at in ("#received", "#score"))
    assert score["y"] >= received["y"] + received["height"]


def test_a_chat_that_cannot_be_read_is_unsupported_never_neutral(page, ebs):
    why = "most of this chat is in a language that cannot be scored"
    now = {"mood": 0.0, "label": "unsupported", "n": 41, "top": []}
    shown(page, ebs, readable=0.12, now=now, forecast=None, why=why)
    assert page.locator("#score").inner_text().split() == ["–", *UNREAD.split()]
    assert page.locator("#count").inner_text() == "41 messages · 40 a minute · 12% understood"
    assert page.locator("#next").inner_text().split("\n") == ["no forecast", WHY_UNREAD]
    assert not page.locator("#sentiment").is_visible()
    assert not page.locator("#moment").inner_text()


def test_a_mood_waits_while_the_language_is_read(page, ebs):
    why = "still reading the language of this chat: 23 messages in the last half hour"
    now = {"mood": None, "label": "waiting", "n": 11, "top": []}
    shown(page, ebs, basis=None, readable=None, now=now, forecast=None, why=why)
    assert page.locator("#score").inner_text().strip() == "– reading the language…"
    reading = why.replace("still reading", "finding out")
    assert page.locator("#next").inner_text().split("\n") == ["no forecast", reading]
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
    assert page.locator("#score").inner_text().split() == ["+0.21", "positive", "by", "emotes"]
    assert page.locator("#signs").inner_text() == (
        "emotes in 12% of messages, 4 mins · laughter in 9%"
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
    said = ["+0.17", "positive", "overall", "by", "emotes"]
    assert page.locator("#score").inner_text().split() == said


def test_too_few_emotes_are_said_with_their_share(page, ebs):
    why = "most of this chat is in a language that cannot be scored"
    why += ", and too few of its messages have emotes: 2%"
    now = {"mood": None, "label": "unsupported", "n": 41, "top": []}
    shown(page, ebs, basis="emotes", readable=0.02, now=now, forecast=None, why=why)
    assert page.locator("#score").inner_text().split() == ["–", *UNREAD.split()]
    few = f"{WHY_UNREAD}, and too few of its messages have emotes: 2%"
    assert page.locator("#next").inner_text().split("\n") == ["no forecast", few]


def test_windows_read_in_another_way_are_no_silence(page, ebs):
    shown(page, ebs, **BY_EMOTES, moods=dict.fromkeys(range(10), (None, 20)))
    assert page.locator("rect.silent").count() == 0
    assert page.locator(".column title").first.text_content().endswith("mood by another measure")
    assert "Mood by another measure: 5 mins." in page.locator("#chart-text").text_content()


def test_the_chart_is_at_the_top_centre(page, ebs):
    shown(page, ebs)
    box = page.locator("#chart svg").bounding_box()
    assert box["x"] + box["width"] / 2 == pytest.approx(318 / 2, abs=1)
    assert box["y"] + box["height"] < 496 / 2 + 10


@pytest.mark.parametrize(
    ("mood", "face", "said"),
    [
        (-0.3, "negative", "\N{MINUS SIGN}0.30 negative"),
        (-0.06, "negative", "\N{MINUS SIGN}0.06 a bit negative"),
        (0.0, "neutral", "0.00 about neutral"),
        (0.0449, "neutral", "+0.04 about neutral"),
        (0.0451, "positive", "+0.05 a bit positive"),
        (0.0951, "positive", "+0.10 positive"),
        (None, None, "– too quiet to tell"),
    ],
)
def test_a_mood_is_said_by_face_and_word(page, ebs, mood, face, said):
    """Of a pipeline that knows no mood of five minutes: by the number that is shown."""
    shown(page, ebs, now={"mood": mood, "label": "positive", "n": 5, "top": []})
    assert page.locator("#score").inner_text().split() == said.split()
    assert faces(page) == ([face] if face else [])


def faces(page):
    return page.locator(".face").evaluate_all("found => found.map((one) => one.dataset.mood)")


FIVE_NOW = {"mood": 0.12, "low": 0.03, "high": 0.2, "n": 212, "label": "positive"}


@pytest.mark.parametrize(
    ("five", "face", "said"),
    [
        ({}, "positive", "+0.12 positive last 5 minutes"),
        ({"low": -0.02, "label": "neutral"}, "neutral", "+0.12 about neutral last 5 minutes"),
        ({"low": -0.02, "label": "happy"}, "neutral", "+0.12 about neutral last 5 minutes"),
        ({"mood": 0.07, "label": None}, "positive", "+0.07 a bit positive last 5 minutes"),
        ({"mood": None}, "positive", "+0.62 positive"),
        ({"low": 0.5}, "positive", "+0.62 positive"),
        ({"high": "1"}, "positive", "+0.62 positive"),
    ],
)
def test_the_headline_is_the_last_five_minutes(page, ebs, five, face, said):
    now = {"mood": 0.62, "label": "positive", "n": 1, "top": [], "five": FIVE_NOW | five}
    shown(page, ebs, now=now)
    assert page.locator("#score").inner_text().split() == said.split()
    assert faces(page) == [face]


def test_of_old_data_nothing_is_said_of_the_last_minutes(page, ebs):
    now = {"mood": 0.62, "label": "positive", "n": 1, "top": [], "five": FIVE_NOW}
    shown(page, ebs, mood_body(age_s=300, now=now), state="stale")
    assert page.locator("#score").inner_text().split() == ["+0.12", "positive"]
    assert page.locator("#received-name").inner_text().startswith("30 seconds until ")


def test_an_emote_used_once_is_just_its_name(page, ebs):
    top = [["LUL", 2], ["KEKW", 1], ["Pog", None]]
    shown(page, ebs, now={"mood": 0.2, "label": "positive", "n": 9, "top": top})
    assert page.locator("#top li").all_inner_texts() == ["LUL ×2", "KEKW", "Pog"]


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


def test_the_last_moment_is_told_with_how_long_ago_it_was(page, ebs):
    shown(page, ebs)
    assert page.locator("#moment").inner_text() == "10 min ago The mood jumped"
    at = this_window() - timedelta(hours=2)
    shown(page, ebs, moment={"at": iso(at), "text": "The mood jumped"})
    assert page.locator("#moment").inner_text() == f"{at:%H:%M} The mood jumped"


MOMENT = {"text": "x", "kind": "laughter", "term": "KEKW", "n": 43, "times": 3.1}
MOMENT |= {"before": 0.1, "mood": 0.45}


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ({}, "Laughter: KEKW ×43 · 3 times as busy as usual · mood from +0.10 to +0.45"),
        ({"n": 1, "times": 1.4, "before": 0.45}, "Laughter: KEKW"),
        (
            {"kind": "peak", "term": None, "before": None},
            "Burst of chat · 3 times as busy as usual",
        ),
        ({"kind": "hype", "n": None, "times": None}, "Hype: KEKW · mood from +0.10 to +0.45"),
        ({"kind": "silence", "term": None, "times": None, "mood": None}, "Silence"),
        ({"kind": "jump"}, "x"),
        ({"term": HOSTILE[:25], "n": 1, "times": "3", "mood": []}, f"Laughter: {HOSTILE[:25]}"),
    ],
)
def test_a_moment_tells_what_happened_and_from_what_to_what(page, ebs, moment, said):
    shown(page, ebs, moment=MOMENT | moment | {"at": iso(this_window() - timedelta(minutes=2))})
    told = page.locator("#moment").inner_text().translate(ISOLATES)
    assert told == f"2 min ago {said}"


def test_a_term_written_from_the_right_turns_nothing_round_it(page, ebs):
    shown(page, ebs, moment=MOMENT | {"term": "\u0634\u0643\u0631\u0627", "at": iso(this_window())})
    said = page.locator("#moment").inner_text()
    assert "\u2068\u0634\u0643\u0631\u0627\u2069 ×43" in said


def test_what_changes_is_read_aloud_once(page, ebs):
    aloud = page.locator("#aloud[role=status]")
    shown(page, ebs, moment=MOMENT | {"at": iso(this_window())})
    first = aloud.text_content().translate(ISOLATES)
    assert first.startswith("positive · Laughter: KEKW ×43")
    page.evaluate(
        """() => {
            window.told = 0;
            const all = {childList: true, characterData: true, subtree: true};
            new MutationObserver(() => { window.told += 1; })
                .observe(document.querySelector("#aloud"), all);
        }"""
    )
    context = {"kind": "context", "context": {"theme": "light"}}
    page.evaluate("told => postMessage(told, location.origin)", context)
    page.locator("html[data-theme=light]").wait_for()
    assert page.evaluate("window.told") == 0
    page.evaluate(
        "told => postMessage(told, location.origin)", {**context, "context": {"language": "de"}}
    )
    page.get_by_text("Lachen").first.wait_for()
    assert page.evaluate("window.told") == 1
    assert aloud.text_content().translate(ISOLATES).startswith("positiv · Lachen: KEKW ×43")


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
    assert "The chart goes from minus 1.00 (bad) to 1.00 (good)." in said
    assert "First five minutes: 0.17; last five: 0.20." in said
    assert "Lowest: minus 0.50" in said
    assert "Nobody wrote: 0.5 mins." in said


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
    for selector in ("#count", "#top", "#top b"):
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
