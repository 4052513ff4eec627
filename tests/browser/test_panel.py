"""What a viewer sees: the panel in Chromium, fed by the real EBS."""

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest

from ebs.schema import MoodBody
from tests.browser.panel_fixtures import (
    STEPS,
    chromium,
    ebs,
    ebs_process,
    iso,
    mood_body,
    page,
    this_window,
)

__all__ = ["chromium", "ebs", "ebs_process", "page"]  # fixtures
pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=document.title='caught'>"


def shown(page, ebs, body=None, state="live", **changed):
    """Publishes, opens the panel and waits until it says so."""
    ebs.publish(body if body is not None else mood_body(**changed))
    page.goto(ebs.panel())
    page.locator(f"#panel[data-state={state}]").wait_for()
    return page


def corners(path):
    """[[(x, y), ...], ...]: the lines of an SVG path of M and L."""
    lines = [line.removesuffix("h0").split("L") for line in path.split("M")[1:]]
    return [[tuple(map(float, corner.split())) for corner in line] for line in lines]


def style(page, selector, name):
    return page.eval_on_selector(selector, f"e => getComputedStyle(e).{name}")


def rgb(text):
    return [int(part) for part in re.findall(r"\d+", text)[:3]]


def y_scale(page):
    """Mood -> y, from the axis' own labels."""
    labels = page.locator(".y-label")
    texts = labels.all_text_contents()
    ys = [float(labels.nth(i).get_attribute("y")) - 3.5 for i in range(len(texts))]
    at = dict(zip(map(float, texts), ys, strict=True))
    assert sorted(at) == [-1, 0, 1]
    assert at[0] == pytest.approx((at[1] + at[-1]) / 2)
    assert at[1] < at[-1]  # positive is up
    return lambda mood: at[0] + (at[1] - at[0]) * mood


# the chart


def test_the_history_is_one_continuous_blue_line_of_every_window(page, ebs):
    shown(page, ebs, moods={3: (-1, 9), 4: (1, 9), 5: (0, 9)})
    lines = corners(page.locator("path.mood-line").get_attribute("d"))
    assert [len(line) for line in lines] == [60]
    y = y_scale(page)
    drawn = [corner[1] for corner in lines[0]]
    assert drawn[2:7] == pytest.approx([y(0.2), y(-1), y(1), y(0), y(0.2)], abs=0.02)
    red, green, blue = rgb(style(page, ".mood-line", "stroke"))
    assert blue > green > red
    assert style(page, ".mood-line", "strokeDasharray") == "none"


def test_the_steps_are_equal_and_the_history_ends_half_a_step_before_now(page, ebs):
    shown(page, ebs)
    xs = [x for x, _ in corners(page.locator(".mood-line").get_attribute("d"))[0]]
    steps = [b - a for a, b in pairwise(xs)]
    assert max(steps) - min(steps) < 0.03
    now = float(page.locator("line.now").get_attribute("x1"))
    assert now - xs[-1] == pytest.approx(steps[0] / 2, abs=0.02)
    ticks = page.locator(".ticks").get_attribute("d").count("M")
    assert ticks == 71  # an edge of every window: 60 of history, 10 of forecast


def test_the_forecast_is_a_green_dashed_line_of_ten_steps_after_now(page, ebs):
    shown(page, ebs)
    (line,) = corners(page.locator("path.forecast-line").get_attribute("d"))
    assert len(line) == 10
    now = float(page.locator("line.now").get_attribute("x1"))
    assert all(x > now for x, _ in line)
    y = y_scale(page)
    assert [at for _, at in line] == pytest.approx([y(mid) for _, mid, _ in STEPS], abs=0.02)
    red, green, blue = rgb(style(page, ".forecast-line", "stroke"))
    assert green > blue and green > red
    assert style(page, ".forecast-line", "strokeDasharray") != "none"


