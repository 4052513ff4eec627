"""Every view under Twitch's policy: drawn, readable by everyone, in every language."""

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from pipeline.serving.body import _UNREAD, MoodState, _why_not
from tests.helpers.browser.looking import corners, pixels, rgb, style, wait_until
from tests.helpers.browser.panel_fixtures import (
    FIVE,
    chromium,
    history,
    iso,
    kept_page,
    mood_body,
    this_window,
)
from tests.helpers.browser.twitch import HELPER, SIZES, helper, opened, twitch, twitch_servers, view
from warehouse.mood_now import MoodNow

__all__ = ["chromium", "kept_page", "twitch", "twitch_servers", "view"]  # fixtures
pytestmark = pytest.mark.browser

LANGUAGES = ("en", "de", "es", "fr", "pt", "ja", "zh")
DRAWN = [name for name in SIZES if name != "config"]
THEMES = ("dark", "light")
LONG = {
    "login": "w" * 25,
    "now": {"mood": -0.99, "label": "negative", "n": 12345, "top": [["W" * 25, 12345]] * 5}
    | {"five": {"mood": -0.09, "low": -0.12, "high": -0.06, "n": 12345, "label": "negative"}},
    "moment": {"text": "", "kind": "peak", "term": "W" * 25, "n": 12345, "times": 23.4}
    | {"before": -0.55, "mood": -0.99},
    "five": FIVE
    | {"five": [-0.11, -0.08, -0.06], "usual": -0.88, "activity": [1234, 5678, 23456]}
    | {"chances": dict.fromkeys(("above", "drop", "rise"), 0.01), "grade": "not"},
}


def busy():
    """A body whose texts are about as long as they get."""
    at = iso(this_window())
    gaps = {3: (None, 0), 7: (None, None)}
    body = mood_body(
        login=LONG["login"], now=LONG["now"], moment=LONG["moment"] | {"at": at}, moods=gaps
    )
    body["forecast"] |= LONG["five"]
    return body


@pytest.mark.parametrize("name", DRAWN)
def test_the_chart_is_painted_blue_and_green_under_twitchs_policy(view, twitch, name):
    opened(view, twitch, name)
    if view.locator("#toggle").count():
        view.locator("#toggle").click()
    for theme in THEMES:
        view.evaluate("theme => twitch.context({theme})", theme)
        view.locator(f"html[data-theme={theme}]").wait_for()
        blue, green = (rgb(style(view, at, "stroke")) for at in (".mood-line", ".forecast-line"))
        assert blue[2] > blue[1] > blue[0] and green[1] > max(green[0], green[2])
        seen = pixels(view, [blue, green])
        now = view.locator("line.now").bounding_box()["x"]
        assert len(seen[0]) > 100 and max(seen[0]) <= now + 1
        assert len(seen[1]) > 10 and min(seen[1]) >= now
        assert len(set(seen[1])) < max(seen[1]) - min(seen[1])  # dashes leave columns free


