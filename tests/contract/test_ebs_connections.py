"""Connections to an EBS without a proxy that are idle, slow, greedy or too many: each ends in time,
and whoever asks is answered meanwhile."""

import socket
import time
from types import SimpleNamespace

import pytest

from ebs import connections
from ebs.connections import MOST_PIPELINED, make_room
from tests.helpers.ebs import SECRET, publish, token
from tests.helpers.ebs_process import IMPATIENT, PATIENT, running
from tests.helpers.wire import (
    GOOD,
    LEFT_S,
    POST,
    Wire,
    get,
    heard,
    is_closed,
    is_refused,
    last,
    statuses,
)
from warehouse.config import DataFolder

MINE = f"Authorization: Bearer {token(role='broadcaster', exp=int(time.time()) + 3600)}\r\n"
CHUNKS = "Transfer-Encoding: chunked\r\n\r\n"
EXPECT = "Expect: 100-continue\r\n"
UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\n"


def viewer(number):
    return f"Authorization: Bearer {token(opaque_user_id=f'U{number}')}\r\n"


@pytest.fixture(scope="module")
def ebs(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("connections"), IMPATIENT) as ebs:
        yield ebs


def serving(root, command):
    """An EBS that may have a hundred files open."""
    folder = DataFolder(root)
    folder.latest.mkdir(parents=True)
    publish(folder)
    options = {"DLD_EBS_SECRET": SECRET, "DLD_EBS_ADDRESS_PER_MINUTE": "0"}
    return running(folder.root, ("prlimit", "--nofile=96:96", *command), **options)


@pytest.fixture
def wire(ebs):
    return Wire(ebs.port)


SLOW = {  # what comes at once, and what comes on and on
    "nothing": ("", ""),
    "one byte": ("G", ""),
    "half a head": ("GET /v1/mood HTTP/1.1\r\nHost: a\r\n", ""),
    "a head by the byte": ("GET /v1/mood HTTP/1.1\r\nX: ", "a"),
    "a head by the line": ("GET /v1/mood HTTP/1.1\r\n", "X: a\r\n"),
    "a path by the byte": ("GET /", "a"),
    "empty lines": ("", "\r\n"),
    "TLS": ("\x16\x03\x01\x02\x00\x01", "\x00"),
    "HTTP 2": ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ""),
    "no further request": (get(GOOD), ""),
    "half of a second request": (get(GOOD), "GET"),
    "empty lines after an answer": (get(GOOD), "\r\n"),
    "a body that is not read": (get(GOOD, "Content-Length: 900\r\n"), "a"),
    "chunks that are not read": (get(GOOD, CHUNKS[:-2]), "1\r\na\r\n"),
    "a body without a token": (f"{POST}Content-Length: 900\r\n\r\n", "a"),
    "a body": (f"{POST}{MINE}Content-Length: 900\r\n\r\n", " "),
    "chunks": (f"{POST}{MINE}{CHUNKS}", "1\r\n \r\n"),
    "the size of a chunk": (f"{POST}{MINE}{CHUNKS}", "0"),
    "trailers": (f"{POST}{MINE}{CHUNKS}0\r\n", "X: a\r\n"),
    "a body that is waited for": (f"{POST}{MINE}{EXPECT}Content-Length: 9\r\n\r\n", ""),
    "an upgrade": (get(GOOD, UPGRADE), ""),
    "an upgrade, and its bytes": (get(GOOD, UPGRADE), "\x81\x00"),
}  # fmt: skip


def test_whoever_is_slow_is_left(wire):
    """All at once: each waits its time, and so does the test."""
    socks = {name: wire.connect() for name in SLOW}
    for name, (first, _) in SLOW.items():
        socks[name].sendall(first.encode("latin-1"))
    slow = list(SLOW)
    end = time.monotonic() + LEFT_S
    while slow and time.monotonic() < end:
        slow = [n for n in slow if not is_closed(socks[n], 0.02, SLOW[n][1].encode("latin-1"))]
    assert slow == []
    for sock in socks.values():
        sock.close()


def test_who_ends_in_the_middle_is_left(wire):
    for begun in ("", "GET /", get(GOOD), f"{POST}{MINE}Content-Length: 9\r\n\r\n"):
        with wire.connect() as sock:
            sock.sendall(begun.encode())
            sock.shutdown(socket.SHUT_WR)
            assert is_closed(sock)


def test_who_does_not_read_is_left(ebs):
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        sock.connect(("127.0.0.1", ebs.port))
        end = time.monotonic() + LEFT_S
        with pytest.raises(OSError, match=r"reset|pipe"):
            while time.monotonic() < end:
                sock.sendall((get() * 30).encode())
                time.sleep(0.02)


def test_more_than_it_takes_shut_nobody_out(tmp_path):
    """Where nobody is left for being slow: to wait for that would be for ever."""
    with serving(tmp_path, PATIENT) as ebs:
        wire = Wire(ebs.port)
        idle = [wire.connect() for _ in range(100)]
        for n in range(20):
            assert statuses(wire.send(last(viewer(n)))) == [200]
            idle.append(wire.connect())
        assert is_closed(idle[0]) and not is_closed(idle[-1], 0.1)
        for sock in idle:
            sock.close()


@pytest.mark.parametrize("size", [1000, 16_000, 1_000_000])
def test_a_head_beyond_the_limit_is_431_wherever_it_is_cut(wire, size):
    data = get(f"X: {'a' * 1_000_000}\r\n").encode()
    with wire.connect() as sock:
        try:
            for at in range(0, len(data), size):
                sock.sendall(data[at : at + size])
        except OSError:
            pass
        answer = heard(sock)
        if answer:  # what is sent on resets the connection, at times before the answer is read
            is_refused(answer, 431)
    is_refused(wire.send(get(f"X: {'a' * 16_384}\r\n")[:-20]), 431)


def test_a_body_beyond_the_limit_is_answered_and_ends_the_connection(wire):
    body = f"{40_000:x}\r\n{'a' * 40_000}"
    assert statuses(wire.send(get(viewer(20), CHUNKS[:-2]) + body + get(GOOD) * 3)) == [200]
    is_refused(wire.send(f"{POST}{MINE}Content-Length: 20000\r\n\r\n{'a' * 20_000}"), 413)


def test_requests_beyond_those_that_may_come_in_one_go_are_not_answered(wire):
    assert statuses(wire.send(get() * 1000)) == [401] * (MOST_PIPELINED + 1)
    assert statuses(wire.send(get() * MOST_PIPELINED + last()))[-1] == 401


def test_room_is_made_by_the_crowd_that_has_waited_longest(monkeypatch):
    monkeypatch.setattr(connections, "most_connections", lambda: 32)
    gone = []
    crowd = [connection(f"crowd {n}", "192.0.2.1", 100 - n, gone) for n in range(30)]
    others = [connection(f"other {n}", f"192.0.2.{n}", n, gone) for n in range(2, 5)]
    make_room({*others, *crowd}, 200.0)
    assert gone == ["crowd 29", "crowd 28"]


def connection(name, address, since, gone):
    class Fake(SimpleNamespace):
        __hash__ = object.__hash__

    transport = SimpleNamespace(abort=lambda: gone.append(name))
    return Fake(address=address, since=since, look=lambda now: 1.0, transport=transport)
