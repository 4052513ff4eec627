"""The data for scripts as a process: what it does not start with, whom it does not wait for."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.helpers import nginx
from tests.helpers.browser import published
from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S
from tests.helpers.ports import free_port
from tests.helpers.scripts import COMMAND, LOGIN, running, token
from warehouse.config import DataFolder

_OTHERWISE = """
import sys
import dashboard.api.connection as connection
patience, most = map(int, (sys.argv.pop(), sys.argv.pop()))
connection.PATIENCE_S, connection.LOOK_S, connection.MOST_CONNECTIONS = patience, 0.1, most
from dashboard.api.__main__ import cli
cli()
"""
MOST = 5
# as shipped, but for its patience: a second; and for the connections that it has room for
IMPATIENT = (sys.executable, "-c", _OTHERWISE, "200", "1")
FULL = (sys.executable, "-c", _OTHERWISE, str(MOST), "86400")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    now = datetime(2026, 1, 31, 18, tzinfo=UTC)
    return published.demo(tmp_path_factory.mktemp("starts"), now)


@pytest.fixture(scope="module")
def address(demo: DataFolder) -> Iterator[str]:
    with running(demo.root, IMPATIENT, DLD_API_PER_MINUTE="0") as found:
        yield found


def command(root: Path, *words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    env = {k: v for k, v in os.environ.items() if not k.startswith("DLD_")}
    env |= {"DLD_DATA": str(root)} | settings
    return subprocess.run(
        [*COMMAND, *words], cwd=ROOT, env=env, text=True, capture_output=True, timeout=PATIENCE_S,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({}, "error: DLD_API_PORT is not set, so data for scripts is off: docs/api.md"),
        ({"DLD_API_PORT": "x"}, "error: DLD_API_PORT: "),
        ({"DLD_API_PORT": "1", "DLD_API_HOST": "192.0.2.1"}, "error: cannot listen on 192.0.2.1 "),
        ({"DLD_API_PORT": "1", "DLD_PUBLIC_NAMES": "a b"}, "error: DLD_PUBLIC_NAMES: "),
        (
            {"DLD_API_PORT": "1", "DLD_DASHBOARD_OIDC_CLIENT_ID": "x"},
            "error: settings: Value error, a login needs DLD_DASHBOARD_OIDC_METADATA_URL",
        ),
    ],
)  # fmt: skip
def test_it_refuses_in_one_line_what_cannot_be(
    tmp_path: Path, settings: dict[str, str], told: str
) -> None:
    done = command(tmp_path, **settings)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(told) and done.stderr.count("\n") == 1


def test_a_busy_port_is_named(tmp_path: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        done = command(tmp_path, DLD_API_PORT=str(port))
    assert done.returncode == 1 and f"port {port} (Address already in use)" in done.stderr


def test_tokens_are_made_listed_and_ended_by_command(tmp_path: Path) -> None:
    made = command(tmp_path, "token", "add", "--days", "2")
    assert re.fullmatch(r"dld_[0-9a-f]{8}_[\w-]{43}\n", made.stdout)
    assert "all channels, while there is no login" in made.stderr
    token_id = made.stdout[4:12]
    listed = command(tmp_path, "token", "list")
    assert listed.stdout.startswith(f"{token_id}  ") and made.stdout[13:-1] not in listed.stdout
    assert command(tmp_path, "token", "end", token_id).returncode == 0
    again = command(tmp_path, "token", "end", token_id)
    assert again.returncode == 1 and again.stderr.startswith("error: there is no token")
    assert command(tmp_path, "token", "list").stdout == ""
    assert command(tmp_path, "token", "add", "--days", "367").returncode == 2
    nobody = command(tmp_path, "token", "add", "--for", "a..b")
    assert nobody.returncode == 2 and "--for 'a..b' is neither id:ID nor" in nobody.stderr


def test_with_a_login_a_token_is_somebody_s(tmp_path: Path) -> None:
    nobody = command(tmp_path, "token", "add", **LOGIN)
    assert nobody.returncode == 2 and nobody.stderr.startswith("error: there is a login")
    assert command(tmp_path, "token", "add", "--for", "id:1 2").returncode == 2
    assert "for id:12 until" in command(
        tmp_path, "token", "add", "--for", "id:12", **LOGIN
    ).stderr.replace(",", "")
    assert "login:ann" in command(tmp_path, "token", "add", "--for", "login:Ann", **LOGIN).stderr


def opened(address: str) -> socket.socket:
    host, _, port = address.removeprefix("http://").partition(":")
    found = socket.create_connection((host, int(port)), timeout=PATIENCE_S)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    return found


def asking(demo: DataFolder) -> bytes:
    """A page of megabytes."""
    lines = [
        "GET /v1/windows?channel=demo_busy&limit=5000 HTTP/1.1", "Host: 127.0.0.1",
        f"Authorization: Bearer {token(demo)}", "", "",
    ]  # fmt: skip
    return "\r\n".join(lines).encode()


@pytest.mark.parametrize("kind", ["silent", "half a head", "drips", "does not read"])
def test_who_is_slow_is_left_and_others_are_answered(
    demo: DataFolder, address: str, kind: str
) -> None:
    sent = {"silent": b"", "half a head": b"GET /v1/channels HTTP/1.1\r\nHo", "drips": b"GET "}
    with opened(address) as slow:
        slow.sendall(sent[kind] if kind in sent else asking(demo) * 3)
        assert httpx.get(f"{address}/healthz").status_code == 200
        assert is_left(slow, kind), "it was waited for"


def is_left(slow: socket.socket, kind: str) -> bool:
    """True once the connection is gone, whatever is sent on and not read."""
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_S:
        try:
            if kind in ("drips", "does not read"):
                slow.sendall(b"x")
            elif slow.recv(1) == b"":
                return True
        except OSError:
            return True
        time.sleep(0.1)
    return False


def test_a_connection_beyond_those_there_is_room_for_ends_at_once(demo: DataFolder) -> None:
    with running(demo.root, FULL) as address, ExitStack() as held:
        for _ in range(MOST):
            held.enter_context(opened(address)).sendall(b"GET ")
        with opened(address) as late, suppress(ConnectionError):
            assert late.recv(1) == b""
        held.close()
        assert until_answered(address)


def until_answered(address: str) -> bool:
    """True once it answers: those who left are seen to have left a moment later."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            return httpx.get(f"{address}/healthz").status_code == 200
        time.sleep(0.1)
    return False


