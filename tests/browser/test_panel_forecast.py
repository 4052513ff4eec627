"""What the panel says of the next five minutes: range, chances, activity and trust."""

import json
import re

import pytest

from tests.helpers.browser.looking import shown
from tests.helpers.browser.panel_fixtures import (
    FIVE,
    chromium,
    earlier_body,
    ebs,
    ebs_process,
    kept_page,
    mood_body,
    page,
)

__all__ = ["chromium", "ebs", "ebs_process", "kept_page", "page"]  # fixtures
pytestmark = pytest.mark.browser

PARTS = """async ([bodies, language]) => {
    const {readMood} = await import("/preview/mood.js");
    const parts = await import("/preview/outlook.js");
    const {sentiment} = await import("/preview/sentiment.js");
    const {readChoices} = await import("/preview/choices.js");
    const {wordsOf} = await import("/preview/words.js");
    const state = {status: "live", words: await wordsOf(language), choices: readChoices()};
    return bodies.map((body) => {
        const made = [parts.outlook(), parts.prospects(), parts.record(), sentiment()];
        made.forEach((part) => part.show({...state, mood: readMood(body)}));
        const [next, prospects, record, chart] = made.map(({node}) => node);
        return {
            next: [...next.childNodes].map((node) => node.textContent),
            prospects: [...prospects.children].map((item) => item.textContent),
            isRecord: !record.hidden,
            record: [...record.querySelectorAll(":scope :is(p, summary)")]
                .filter((node) => !node.closest("[hidden]")).map((node) => node.textContent),
            heard: chart.querySelector("desc").textContent,
        };
    });
}"""
MINUS = "\N{MINUS SIGN}"
EARLIER = ["next 30\xa0s", "+0.10", f"likely between {MINUS}0.10 and +0.30"]


def said(page, ebs, *forecasts, language="en"):
    """What the parts say of bodies whose forecasts are changed so."""
    page.goto(f"{ebs.address}/preview/panel.css")
    bodies = []
    for changed in forecasts:
        body = mood_body()
        bodies.append(json.dumps(body | {"forecast": body["forecast"] | changed}))
    return page.evaluate(PARTS, [bodies, language])


def test_the_headline_is_the_five_minutes_in_words(page, ebs):
    shown(page, ebs)
    assert page.locator("#next").inner_text().splitlines() == [
        "next 5 minutes",
        f"likely between {MINUS}0.02 and +0.11",
        "about neutral, usually +0.10",
    ]  # fmt: skip
    assert page.locator("#prospects").get_by_role("listitem").all_inner_texts() == [
        "better than usual: 30%", "0.1 or more worse: 10%", "0.1 or more better: under 5%",
        "12 to 30 messages a minute expected",
    ]  # fmt: skip
    assert page.locator("polygon.band").get_attribute("points").count(",") == 20  # no further step


def test_a_body_of_an_earlier_pipeline_shows_what_it_has(page, ebs):
    shown(page, ebs, earlier_body())
    assert page.locator("#next").inner_text().splitlines() == EARLIER
    assert not page.locator("#prospects").is_visible()
    assert page.locator("#record").inner_text() == "Forecast: a little better than a guess"
    heard = page.locator("#chart-text").text_content()
    assert heard.endswith("likely between minus 0.19 and 0.39.")


@pytest.mark.parametrize(
    ("skill", "told"),
    [
        (None, "too new to judge"),
        (0.0, "no better than a guess: the average is shown"),
        (0.13, "a little better than a guess"),
    ],
)
def test_a_grade_that_is_not_told_is_said_from_the_skill(page, ebs, skill, told):
    shown(page, ebs, earlier_body(skill=skill))
    assert page.locator("#record").inner_text() == f"Forecast: {told}"


