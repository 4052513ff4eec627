"""The streamer's pages: joining, leaving, deleting, and what viewers see."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.helpers.browser.panel_fixtures import chromium, kept_page, mood_body
from tests.helpers.browser.twitch import Answer, opened, settle, twitch, twitch_servers, view

__all__ = ["chromium", "kept_page", "twitch", "twitch_servers", "view"]  # fixtures
pytestmark = pytest.mark.browser


def state(twitch, name, login=None, refused=None):
    body = json.dumps({"state": name, "login": login, "refused": refused}).encode()
    twitch.answers["/v1/channel"] = Answer(body)


def sent(twitch):
    """What was asked of the EBS beside the channel's state: [(path, body), ...]."""
    return [(path, body) for method, path, body, _ in twitch.asked if method == "POST"]


@pytest.mark.parametrize(
    ("name", "said", "form", "leave"),
    [
        ("followed", "DLD follows demo_channel.", False, True),
        ("requested", "You asked DLD to follow demo_channel.", False, True),
        ("opted_out", "DLD does not follow your channel, as you wished.", True, False),
        ("unknown", "DLD does not follow your channel yet.", True, False),
    ],
)
def test_the_channels_state_is_said_with_what_can_be_done(view, twitch, name, said, form, leave):
    state(twitch, name, "demo_channel" if leave else None)
    opened(view, twitch, "config")
    view.get_by_text(said).wait_for()
    assert view.locator("#opt-in").is_visible() is form
    assert view.locator("#opt-out").is_visible() is leave
    assert view.locator("#delete").is_visible()
    assert twitch.asked[-1][3] == "Bearer first.token" and twitch.moods() == 0


def test_a_streamer_joins_by_the_channels_name(view, twitch):
    state(twitch, "unknown")
    opened(view, twitch, "config")
    view.get_by_label("Your channel’s name").fill("not a name")
    view.get_by_role("button", name="Follow my channel").click()
    view.get_by_text("1 to 25 letters").wait_for()
    assert sent(twitch) == []
    view.get_by_label("Your channel’s name").fill(" Demo_Channel ")
    state(twitch, "requested", "demo_channel")
    view.keyboard.press("Enter")
    view.get_by_text("You asked DLD to follow demo_channel.").wait_for()
    assert sent(twitch) == [("/v1/channel/opt-in", '{"login":"demo_channel"}')]


@pytest.mark.parametrize(
    ("button", "yes", "path", "after"),
    [
        ("Stop following my channel", "Yes, stop", "opt-out", "DLD stops within a minute."),
        ("Delete my channel’s data", "Yes, delete it all", "delete", "deleted within a minute."),
    ],
)
def test_leaving_is_asked_twice_and_can_be_done_by_keyboard(view, twitch, button, yes, path, after):
    opened(view, twitch, "config")
    view.get_by_role("button", name=button).focus()
    view.keyboard.press("Enter")
    assert view.evaluate("document.activeElement.id") == "no"  # the harmless answer
    view.keyboard.press("Escape")
    assert not view.locator("#sure").is_visible() and sent(twitch) == []
    assert view.evaluate("document.activeElement.id") == path
    view.keyboard.press("Enter")
    view.keyboard.press("Enter")  # no
    assert not view.locator("#sure").is_visible() and sent(twitch) == []
    view.keyboard.press("Enter")
    view.keyboard.press("Shift+Tab")
    assert view.evaluate("document.activeElement.textContent") == yes
    view.keyboard.press("Enter")
    view.get_by_text(after).wait_for()
    assert sent(twitch) == [(f"/v1/channel/{path}", "{}")]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(b'{"error":"Forbidden","detail":"<b>x</b>"}', 403), "from the streamer alone"),
        (Answer(b"{}", 429), "Too many requests"),
        (Answer(b"{}", 401), "sign-in ran out"),
        (Answer(b"<html>", 502), "could not do it"),
        (Answer(b"not JSON", 202), "could not do it"),
    ],
)
def test_a_refused_request_is_said(view, twitch, answer, said):
    twitch.answers["/v1/channel/opt-out"] = answer
    opened(view, twitch, "config")
    view.locator("#opt-out").click()
    view.locator("#yes").click()
    view.locator("#done").get_by_text(said).wait_for()
    assert view.locator("#done b").count() == 0