def test_the_band_reaches_from_q10_to_q90(page, ebs):
    shown(page, ebs)
    points = page.locator("polygon.band").get_attribute("points").split()
    ys = [float(point.split(",")[1]) for point in points]
    y = y_scale(page)
    lows, highs = [low for low, _, _ in STEPS], [high for _, _, high in STEPS]
    assert ys == pytest.approx([y(v) for v in highs + lows[::-1]], abs=0.02)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_pixels_of_the_chart_are_blue_before_now_and_green_after(page, ebs, theme):
    shown(page, ebs)
    page.evaluate(
        "theme => postMessage({kind: 'context', context: {theme}}, location.origin)", theme
    )
    page.locator(f"html[data-theme={theme}]").wait_for()
    blue = rgb(style(page, ".mood-line", "stroke"))
    green = rgb(style(page, ".forecast-line", "stroke"))
    seen = pixels(page, [blue, green])
    now = page.locator("line.now").bounding_box()["x"]
    assert len(seen[0]) > 150 and max(seen[0]) <= now
    assert len(seen[1]) > 15 and min(seen[1]) >= now
    assert len(set(seen[1])) < max(seen[1]) - min(seen[1])  # dashes leave columns free


def pixels(page, colours):
    """For each colour, the columns of its pixels in the chart as really painted."""
    box = page.locator("#chart").bounding_box()
    shot = base64.b64encode(page.screenshot(clip=box, animations="disabled")).decode()
    columns = page.evaluate(
        """async ([shot, colours]) => {
            const bytes = Uint8Array.from(atob(shot), c => c.charCodeAt(0));
            const image = await createImageBitmap(new Blob([bytes]));
            const canvas = new OffscreenCanvas(image.width, image.height);
            const drawing = canvas.getContext("2d");
            drawing.drawImage(image, 0, 0);
            const {data} = drawing.getImageData(0, 0, image.width, image.height);
            const near = (i, c) => c.every((part, k) => Math.abs(data[i + k] - part) < 40);
            return colours.map(c => {
                const found = [];
                for (let i = 0; i < data.length; i += 4)
                    if (near(i, c)) found.push((i / 4) % image.width);
                return found;
            });
        }""",
        [shot, colours],
    )
    return [[box["x"] + x for x in found] for found in columns]


def test_silence_is_a_gap_and_never_a_zero(page, ebs):
    shown(page, ebs, moods={20: (None, 0), 21: (None, 0)})
    lines = corners(page.locator(".mood-line").get_attribute("d"))
    assert [len(line) for line in lines] == [20, 38]
    assert page.locator("rect.silent").count() == 1
    assert page.locator("rect.unseen").count() == 0
    assert page.locator(".key-silent").is_visible()
    assert not page.locator(".key-unseen").is_visible()


def test_what_nobody_observed_is_marked_otherwise_than_silence(page, ebs):
    shown(page, ebs, moods={10: (None, None), 11: (None, None), 12: (None, 0)})
    assert [len(line) for line in corners(page.locator(".mood-line").get_attribute("d"))] == [
        10,
        47,
    ]
    unseen, silent = page.locator("rect.unseen"), page.locator("rect.silent")
    assert (unseen.count(), silent.count()) == (1, 1)
    assert float(unseen.get_attribute("height")) > 10 * float(silent.get_attribute("height"))
    assert page.locator(".key-unseen").is_visible()


def test_a_window_alone_between_gaps_is_a_dot(page, ebs):
    shown(page, ebs, moods={i: (None, 0) for i in range(60) if i != 30})
    assert page.locator(".mood-line").get_attribute("d").endswith("h0")
    (((x, y),),) = corners(page.locator(".mood-line").get_attribute("d"))
    dot = page.locator("circle.mood-dot")
    assert (float(dot.get_attribute("cx")), float(dot.get_attribute("cy"))) == (x, y)


def test_a_history_that_only_begins_is_drawn_at_its_own_times(page, ebs):
    body = mood_body()
    body["history"] = body["history"][-3:]
    shown(page, ebs, body)
    (line,) = corners(page.locator(".mood-line").get_attribute("d"))
    now = float(page.locator("line.now").get_attribute("x1"))
    assert len(line) == 3 and now - line[0][0] < 12


