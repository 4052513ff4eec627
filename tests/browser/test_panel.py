"""The chart of the panel in Chromium, fed by the real EBS."""

import re
from itertools import pairwise

import pytest

from tests.helpers.browser.looking import corners, pixels, rgb, shown, style, y_scale
from tests.helpers.browser.panel_fixtures import (
    STEPS,
    chromium,
    ebs,
    ebs_process,
    kept_page,
    mood_body,
    page,
)

__all__ = ["chromium", "ebs", "ebs_process", "kept_page", "page"]  # fixtures
pytestmark = pytest.mark.browser


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


TOUCHING = """async ([time, now]) => {
    const {chart, LARGE, SMALL} = await import("/preview/chart.js");
    const words = {time: () => time, now, window: () => "", title: "", description: ""};
    const touches = [];
    for (const size of [LARGE, SMALL]) {
        for (let step = 0; step < 20; step += 1) {
            const history = [{at: Date.UTC(2026, 0) + step * 30_000, mood: 0.1, n: 1}];
            document.querySelector("#chart").replaceChildren(chart({history}, words, size));
            const labels = [...document.querySelectorAll(".x-label")];
            const boxes = labels.map((label) => label.getBoundingClientRect());
            boxes.sort((a, b) => a.left - b.left);
            touches.push(boxes.some((box, i) => i && box.left < boxes[i - 1].right + 1));
        }
    }
    return touches.filter(Boolean).length;
}"""


@pytest.mark.parametrize(
    ("time", "now"), [("18:40", "now"), ("\u51cc\u66682:40", "\u73b0\u5728"), ("10:40 AM", "now")]
)
def test_the_times_do_not_touch_each_other_or_now(page, ebs, time, now):
    shown(page, ebs)
    assert page.evaluate(TOUCHING, [time, now]) == 0


def test_pointing_at_a_window_tells_what_is_there(page, ebs):
    shown(page, ebs, moods={1: (None, 0), 2: (None, None), 3: (-0.5, 1)})
    told = page.locator("rect.column title").all_text_contents()
    assert len(told) == 60
    assert [text.split(": ")[1] for text in told[:4]] == [
        "+0.20, 20 messages", "silence", "not seen", "\N{MINUS SIGN}0.50, 1 message",
    ]  # fmt: skip


def test_no_forecast_is_said_with_its_reason(page, ebs):
    shown(page, ebs, forecast=None, why="the stream has just begun")
    assert page.locator(".forecast-line").count() == 0
    said = page.locator("#next").inner_text().splitlines()
    assert said == ["no forecast", "the stream has just begun"]
    assert not page.locator(".key-forecast").is_visible()