def test_a_request_with_a_token_that_is_over_is_made_with_the_helpers_newer_one(view, twitch):
    claims = base64.urlsafe_b64encode(b'{"exp":4000000000}').decode().rstrip("=")
    twitch.answers["/v1/channel"] = Answer(b"{}", 401)
    view.goto(twitch.url("config", held=f"a.{claims}.c"))
    view.locator("#followed").get_by_text("sign-in ran out").wait_for()
    assert [asked[3] for asked in twitch.asked] == ["Bearer first.token", f"Bearer a.{claims}.c"]


@pytest.mark.own_page
def test_what_became_of_a_request_is_shown_without_opening_the_page_again(view, twitch):
    view.clock.install()
    opened(view, twitch, "config")
    view.locator("#opt-out").click()
    view.locator("#yes").click()
    view.get_by_text("DLD stops within a minute.").wait_for()
    state(twitch, "opted_out")
    view.clock.fast_forward(21_000)
    view.get_by_text("DLD does not follow your channel, as you wished.").wait_for()
    assert view.locator("#done").inner_text() == ""
    asked = len(twitch.asked)
    view.clock.fast_forward(60_000)
    settle(view, twitch)
    assert len(twitch.asked) == asked  # it knows


@pytest.mark.own_page
def test_why_a_request_was_refused_is_said_as_it_came(view, twitch):
    view.clock.install()
    state(twitch, "unknown")
    opened(view, twitch, "config")
    assert not view.locator("#refused").is_visible()
    view.get_by_label("Your channel’s name").fill("other")
    state(twitch, "requested")
    view.keyboard.press("Enter")
    view.locator("#done").get_by_text("Asked for.").wait_for()
    state(twitch, "unknown", refused="other is <b>not</b> the channel with the id 123")
    view.clock.fast_forward(21_000)
    view.get_by_text("DLD refused the last request: other is <b>not</b> the channel").wait_for()
    assert view.locator("#refused span[lang=en]").count() == 1
    assert view.locator("#done").inner_text() == ""


@pytest.mark.own_page
def test_a_state_that_is_not_told_is_asked_for_again(view, twitch):
    twitch.answers["/v1/channel"] = Answer(b"<html>")
    view.clock.install()
    view.goto(twitch.url("config"))
    view.get_by_text("DLD did not say").wait_for()
    assert not view.locator("#asks").is_visible()
    state(twitch, "followed", "demo_channel")
    view.clock.fast_forward(21_000)
    view.get_by_text("DLD follows demo_channel.").wait_for()


def test_what_viewers_see_is_kept_by_twitch_alone(view, twitch):
    opened(view, twitch, "config")
    view.get_by_label("Overlay on the video").uncheck()
    view.get_by_label("The most used emotes").uncheck()
    view.get_by_label("Corner of the overlay").select_option("Bottom right")
    view.get_by_label("Scale of the chart").select_option("Close-up of the mood’s own range")
    assert view.locator("#saved").inner_text() == "Not saved yet."
    view.evaluate("twitch.context({theme: 'light'})")  # what was chosen outlives a redraw
    assert not view.get_by_label("Overlay on the video").is_checked()
    view.get_by_role("button", name="Save").click()
    view.get_by_text("Saved.").wait_for()
    view.evaluate("twitch.context({theme: 'dark'})")  # Twitch need not tell us what we told it
    assert not view.get_by_label("Overlay on the video").is_checked()
    assert view.get_by_label("Corner of the overlay").input_value() == "bottom-right"
    ((segment, version, content),) = view.evaluate("twitch.written")
    assert (segment, version) == ("broadcaster", "1") and len(content) < 5 * 1024
    kept = json.loads(content)
    assert (kept["v"], kept["corner"], kept["scale"]) == (1, "bottom-right", "close")
    off = [name for part in ("views", "metrics") for name, on in kept[part].items() if not on]
    assert off == ["overlay", "top"]
    assert sent(twitch) == []
    view.evaluate("content => sessionStorage.setItem('segment', content)",
                  json.dumps({"version": "1", "content": content}))  # fmt: skip
    opened(view, twitch, "config")
    assert not view.get_by_label("Overlay on the video").is_checked()
    assert view.get_by_label("Panel below the video").is_checked()


