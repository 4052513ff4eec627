"""The preview page: every view beside the others, without Twitch."""

import base64
import json
from datetime import UTC, datetime, timedelta
from urllib.error import HTTPError
from urllib.request import urlopen

import jwt
import pytest

from ebs.config import DEVELOPMENT_SECRET
from tests.helpers.browser.panel_fixtures import (
    chromium,
    ebs,
    ebs_process,
    iso,
    kept_page,
    mood_body,
    page,
)
from tests.helpers.patience import PATIENCE_S

__all__ = ["chromium", "ebs", "ebs_process", "kept_page", "page"]  # fixtures
pytestmark = pytest.mark.browser


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


@pytest.mark.own_page
def test_the_preview_says_that_nothing_is_published_and_looks_again(page, ebs):
    page.clock.install()
    page.goto(f"{ebs.address}/preview/")
    page.get_by_text("Nothing is published yet").wait_for()
    page.get_by_role("button", name="Broadcast now").click()
    page.get_by_text("nothing to broadcast yet").wait_for()
    # the views wait, and say nothing of a sign-in that nobody asked for
    assert {frame.url for frame in page.frames[1:]} == {"about:blank"}
    assert page.get_by_label("Channel").is_disabled()
    ebs.publish(mood_body())
    page.clock.fast_forward(6_000)
    page.frame_locator("#frame").get_by_role("heading", name="demo_channel").wait_for()
    assert not page.locator("#nothing").is_visible()


@pytest.mark.own_page
def test_the_preview_begins_well_with_broadcasts_and_with_a_damaged_configuration(page, ebs):
    refused = []
    page.on("response", lambda answer: refused.append(answer.url) if not answer.ok else None)
    page.add_init_script("localStorage.setItem('dld-preview-123', 'garbage')")
    ebs.publish(mood_body())
    page.clock.install()
    page.goto(f"{ebs.address}/preview/?broadcasts=yes")
    page.frame_locator("#frame").get_by_role("heading", name="demo_channel").wait_for()
    page.clock.fast_forward(6_000)
    page.get_by_text("a broadcast of").first.wait_for()
    assert refused == []


VIEWS = {
    "panel": (318, 496), "mobile": (375, 560), "live_config": (360, 680), "config": (760, 860),
    "video_overlay": (960, 540), "video_component": (320, 300),
}  # fmt: skip


def frame_of(page, name):
    return page.frame_locator(f"iframe[data-view={name}]")


def test_every_view_stands_beside_the_others_at_its_real_size(page, ebs):
    page.set_viewport_size({"width": 1440, "height": 900})
    ebs.publish(mood_body())
    page.goto(f"{ebs.address}/preview/")
    frame_of(page, "live_config").get_by_text("Switched on for your viewers").wait_for()
    for name, size in VIEWS.items():
        box = page.locator(f"iframe[data-view={name}]").bounding_box()
        assert (box["width"], box["height"]) == size, name
    assert page.evaluate("document.documentElement.scrollWidth") <= 1440
    frame_of(page, "video_overlay").locator("#toggle").click()
    frame_of(page, "video_overlay").locator("#card").wait_for()


def test_the_address_takes_a_channels_login_as_well(page, ebs):
    ebs.publish(mood_body("123", login="aaa"))
    ebs.publish(mood_body("124", login="bbb"))
    page.goto(f"{ebs.address}/preview/?channel=BBB")
    frame_of(page, "panel").get_by_role("heading", name="bbb").wait_for()
    assert "channel=124" in page.url