def test_windows_that_were_left_out_break_the_line(page, ebs):
    body = mood_body()
    del body["history"][30:32]
    shown(page, ebs, body)
    lines = corners(page.locator(".mood-line").get_attribute("d"))
    assert [len(line) for line in lines] == [30, 28]
    assert lines[1][0][0] - lines[0][-1][0] > 10


def test_the_times_are_the_viewers_own(page, ebs):
    shown(page, ebs)
    labels = page.locator(".x-label").all_text_contents()
    assert labels[-1] == "now"
    assert len(labels) >= 3 and all(re.fullmatch(r"\d\d:\d0", label) for label in labels[:-1])


def test_pointing_at_a_window_tells_what_is_there(page, ebs):
    shown(page, ebs, moods={1: (None, 0), 2: (None, None), 3: (-0.5, 1)})
    told = page.locator("rect.column title").all_text_contents()
    assert len(told) == 60
    assert [text.split(": ")[1] for text in told[:4]] == [
        "+0.20, 20 messages", "silence", "not observed", "-0.50, 1 message",
    ]  # fmt: skip


def test_no_forecast_is_said_with_its_reason(page, ebs):
    shown(page, ebs, forecast=None, why="the stream has just begun")
    assert page.locator(".forecast-line").count() == 0
    said = page.locator("#next").inner_text().splitlines()
    assert said == ["no forecast", "the stream has just begun"]
    assert not page.locator(".key-forecast").is_visible()


# the words


def test_the_received_data_and_the_score_below_it(page, ebs):
    shown(page, ebs)
    assert page.locator("#received h2").inner_text() == "Received data"
    assert page.locator("#count").inner_text() == "41 messages · 93\xa0% readable"
    assert page.locator("#top li").all_inner_texts() == ["LUL ×12", "Pog ×3"]
    assert page.locator("#score").inner_text().split() == ["▲", "+0.21", "positive"]
    received, score = (page.locator(at).bounding_box() for at in ("#received", "#score"))
    assert score["y"] >= received["y"] + received["height"]


def test_a_chat_that_cannot_be_read_is_unsupported_never_neutral(page, ebs):
    why = "most of this chat is in a language that cannot be scored"
    now = {"mood": 0.0, "label": "unsupported", "n": 41, "top": []}
    shown(page, ebs, readable=0.12, now=now, forecast=None, why=why)
    assert page.locator("#score").inner_text().split() == ["–", "unsupported", "language"]
    assert page.locator("#count").inner_text() == "41 messages · 12\xa0% readable"
    assert page.locator("#next").inner_text().split("\n") == ["no forecast", why]
    assert not page.locator("#sentiment").is_visible()
    assert not page.locator("#moment").inner_text()


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


def test_the_outlook_has_its_band_and_its_record(page, ebs):
    shown(page, ebs)
    assert page.locator("#next").inner_text().splitlines() == [
        "next 30 s", "+0.10", "80\xa0%: -0.10 to +0.30",
    ]  # fmt: skip
    assert page.locator("#record").inner_text() == "Forecast: A fair record."


@pytest.mark.parametrize(
    ("skill", "said"),
    [(None, "too new"), (-0.2, "no better lately"), (0.13, "lately knows 13\xa0% of what")],
)
def test_a_record_that_is_not_told_is_said_from_the_skill(page, ebs, skill, said):
    body = mood_body()
    body["forecast"] |= {"record": "", "skill": skill}
    shown(page, ebs, body)
    assert said in page.locator("#record").inner_text()


def test_simulated_chat_says_so(page, ebs):
    shown(page, ebs)
    assert page.locator("#source").inner_text() == "simulated"
    assert page.locator("#source").is_visible()


def test_replayed_chat_says_so(page, ebs):
    shown(page, ebs, source="replay")
    assert page.locator("#source").inner_text() == "replay"


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


# the states


def test_quiet_is_too_quiet_to_tell_and_shows_no_number(page, ebs):
    shown(page, ebs, state="quiet", status="quiet")
    assert page.locator("#score").inner_text().split() == ["–", "too", "quiet", "to", "tell"]
    assert page.locator("#status").inner_text() == "quiet"