def configure(view, **chosen):
    view.evaluate("content => twitch.configure('1', content)", json.dumps({"v": 1} | chosen))


@pytest.mark.parametrize(
    ("metric", "selector"),
    [
        ("chart", "#sentiment"), ("forecast", ".band"), ("received", "#received"),
        ("top", "#top"), ("moment", "#moment"), ("record", "#record"),
        ("forecast", "#prospects"), ("forecast", "#record"),
    ],
)  # fmt: skip
def test_what_is_switched_off_is_not_shown(view, twitch, metric, selector):
    opened(view, twitch, "panel")
    assert view.locator(selector).is_visible()
    configure(view, metrics={metric: False})
    assert not view.locator(selector).is_visible()
    configure(view, metrics={metric: True})
    assert view.locator(selector).is_visible()


def test_what_is_switched_off_is_not_heard_either(view, twitch):
    opened(view, twitch, "panel")
    heard = view.locator("#chart-text")
    assert heard.text_content().endswith("better than a guess.")
    configure(view, metrics={"record": False})
    assert heard.text_content().endswith("messages a minute expected.")
    configure(view, metrics={"forecast": False})
    assert heard.text_content().endswith("No forecast.")


def test_a_recap_that_is_switched_off_is_not_shown(view, twitch):
    recap = {"started_at": "2026-11-22T10:00:00Z", "ended_at": "2026-11-22T12:30:00Z"}
    twitch.says(mood_body(status="offline", forecast=None, recap=recap | {"mood": 0.1, "n": 5}))
    view.goto(twitch.url("panel"))
    view.locator("#recap").wait_for()
    configure(view, metrics={"recap": False})
    assert not view.locator("#recap").is_visible() and view.locator("#received").is_visible()


@pytest.mark.parametrize("content", ["", "null", "[]", "{", '{"views":5,"corner":"<b>"}', "5"])
def test_a_configuration_that_is_not_understood_leaves_all_on(view, twitch, content):
    opened(view, twitch, "panel")
    view.evaluate("content => twitch.configure('1', content)", content)
    assert view.locator("#sentiment").is_visible() and view.locator("#moment").is_visible()


def test_a_view_that_is_switched_off_says_so_or_is_not_there(view, twitch):
    for name, key in (("panel", "panel"), ("mobile", "mobile")):
        opened(view, twitch, name)
        configure(view, views={key: False})
        view.get_by_text("The streamer has switched this view off.").wait_for()
        assert view.locator("svg:visible").count() == 0
    for name, key in (("video_component", "component"), ("video_overlay", "overlay")):
        opened(view, twitch, name)
        configure(view, views={key: False})
        view.locator("#toggle").wait_for(state="hidden")


def test_the_streamers_dashboard_cuts_no_emote_off(view, twitch):
    top = [["W" * 20, 1234]] * 5
    twitch.says(mood_body(now={"mood": 0.1, "label": "positive", "n": 5, "top": top}))
    opened(view, twitch, "live_config")
    last = view.locator("#top li").last.bounding_box()
    box = view.locator("#received").bounding_box()
    assert last["y"] > view.locator("#top li").first.bounding_box()["y"] + 3 * last["height"]
    assert last["y"] + last["height"] <= box["y"] + box["height"]
    assert view.evaluate("(e => e.scrollHeight <= e.clientHeight)(document.querySelector('#top'))")


@pytest.mark.own_page
def test_the_streamers_dashboard_shows_the_mood_and_switches_views(view, twitch):
    view.clock.install()
    opened(view, twitch, "live_config")
    view.clock.pause_at(datetime.now(UTC) + timedelta(seconds=2))  # only the test moves it
    assert view.locator(".mood-line").count() == 1
    view.get_by_label("Overlay on the video").uncheck()
    view.get_by_label("On phones").uncheck()
    view.clock.run_for(4_000)
    view.get_by_text("Saved.").wait_for()
    ((_, _, content),) = view.evaluate("twitch.written")  # both changes in one writing
    views = json.loads(content)["views"]
    assert [name for name, on in views.items() if not on] == ["overlay", "mobile"]
    view.evaluate("twitch.context({theme: 'light'})")
    assert not view.get_by_label("On phones").is_checked()
    configure(view)
    assert view.get_by_label("On phones").is_checked()  # somebody else has chosen anew
