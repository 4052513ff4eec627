"""The login in Chromium, against a provider on loopback: who sees what, and the way out."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from dashboard.api.tokens import Tokens
from tests.helpers.browser import published
from tests.helpers.browser.dashboards import PATIENCE_MS, ROOT, browser, wait_for
from tests.helpers.patience import PATIENCE_S
from tests.helpers.ports import free_port
from warehouse.config import DataFolder
from warehouse.errors import NotAuthorised

__all__ = ["browser"]
pytestmark = pytest.mark.browser
STREAMER, ANALYST, STRANGER = "demo_busy", "4242", "77"
USERS = {STREAMER: "Demo_Busy", ANALYST: "Ann", STRANGER: "demo_past"}  # a name is not enough
SECRET = "not-a-secret-but-long-enough-for-it"


@contextmanager
def started(command: list[str], url: str, **env: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", *command], cwd=ROOT, env={**os.environ, **env},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(url)
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def provider(browser: Browser) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Address and process of a provider with three users."""
    port = free_port()
    with started(
        ["oidc_provider_mock", "--port", str(port)], f"http://127.0.0.1:{port}/"
    ) as process:
        yield f"http://127.0.0.1:{port}", process


def settings(data: Path, port: int, provider: str) -> dict[str, str]:
    told = {
        "OIDC_METADATA_URL": f"{provider}/.well-known/openid-configuration",
        "OIDC_CLIENT_ID": "dld",
        "OIDC_CLIENT_SECRET": "x",
        "OIDC_REDIRECT_URI": f"http://127.0.0.1:{port}/oauth2callback",
        "OIDC_COOKIE_SECRET": SECRET,
        "ANALYSTS": ANALYST,
    }
    return {"DLD_DATA": str(data)} | {f"DLD_DASHBOARD_{k}": v for k, v in told.items()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    return published.demo(tmp_path_factory.mktemp("login"))


@pytest.fixture(scope="module")
def address(provider: tuple[str, subprocess.Popen[bytes]], folder: DataFolder) -> Iterator[str]:
    port = free_port()
    command = ["streamlit", "run", "dashboard/app.py", "--server.port", str(port)]
    url = f"http://127.0.0.1:{port}"
    env = {**settings(folder.root, port, provider[0]), "DLD_API_PORT": "1"}
    with started(command, f"{url}/_stcore/health", **env):
        yield url


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    opened = browser.new_context(viewport={"width": 1400, "height": 1200})
    opened.set_default_timeout(PATIENCE_MS)
    yield opened
    opened.close()


def logged_in(
    context: BrowserContext, address: str, provider: str, sub: str, asked: str = "/"
) -> Page:
    context.request.put(f"{provider}/users/{sub}", data={"preferred_username": USERS[sub]})
    page = context.new_page()
    page.goto(f"{address}{asked}")
    page.get_by_role("button", name="Log in with 127.0.0.1").click()
    page.get_by_placeholder("sub").fill(sub)
    page.get_by_role("button", name="Authorize").click()
    page.get_by_role("button", name="Log out").wait_for()
    return page


def test_a_streamer_sees_the_own_channel_however_the_address_is_edited(
    context: BrowserContext, address: str, provider: tuple[str, subprocess.Popen[bytes]]
) -> None:
    page = logged_in(context, address, provider[0], STREAMER)
    expect(page.locator(".dld-name")).to_have_text(["demo_busy"])
    expect(page.get_by_text("· own channel")).to_be_visible()
    page.goto(f"{address}/explore?channels=demo_past")
    expect(page.get_by_text("is not known here")).to_be_visible()
    page.goto(f"{address}/review?stream=demo_past:1")
    expect(page.get_by_text("The stream in the address is not known here")).to_be_visible()
    page.goto(f"{address}/health?channels=demo_past")
    expect(page.get_by_text("By channel")).to_be_visible()
    assert "demo_past" not in page.inner_text("body")
    expect(page.get_by_text("Storage")).to_have_count(0)
    page.goto(f"{address}/bring-your-own")
    expect(page.get_by_text("No log can be dropped here")).to_be_visible()  # it is simulated


def test_a_streamer_makes_a_token_for_scripts_and_ends_it(
    context: BrowserContext, address: str, provider: tuple[str, subprocess.Popen[bytes]],
    folder: DataFolder,
) -> None:  # fmt: skip
    page = logged_in(context, address, provider[0], STREAMER)
    page.get_by_role("button", name="Scripts").click()
    page.get_by_role("button", name="Make a token").click()
    made = page.locator("code").filter(has_text=re.compile("^dld_.{52}$"))
    given, now = made.inner_text(), datetime.now(UTC)
    _, holder = Tokens(folder).holder(given, now)
    assert (holder.sub, holder.login) == (STREAMER, "demo_busy")
    page.get_by_role("button", name="End", exact=True).click()
    expect(page.get_by_role("button", name="End", exact=True)).to_have_count(0)
    expect(made).to_have_count(0)
    with pytest.raises(NotAuthorised):
        Tokens(folder).holder(given, now)


def test_an_analyst_sees_all_and_logs_out(
    context: BrowserContext, address: str, provider: tuple[str, subprocess.Popen[bytes]]
) -> None:
    page = logged_in(
        context, address, provider[0], ANALYST, "/explore?channels=demo_past&show=week"
    )
    expect(page.get_by_text("Hours of the week").first).to_be_visible()
    assert f"{address}/explore?" in page.url and "channels=demo_past" in page.url
    page.goto(address)
    expect(page.locator(".dld-name")).to_have_count(3)
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="Log in with").or_(
        page.get_by_role("button", name="End session")
    ).first.wait_for()
    page.goto(address)
    page.get_by_role("button", name="Log in with").wait_for()
    assert page.locator(".dld-name").count() == 0


def test_a_stranger_with_a_channel_s_name_sees_nothing(
    context: BrowserContext, address: str, provider: tuple[str, subprocess.Popen[bytes]]
) -> None:
    page = logged_in(context, address, provider[0], STRANGER, "/review?stream=x")
    expect(page.get_by_text("There is nothing for you here")).to_be_visible()
    page.goto(f"{address}/explore?channels=demo_past")
    expect(page.get_by_text("There is nothing for you here")).to_be_visible()
    assert page.locator(".js-plotly-plot").count() == 0


def test_a_provider_that_is_down_is_said_in_a_sentence(
    context: BrowserContext, address: str, provider: tuple[str, subprocess.Popen[bytes]]
) -> None:
    page = context.new_page()
    page.goto(address)
    page.get_by_role("button", name="Log in with").wait_for()
    provider[1].terminate()
    provider[1].wait(PATIENCE_S)
    page.get_by_role("button", name="Log in with").click()
    expect(page.get_by_text("127.0.0.1 does not answer")).to_be_visible()