def test_a_middle_near_0_or_with_0_in_its_band_is_no_verdict(page, ebs):
    cases = {
        (0.01, 0.044, 0.11): "about neutral", (0.01, 0.046, 0.11): "a bit positive",
        (0.004, 0.07, 0.2): "about neutral", (0.006, 0.07, 0.2): "a bit positive",
        (-0.3, -0.2, 0.1): "about neutral", (-0.3, -0.2, -0.1): "negative",
        (-0.2, -0.094, -0.05): "a bit negative", (-0.2, -0.096, -0.05): "negative",
    }  # fmt: skip
    told = said(page, ebs, *({"five": list(band)} for band in cases))
    assert [case["next"][2] for case in told] == [
        f"{word}, usually +0.10" for word in cases.values()
    ]


def test_a_band_whose_ends_read_alike_is_one_number(page, ebs):
    bands = [[0.117, 0.119, 0.122], [-0.002, 0.0, 0.001]]
    told = [case["next"][1] for case in said(page, ebs, *({"five": band} for band in bands))]
    assert told == ["+0.12", "0.00"]


def test_chances_are_told_in_steps_of_five_points_and_never_as_certain(page, ebs):
    shares = [0, 0.049, 0.05, 0.074, 0.076, 0.125, 0.7, 0.95, 0.951, 1]
    chances = ({"chances": {"drop": share}, "activity": None} for share in shares)
    told = [case["prospects"] for case in said(page, ebs, *chances)]
    assert [text.split(": ")[1] for (text,) in told] == [
        "under 5%", "under 5%", "5%", "5%", "10%", "15%", "70%", "95%", "over 95%", "over 95%",
    ]  # fmt: skip


def test_activity_is_rounded_and_silence_is_said_in_words(page, ebs):
    counts = [[1234, 2000, 23456], [0.2, 1, 3], [0.4, 0.8, 1.2], [2.6, 3, 3.4], [0.6, 1, 1.4]]
    counts += [[0, 0, 0], [0, 0.1, 0.49], [987, 990, 992]]
    told = said(page, ebs, *({"activity": count, "chances": {}} for count in counts))
    assert [case["prospects"] for case in told] == [
        ["1,200 to 23,000 messages a minute expected"],
        ["up to 3 messages a minute expected"],
        ["up to 1 message a minute expected"],
        ["about 3 messages a minute expected"],
        ["about 1 message a minute expected"],
        ["hardly any messages expected"],
        ["hardly any messages expected"],
        ["about 990 messages a minute expected"],
    ]


def test_the_grade_is_said_in_words_and_its_number_on_demand_by_keyboard(page, ebs):
    shown(page, ebs)
    summary, mark = page.locator("#record summary"), page.locator("#record details p")
    assert summary.inner_text() == "Forecast: clearly better than a guess"
    assert not mark.is_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("Enter")
    assert mark.inner_text().startswith("Its score in the last seven days: 14%.")
    light = {"kind": "context", "context": {"theme": "light"}}
    page.evaluate("told => postMessage(told, location.origin)", light)
    page.locator("html[data-theme=light]").wait_for()
    assert mark.is_visible()  # still, when all was drawn again
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_a_mark_of_nothing_has_no_sign(page, ebs):
    body = mood_body()
    beaten = {"grade": "not", "five_skill": -0.004}
    shown(page, ebs, body | {"forecast": body["forecast"] | beaten})
    mark = page.locator("#record details p").text_content()
    assert mark.startswith("Its score in the last seven days: 0%.")


def test_every_grade_has_its_words(page, ebs):
    grades = ({"grade": grade} for grade in ("clearly", "little", "not", "new"))
    told = [case["record"] for case in said(page, ebs, *grades)]
    assert [record[0] for record in told] == [
        "Forecast: clearly better than a guess",
        "Forecast: a little better than a guess",
        "Forecast: no better than a guess: the average is shown",
        "Forecast: too new to judge",
    ]
    assert [len(record) for record in told] == [2, 2, 2, 1]  # of a new one there is no number yet


