"""Twitch around the extension: its files under Twitch's rules, its helper, and an EBS to answer.

Two servers on loopback: one serves the extension's files with the policy that Twitch sends, the
other answers as the EBS whatever the test has set, across origins as on Twitch.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, Route

from tests.helpers.browser.panel_fixtures import empty_page, mood_body, no_errors
from tests.helpers.paths import ROOT

EXTENSION = ROOT / "extension"
HELPER = "https://extension-files.twitch.tv/helper/v1/twitch-ext.min.js"
STAND_IN = (Path(__file__).parent / "twitch_helper.js").read_text("utf-8")
TURNS = """async () => {  // of the page's own loop: its timers may stand still
    for (let n = 0; n < 10; n += 1) {
        const {port1, port2} = new MessageChannel();
        await new Promise((resolve) => { port1.onmessage = resolve; port2.postMessage(n); });
    }
}"""
SIZES = {
    "panel": (318, 496),
    "mobile": (375, 560),
    "video_component": (320, 300),
    "video_overlay": (960, 540),
    "config": (760, 900),
    "live_config": (360, 640),
}


def policy(ebs: str) -> str:
    """The Content-Security-Policy of Twitch's CDN for an extension that may fetch from `ebs`."""
    return (
        f"default-src 'self'; script-src 'self' {HELPER.split('/helper')[0]}; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; "
        f"connect-src 'self' {ebs}; font-src 'self'; object-src 'none'; base-uri 'none'; "
        "frame-ancestors https://supervisor.ext-twitch.tv https://*.twitch.tv http://127.0.0.1:*; "
        "form-action 'none'"  # 127.0.0.1 is where tests put a page around a view
    )


@dataclass
class Answer:
    """What the EBS answers to one route."""

    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0


class Twitch:
    """Both servers. answers: path -> Answer; asked: (method, path, body, authorization)."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, str, str, str]] = []
        self.under_way: set[Request] = set()
        self.files = ""
        self.ebs = ""

    def reset(self) -> None:
        self.answers = {
            "/v1/channel": Answer(b'{"state":"followed","login":"demo_channel"}'),
            **{f"/v1/channel/{what}": Answer(b'{"id":"1"}', 202)
               for what in ("opt-in", "opt-out", "delete")},
        }  # fmt: skip
        self.asked = []
        self.under_way = set()
        self.says(mood_body())

    def says(self, body: Any, **rest: Any) -> None:
        """What /v1/mood answers from now on."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers["/v1/mood"] = Answer(data, **rest)

    def moods(self) -> int:
        """How often the mood was asked for."""
        return sum(path == "/v1/mood" for _, path, _, _ in self.asked)

    def url(self, view: str, **query: str) -> str:
        return f"{self.files}/{view}.html?{urlencode(query)}"


def _files_handler(twitch: Twitch) -> type[SimpleHTTPRequestHandler]:
    settings = f'export const EBS = "{twitch.ebs}";\n'.encode()

    class Files(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        extensions_map = SimpleHTTPRequestHandler.extensions_map | {
            ".js": "text/javascript; charset=utf-8"
        }

        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(EXTENSION))

        def do_GET(self) -> None:
            if self.path != "/settings.js":
                super().do_GET()
                return
            self.send_response(200)
            self.send_header("content-type", "text/javascript")
            self.send_header("content-length", str(len(settings)))
            self.end_headers()
            self.wfile.write(settings)

        def end_headers(self) -> None:
            self.send_header("content-security-policy", policy(twitch.ebs))
            self.send_header("cache-control", "no-store")
            super().end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    return Files


def _ebs_handler(twitch: Twitch) -> type[BaseHTTPRequestHandler]:
    class Ebs(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            size = int(self.headers.get("content-length", 0))
            sent = self.rfile.read(size).decode()
            token = self.headers.get("authorization", "")
            twitch.asked.append((self.command, self.path, sent, token))
            answer = twitch.answers.get(self.path, Answer(b"{}", 404))
            if answer.delay_s:
                threading.Event().wait(answer.delay_s)
            self.send_response_only(answer.status)
            for name, value in ({"Date": formatdate(usegmt=True)} | answer.headers).items():
                self.send_header(name, value)
            self._finish(answer.body)

        do_GET = do_POST = _answer

        def do_OPTIONS(self) -> None:
            self.send_response_only(204)
            self.send_header("access-control-allow-methods", "GET, POST")
            self.send_header("access-control-allow-headers", "Authorization, Content-Type")
            self.send_header("access-control-max-age", "600")
            self._finish(b"")

        def _finish(self, body: bytes) -> None:
            self.send_header("access-control-allow-origin", twitch.files)
            self.send_header("access-control-expose-headers", "Date, ETag")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except ConnectionError:
                self.close_connection = True  # the view has read enough

        def log_message(self, *_: Any) -> None:
            pass

    return Ebs


@contextmanager
def _serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def twitch_servers() -> Iterator[Twitch]:
    twitch = Twitch()
    with _serving(_ebs_handler(twitch)) as twitch.ebs, _serving(_files_handler(twitch)) as files:
        twitch.files = files
        yield twitch


@pytest.fixture
def twitch(twitch_servers: Twitch) -> Twitch:
    twitch_servers.reset()
    return twitch_servers


@pytest.fixture
def view(request: pytest.FixtureRequest, twitch: Twitch) -> Iterator[Page]:
    """A page in which any error on the console or of a script fails the test."""
    with empty_page(request) as page, no_errors(page, _is_error), _under_way(page, twitch):
        page.route(HELPER, helper)
        yield page


def _is_error(line: ConsoleMessage) -> bool:
    """A refused answer is logged by the browser itself; what a view does about it is tested."""
    return line.type == "error" and "Failed to load resource" not in line.text


@contextmanager
def _under_way(page: Page, twitch: Twitch) -> Iterator[None]:
    """Keeps `twitch.under_way`."""

    def begins(request: Request) -> None:  # playwright wants functions
        twitch.under_way.add(request)

    def ends(request: Request) -> None:
        twitch.under_way.discard(request)

    listeners = [("request", begins), ("requestfinished", ends), ("requestfailed", ends)]
    for name, listener in listeners:
        page.on(name, listener)
    yield
    for name, listener in listeners:
        page.remove_listener(name, listener)


def helper(route: Route) -> None:
    route.fulfill(body=STAND_IN, content_type="text/javascript")


def opened(page: Page, twitch: Twitch, name: str, **query: str) -> Page:
    """Opens a view at its size on Twitch and waits until it shows what it has."""
    width, height = SIZES[name]
    page.set_viewport_size({"width": width, "height": height})
    page.goto(twitch.url(name, **query))
    ready = "#followed" if name == "config" else "main:is([data-state=live],[data-state=quiet])"
    page.locator(ready).wait_for(state="attached")
    if name == "config":
        page.locator("#asks").wait_for()
    return page


def settle(page: Page, twitch: Twitch) -> None:
    """Answers that are under way arrive and are taken: the page's own clock may stand still."""
    while page.evaluate("window.twitch?.fetching") or twitch.under_way:
        page.wait_for_timeout(10)
    page.evaluate(TURNS)
    page.wait_for_timeout(30)
