"""python -m tools.screenshots: the README's picture of the panel, from a running `make run`.

Those of the dashboard come from its test: `make pictures`.
"""

import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tools.config import run_settings

IMAGES = Path("docs/images")
_SETTLED_MS = 6000  # plotly and the fragments have drawn


def main() -> int:
    """0, or 1 with one line when nothing is running."""
    settings = run_settings()
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        try:
            _panel(browser, f"http://127.0.0.1:{settings.ebs_port}/preview/")
        except Exception as exc:
            reason = str(exc).splitlines()[0]
            print(f"no picture: {reason}; is `make run` running?", file=sys.stderr)
            return 1
        finally:
            browser.close()
    return 0


def _panel(browser: Browser, url: str) -> None:
    """The panel of the first channel that is live, or of the last there is."""
    page = browser.new_page(viewport={"width": 900, "height": 820}, device_scale_factor=2)
    page.goto(url)
    page.wait_for_timeout(_SETTLED_MS)
    for option in page.locator("select option").all():
        page.locator("select").first.select_option(option.get_attribute("value"))
        page.wait_for_timeout(_SETTLED_MS)
        if "live" in page.frame_locator("iframe").first.locator("body").inner_text():
            break
    page.locator("iframe").first.screenshot(path=IMAGES / "panel.png")
    page.close()


if __name__ == "__main__":
    sys.exit(main())
