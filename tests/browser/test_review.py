"""The review page in real Chromium: keep and drop, a dragged range, the video."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.helpers.browser import published
from tests.helpers.browser.dashboards import browser, context, dashboard, page, plots
from tests.helpers.browser.rows import channel, stream, window
from warehouse.inbox.requests import InboxFolder

__all__ = ["browser", "context", "page"]  # fixtures
pytestmark = pytest.mark.browser
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hours of a stream with bursts at 0:20:00, 0:40:00, ..."""
    root = tmp_path_factory.mktemp("review")
    row = stream("alpha", NOON, NOON + timedelta(hours=2), vod_id="42")
    windows = [
        window("alpha", NOON + timedelta(seconds=30 * k), 10 if k % 40 or not k else 150 - k // 4,
               0.1, stream_id=row["stream_id"])
        for k in range(240)
    ]  # fmt: skip
    tables = {"channels": [channel("alpha")], "streams": [row], "windows": windows}
    published.write(root, tables)
    return root


@pytest.fixture(scope="module")
def address(browser: Browser, folder: Path) -> Iterator[str]:
    """By its name: Twitch's player takes no number."""
    with dashboard(folder) as url:
        yield url.replace("127.0.0.1", "localhost")


def test_a_moment_is_kept_from_the_keyboard_and_shown_so_at_once(
    page: Page, address: str, folder: Path
) -> None:
    page.goto(f"{address}/review")
    plots(page, 1)
    keep = page.get_by_role("radio", name="Keep").or_(page.get_by_role("button", name="Keep"))
    keep.first.focus()
    page.keyboard.press("Space")
    expect(page.locator(".dld-moment.keep")).to_have_count(1)
    expect(page.get_by_text("of 1 decided, 1 kept")).to_be_visible()
    assert len(InboxFolder(folder / "inbox").waiting()) == 1


def test_a_stretch_dragged_across_the_chart_can_be_added(page: Page, address: str) -> None:
    page.goto(f"{address}/review")
    plots(page, 1)
    box = page.locator(".js-plotly-plot .nsewdrag").first.bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.25, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.3, y, steps=5)
    page.mouse.up()
    add = page.get_by_role("button", name="Add 0:")  # 0:30:00 to 0:36:00, as pixels have it
    expect(add).to_be_enabled()
    page.get_by_label("What happens there").fill("<img src=x onerror='window.pwned=1'>")
    add.click()
    own = page.locator(".dld-moment", has_text="<img src=x")
    expect(own).to_contain_text("yours")
    assert page.locator("img[src=x]").count() == 0


def test_nothing_is_asked_of_twitch_until_somebody_plays_the_video(
    page: Page, address: str
) -> None:
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=200, content_type="text/html", body="<p>a player</p>")

    page.route("https://**/*", answer)
    page.goto(f"{address}/review")
    plots(page, 1)
    assert asked == []
    page.get_by_role("button", name="Play").first.click()
    expect(page.frame_locator(".st-key-vod iframe").get_by_text("a player")).to_be_visible()
    (url,) = asked
    assert url.startswith("https://player.twitch.tv/?video=v42&parent=localhost&time=0h")
    page.evaluate(
        "addEventListener('securitypolicyviolation', e => { window.refused = e.blockedURI });"
        "document.body.append(Object.assign(document.createElement('iframe'),"
        " {src: 'https://www.twitch.tv/'}))"
    )
    page.wait_for_function("window.refused")
    assert asked == [url]
