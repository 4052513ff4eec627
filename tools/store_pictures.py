"""python -m tools.store_pictures: pictures of the extension for its store page, of the source for
OBS, and of the panel for the README, from a running `make run`.

Everything on them is the real extension on simulated chat, as the preview shows it; only the
frame around it is made here. Sizes as Twitch wants them: logo 100 x 100, discovery 300 x 200,
screenshots 1024 x 768.
"""

import sys
from pathlib import Path
from urllib.parse import urljoin

from playwright.sync_api import Browser, Error, FrameLocator, Page, ViewportSize, sync_playwright

from tools.config import run_settings

IMAGES = Path("docs/images/extension")
README_PANEL = Path("docs/images/panel.png")
OBS_IMAGES = Path("docs/images/obs")
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SCREENSHOT = ViewportSize(width=1024, height=768)
WAIT_MS = 15_000
BACK = "#1d1a29"  # flat: the files stay small
STYLE = f"""
    * {{ box-sizing: border-box; margin: 0 }}
    body {{ height: 100vh; padding: 40px; color: #efeff1; background: {BACK};
           font: 22px/1.4 Inter, "Helvetica Neue", Arial, sans-serif;
           display: flex; flex-direction: column; justify-content: center }}
    h1 {{ font-size: 34px; line-height: 1.2; text-align: center; margin-bottom: 34px }}
    div {{ display: flex; gap: 48px; justify-content: center; align-items: center }}
    img {{ border-radius: 8px; box-shadow: 0 6px 30px rgb(0 0 0 / .5); max-height: 560px;
          max-width: 100% }}
"""
# sources for OBS by picture: size and what the address says
SOURCES = {
    "none": ((400, 300), ""),
    "dark": ((400, 300), "?theme=dark"),
    "light-ja": ((400, 300), "?theme=light&lang=ja"),
    "small": ((300, 100), ""),
    "meter": ((400, 80), "?parts=meter&theme=dark&lang=de"),
}
# every view for the docs, in this many languages and both themes
VIEWS = ("panel", "mobile", "video_component", "video_overlay", "config", "live_config")
LANGUAGES, THEMES = ("en", "de", "ja"), ("dark", "light")
SHEET = f"""
    * {{ box-sizing: border-box; margin: 0 }}
    body {{ width: max-content; padding: 16px; background: {BACK} }}
    div {{ display: grid; grid-template-columns: repeat({len(LANGUAGES)}, auto); gap: 16px }}
    img {{ max-width: 420px }}
    .video_overlay img {{ width: 620px; height: 800px; max-width: none; object-fit: none;
                         object-position: 0 -60px }}
"""
GAME = "linear-gradient(160deg, #a8c8e8 0 45%, #6f9a4a 45% 75%, #3d5a2c 75%)"  # behind them
LOGO = '<img src="{icon}" style="width:100vw;height:100vh;border-radius:0;max-height:none">'


def main() -> int:
    """0, or 1 with one line when nothing is running."""
    for folder in (IMAGES, OBS_IMAGES):
        folder.mkdir(parents=True, exist_ok=True)
    preview = f"http://127.0.0.1:{run_settings().ebs_port}/preview/"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            preview += f"?channel={_busiest(browser, preview)}"
            _pictures(browser, preview)
            _sources(browser, preview)
            _sheets(browser, preview)
        except Error as exc:
            reason = str(exc).splitlines()[0]
            print(f"no picture: {reason}; is `make run` running?", file=sys.stderr)
            return 1
        finally:
            browser.close()
    return 0


def _pictures(browser: Browser, preview: str) -> None:
    views = {
        f"{view}-{theme}": _view(browser, preview, view, theme)
        for view, theme in (
            ("panel", "dark"), ("panel", "light"), ("video_overlay", "dark"),
            ("mobile", "dark"), ("live_config", "light"),
        )
    }  # fmt: skip
    README_PANEL.write_bytes(views["panel-dark"])
    panels = [views["panel-dark"], views["panel-light"]]
    _framed(browser, "screenshot-panel", "How your chat feels, and where it is going", panels)
    over = "Over the video too: one small button"
    _framed(browser, "screenshot-overlay", over, [views["video_overlay-dark"]])
    more = [views["mobile-dark"], views["live_config-light"]]
    _framed(browser, "screenshot-more", "On phones, and on your dashboard", more)
    icon = urljoin(preview, "page/icon.svg")
    _square(browser, "logo", 100, 100, LOGO.format(icon=icon))
    centred = f'<div style="height:100vh;background:{BACK}"><img src="{icon}" width="120"></div>'
    _square(browser, "discovery", 300, 200, centred)


