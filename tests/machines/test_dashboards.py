"""Several dashboards behind nginx in Chromium: each reader is kept at one, until that one dies."""

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from tests.browser.test_login import ANALYST, SECRET, logged_in, settings, started
from tests.helpers.browser import published
from tests.helpers.browser.dashboards import PATIENCE_MS, browser, plots
from tests.helpers.nginx import needs_nginx
from tests.helpers.patience import PATIENCE_S, until
from tests.helpers.ports import free_port
from tests.helpers.wire import Wire, statuses
from tests.machines.dashboards import Dashboards, free_ports, several
from tests.machines.test_dashboards_hostile import UPGRADE
from tests.unit.dashboard.login.test_gate import cookie as login_cookie
from warehouse.config import DataFolder

__all__ = ["browser"]
pytestmark = pytest.mark.browser
LOG = b"[2026-10-01 20:00:00] <one> what a great game\n[2026-10-01 20:00:05] <two> I love it\n" * 50
VIEW = {"width": 1400, "height": 1200}
DRAWN = "document.querySelector('[data-testid=stHeaderLogo]').naturalWidth > 0"
PROBE = re.compile(r"/(review|bring-your-own)/_stcore/")
CONNECTED = """document.querySelector('[data-testid=stApp]').dataset.testConnectionState
    === 'CONNECTED'"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    needs_nginx()
    # real chat: a folder of simulated chat takes no uploads
    return published.demo(tmp_path_factory.mktemp("demo"), source="live")


@pytest.fixture(scope="module")
def provider(browser: Browser) -> Iterator[str]:
    """Address of a login provider."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    with started(["oidc_provider_mock", "--port", str(port)], f"{url}/"):
        yield url


@pytest.fixture(scope="module")
def dashboards(
    provider: str, demo: DataFolder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dashboards]:
    port = free_ports(2)
    login = settings(demo.root, port, provider) | {"CHANNELS": "demo_busy"}
    with several(demo.root, tmp_path_factory.mktemp("log"), 2, port, **login) as running:
        yield running


@pytest.fixture
def contexts(browser: Browser, dashboards: Dashboards) -> Iterator[dict[int, BrowserContext]]:
    """A browser of its own at each process, by the process's port."""
    found: dict[int, BrowserContext] = {}
    end = time.monotonic() + PATIENCE_S  # one that was killed is left alone for 1 s
    while sorted(found) != dashboards.ports and time.monotonic() < end:
        context = browser.new_context(viewport=VIEW)
        context.set_default_timeout(PATIENCE_MS)
        answer = context.request.get(dashboards.address)  # 503 while nginx leaves both alone
        if not answer.ok or found.setdefault(at(context), context) is not context:
            context.close()
    assert sorted(found) == dashboards.ports
    yield found
    for context in found.values():
        context.close()


def cookie(context: BrowserContext) -> str:
    return next(c["value"] for c in context.cookies() if c["name"] == "dld_process")


def at(context: BrowserContext) -> int:
    """Port of the process that a browser is kept at."""
    return int(cookie(context).partition("-")[2])


def other(dashboards: Dashboards, port: int) -> int:
    return next(each for each in dashboards.ports if each != port)


def test_a_page_an_upload_a_download_and_a_picture_come_from_each_process(
    contexts: dict[int, BrowserContext], dashboards: Dashboards, provider: str, tmp_path: Path,
    demo: DataFolder,
) -> None:  # fmt: skip
    for port, context in sorted(contexts.items()):
        answers: list[Response] = []
        context.on("response", lambda answer, told=answers: told.append(answer))
        page = logged_in(context, dashboards.address, provider, ANALYST, "/review")
        plots(page, 1)
        with page.expect_download() as download:
            page.get_by_role("button", name="Report (HTML)").click()
        download.value.save_as(tmp_path / f"{port}.html")
        assert (tmp_path / f"{port}.html").stat().st_size > 10_000
        page.wait_for_function(DRAWN)
        upload(page, dashboards.address)
        page.get_by_role("button", name="Import").click()
        end = time.monotonic() + PATIENCE_S
        while not (dropped := [p for p in demo.inbox.rglob("[!.]*") if p.is_file()]):
            assert time.monotonic() < end
            page.wait_for_timeout(100)
        assert LOG in [path.read_bytes() for path in dropped]
        assert at(context) == port
        # Streamlit's page looks for its server below /review first
        wrong = {answer.url for answer in answers if answer.status >= 400}
        assert {url for url in wrong if not PROBE.search(url)} == set()
        assert any("/media/" in answer.url for answer in answers)
        shutil.rmtree(demo.inbox)


def upload(page: Page, address: str) -> None:
    page.goto(f"{address}/bring-your-own")
    page.locator("input[type=file]").set_input_files(
        {"name": "chat.txt", "mimeType": "text/plain", "buffer": LOG}
    )
    expect(page.get_by_role("button", name="Import")).to_be_enabled()