def test_stale_data_says_since_when_and_has_no_now(page, ebs):
    body = mood_body(age_s=300)
    shown(page, ebs, body, state="stale")
    assert page.locator("#status").inner_text() == "out of date"
    since = datetime.fromisoformat(body["forecast"]["cutoff"]).strftime("%H:%M")
    assert page.locator("#notice").inner_text() == f"No new data since {since}"
    assert page.locator(".now-label").text_content() != "now"
    assert page.locator("#next").inner_text() == ""


def test_old_windows_in_a_new_body_are_not_live(page, ebs):
    body = mood_body(age_s=600) | {"generated_at": iso(datetime.now(UTC))}
    shown(page, ebs, body, state="stale")
    assert page.locator(".now-label").text_content() != "now"


def test_an_ended_stream_shows_its_recap(page, ebs):
    recap = {"started_at": "2026-11-22T10:00:00Z", "ended_at": "2026-11-22T12:30:00Z"}
    recap |= {"mood": 0.17, "n": 12873, "text": "Best at noon"}
    shown(page, ebs, state="offline", status="offline", recap=recap, forecast=None)
    assert page.locator("#recap-when").inner_text() == "22 Nov, 10:00 to 12:30"
    assert page.locator("#recap-text").inner_text() == "12,873 messages, mood +0.17. Best at noon"
    assert page.locator("#score").inner_text().split() == ["▲", "+0.17", "positive", "overall"]
    assert not page.locator("#received").is_visible()


def test_the_last_streams_recap_waits_until_the_stream_has_ended(page, ebs):
    shown(page, ebs, recap={"mood": 0.17, "n": 12873})
    assert page.locator("#received").is_visible()
    assert not page.locator("#recap").is_visible()


def test_an_unknown_channel_is_said_and_nothing_is_drawn(page, ebs):
    page.goto(ebs.panel("999"))
    page.get_by_text("DLD does not follow this channel yet.").wait_for()
    assert page.locator("#panel").get_attribute("data-state") == "waiting"
    assert page.locator("svg").count() == 0
    assert not page.locator("#received").is_visible()


BROKEN = [
    "[]", '{"v": 2}', "null", '"text"', "not JSON", "{" * 100,
    {"history": None}, {"history": [5]}, {"history": [["noon", 1, 1]]}, {"status": "fine"},
    {"generated_at": 5}, {"forecast": {"cutoff": "x", "steps": []}},
    {"forecast": {"cutoff": "2026-11-22T12:00:00Z", "steps": [[1, None, 2]]}},
]  # fmt: skip


def test_every_body_that_breaks_the_contract_is_refused(page, ebs):
    page.goto(f"{ebs.address}/preview/panel.css")
    texts = [b if isinstance(b, str) else json.dumps(mood_body() | b) for b in BROKEN]
    refused = page.evaluate(
        """async (texts) => {
            const {readMood} = await import("/preview/mood.js");
            readMood(texts.pop()); // the last is good
            return texts.map((text) => {
                try { readMood(text); return false; } catch { return true; }
            });
        }""",
        [*texts, json.dumps(mood_body())],
    )
    assert refused == [True] * len(BROKEN)


@pytest.mark.parametrize("garbage", ["not JSON", '{"v": 2}', "x" * 100_000])
def test_garbage_from_the_ebs_is_said_and_never_drawn(page, ebs, garbage):
    page.route("**/v1/mood", lambda route: route.fulfill(body=garbage))
    page.goto(ebs.panel())
    page.get_by_text("answer could not be read").wait_for()
    assert page.locator("svg").count() == 0


def test_odd_numbers_are_kept_inside_the_chart(page, ebs):
    body = mood_body(moods={0: (7.5, 3), 1: ("x", 3), 2: (0.1, -4)})
    page.route("**/v1/mood", lambda route: route.fulfill(body=json.dumps(body)))
    shown(page, ebs)
    lines = corners(page.locator(".mood-line").get_attribute("d"))
    assert lines[0][0][1] == pytest.approx(y_scale(page)(1), abs=0.02)
    assert [len(line) for line in lines] == [1, 58]


