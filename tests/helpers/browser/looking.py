"""What tests see of a view: its lines, colours, contrast and painted pixels."""

import base64
import re
import time

import pytest

from tests.helpers.browser.panel_fixtures import mood_body
from tests.helpers.patience import PATIENCE_S


def shown(page, ebs, body=None, state="live", **changed):
    """Publishes, opens the panel and waits until it says so."""
    ebs.publish(body if body is not None else mood_body(**changed))
    page.goto(ebs.panel())
    page.locator(f"#panel[data-state={state}]").wait_for()
    return page


def wait_until(page, holds):
    """Until something is so that the page's requests or its console tell."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, "it never came to pass"
        page.wait_for_timeout(20)


def corners(path):
    """[[(x, y), ...], ...]: the lines of an SVG path of M and L."""
    lines = [line.removesuffix("h0").split("L") for line in path.split("M")[1:]]
    return [[tuple(map(float, corner.split())) for corner in line] for line in lines]


def style(page, selector, name):
    return page.eval_on_selector(selector, f"e => getComputedStyle(e).{name}")


def rgb(text):
    return [int(part) for part in re.findall(r"\d+", text)[:3]]


def y_scale(page):
    """Mood -> y, from the axis' own labels."""
    labels = page.locator(".y-label")
    texts = labels.all_text_contents()
    ys = [float(labels.nth(i).get_attribute("y")) - 3.5 for i in range(len(texts))]
    moods = [float(text.replace("\N{MINUS SIGN}", "-")) for text in texts]
    at = dict(zip(moods, ys, strict=True))
    assert sorted(at) == [-1, 0, 1]
    assert at[0] == pytest.approx((at[1] + at[-1]) / 2)
    assert at[1] < at[-1]  # positive is up
    return lambda mood: at[0] + (at[1] - at[0]) * mood


def pixels(page, colours):
    """For each colour, the columns of its pixels in the chart as really painted."""
    box = page.locator("#chart").bounding_box()
    shot = base64.b64encode(page.screenshot(clip=box, animations="disabled")).decode()
    columns = page.evaluate(
        """async ([shot, colours]) => {
            const bytes = Uint8Array.from(atob(shot), c => c.charCodeAt(0));
            const image = await createImageBitmap(new Blob([bytes]));
            const canvas = new OffscreenCanvas(image.width, image.height);
            const drawing = canvas.getContext("2d");
            drawing.drawImage(image, 0, 0);
            const {data} = drawing.getImageData(0, 0, image.width, image.height);
            const near = (i, c) => c.every((part, k) => Math.abs(data[i + k] - part) < 40);
            return colours.map(c => {
                const found = [];
                for (let i = 0; i < data.length; i += 4)
                    if (near(i, c)) found.push((i / 4) % image.width);
                return found;
            });
        }""",
        [shot, colours],
    )
    return [[box["x"] + x for x in found] for found in columns]


def contrast(one, other):
    """WCAG 2 contrast ratio of two colours, 1..21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    parts = [c / 255 for c in colour]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