@pytest.mark.parametrize(
    "raw", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 500_000 + b"\r\n\r\n"]
)
def test_what_is_no_request_is_answered_in_the_one_shape(address: str, raw: bytes) -> None:
    with opened(address) as asked:
        with suppress(OSError):  # it is not read to its end
            asked.sendall(raw)
        answer = b""
        with suppress(OSError):
            while piece := asked.recv(4096):
                answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ") and b"nosniff" in head
    assert body.startswith(b'{"error":"BadRequest","detail":"')


def test_behind_nginx_it_is_asked_by_its_public_name(demo: DataFolder, tmp_path: Path) -> None:
    nginx.needs_nginx()
    header = {"Authorization": f"Bearer {token(demo)}", "Host": "api.example.com"}
    with (
        running(demo.root, DLD_PUBLIC_NAMES="api.example.com") as address,
        nginx.before_scripts(tmp_path, int(address.rpartition(":")[2])) as port,
        httpx.Client(base_url=f"https://127.0.0.1:{port}", headers=header, verify=False) as asked,
    ):
        answer = asked.get("/v1/channels")
        assert answer.status_code == 200 and len(answer.json()["items"]) == 3
        assert answer.headers["strict-transport-security"]
        assert asked.get("/v1/channels", headers={"Host": "other.example"}).status_code == 421
        assert asked.post("/v1/channels", content=b"x" * 2000).status_code == 413


def test_it_loads_nothing_that_pages_are_drawn_with() -> None:
    told = "import dashboard.api.__main__, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, check=True)
    assert {"streamlit", "plotly", "pandas"} & set(done.stdout.decode().split()) == set()
