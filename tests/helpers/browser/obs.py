"""The browser source for OBS as tests open it, and what they see of it."""

import io

from PIL import Image

from ebs.obs.links import Links
from tests.helpers.browser.panel_fixtures import mood_body

ALL = ["meter", "chart", "emotes", "moment"]
OUTSIDE = """() => {
    const seen = [...document.querySelectorAll("#dld, #dld *")].filter((e) => e.checkVisibility());
    const boxes = seen.filter((e) => !e.closest(".unseen-text, defs, #top li"))
        .filter((e) => getComputedStyle(e).display !== "inline" || e.closest("svg"))
        .map((e) => [e, e.getBoundingClientRect()]);
    return boxes.filter(([, b]) => b.left < -1 || b.top < -1
            || b.right > innerWidth + 1 || b.bottom > innerHeight + 1)
        .map(([e]) => e.outerHTML.slice(0, 80));
}"""


def link(ebs):
    return f"{ebs.address}/obs/{Links(ebs.latest.parents[1] / 'ebs').token('123')}"


def shown(page, ebs, query="", size=(400, 300), state="live", **changed):
    """Publishes, opens the source and waits until it says so."""
    now = {"mood": 0.21, "label": "positive", "n": 41, "top": [["KEKW", 43], ["LUL", 12]]}
    ebs.publish(mood_body(**{"now": now} | changed))
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(link(ebs) + query)
    page.locator(f"#dld[data-state={state}]").wait_for(state="attached")
    return page


def parts(page):
    return [name for name in ALL if page.locator(f".part.{name}").is_visible()]


def picture(page):
    """Red, green, blue and alpha of the page over nothing, as OBS gets it."""
    shot = page.screenshot(omit_background=True, animations="disabled")
    return Image.open(io.BytesIO(shot)).convert("RGBA")
