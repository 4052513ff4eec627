"""Filters of a page set to another value by mouse and keyboard, as a reader does it."""

from collections.abc import Iterator

from playwright.sync_api import Locator, Page

# test id of a filter: what is in it to be pressed
KINDS = {
    "stButtonGroup": "button:not([data-testid$=Active])",
    "stSelectbox": "input",
    "stMultiSelect": "input",
    "stSlider": "[role=slider]",
    "stTextInput": "input",
}
TEXT = "term1"  # a search that finds something


def filters(page: Page) -> Iterator[tuple[str, str, int]]:
    """(label, test id, its place among those of the id) of every filter there is."""
    for kind in KINDS:
        for place, found in enumerate(page.get_by_test_id(kind).all()):
            label = found.locator("label").first
            named = label.inner_text() if label.count() else ""
            if found.is_visible() and not _is_off(found, kind):
                yield named.strip() or f"{kind} {place + 1}", kind, place


def _is_off(found: Locator, kind: str) -> bool:
    pressed = found.locator(KINDS[kind])
    return pressed.count() == 0 or pressed.first.is_disabled()


def ready(page: Page, kind: str, place: int, turn: int) -> str:
    """Bring a filter to where one key is left to press, and return that key ('' for a click)."""
    pressed = page.get_by_test_id(kind).nth(place).locator(KINDS[kind])
    if kind == "stButtonGroup":
        pressed.nth(turn % pressed.count()).hover()
        return ""
    pressed.first.focus()
    if kind == "stSlider":
        return "ArrowRight" if turn % 2 == 0 else "ArrowLeft"
    if kind == "stTextInput":
        pressed.first.fill(TEXT if turn % 2 == 0 else "")
        return "Enter"
    pressed.first.click()
    for _ in range(1 + turn % 3):
        page.keyboard.press("ArrowDown")
    return "Enter"


def press(page: Page, kind: str, place: int, turn: int, key: str) -> None:
    """The last key or the click."""
    if key:
        page.keyboard.press(key)
        return
    pressed = page.get_by_test_id(kind).nth(place).locator(KINDS[kind])
    pressed.nth(turn % pressed.count()).click()