def test_a_lost_connection_is_said_while_the_last_mood_stays(page, ebs):
    page.clock.install()
    shown(page, ebs)
    page.route("**/v1/mood", lambda route: route.abort())
    page.clock.fast_forward(40_000)
    page.get_by_text("No connection").wait_for()
    assert page.locator(".mood-line").count() == 1
    page.unroute("**/v1/mood")
    page.clock.fast_forward(10_000)
    page.locator("#notice:empty").wait_for(state="attached")


def test_data_grows_stale_while_the_connection_is_lost(page, ebs):
    page.clock.install()
    shown(page, ebs)
    page.route("**/v1/mood", lambda route: route.abort())
    page.clock.fast_forward(60_000)
    page.get_by_text("No connection").wait_for()
    page.clock.fast_forward(60_000)
    page.locator("#panel[data-state=stale]").wait_for()
    assert page.locator("#status").inner_text() == "out of date"


@pytest.mark.parametrize(("status", "said"), [(401, "sign-in"), (500, "problem"), (503, "problem")])
def test_a_refusal_is_said_and_tried_again(page, ebs, status, said):
    page.clock.install()
    ebs.publish(mood_body())
    page.route(
        "**/v1/mood",
        lambda route: route.fulfill(status=status, body='{"error": "X", "detail": "y"}'),
    )
    page.goto(ebs.panel())
    page.get_by_text(said).wait_for()
    page.unroute("**/v1/mood")
    page.clock.fast_forward(8_000)
    page.locator("#panel[data-state=live]").wait_for()


def test_the_next_window_is_asked_for_in_step_and_drawn(page, ebs):
    page.clock.install()
    shown(page, ebs)
    with page.expect_response("**/v1/mood") as asked:
        ebs.publish(mood_body(now={"mood": -0.4, "label": "negative", "n": 9, "top": []}))
        page.clock.fast_forward(36_000)
    assert asked.value.status == 200
    page.get_by_text("-0.40").wait_for()


@pytest.mark.parametrize(
    ("age_s", "not_before_s", "by_s"),
    [
        (1, 30, 34),  # in step: a window after it was made, and a little
        (29, 2, 6),
        (60, 10, 13),  # overdue: soon, but not at once
    ],
)
def test_the_next_question_comes_when_a_new_window_is_due(page, ebs, age_s, not_before_s, by_s):
    page.clock.install()
    body = mood_body()
    made = datetime.fromisoformat(body["generated_at"])
    answered = format_datetime(made + timedelta(seconds=age_s), usegmt=True)
    asked = []

    def answer(route):
        asked.append(route.request.url)
        route.fulfill(json=body, headers={"date": answered})

    page.route("**/v1/mood", answer)
    page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=60))  # only the test moves it
    page.goto(ebs.panel())
    while page.locator("#panel[data-state=live]").count() == 0:
        page.clock.run_for(1)
        page.wait_for_timeout(20)
    page.clock.run_for((not_before_s - 1) * 1000)
    assert len(asked) == 1
    page.clock.run_for((by_s - not_before_s + 1) * 1000)
    page.wait_for_timeout(200)
    assert len(asked) == 2


def test_an_unchanged_body_costs_a_304(page, ebs):
    page.clock.install()
    shown(page, ebs)
    statuses = []
    page.on("requestfinished", lambda request: statuses.append(request.url))
    page.clock.fast_forward(36_000)
    page.wait_for_timeout(500)
    with_etag = [url for url in statuses if url.endswith("/v1/mood")]
    assert len(with_etag) == 1
    text = page.request.get(f"{ebs.address}/metrics").text()
    assert 'dld_ebs_requests_total{route="/v1/mood",status="304"}' in text


def test_the_token_is_never_in_an_address(page, ebs):
    urls = []
    page.on("request", lambda request: urls.append(request.url))
    shown(page, ebs)
    assert urls and not any("eyJ" in url for url in urls)
    assert all(url.startswith(ebs.address) for url in urls)


