"""nginx before several dashboards, and strangers: cookies that are none, requests in requests,
dots, hosts, upgrades. A stub stands for each dashboard and tells what reached it."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.helpers import nginx
from tests.helpers.ebs import SECRET
from tests.helpers.ebs_process import running
from tests.helpers.wire import Wire, statuses

HOST = "Host: dashboard.example.com\r\n"
UPGRADE = (
    "Connection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
ID = "0123456789abcdef" * 2


class Stub(ThreadingHTTPServer):
    """A dashboard that answers every request with what it heard."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.heard: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Answer(BaseHTTPRequestHandler):
    """101 to an upgrade; else its own port, and the request."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode("latin-1")
        assert isinstance(self.server, Stub)
        self.server.heard.append(self.requestline)
        told = {"port": self.server.port, "line": self.requestline, "body": body}
        data = json.dumps(told | {"headers": dict(self.headers)}).encode()
        is_socket = self.headers.get("Upgrade") == "websocket"
        self.send_response(101 if is_socket else 200)
        if is_socket:
            self.send_header("Connection", "Upgrade")
            self.send_header("Upgrade", "websocket")
        else:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if not is_socket:
            self.wfile.write(data)
        self.close_connection = True

    do_POST = do_PUT = do_GET

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def stubs() -> Iterator[list[Stub]]:
    nginx.needs_nginx()
    made = [Stub(), Stub()]
    yield made
    for stub in made:
        stub.shutdown()
        stub.server_close()


@pytest.fixture(scope="module")
def port(stubs: list[Stub], tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("nginx")
    with nginx.running(folder, 9, dashboards=[stub.port for stub in stubs]) as port:
        yield port


@pytest.fixture
def wire(port: int) -> Wire:
    return Wire(port, has_tls=True)


def get(*headers: str, path: str = "/", host: str = HOST) -> str:
    return f"GET {path} HTTP/1.1\r\n{host}Connection: close\r\n{''.join(headers)}\r\n"


def upgrade(*headers: str) -> str:
    return get(UPGRADE, *headers, path="/_stcore/stream").replace("Connection: close\r\n", "")


def told(answer: bytes) -> dict[str, object]:
    """What the stub said that it heard."""
    assert statuses(answer) == [200]
    found: dict[str, object] = json.loads(answer.partition(b"\r\n\r\n")[2])
    return found


def given(answer: bytes) -> list[str]:
    """Cookies of ours in an answer."""
    return re.findall(r"(?i)\r\nset-cookie: dld_process=(\S+?);", answer.decode("latin-1"))


def kept(value: str) -> str:
    return f"Cookie: dld_process={value}\r\n"


def test_a_new_reader_gets_a_cookie_that_leads_back_and_no_second_one(wire: Wire) -> None:
    first = wire.send(get())
    (value,) = given(first)
    assert re.fullmatch(rf"[0-9a-f]{{32}}-{told(first)['port']}", value)
    assert b"; Path=/; HttpOnly; SameSite=Lax; Secure\r\n" in first
    assert b"\r\nStrict-Transport-Security: max-age=31536000\r\n" in first
    for _ in range(5):
        again = wire.send(get(kept(value), f"Cookie: x=y; dld_process={value}\r\n"))
        assert told(again)["port"] == told(first)["port"] and given(again) == []


def test_a_cookie_leads_to_the_process_that_it_names(wire: Wire, stubs: list[Stub]) -> None:
    for stub in (*stubs, *reversed(stubs)):
        assert told(wire.send(get(kept(f"{ID}-{stub.port}"))))["port"] == stub.port


def test_a_websocket_tells_anew_where_it_is(wire: Wire, stubs: list[Stub]) -> None:
    for stub in stubs:
        answer = wire.send(upgrade(kept(f"{ID}-{stub.port}")))
        assert statuses(answer)[0] == 101
        assert given(answer) == [f"{ID}-{stub.port}"]


def test_a_websocket_without_a_cookie_is_taken_and_gets_one(wire: Wire) -> None:
    answer = wire.send(upgrade())
    assert statuses(answer)[0] == 101 and len(given(answer)) == 1


FOREIGN = [
    "", "x", "-", ID, f"{ID}-", f"{ID}-9", f"{ID}-22", f"{ID}-80", f"{ID.upper()}-{{port}}",
    f"{ID}-{{port}}0", f"{ID}-0{{port}}", f"{ID}-{{port}}/../x", f"{ID}-{{port}}@evil.example",
    f"{ID[1:]}-{{port}}", f"{ID}-169.254.169.254:80", "127.0.0.1:22", "http://evil.example/",
    "$remote_addr", "$dld_process", f"{ID}-$port", "%00", f"{ID}%0d%0aX:1-1", "a" * 8000,
    "'", '"', "\\", "\xff\xfe",
]  # fmt: skip


@pytest.mark.parametrize("value", FOREIGN)
def test_a_foreign_cookie_leads_to_a_process_of_ours_and_is_replaced(
    wire: Wire, stubs: list[Stub], value: str
) -> None:
    answer = wire.send(get(kept(value.format(port=stubs[0].port))))
    assert told(answer)["port"] in [stub.port for stub in stubs]
    (new,) = given(answer)
    assert re.fullmatch(rf"[0-9a-f]{{32}}-{told(answer)['port']}", new)


def test_cookies_beyond_the_limit_are_400(wire: Wire, stubs: list[Stub]) -> None:
    before = [len(stub.heard) for stub in stubs]
    assert statuses(wire.send(get(kept("a" * 20_000)))) == [400]
    assert [len(stub.heard) for stub in stubs] == before


def test_a_login_s_cookies_go_through_whole(wire: Wire) -> None:
    cookies = "".join(f"Cookie: _streamlit_user_{n}={'b' * 4000}\r\n" for n in range(3))
    heard = told(wire.send(get(cookies)))
    assert json.dumps(heard).count("b" * 4000) >= 1


def test_what_a_client_says_of_itself_is_not_passed_on(wire: Wire) -> None:
    forged = (
        "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: gopher\r\nUpgrade: h2c\r\n"
        "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"
    )
    headers = told(wire.send(get(forged)))["headers"]
    assert isinstance(headers, dict)
    assert headers["X-Forwarded-For"] == "127.0.0.1"
    assert headers["X-Forwarded-Proto"] == "https"
    assert "Upgrade" not in headers
    assert headers["Host"] == "dashboard.example.com"


DOTS = ["/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd", "/media/..\\x"]


@pytest.mark.parametrize("path", DOTS)
def test_dots_lead_to_no_file_of_nginx_s(wire: Wire, path: str) -> None:
    answer = wire.send(get(path=path))
    assert statuses(answer)[0] in (200, 400) and b"root:" not in answer


HIDDEN = f"GET /hidden HTTP/1.1\r\n{HOST}\r\n"
POST = f"POST /_stcore/upload_file/a/b HTTP/1.1\r\n{HOST}"
CHUNKED, END = "Transfer-Encoding: chunked\r\n", "\r\n0\r\n\r\n"
SMUGGLED = {
    "a length and chunks": f"{POST}Content-Length: 5\r\n{CHUNKED}{END}",
    "chunks and a length": f"{POST}{CHUNKED}Content-Length: 5\r\n{END}",
    "two lengths": f"{POST}Content-Length: 0\r\nContent-Length: {len(HIDDEN)}\r\n\r\n",
    "an encoding that is none": f"{POST}Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\n",
    "a space before the colon": f"{POST}{CHUNKED.replace(':', ' :')}{END}",
    "a folded header": f"{POST}X: a\r\n Content-Length: 0\r\n\r\n",
    "two hosts": f"GET / HTTP/1.1\r\n{HOST}Host: ebs.example.com\r\n\r\n",
    "no host": "GET / HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("name", SMUGGLED)
def test_a_request_that_is_hidden_in_another_reaches_nobody(
    wire: Wire, stubs: list[Stub], name: str
) -> None:
    answer = wire.send(SMUGGLED[name] + HIDDEN)
    assert statuses(answer)[:1] in ([400], [501])
    assert len(statuses(answer)) == 1
    assert not any("hidden" in line for stub in stubs for line in stub.heard)


@pytest.mark.parametrize("path", ["/", "/review", "/_stcore/stream", "/auth/login"])
def test_a_large_body_goes_nowhere_but_to_uploads(wire: Wire, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\n{HOST}Content-Length: 2000\r\nConnection: close\r\n\r\n"
    assert statuses(wire.send(head + "a" * 2000)) == [413]
    upload = head.replace(path, "/_stcore/upload_file/a/b", 1)
    assert told(wire.send(upload + "a" * 2000))["body"] == "a" * 2000
    too_much = upload.replace("2000", "999999999")
    assert statuses(wire.send(too_much)) == [413]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "dashboard.example.com.evil"])
def test_another_host_is_not_the_dashboard(wire: Wire, stubs: list[Stub], host: str) -> None:
    before = [len(stub.heard) for stub in stubs]
    assert statuses(wire.send(get(host=f"Host: {host}\r\n"))) == [404]
    assert [len(stub.heard) for stub in stubs] == before


def test_a_process_that_hangs_up_or_is_gone_is_passed_over(tmp_path: Path) -> None:
    """Whatever the method: what was not heard can be asked again."""
    nginx.needs_nginx()
    gone, there = Stub(), Stub()
    gone.shutdown()
    gone.server_close()
    with nginx.running(tmp_path, 9, dashboards=[gone.port, there.port]) as port:
        wire = Wire(port, has_tls=True)
        for method in ("GET", "PUT", "POST"):
            head = get(kept(f"{ID}-{gone.port}"), "Content-Length: 3\r\n").replace("GET", method, 1)
            answer = wire.send(f"{head}abc")
            assert told(answer)["port"] == there.port
            assert told(answer)["body"] == "abc"
        there.shutdown()
        there.server_close()
        answer = wire.send(get(path="/oauth2callback?code=hidden"))
        assert statuses(answer) == [503] and given(answer) == []
        assert b"No process of the dashboard answers" in answer
    assert "hidden" not in (tmp_path / "error.log").read_text()


def test_the_ebs_beside_still_counts_by_the_client_s_address(tmp_path: Path) -> None:
    nginx.needs_nginx()
    options = {"DLD_EBS_TRUSTED_PROXIES": "127.0.0.1", "DLD_EBS_ADDRESS_PER_MINUTE": "2"}
    ask = get(path="/v1/mood", host="Host: ebs.example.com\r\n")
    with (
        running(tmp_path, DLD_EBS_SECRET=SECRET, **options) as ebs,
        nginx.running(tmp_path, ebs.port) as port,
    ):
        one, other = (Wire(port, has_tls=True, source=f"127.0.0.{n}") for n in (2, 3))
        assert [statuses(one.send(ask)) for _ in range(3)] == [[401], [401], [429]]
        assert statuses(other.send(ask)) == [401]