def test_the_policy_of_these_tests_refuses_what_twitch_refuses(chromium, twitch):
    context = chromium.new_context()
    page = context.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.route(HELPER, helper)
    page.goto(twitch.url("panel"))
    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "document.title = 'caught'";
            document.head.append(script);
            fetch("https://example.org/").catch(() => {});
        }"""
    )
    page.wait_for_function("document.title.startsWith('DLD')")

    def is_refused(what):
        return any("Content Security Policy" in text and what in text for text in said)

    wait_until(page, lambda: is_refused("script-src") and is_refused("connect-src"))
    context.close()


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_in_any_view(view, twitch, theme):
    axe = Axe()
    for name in SIZES:
        opened(view, twitch, name, theme=theme)
        if view.locator("#toggle").count():
            view.locator("#toggle").click()
        if name == "config":
            view.locator("#delete").click()
        results = axe.run(view).response
        found = [(v["id"], [node["html"] for node in v["nodes"]]) for v in results["violations"]]
        assert found == [], name
        assert len(results["passes"]) > 10, name


FITS = """(clipped) => {
    const root = document.documentElement;
    const wide = [...document.querySelectorAll(clipped)].filter(
        (e) => e.checkVisibility() && !e.matches(".unseen-text *, .unseen-text") && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 2));
    return {
        wide: root.scrollWidth - root.clientWidth,
        high: root.scrollHeight - root.clientHeight,
        clipped: wide.map((e) => e.id || e.className || e.textContent),
        lang: root.lang,
    };
}"""  # noqa: E501
KEY_TEXTS = (
    "#source, #status, #notice, #legend, #received-name, #next, #prospects, "
    "#prospects li, #record, #record summary, #word, #result, #count, #toggle, #card, button, "
    "legend, label, #followed, h2"
)


@pytest.mark.parametrize("name", SIZES)
def test_every_language_fits_into_every_view(view, twitch, name):
    twitch.says(busy())
    opened(view, twitch, name)
    if view.locator("#toggle").count():
        view.locator("#toggle").click()
    for language in LANGUAGES:
        view.evaluate("language => twitch.context({language})", language)
        view.locator(f"html:lang({language})").wait_for()
        view.wait_for_timeout(50)
        found = view.evaluate(FITS, KEY_TEXTS)
        assert found["wide"] <= 0, (language, found)
        assert found["clipped"] == [], (language, found)
        assert name in ("config", "live_config") or found["high"] <= 0, (language, found)


def test_no_text_stays_english_in_another_language(view, twitch):
    opened(view, twitch, "panel", language="en")
    names = [f"words/{part}{language}.js" for part in ("", "setup/") for language in LANGUAGES]
    texts = view.evaluate(
        """async (names) => {
            const flat = (value, path) => typeof value === "object"
                ? Object.entries(value).flatMap(([key, inner]) => flat(inner, [...path, key]))
                : [[path.join("."), value]];
            const found = {};
            for (const name of names)
                found[name] = Object.fromEntries(flat((await import(`./${name}`)).default, []));
            return found;
        }""",
        names,
    )
    for part in ("", "setup/"):
        english = texts[f"words/{part}en.js"]
        for language in LANGUAGES[1:]:
            other = texts[f"words/{part}{language}.js"]
            plural = {key for key in english if key.endswith(".one")}
            assert set(english) - set(other) <= plural | {"lang"}, language
            assert set(other) <= set(english), language
            for key, text in other.items():
                assert holes(text) == holes(english[key]), (language, key)
            same = {
                key
                for key, text in other.items()
                if other[key] == english[key] and len(re.sub(r"{.*?}", "", text)) > 12
            }
            assert same == set(), language


def holes(text):
    return {part.partition("}")[0] for part in text.split("{")[1:]}


def test_each_sentence_of_the_pipeline_is_said_in_each_language(view, twitch):
    """What the pipeline's body writes is recognised by sentences.js."""
    turns = ["Mood rose to +0.50", "Mood fell to -0.50"]
    moments = [{"text": text, "kind": ""} for turn in turns for text in (turn, f"{turn}, with LUL")]
    moments += [
        {"kind": kind, "term": "LUL", "n": 3, "times": 4, "before": 0.1, "mood": 0.5}
        for kind in ("laughter", "hype", "peak", "silence")
    ]
    told = MoodNow(None, "emotes", 100, 2, 0.02, 600, "unsupported")
    tells = [(True, ""), (False, ""), (True, "waiting"), (True, "unsupported")]
    whys = [_why_not(MoodState("a", "1", on=on), told._replace(why=why)) for on, why in tells]
    cases = {
        "moment": moments,
        "why": [*whys, _UNREAD],
    }
    opened(view, twitch, "panel")
    said = view.evaluate(
        """async ([cases, languages]) => {
            const said = await import("./sentences.js");
            const {wordsOf} = await import("./words.js");
            const found = [];
            for (const language of languages) {
                const words = await wordsOf(language);
                for (const [kind, list] of Object.entries(cases))
                    for (const value of list) found.push([language, said[kind](value, words)]);
            }
            return found;
        }""",
        [cases, LANGUAGES],
    )
    assert len(said) == 13 * len(LANGUAGES)
    assert [(language, told) for language, told in said if told["lang"]] == []
    assert len({told["text"] for _, told in said}) > 9 * len(LANGUAGES)
    assert all(told["text"] and "{" not in told["text"] for _, told in said)


def test_a_sentence_that_is_not_known_is_shown_as_it_came_and_marked_english(view, twitch):
    moment = {"at": iso(this_window()), "text": "A raid of <b>200</b> came"}
    twitch.says(mood_body(moment=moment, forecast=None, why="the model is away"))
    opened(view, twitch, "panel", language="de")
    for part, text in (("#moment", moment["text"]), ("#next", "the model is away")):
        english = view.locator(f"{part} [lang=en]")
        assert english.inner_text() == text


def test_numbers_and_times_are_the_languages_own(view, twitch):
    now = {"mood": 0.21, "label": "positive", "n": 12345, "top": []}
    twitch.says(mood_body(now=now))
    opened(view, twitch, "panel", language="de")
    assert view.locator("#number").inner_text() == "+0,21"
    assert view.locator("#count b").inner_text() == "12.345 Nachrichten"
    view.evaluate("twitch.context({language: 'en-US'})")
    view.get_by_text("12,345 messages").wait_for()
    assert view.locator(".x-label").first.text_content().split()[-1] in ("AM", "PM")


@pytest.mark.parametrize("language", ["nl", "xx-<b>", "en_GB", ""])
def test_a_language_that_is_not_here_is_english(view, twitch, language):
    opened(view, twitch, "panel", language=language)
    assert view.locator("#received-name").inner_text() == "The last 30 seconds"
    assert view.evaluate("document.documentElement.lang") == "en"


@pytest.mark.parametrize("name", SIZES)
def test_every_view_loads_less_than_150_kb(view, twitch, name):
    weights = []
    view.on("response", lambda answer: weights.append((answer.url, answer)))
    opened(view, twitch, name, language="ja")
    ours = {url: len(answer.body()) for url, answer in weights if url.startswith(twitch.files)}
    assert 20_000 < sum(ours.values()) < 150_000, ours