def test_all_of_it_can_be_heard(page, ebs):
    shown(page, ebs)
    assert (
        page.locator("#chart-text")
        .text_content()
        .endswith(
            "Forecast for the next five minutes: about 0.04, likely between minus 0.02 and 0.11. "
            "Its usual is 0.10. In these five minutes: better than usual: 30%, 0.1 or more worse: "
            "10%, 0.1 or more better: under 5% and 12 to 30 messages a minute expected. "
            "Forecast: clearly better than a guess."
        )
    )


NO_FIVE = [
    {"five": value}
    for value in (
        None, "x", 5, {}, [], [0.1, 0.2], [0.1, 0.2, 0.3, 0.4], [None, 0.1, 0.2], ["0", 0.1, 0.2],
        [0.3, 0.1, -0.3], [0.1, 0.3, 0.2], [-3.0, 0.0, 3.0], [0.1, True, 0.2], [[0], 0.1, 0.2],
    )
] + [{"usual": value} for value in (None, "x", [0.1])]  # fmt: skip


def test_a_broken_forecast_of_the_five_minutes_is_none(page, ebs):
    for changed, told in zip(NO_FIVE, said(page, ebs, *NO_FIVE), strict=True):
        assert told["next"] == EARLIER, changed
        assert told["prospects"] == [], changed
        assert told["record"] == ["Forecast: a little better than a guess"], changed


def test_what_is_broken_beside_it_is_left_out(page, ebs):
    broken = [
        *({"chances": value, "activity": None} for value in (None, "x", 7, [], [0.1, 0.2, 0.3])),
        {"chances": {"above": 7, "drop": -0.1, "rise": "0.5", "raid": 0.5}, "activity": [3, 2, 1]},
        {"chances": {"above": None, "drop": {}, "rise": True}, "activity": [-1, 2, 3]},
        {"chances": {"__proto__": 0.5, "constructor": 0.5}, "activity": ["1", 2, 3]},
        {"chances": {}, "activity": [1e308, 1e308, 1e308]},
    ]
    for changed, told in zip(broken, said(page, ebs, *broken), strict=True):
        assert told["prospects"] == [], changed
        assert told["next"][1] == f"likely between {MINUS}0.02 and +0.11", changed
    grades = ("best", 3, None, ["new"], "constructor", "toString")
    for told in said(page, ebs, *({"grade": grade} for grade in grades)):
        assert told["isRecord"] is False
    skills = ("0.5", 7, -1e308, None, [0.5])
    for told in said(page, ebs, *({"five_skill": skill} for skill in skills)):
        assert told["record"] == ["Forecast: clearly better than a guess"]


def test_no_number_that_json_cannot_hold_breaks_the_panel(page, ebs):
    text = json.dumps(mood_body()).replace("0.143", "1e999").replace("12.2", "-1e999")
    page.route("**/v1/mood", lambda route: route.fulfill(body=text))
    shown(page, ebs)
    assert page.locator("#record summary").count() == 1
    assert page.locator("#record").inner_text().endswith("better than a guess")
    assert "expected" not in page.locator("#prospects").inner_text()


@pytest.mark.parametrize("language", ["de", "es", "fr", "ja", "pt", "zh"])
def test_each_language_says_it_in_its_own_words(page, ebs, language):
    cases = [FIVE | {"grade": grade} for grade in ("clearly", "little", "not", "new")]
    cases += [{"activity": count} for count in ([0, 0, 0], [0, 1, 1], [1, 1, 1], [4, 4, 4])]
    english = said(page, ebs, *cases)
    for ours, theirs in zip(english, said(page, ebs, *cases, language=language), strict=True):
        for part in ("next", "prospects", "record"):
            assert len(theirs[part]) == len(ours[part])
            assert not set(theirs[part]) & set(ours[part])
            assert all(text and "{" not in text for text in theirs[part])
        assert re.split(r"：|: ", theirs["record"][0])[1].strip() in theirs["heard"]
        assert "{" not in theirs["heard"]
