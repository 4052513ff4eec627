"""Bytes that are no request, or half of one: sent to a real server over a socket."""

import asyncio
import base64
import json
import re
import signal
import socket
import subprocess
import threading
import time
from contextlib import contextmanager

import pytest
import uvicorn

import ebs.http_limits
from ebs.app import create_app
from ebs.config import DEVELOPMENT_SECRET, EbsSettings
from tests.contract.test_ebs import publish, token
from tests.contract.test_ebs_starts import start
from warehouse.config import DataFolder

KEY = base64.b64decode(DEVELOPMENT_SECRET)
GOOD = f"Authorization: Bearer {token(KEY)}\r\n"
HOST = "Host: x\r\n"
POST = f"POST /v1/channel/delete HTTP/1.1\r\n{HOST}"


@contextmanager
def running(folder, **settings):
    process = start(folder.root, DLD_DEVELOPMENT="1", **settings)
    try:
        port = int(re.search(r"http://\S+:(\d+)", process.stderr.readline())[1])
        yield port, process
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (0, "")
    assert "Traceback" not in err and "Bearer" not in err, err


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = DataFolder(tmp_path_factory.mktemp("raw"))
    folder.latest.mkdir(parents=True)
    publish(folder)
    with running(folder, DLD_EBS_ADDRESS_PER_MINUTE="0") as (port, _):
        yield port


def send(port, data, timeout=5.0):
    """All that is answered until the server closes, or says nothing for a while."""
    with socket.create_connection(("127.0.0.1", port), timeout) as sock:
        sock.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))
        return heard(sock, 0.6)


def heard(sock, timeout):
    sock.settimeout(timeout)
    found = b""
    try:
        while part := sock.recv(65536):
            found += part
    except (TimeoutError, ConnectionResetError):
        pass
    return found


def answered(sock):
    """One failure, whole: its body is the only thing in braces."""
    found = b""
    while b"}" not in found:
        part = sock.recv(65536)
        assert part, found
        found += part
    return found


def is_refused(answer, status):
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert lines[0].startswith(f"http/1.1 {status} "), answer[:300]
    assert sorted(json.loads(body)) == ["detail", "error"]
    for header in (
        "content-type: application/json",
        "cache-control: no-store",
        "x-content-type-options: nosniff",
        "content-security-policy: default-src 'none'; frame-ancestors 'none'",
        "connection: close",
    ):
        assert header in lines
    assert any(line.startswith("x-request-id: ") for line in lines)


def get(*headers, path="/v1/mood"):
    return f"GET {path} HTTP/1.1\r\n{HOST}{''.join(headers)}\r\n"


def test_a_good_request_over_the_same_wire_is_200(server):
    assert send(server, get(GOOD)).startswith(b"HTTP/1.1 200 ")


