"""What the panel does while data is old, missing or broken."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.helpers.browser.looking import corners, shown, wait_until, y_scale
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
    assert not page.locator("#prospects").is_visible()


def test_a_time_of_another_day_is_said_with_its_day(page, ebs):
    body = mood_body(age_s=3 * 86_400)
    shown(page, ebs, body, state="stale")
    at = datetime.fromisoformat(body["forecast"]["cutoff"])
    assert page.locator("#notice").inner_text() == f"No new data since {at:%-d %b, %H:%M}"
    at = datetime.fromisoformat(body["moment"]["at"])  # minutes before it: maybe on another day
    assert f"{at:%-d %b}," in page.locator("#moment b").inner_text()


def test_old_windows_in_a_new_body_are_not_live(page, ebs):
    body = mood_body(age_s=600) | {"generated_at": iso(datetime.now(UTC))}
    shown(page, ebs, body, state="stale")
    assert page.locator(".now-label").text_content() != "now"


def test_an_ended_stream_shows_its_recap(page, ebs):
    recap = {"started_at": "2026-11-22T10:00:00Z", "ended_at": "2026-11-22T12:30:00Z"}
    recap |= {"mood": 0.17, "n": 12873, "title": "Best at noon"}
    shown(page, ebs, state="offline", status="offline", recap=recap, forecast=None)
    assert page.locator("#recap-when").inner_text() == "22 Nov, 10:00 to 12:30"
    assert page.locator("#recap-title").inner_text() == "Best at noon"
    assert page.locator("#recap-text").inner_text() == "12,873 messages · mood +0.17"
    assert page.locator("#score").inner_text().split() == ["+0.17", "positive", "overall"]
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
    {"generated_at": 5}, {"generated_at": "+275760-09-12T23:59:59Z"},
    {"history": [["-271821-04-20T00:00:00Z", 0.1, 1]]}, {"forecast": {"cutoff": "x", "steps": []}},
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


OUTSIDE = """() => {
    const box = document.querySelector("#chart svg").getBoundingClientRect();
    return [...document.querySelectorAll("#chart :is(path, polygon, circle, rect)")]
        .map((shape) => shape.getBoundingClientRect())
        .filter(({ left, right }) => left < box.left - 1 || right > box.right + 1).length;
}"""


def test_windows_of_before_the_last_half_hour_are_not_drawn(page, ebs):
    whole = mood_body()["history"]
    for early in ("1970-01-01T00:00:00Z", iso(this_window() - timedelta(minutes=45))):
        ebs.publish(mood_body(history=[[early, 0.5, 9], *whole[-20:]]))
        page.goto(ebs.panel())
        page.locator("#panel[data-state=live]").wait_for()
        assert page.evaluate(OUTSIDE) == 0
        assert page.locator("#chart-tables tbody").first.locator("tr").count() == 2


@pytest.mark.parametrize("minutes", [-30, 5])
def test_a_forecast_that_begins_elsewhere_is_not_drawn(page, ebs, minutes):
    cutoff = iso(this_window() + timedelta(minutes=minutes))
    forecast = mood_body()["forecast"] | {"cutoff": cutoff}
    shown(page, ebs, forecast=forecast)
    assert page.evaluate(OUTSIDE) == 0
    assert page.locator(".band").count() == 0


def test_a_forecast_of_no_steps_is_none(page, ebs):
    forecast = mood_body()["forecast"] | {"steps": []}
    shown(page, ebs, forecast=forecast, why="the stream has just begun, or too little was said")
    assert "no forecast" in page.locator("#next").inner_text()


def test_before_the_first_window_has_closed_there_is_no_chart(page, ebs):
    now = {"mood": None, "label": "silent", "n": None, "top": []}
    shown(page, ebs, state="quiet", status="quiet", history=[], forecast=None, now=now)
    assert page.locator("#sentiment").is_hidden()
    assert "Not seen" in page.locator("#count").inner_text()


def test_numbers_beyond_all_measure_do_not_widen_the_panel(page, ebs):
    now = {"mood": 0.2, "label": "positive", "n": 1e308, "top": [["LUL", 1e308]]}
    shown(page, ebs, now=now, readable=1e308, source="constructor")
    assert page.evaluate("document.documentElement.scrollWidth") <= 318
    assert page.locator("#source").is_hidden()


@pytest.mark.own_page
def test_a_lost_connection_is_said_while_the_last_mood_stays(page, ebs):
    page.clock.install()
    shown(page, ebs)
    page.route("**/v1/mood", lambda route: route.abort())
    page.clock.fast_forward(41_000)
    page.get_by_text("No connection").wait_for()
    assert page.locator(".mood-line").count() == 1
    page.unroute("**/v1/mood")
    page.clock.fast_forward(10_000)
    page.locator("#notice:empty").wait_for(state="attached")


@pytest.mark.own_page
def test_data_grows_stale_while_the_connection_is_lost(page, ebs):
    page.clock.install()
    shown(page, ebs)
    page.route("**/v1/mood", lambda route: route.abort())
    page.clock.fast_forward(60_000)
    page.get_by_text("No connection").wait_for()
    page.clock.fast_forward(60_000)
    page.locator("#panel[data-state=stale]").wait_for()
    assert page.locator("#status").inner_text() == "out of date"


@pytest.mark.own_page
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


@pytest.mark.own_page
def test_the_next_window_is_asked_for_in_step_and_drawn(page, ebs):
    page.clock.install()
    shown(page, ebs)
    with page.expect_response("**/v1/mood") as asked:
        ebs.publish(mood_body(now={"mood": -0.4, "label": "negative", "n": 9, "top": []}))
        page.clock.fast_forward(41_000)
    assert asked.value.status == 200
    page.get_by_text("\N{MINUS SIGN}0.40").wait_for()


@pytest.mark.own_page
@pytest.mark.parametrize(
    ("age_s", "not_before_s", "by_s"),
    [
        (1, 30, 40),  # in step: a window after it was made, and a little
        (29, 2, 11),
        (60, 10, 18),  # overdue: soon, but not at once
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
    with page.expect_request("**/v1/mood"):
        page.clock.run_for((by_s - not_before_s + 1) * 1000)
    wait_until(page, lambda: len(asked) > 1)
    page.wait_for_timeout(200)
    assert len(asked) == 2


@pytest.mark.own_page
def test_an_unchanged_body_costs_a_304(page, ebs):
    page.clock.install()
    shown(page, ebs)
    asked = []
    page.on("requestfinished", lambda request: asked.append(request.url))
    page.clock.fast_forward(41_000)
    wait_until(page, lambda: any(url.endswith("/v1/mood") for url in asked))
    text = page.request.get(f"{ebs.address}/metrics").text()
    assert 'dld_ebs_requests_total{route="/v1/mood",status="304"}' in text


def test_the_token_is_never_in_an_address(page, ebs):
    urls = []
    page.on("request", lambda request: urls.append(request.url))
    shown(page, ebs)
    assert urls and not any("eyJ" in url for url in urls)
    assert all(url.startswith(ebs.address) for url in urls)


@pytest.mark.own_page
def test_a_missing_helper_is_said(page, ebs):
    page.route("**/twitch-ext.js", lambda route: route.fulfill(body=""))
    page.clock.install()
    page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=60))  # only the test moves it
    page.goto(ebs.panel())
    page.get_by_text("Reading the mood").wait_for()
    page.clock.run_for(6_000)
    page.get_by_text("helper did not load").wait_for()


@pytest.mark.own_page
def test_a_channel_that_is_withdrawn_is_no_longer_shown(page, ebs):
    page.clock.install()
    shown(page, ebs)
    ebs.withdraw()
    page.clock.fast_forward(41_000)
    page.get_by_text("DLD does not follow this channel yet.").wait_for()
    assert not page.locator("#received").is_visible()
    assert not page.locator("#source").is_visible()