def test_the_choices_are_in_the_address_and_come_back_with_it(page, ebs):
    ebs.publish(mood_body("123", login="aaa"))
    ebs.publish(mood_body("124", login="bbb"))
    page.goto(f"{ebs.address}/preview/")
    frame_of(page, "panel").get_by_role("heading", name="aaa").wait_for()
    page.get_by_label("Channel").select_option("124")
    page.get_by_label("Language").select_option("de")
    page.get_by_label("Role").select_option("moderator")
    page.get_by_label("Light").check()
    frame_of(page, "panel").get_by_text("Die letzten 30 Sekunden").wait_for()
    page.goto(page.url)
    frame_of(page, "panel").get_by_role("heading", name="bbb").wait_for()
    frame_of(page, "panel").get_by_text("Die letzten 30 Sekunden").wait_for()
    frame_of(page, "panel").locator("html[data-theme=light]").wait_for(state="attached")
    assert page.get_by_label("Role").input_value() == "moderator"
    page.get_by_text("onAuthorized: a token for a moderator").first.wait_for()


# As when all are signed in the same second: what a view's poll left in the browser's cache fits.
ONE_TOKEN = """
const ask = window.fetch;
window.fetch = async (to, options) => {
  const asked = String(to);
  if (!asked.startsWith("token?") || asked.includes("broadcaster")) return ask(to, options);
  top.signed ??= ask(to, options).then((answer) => answer.text());
  return new Response(await top.signed);
};
"""


@pytest.mark.own_page
def test_a_broadcast_reaches_the_views_and_is_told(page, ebs):
    page.add_init_script(ONE_TOKEN)
    ebs.publish(mood_body())
    page.goto(f"{ebs.address}/preview/")
    frame_of(page, "panel").get_by_text("+0.21").wait_for()
    at = iso(datetime.now(UTC) + timedelta(seconds=30))
    ebs.publish(mood_body(generated_at=at, now={"mood": -0.4, "label": "x", "n": 9, "top": []}))
    page.get_by_role("button", name="Broadcast now").click()
    frame_of(page, "panel").get_by_text("\N{MINUS SIGN}0.40").wait_for()
    told = page.locator("#did").inner_text()
    assert "listen: broadcast" in told and "a broadcast of" in told
    assert "GET /v1/mood → 200" in told


def test_an_ended_stream_can_be_seen_while_it_is_live(page, ebs):
    recap = {"started_at": "2026-11-22T10:00:00Z", "ended_at": "2026-11-22T12:30:00Z"}
    ebs.publish(mood_body(recap=recap | {"title": "", "mood": 0.17, "n": 12}))
    page.goto(f"{ebs.address}/preview/?stream=offline")
    frame_of(page, "panel").locator("#panel[data-state=offline]").wait_for()
    frame_of(page, "panel").locator("#recap").wait_for()
    frame_of(page, "video_overlay").locator("main[data-state=away]").wait_for(state="attached")


def test_what_the_streamer_chooses_reaches_the_other_views(page, ebs):
    ebs.publish(mood_body())
    page.goto(f"{ebs.address}/preview/")
    frame_of(page, "panel").locator("#received").wait_for()
    config = frame_of(page, "config")
    config.get_by_label("The last 30 seconds").uncheck()
    config.get_by_role("button", name="Save").click()
    frame_of(page, "panel").locator("#received").wait_for(state="hidden")
    page.get_by_text("configuration.set: broadcaster").wait_for()


@pytest.mark.parametrize("role", ["viewer", "moderator", "broadcaster"])
def test_a_token_of_each_role_is_signed(ebs_process, role):
    token = json.loads(read(f"{ebs_process.address}/preview/token?channel_id=123&role={role}"))
    claims = jwt.decode(token["token"], base64.b64decode(DEVELOPMENT_SECRET), algorithms=["HS256"])
    assert (claims["role"], claims["channel_id"]) == (role, "123")
    assert ("user_id" in claims) is (role != "viewer")


@pytest.mark.parametrize("query", ["channel_id=1&role=external", "channel_id=x", "role=viewer"])
def test_a_token_of_anything_else_is_not(ebs_process, query):
    with pytest.raises(HTTPError, match="422"):
        read(f"{ebs_process.address}/preview/token?{query}")


def read(address):
    with urlopen(address, timeout=PATIENCE_S) as answer:
        return answer.read()
