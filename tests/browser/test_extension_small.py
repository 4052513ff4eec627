"""What lies over the video: small, folded away by mouse and keyboard, and only while live."""

import json

import pytest

from tests.helpers.browser.panel_fixtures import chromium, kept_page, mood_body
from tests.helpers.browser.twitch import SIZES, Answer, helper, opened, twitch, twitch_servers, view

__all__ = ["chromium", "kept_page", "twitch", "twitch_servers", "view"]  # fixtures
pytestmark = pytest.mark.browser

SMALL = ("video_component", "video_overlay")


def area(view, selector):
    box = view.locator(selector).bounding_box()
    return box["width"] * box["height"]


@pytest.mark.parametrize("name", SMALL)
def test_it_opens_and_closes_by_mouse_and_by_keyboard(view, twitch, name):
    opened(view, twitch, name)
    toggle, card = view.locator("#toggle"), view.locator("#card")
    assert not card.is_visible() and toggle.get_attribute("aria-expanded") == "false"
    toggle.click()
    assert card.is_visible() and toggle.get_attribute("aria-expanded") == "true"
    toggle.click()
    assert not card.is_visible()
    view.mouse.click(5, 250)  # focus elsewhere
    view.keyboard.press("Tab")
    assert view.evaluate("document.activeElement.id") == "toggle"
    view.keyboard.press("Space")
    assert card.is_visible()
    view.keyboard.press("Escape")
    assert not card.is_visible()
    assert view.evaluate("document.activeElement.id") == "toggle"
    toggle.click()
    opened(view, twitch, name)
    assert view.locator("#card").is_visible()  # as it was left


def test_it_never_covers_the_whole_video(view, twitch):
    opened(view, twitch, "video_overlay")
    width, height = SIZES["video_overlay"]
    assert area(view, "#toggle") < 0.02 * width * height
    view.locator("#toggle").click()
    assert area(view, "#card") < 0.2 * width * height
    assert view.evaluate("getComputedStyle(document.getElementById('small')).pointerEvents") == (
        "none"
    )


def around(url):
    """Answers with a bright page that has the view in a frame."""
    frame = f"<iframe src='{url}' width=380 height=300 style='border:0'></iframe>"
    page = f"<!doctype html><body style='margin:0;background:#f0f'>{frame}"
    return lambda route: route.fulfill(body=page, content_type="text/html")


@pytest.mark.parametrize("name", SMALL)
def test_the_rest_of_it_is_transparent_in_both_themes(chromium, twitch, name):
    """In a frame on a page of the light scheme, as on Twitch."""
    context = chromium.new_context(viewport={"width": 400, "height": 320})
    page = context.new_page()
    page.route("**/twitch-ext.min.js", helper)
    page.route("**/around", around(twitch.url(name, theme="dark")))
    page.goto(f"{twitch.files}/around")
    page.frame_locator("iframe").locator("#toggle").wait_for()
    shot = page.screenshot(clip={"x": 300, "y": 250, "width": 4, "height": 4})
    plain = page.screenshot(clip={"x": 396, "y": 310, "width": 4, "height": 4})
    context.close()
    assert shot == plain


@pytest.mark.parametrize(
    ("status", "said"), [("offline", "the stream is offline"), ("stale", "No new data since ")]
)
@pytest.mark.parametrize("name", SMALL)
def test_the_score_is_there_only_while_live(view, twitch, name, status, said):
    opened(view, twitch, name)
    assert not view.locator("#notice").is_visible()
    body = mood_body(status=status, forecast=None)
    view.evaluate("text => twitch.broadcast(text)", json.dumps(body | {"generated_at": later()}))
    view.locator("main[data-state=away]").wait_for(state="attached")
    assert not view.locator("#toggle").is_visible()
    view.locator("#notice").get_by_text(said).wait_for()


def later():
    return mood_body(age_s=-5)["generated_at"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(b"{}", 404), "DLD does not follow this channel yet."),
        (Answer(b"{}", 500), "DLD has a problem. Trying again…"),
        (Answer(b"{}", delay_s=2), "Reading the mood of this chat…"),
    ],
)
@pytest.mark.parametrize("name", SMALL)
def test_what_is_waited_for_is_said_in_one_small_line(view, twitch, name, answer, said):
    twitch.answers["/v1/mood"] = answer
    view.route("**/around", around(twitch.url(name)))
    view.goto(f"{twitch.files}/around")
    notice = view.frame_locator("iframe").locator("#notice")
    notice.get_by_text(said).wait_for()
    assert notice.bounding_box()["height"] < 30
    assert notice.evaluate("e => getComputedStyle(e).pointerEvents") == "none"


def test_what_is_ready_at_once_is_not_waited_for(view, twitch):
    """No flash of a sentence over the video of every viewer who opens it."""
    view.goto(twitch.url("video_overlay", token=""))
    assert view.locator("#notice").evaluate("e => getComputedStyle(e).visibility") == "hidden"
    view.get_by_text("Reading the mood of this chat…").wait_for()


@pytest.mark.parametrize(
    ("corner", "left", "top"),
    [("top-left", True, True), ("top-right", False, True), ("bottom-right", False, False),
     ("bottom-left", True, False)],
)  # fmt: skip
def test_the_overlay_keeps_to_its_corner_and_off_the_players_controls(
    view, twitch, corner, left, top
):
    opened(view, twitch, "video_overlay")
    view.evaluate("content => twitch.configure('1', content)", json.dumps({"corner": corner}))
    width, height = SIZES["video_overlay"]
    box = view.locator("#toggle").bounding_box()
    assert (box["x"] < width / 2) is left and (box["y"] < height / 2) is top
    assert box["y"] >= 50 and box["y"] + box["height"] <= height - 80


def test_quiet_says_so_without_a_number(view, twitch):
    twitch.says(mood_body(status="quiet"))
    opened(view, twitch, "video_component")
    assert view.locator("#toggle").inner_text().split() == ["–", "too", "quiet", "to", "tell"]
