"""The browser's Back and Forward within a page, in real Chromium: each brings its view."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.helpers.browser.dashboards import address, browser, context, demo, page

__all__ = ["address", "browser", "context", "demo", "page"]  # fixtures
pytestmark = pytest.mark.browser
AT_REST = """() => document.querySelector('.dld-title')
    && document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"""


def shows(page: Page, *names: str) -> None:
    """These are chosen, in rows of buttons of which one is."""
    for name in names:
        expect(page.get_by_role("radio", name=name, exact=True).first).to_be_checked()


def press(page: Page, name: str) -> None:
    """Choose it, of a page that rests: one that was not drawn yet has not told its address."""
    page.wait_for_function(AT_REST)
    before = page.url
    page.get_by_role("radio", name=name, exact=True).first.click()
    expect(page).not_to_have_url(before)
    shows(page, name)


@pytest.mark.parametrize(
    ("place", "at_first", "then"),
    [
        ("", ("Cards", "Cards"), ("Table", "Table")),  # redrawn by itself meanwhile
        ("review", ("Best first", "Best first"), ("In order of time", "In order of time")),
        ("explore", ("24 hours", "What moved it"), ("3 days", "Hours of the week")),
        ("accuracy", ("7 days", "Skill"), ("30 days", "Bands and calibration")),
        ("vocabulary", ("3 days", "3 days"), ("7 days", "7 days")),
        ("health", ("7 days", "7 days"), ("1 day", "1 day")),
    ],
)
def test_back_and_forward_bring_each_view_and_then_leave(
    page: Page, address: str, place: str, at_first: tuple[str, str], then: tuple[str, str]
) -> None:
    page.goto(f"{address}/{place}")
    shows(page, *at_first)
    for name in dict.fromkeys(then):
        press(page, name)
    shows(page, *then)
    if then[0] != then[1]:
        page.go_back()
        shows(page, then[0], at_first[1])
    page.go_back()
    shows(page, *at_first)
    page.go_forward()
    shows(page, then[0])
    page.go_back()
    shows(page, *at_first)
    page.go_back()
    expect(page).to_have_url("about:blank")


def test_back_leads_through_pages_one_step_each(page: Page, address: str) -> None:
    page.goto(f"{address}/explore?channels=demo_busy&span=3h")
    shows(page, "3 hours", "What moved it")
    press(page, "3 days")
    page.get_by_role("link", name="Session review").click()
    expect(page).to_have_url(re.compile(r"/review\?stream="))
    page.go_back()
    shows(page, "3 days")
    page.go_back()
    shows(page, "3 hours")
    page.go_back()
    expect(page).to_have_url("about:blank")


def test_a_typed_name_of_the_first_page_keeps_its_query(page: Page, address: str) -> None:
    page.goto(f"{address}/live?view=table")
    page.locator("[data-testid=stDataFrame]").wait_for()
    expect(page).to_have_url(f"{address}/?view=table")