def test_a_login_holds_at_the_other_process_and_so_does_the_logout(
    contexts: dict[int, BrowserContext], dashboards: Dashboards, provider: str
) -> None:
    (port, context), *_ = contexts.items()
    page = logged_in(context, dashboards.address, provider, ANALYST)
    for there in (other(dashboards, port), port):
        move(context, dashboards, there)
        page.goto(dashboards.address)
        page.get_by_role("button", name="Log out").wait_for()
        assert at(context) == there
    move(context, dashboards, other(dashboards, port))
    page.goto(dashboards.address)
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="Log in with").or_(
        page.get_by_role("button", name="End session")
    ).first.wait_for()
    move(context, dashboards, port)
    page.goto(dashboards.address)
    page.get_by_role("button", name="Log in with").wait_for()


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://{host}", 101), ("http://evil.example", 403), ("null", 403), ("http://a.{host}", 403)],
)
def test_only_a_page_of_ours_gets_a_websocket(
    dashboards: Dashboards, origin: str, status: int
) -> None:
    """Its cookies go with it, whoever opens it; without a login nobody gets one."""
    host = dashboards.address.partition("//")[2]
    asked = (
        f"GET /_stcore/stream HTTP/1.1\r\nHost: {host}\r\n"
        f"Origin: {origin.format(host=host)}\r\n{UPGRADE}"
    )
    wire = Wire(int(host.partition(":")[2]))
    assert statuses(wire.ask(f"{asked}\r\n")) == [403]
    login = f"Cookie: {login_cookie(SECRET, sub=ANALYST)['cookie']}\r\n"
    assert statuses(wire.ask(f"{asked}{login}\r\n")) == [status]


def pressed(page: Page, name: str, told: str) -> bool:
    """Whether a click was taken: one before the new process has drawn the page is not."""
    page.get_by_role("radio", name=name).click()
    page.wait_for_timeout(2000)
    return told in page.url


def move(context: BrowserContext, dashboards: Dashboards, port: int) -> None:
    """Send a browser to another process from now on."""
    value = re.sub(r"-\d+$", f"-{port}", cookie(context))
    context.add_cookies([{"name": "dld_process", "value": value, "url": dashboards.address}])


def test_a_reader_whose_process_is_killed_goes_on_at_the_other_and_stays_there(
    contexts: dict[int, BrowserContext], dashboards: Dashboards, provider: str
) -> None:
    (port, context), *_ = contexts.items()
    asked = "/explore?channels=demo_past&span=24h"
    page = logged_in(context, dashboards.address, provider, ANALYST, asked)
    plots(page, 2)
    page.evaluate("window.stayed = true")
    view = page.url
    begun = time.monotonic()
    with page.expect_websocket(timeout=PATIENCE_MS) as again:
        dashboards.kill(port)
    page.wait_for_function(CONNECTED)
    print(f"\nback at the other after {time.monotonic() - begun:.1f} s")
    assert again.value.url.endswith("/_stcore/stream")
    assert at(context) == other(dashboards, port)
    until(lambda: pressed(page, "3 days", "span=3d"))
    assert page.evaluate("window.stayed") is True
    assert page.get_by_role("button", name="Log in with").count() == 0
    fresh = context.new_page()
    fresh.goto(view)
    plots(fresh, 2)
    assert fresh.url == view and fresh.get_by_text("in the address").count() == 0
    dashboards.wait_for(port)  # `make run` starts it again
    upload(page, dashboards.address)
    upload(fresh, dashboards.address)
    assert at(context) == other(dashboards, port)


@pytest.mark.usefixtures("contexts")  # nginx knows that each process is back
def test_new_readers_are_answered_at_once_while_a_process_is_dead(
    dashboards: Dashboards, browser: Browser
) -> None:
    before = len(dashboards.log.read_text())
    dashboards.kill(dashboards.ports[0])
    took = []
    for _ in range(20):
        context = browser.new_context()
        begun = time.monotonic()
        assert context.request.get(dashboards.address).status == 200
        took.append(time.monotonic() - begun)
        assert at(context) == dashboards.ports[1]
        context.close()
    print(f"\nslowest of 20 new readers: {max(took) * 1e3:.0f} ms")
    assert "timed out" not in dashboards.log.read_text()[before:]  # nobody waited for it
    dashboards.wait_for(dashboards.ports[0])


def test_a_page_that_is_left_open_finds_the_dashboard_again_when_all_had_died(
    contexts: dict[int, BrowserContext], dashboards: Dashboards, provider: str
) -> None:
    (_, context), *_ = contexts.items()
    page = logged_in(context, dashboards.address, provider, ANALYST, "/health")
    with page.expect_websocket(timeout=PATIENCE_MS):
        for each in dashboards.ports:
            dashboards.kill(each)
        answer = context.request.get(dashboards.address)
        assert answer.status == 503 and answer.text().startswith("No process of the dashboard")
    page.goto(f"{dashboards.address}/health")
    expect(page.get_by_text("By channel")).to_be_visible()