def test_a_missing_helper_is_said(page, ebs):
    page.route("**/twitch-ext.js", lambda route: route.fulfill(body=""))
    page.clock.install()
    page.goto(ebs.panel())
    page.get_by_text("Reading the mood").wait_for()
    page.clock.fast_forward(6_000)
    page.get_by_text("helper did not load").wait_for()


def test_a_channel_that_is_withdrawn_is_no_longer_shown(page, ebs):
    page.clock.install()
    shown(page, ebs)
    ebs.withdraw()
    page.clock.fast_forward(36_000)
    page.get_by_text("DLD does not follow this channel yet.").wait_for()
    assert not page.locator("#received").is_visible()
    assert not page.locator("#source").is_visible()


# for everyone


def test_the_chart_has_words_for_those_who_cannot_see_it(page, ebs):
    shown(page, ebs, moods={3: (-0.5, 9), 20: (None, 0)})
    image = page.get_by_role("img", name="Mood of this chat")
    assert image.count() == 1
    said = page.locator("#chart-text").text_content()
    assert "Lowest: minus 0.50" in said
    assert "Nobody spoke in 1 of the windows" in said
    assert "with 80 percent certainty between minus 0.19 and 0.39" in said


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
    for selector in ("#count", "#top", "#top b", "#window"):
        assert contrast(rgb(style(page, selector, "color")), card) >= 4.5, selector
    for selector in (".mood-line", ".forecast-line"):
        assert contrast(rgb(style(page, selector, "stroke")), back) >= 3, selector


def contrast(one, other):
    """WCAG 2 contrast ratio of two colours, 1..21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    parts = [c / 255 for c in colour]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


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


def test_the_panels_files_weigh_little(page, ebs):
    weights = []
    page.on("response", lambda answer: weights.append(len(answer.body())))
    shown(page, ebs)
    page.wait_for_timeout(200)
    assert sum(weights) < 60_000


# the broadcaster's page


def test_the_config_page_says_whether_the_channel_is_followed(page, ebs):
    ebs.publish(mood_body())
    page.goto(ebs.panel().replace("panel.html", "config.html"))
    page.get_by_text(
        re.compile(r"DLD follows demo_channel; its last data is of \d\d:\d\d.")
    ).wait_for()
    page.goto(ebs.panel("999").replace("panel.html", "config.html"))
    page.get_by_text("DLD does not follow this channel yet.").wait_for()


# the preview page


def test_the_preview_shows_the_panel_of_each_published_channel(page, ebs):
    ebs.publish(mood_body("123", login="aaa"))
    ebs.publish(mood_body("124", login="bbb", source="replay"))
    page.goto(f"{ebs.address}/preview/")
    frame = page.frame_locator("#frame")
    frame.get_by_role("heading", name="aaa").wait_for()
    page.get_by_label("Channel").select_option(label="bbb (replay)")
    frame.get_by_role("heading", name="bbb").wait_for()
    box = page.locator("#frame").bounding_box()
    assert (box["width"], box["height"]) == (318, 496)


def test_the_preview_switches_the_theme(page, ebs):
    ebs.publish(mood_body())
    page.goto(f"{ebs.address}/preview/")
    frame = page.frame_locator("#frame")
    frame.locator("html[data-theme=dark]").wait_for(state="attached")
    page.get_by_label("Light").check()
    frame.locator("html[data-theme=light]").wait_for(state="attached")


def test_the_preview_says_that_nothing_is_published_and_looks_again(page, ebs):
    page.clock.install()
    page.goto(f"{ebs.address}/preview/")
    page.get_by_text("Nothing is published yet").wait_for()
    ebs.publish(mood_body())
    page.clock.fast_forward(6_000)
    page.frame_locator("#frame").get_by_role("heading", name="demo_channel").wait_for()
    assert not page.locator("#nothing").is_visible()


def test_the_body_of_these_tests_is_the_one_of_the_contract():
    body = MoodBody.model_validate(mood_body())
    assert datetime.fromisoformat(body.generated_at).tzinfo == UTC
    assert len(json.dumps(mood_body()).encode()) < 5 * 1024
