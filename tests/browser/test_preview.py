"""The preview page: every view beside the others, without Twitch."""

import pytest

from tests.browser.panel_fixtures import (
    chromium,
    ebs,
    ebs_process,
    mood_body,
    page,
)

__all__ = ["chromium", "ebs", "ebs_process", "page"]  # fixtures
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


def test_the_preview_says_that_nothing_is_published_and_looks_again(page, ebs):
    page.clock.install()
    page.goto(f"{ebs.address}/preview/")
    page.get_by_text("Nothing is published yet").wait_for()
    ebs.publish(mood_body())
    page.clock.fast_forward(6_000)
    page.frame_locator("#frame").get_by_role("heading", name="demo_channel").wait_for()
    assert not page.locator("#nothing").is_visible()