MALFORMED = {
    "no HTTP": "hello\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50,
    "another version": f"GET /v1/mood HTTP/9.9\r\n{HOST}\r\n",
    "an unknown method": f"BREW /v1/mood HTTP/1.1\r\n{HOST}\r\n",
    "a space in the path": f"GET /v1/ mood HTTP/1.1\r\n{HOST}\r\n",
    "a raw byte in the path": b"GET /v1/m\xff\xfeood HTTP/1.1\r\nHost: x\r\n\r\n",
    "a NUL in the path": f"GET /v1/mood\0 HTTP/1.1\r\n{HOST}\r\n",
    "a NUL in a header": get("X: a\0b\r\n"),
    "a space before the colon": get("Authorization : Bearer x\r\n"),
    "a header without a colon": get("Authorization Bearer x\r\n"),
    "a bare CR in a header": get("X: a\rX-Injected: b\r\n"),
    "a folded header": get("X: a\r\n Authorization: Bearer x\r\n"),
    "two lengths": f"{POST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a negative length": get("Content-Length: -1\r\n"),
    "a length in words": get("Content-Length: many\r\n"),
    "a length that overflows": get("Content-Length: 99999999999999999999999\r\n"),
    "a length and chunks": get("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n",
    "chunks of no size": f"{POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "an encoding that is none": get("Transfer-Encoding: chunked, identity\r\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_request_is_400_in_the_one_shape(server, name):
    answer = send(server, MALFORMED[name])
    assert b"x-injected" not in answer.lower()
    is_refused(answer, 400)


LARGE = {
    "a long header": get(f"X: {'a' * 20_000}\r\n"),
    "a long header that does not end": f"GET /v1/mood HTTP/1.1\r\nX: {'a' * 20_000}",
    "a long path": get(path=f"/{'a' * 20_000}"),
    "a path that does not end": f"GET /{'a' * 20_000}",
    "many headers": get(*(f"X-{n}: a\r\n" for n in range(101))),
    "a long token": get(f"Authorization: Bearer {'a' * 17_000}\r\n"),
    "a megabyte": get(f"X: {'a' * 1_000_000}\r\n"),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_head_beyond_the_limit_is_431(server, name):
    is_refused(send(server, LARGE[name]), 431)


def test_a_large_head_is_refused_wherever_it_is_cut(server):
    for size in (1000, 16_000, 65_536):
        with socket.create_connection(("127.0.0.1", server), 5) as sock:
            data = get(f"X: {'a' * 30_000}\r\n").encode()
            try:
                for at in range(0, len(data), size):
                    sock.sendall(data[at : at + size])
                    time.sleep(0.01)
            except (BrokenPipeError, ConnectionResetError):
                pass
            is_refused(heard(sock, 1), 431)


@pytest.mark.parametrize("what", ["X-Request-Id", "Origin", "If-None-Match", "Authorization"])
def test_line_ends_that_are_escaped_come_back_nowhere(server, what):
    answer = send(server, get(f"{what}: a%0d%0aSet-Cookie:%20x=y\r\n", "Connection: close\r\n"))
    assert b"set-cookie" not in answer.lower()


@pytest.mark.parametrize(
    "path",
    ["/v1/mood/..", "/v1/mood/../mood", "/metrics/../v1/mood", "/../../etc/passwd", "/./v1/mood"],
)
def test_dots_in_a_path_lead_nowhere(server, path):
    answer = send(server, get(GOOD, "Connection: close\r\n", path=path))
    assert answer.startswith(b"HTTP/1.1 404 ") and b'"error": "NotFound"' in answer


def test_a_large_body_is_413_before_it_is_sent(server):
    data = f"POST /v1/channel/delete HTTP/1.1\r\n{HOST}{GOOD}Content-Length: 999999\r\n\r\n"
    is_refused(send(server, data), 413)


def test_requests_in_one_go_are_answered_in_order(server):
    answer = send(server, get(GOOD) + get() + get(GOOD, path="/healthz"))
    assert re.findall(rb"HTTP/1.1 (\d+) ", answer) == [b"200", b"401", b"200"]


def test_nothing_is_smuggled_after_a_refused_body(server):
    hidden = get(GOOD)
    data = f"POST /v1/mood HTTP/1.1\r\n{HOST}Content-Length: {len(hidden) + 2000}\r\n\r\n{hidden}"
    assert len(re.findall(rb"HTTP/1.1 (\d+) ", send(server, data))) == 1


def test_a_connection_is_kept_for_the_next_poll(server):
    with socket.create_connection(("127.0.0.1", server), 5) as sock:
        for _ in range(3):
            sock.sendall(get(GOOD).encode())
            assert heard(sock, 0.5).startswith(b"HTTP/1.1 200 ")


def test_an_upgrade_is_not_taken(server):
    asked = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n"
    assert b" 101 " not in send(server, get(GOOD, asked))


def test_head_has_no_body_and_the_length_of_one(server):
    answer = send(server, get(GOOD).replace("GET", "HEAD"))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ") and body == b""


@contextmanager
def impatient(folder, monkeypatch):
    """The address of a server whose patience is short."""
    monkeypatch.setattr(ebs.protocol, "HEAD_S", 0.3)
    app = create_app(EbsSettings(development=True, _env_file=None), DataFolder(folder))
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=ebs.protocol.Protocol, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
    thread.start()
    try:
        yield listening.getsockname()
    finally:
        server.should_exit = True
        thread.join(10)


def test_a_head_that_drips_is_given_up(tmp_path, monkeypatch):
    with impatient(tmp_path, monkeypatch) as address:
        with socket.create_connection(address, 5) as sock:
            sock.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
            is_refused(heard(sock, 2), 408)
        with socket.create_connection(address, 5) as sock:
            assert heard(sock, 0.5) == b""  # silence alone is no request


@pytest.mark.parametrize("framing", ["Content-Length: 900", "Transfer-Encoding: chunked"])
def test_a_body_that_drips_on_after_its_answer_is_given_up(tmp_path, monkeypatch, framing):
    asked = f"POST /v1/channel/delete HTTP/1.1\r\n{HOST}{framing}\r\n\r\n".encode()
    with (
        impatient(tmp_path, monkeypatch) as address,
        socket.create_connection(address, 5) as sock,
    ):
        sock.sendall(asked)
        assert answered(sock).startswith(b"HTTP/1.1 401 ")
        sock.sendall(b"5")
        assert sock.recv(1) == b""  # closed, or this times out


def test_a_body_that_comes_after_its_answer_is_passed_over(tmp_path, monkeypatch):
    asked = f"POST /v1/channel/delete HTTP/1.1\r\n{HOST}Content-Length: 2\r\n\r\n".encode()
    with (
        impatient(tmp_path, monkeypatch) as address,
        socket.create_connection(address, 5) as sock,
    ):
        for _ in range(2):
            sock.sendall(asked)
            assert answered(sock).startswith(b"HTTP/1.1 401 ")
            sock.sendall(b"{}")
            assert heard(sock, 0.6) == b""  # and the connection is kept
            sock.settimeout(5)


# as a process: proxies, and the end


def test_only_a_trusted_proxys_word_for_an_address_counts(tmp_path):
    folder = DataFolder(tmp_path)
    for trusted, passes in (("", 2), ("127.0.0.1", 6), ("10.0.0.0/8", 2)):
        options = {"DLD_EBS_TRUSTED_PROXIES": trusted, "DLD_EBS_ADDRESS_PER_MINUTE": "2"}
        with running(folder, **options) as (port, _):
            statuses = [
                send(port, get(f"X-Forwarded-For: 192.0.2.{n}\r\n", "Connection: close\r\n"))[9:12]
                for n in range(6)
            ]
        assert statuses.count(b"401") == passes, (trusted, statuses)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_it_drains_within_seconds(tmp_path, workers):
    folder = DataFolder(tmp_path)
    folder.latest.mkdir(parents=True)
    publish(folder)
    with running(folder, DLD_EBS_WORKERS=workers) as (port, process):
        idle = [socket.create_connection(("127.0.0.1", port), 20) for _ in range(20)]
        for sock in idle:
            sock.sendall(get(GOOD).encode())
        assert all(sock.recv(65536).startswith(b"HTTP/1.1 200 ") for sock in idle)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        assert time.monotonic() - begun < 8
        for sock in idle:
            sock.close()


def test_it_stays_small(server, tmp_path):
    folder = DataFolder(tmp_path)
    folder.latest.mkdir(parents=True)
    publish(folder)
    with running(folder) as (port, process):
        for n in range(200):
            send_one(port, f"Authorization: Bearer {token(KEY, opaque_user_id=f'U{n}')}\r\n")
        status = subprocess.run(
            ["grep", "VmRSS", f"/proc/{process.pid}/status"], capture_output=True, text=True
        ).stdout
    if not status:
        pytest.skip("reads Linux's /proc")
    assert int(status.split()[1]) / 1024 < 80


def send_one(port, header):
    with socket.create_connection(("127.0.0.1", port), 5) as sock:
        sock.sendall(get(header, "Connection: close\r\n").encode())
        assert heard(sock, 5).startswith(b"HTTP/1.1 200 ")