@pytest.mark.parametrize(
    ("reach", "furthest"), [("0.1", 0.1), ("0.2", -0.15), ("0.4", 0.31), ("0.5", -0.5)]
)
def test_a_close_up_says_that_it_is_one_and_cuts_nothing_off(view, twitch, reach, furthest):
    still = mood_body(moods=dict.fromkeys(range(60), (0.0, 9)) | {30: (furthest, 9)})
    still["forecast"]["steps"] = [[-0.05, 0.0, 0.05]] * 10
    twitch.says(still)
    opened(view, twitch, "panel")
    names = view.locator(".y-label")
    assert names.all_text_contents() == ["1", "0", "\N{MINUS SIGN}1"]
    assert view.locator(".close-up").count() == 0
    view.evaluate("""twitch.configure("1", '{"scale":"close"}')""")
    assert names.all_text_contents() == [reach, "0", f"\N{MINUS SIGN}{reach}"]
    label = view.locator(".close-up").text_content()
    assert label == f"close-up: \N{MINUS SIGN}{reach} to {reach}"
    heard = view.locator("#chart-text").text_content()
    assert f"from minus {reach}0 (bad) to {reach}0 (good)" in heard
    ends = [float(names.nth(at).get_attribute("y")) - 3.5 for at in (0, 2)]
    drawn = [y for line in corners(view.locator(".mood-line").get_attribute("d")) for _, y in line]
    assert ends[0] - 0.02 <= min(drawn) and max(drawn) <= ends[1] + 0.02
    assert max(drawn) - min(drawn) > 0.3 * (ends[1] - ends[0])


def test_where_the_mood_goes_far_a_close_up_is_the_whole(view, twitch):
    twitch.says(mood_body(moods={30: (-0.51, 9)}))
    opened(view, twitch, "panel")
    view.evaluate("""twitch.configure("1", '{"scale":"close"}')""")
    assert view.locator(".y-label").all_text_contents() == ["1", "0", "\N{MINUS SIGN}1"]
    assert view.locator(".close-up").count() == 0


def test_the_chart_can_be_heard(view, twitch):
    body = mood_body()
    body["history"] = history(this_window(), dict.fromkeys(range(10), (None, None)))
    twitch.says(body)
    opened(view, twitch, "panel")
    image = view.get_by_role("img", name="Mood of this chat")
    assert "likely between" in image.locator("desc").text_content()
    past, next_steps = view.get_by_role("table").all()
    rows = past.locator("tbody tr").all_inner_texts()
    assert len(rows) == 6 and rows[0].split("\t")[1:] == ["none", "not seen"]
    assert rows[1].split("\t")[1:] == ["0.20", "200"]
    assert len(next_steps.locator("tbody tr").all()) == 10
    assert "minus 0.10" in next_steps.locator("tbody tr").first.inner_text()


def test_a_moment_that_grows_is_read_aloud_once(view, twitch):
    moment = {"at": iso(this_window()), "text": "", "kind": "hype", "term": "Pog", "n": 3}
    twitch.says(mood_body(moment=moment))
    opened(view, twitch, "panel")
    first = view.locator("#aloud").text_content()
    assert "\u00d73" in first
    grown = mood_body(age_s=-5, moment=moment | {"n": 9})
    view.evaluate("text => twitch.broadcast(text)", json.dumps(grown))
    view.locator("#moment").get_by_text("\u00d79").wait_for()
    assert view.locator("#aloud").text_content() == first


@pytest.mark.own_page
def test_reduced_motion_stops_every_animation_in_every_view(view, twitch):
    view.emulate_media(reduced_motion="reduce")
    for name in SIZES:
        opened(view, twitch, name)
        assert view.evaluate("document.getAnimations().length") == 0, name
        assert view.evaluate(
            "[...document.querySelectorAll('*')].every(e => "
            "getComputedStyle(e).transitionDuration.split(', ').every(s => s === '0s'))"
        ), name


@pytest.mark.own_page
def test_a_view_that_is_opened_without_twitch_says_so(view, twitch):
    view.route(HELPER, lambda route: route.fulfill(body=""))
    view.clock.install()
    for name in SIZES:
        view.goto(twitch.url(name))
        view.locator("#notice:not(.static)").wait_for(state="attached")
        view.clock.fast_forward(6_000)
        view.get_by_text("works inside Twitch only").wait_for()


def test_a_page_without_its_scripts_says_that_it_belongs_to_twitch(view, twitch):
    view.route("**/*.js", lambda route: route.abort())
    view.goto(twitch.url("panel"))
    view.get_by_text("This page is part of a Twitch extension.").wait_for()


@pytest.mark.own_page
def test_a_helper_that_never_signs_in_is_said(view, twitch):
    view.clock.install()
    view.goto(twitch.url("panel", token=""))
    view.locator("#notice:not(.static)").wait_for()
    view.clock.fast_forward(11_000)
    view.get_by_text("Twitch has not signed this page in").wait_for()
    view.evaluate("twitch.authorise('late.token')")
    view.locator("#panel[data-state=live]").wait_for()