def _sheets(browser: Browser, preview: str) -> None:
    """A picture a view: its languages side by side, dark above light."""
    for view in VIEWS:
        shots = [
            _view(browser, preview, view, theme, language)
            for theme in THEMES
            for language in LANGUAGES
        ]
        page = browser.new_page(viewport={"width": 1400, "height": 800})
        page.set_content(f"<!doctype html><style>{SHEET}</style><div class={view}></div>")
        _put(page, shots)
        page.locator("body").screenshot(path=IMAGES / f"views-{view.replace('_', '-')}.png")
        page.close()


def _view(browser: Browser, preview: str, view: str, theme: str, language: str = "en") -> bytes:
    """One view of the channel, as it looks in its frame of the preview."""
    page = browser.new_page(
        viewport={"width": 1500, "height": 1000}, device_scale_factor=2, locale="en-GB"
    )
    page.set_default_timeout(WAIT_MS)
    page.goto(f"{preview}&theme={theme}&role=broadcaster&language={language}")
    frame = page.locator(f"iframe[data-view={view}]")
    _panel(page)
    if view == "video_overlay":
        frame.content_frame.locator("#toggle").click()
    page.wait_for_timeout(500)  # fonts and the fading in
    page.evaluate("document.querySelector('header').remove()")  # it would lie over the frame
    shot: bytes = frame.screenshot()
    page.close()
    return shot


def _sources(browser: Browser, preview: str) -> None:
    """Sources for OBS of the channel, over a picture that stands for a game."""
    page = browser.new_page(device_scale_factor=1.5, locale="en-GB")
    page.set_default_timeout(WAIT_MS)
    page.goto(preview)
    _panel(page)
    link = urljoin(preview, page.locator("#obs").get_attribute("href").partition("?")[0])
    for name, ((width, height), query) in SOURCES.items():
        page.set_viewport_size({"width": width, "height": height})
        page.goto(link + query)
        page.locator("#dld[data-state=live]").wait_for()
        page.evaluate("game => { document.documentElement.style.background = game; }", GAME)
        page.wait_for_timeout(1000)  # the needle comes to rest
        page.screenshot(path=OBS_IMAGES / f"{name}.png")
    page.close()


def _busiest(browser: Browser, preview: str) -> str:
    """The channel with the most messages of those that are live with a forecast.

    Raises Error where none is.
    """
    page = browser.new_page()
    page.set_default_timeout(WAIT_MS)
    page.goto(preview)
    page.locator("#channel option").first.wait_for(state="attached")
    said: dict[str, int] = {}
    for option in page.locator("#channel option").all():
        channel = option.get_attribute("value") or ""
        page.locator("#channel").select_option(channel)
        panel = _panel(page)
        if panel.locator("#panel[data-state=live] #next").is_visible():
            said[channel] = _number(panel.locator("#count b").inner_text())
    page.close()
    if not said:
        raise Error("no channel is live with a forecast")
    return max(said, key=lambda channel: said[channel])


def _panel(page: Page) -> FrameLocator:
    """The panel, once it says something."""
    panel = page.locator("#frame").content_frame
    panel.locator("#panel:not([data-state=waiting]), #notice:not(:empty)").first.wait_for()
    page.wait_for_timeout(1000)
    return panel


def _number(text: str) -> int:
    """1,234 messages: 1234; nothing watched: 0."""
    return int("".join(filter(str.isdigit, text)) or 0)


def _framed(browser: Browser, name: str, title: str, shots: list[bytes]) -> None:
    """Pictures of views side by side below a title, 1024 x 768."""
    page = browser.new_page(viewport=SCREENSHOT)
    page.set_content(f"<style>{STYLE}</style><h1></h1><div></div>")
    page.evaluate("title => { document.querySelector('h1').textContent = title; }", title)
    _put(page, shots)
    page.screenshot(path=IMAGES / f"{name}.png")
    page.close()


def _put(page: Page, shots: list[bytes]) -> None:
    """Pictures into the page's only div."""
    for shot in shots:
        page.evaluate(
            """async (bytes) => {
                const image = new Image();
                image.src = URL.createObjectURL(new Blob([Uint8Array.from(bytes)]));
                await image.decode();
                document.querySelector("div").append(image);
            }""",
            list(shot),
        )


def _square(browser: Browser, name: str, width: int, height: int, body: str) -> None:
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_content(f"<style>{STYLE} body {{ padding: 0 }}</style>{body}")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=IMAGES / f"{name}.png")
    page.close()


if __name__ == "__main__":
    sys.exit(main())
