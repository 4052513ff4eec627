"""Bytes that are no request, or half of one, sent to an EBS without a proxy over a socket."""

import signal

import pytest

from tests.helpers.ebs import SECRET, publish, token
from tests.helpers.ebs_process import running
from tests.helpers.wire import (
    ESCAPED,
    GOOD,
    HOST,
    MALFORMED,
    PATHS_WITH_DOTS,
    POST,
    Wire,
    get,
    heard,
    is_refused,
    last,
    one_answer,
    statuses,
)
from warehouse.config import DataFolder


@pytest.fixture(scope="module")
def wire(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("raw"), DLD_EBS_ADDRESS_PER_MINUTE="0") as ebs:
        yield Wire(ebs.port)


def serving(root, **settings):
    folder = DataFolder(root)
    folder.latest.mkdir(parents=True, exist_ok=True)
    publish(folder)
    return running(root, DLD_EBS_SECRET=SECRET, **settings)


def test_a_good_request_over_the_same_wire_is_200(wire):
    assert statuses(wire.send(last(GOOD))) == [200]


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_request_is_400(wire, name):
    answer = wire.send(MALFORMED[name])
    assert b"x-injected" not in answer.lower()
    is_refused(answer, 400)


def test_a_head_of_more_than_a_hundred_headers_is_431(wire):
    is_refused(wire.send(get(*(f"X-{n}: a\r\n" for n in range(100)))), 431)


@pytest.mark.parametrize("what", ["X-Request-Id", "Origin", "If-None-Match", "Authorization"])
def test_line_ends_that_are_escaped_come_back_nowhere(wire, what):
    assert b"set-cookie" not in wire.send(last(f"{what}: {ESCAPED}")).lower()


@pytest.mark.parametrize("path", [*PATHS_WITH_DOTS, "/../../etc/passwd"])
def test_dots_in_a_path_lead_nowhere(wire, path):
    answer = wire.send(last(GOOD, path=path))
    assert statuses(answer) == [404] and b'"error": "NotFound"' in answer


def test_a_large_body_is_413_before_it_is_sent(wire):
    is_refused(wire.send(f"{POST}{GOOD}Content-Length: 999999\r\n\r\n"), 413)


def test_one_host_is_sent_and_that_is_ours(wire):
    ask = last(GOOD)
    for host, status in (
        (HOST * 2, 400), (f"{HOST}Host: evil.example\r\n", 400), ("", 400), ("Host:\r\n", 400),
        ("Host: evil.example\r\nX-Forwarded-Host: localhost\r\n", 421),
        ("Host: [::1%lo]\r\n", 400), ("Host: localhost:99999\r\n", 400),
    ):  # fmt: skip
        is_refused(wire.send(ask.replace(HOST, host)), status)


def test_requests_in_one_go_are_answered_in_order(wire):
    answer = wire.send(get(GOOD) + get() + last(GOOD, path="/healthz"))
    assert statuses(answer) == [200, 401, 200]


def test_nothing_is_smuggled_after_a_refused_body(wire):
    hidden = get(GOOD)
    data = f"POST /v1/mood HTTP/1.1\r\n{HOST}Content-Length: {len(hidden) + 2000}\r\n\r\n{hidden}"
    assert len(statuses(wire.send(data))) == 1


def test_a_connection_is_kept_for_the_next_poll(wire):
    with wire.connect() as sock:
        for _ in range(3):
            sock.sendall(get(GOOD).encode())
            assert one_answer(sock).startswith(b"HTTP/1.1 200 ")


def test_a_body_that_comes_after_its_answer_is_passed_over(wire):
    with wire.connect() as sock:
        for _ in range(2):
            sock.sendall(f"{POST}Content-Length: 2\r\n\r\n".encode())
            assert one_answer(sock).startswith(b"HTTP/1.1 401 ")
            sock.sendall(b"{}")
            assert heard(sock, 0.3) == b""  # and the connection is kept


def test_an_upgrade_is_not_taken(wire):
    asked = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n"
    assert statuses(wire.ask(get(GOOD, asked))) == [200]


def test_head_has_no_body_and_the_length_of_one(wire):
    head, _, body = wire.send(last(GOOD).replace("GET", "HEAD")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ") and b"content-length: " in head and body == b""


# as a process: proxies, and the end


def test_only_a_trusted_proxys_word_for_an_address_counts(tmp_path):
    for trusted, passes in (("", 2), ("127.0.0.1", 6), ("10.0.0.0/8", 2)):
        options = {"DLD_EBS_TRUSTED_PROXIES": trusted, "DLD_EBS_ADDRESS_PER_MINUTE": "2"}
        with serving(tmp_path, **options) as ebs:
            wire = Wire(ebs.port)
            answers = [wire.send(last(f"X-Forwarded-For: 192.0.2.{n}\r\n")) for n in range(6)]
        codes = [statuses(answer)[0] for answer in answers]
        assert codes.count(401) == passes, (trusted, codes)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_it_drains_and_waits_for_no_poll(tmp_path, workers):
    with serving(tmp_path, DLD_EBS_WORKERS=workers) as ebs:
        idle = [Wire(ebs.port).connect() for _ in range(20)]
        for sock in idle:
            sock.sendall(get(GOOD).encode())
        assert all(one_answer(sock).startswith(b"HTTP/1.1 200 ") for sock in idle)
        ebs.process.send_signal(signal.SIGTERM)
        ebs.process.wait(timeout=60)  # idle ones are kept for 75 s
        for sock in idle:
            sock.close()


def test_it_stays_small(tmp_path):
    with serving(tmp_path) as ebs:
        for n in range(200):
            header = f"Authorization: Bearer {token(opaque_user_id=f'U{n}')}\r\n"
            answer = Wire(ebs.port).send(last(header))
            assert answer.startswith(b"HTTP/1.1 200 ")
        assert ebs.resident_mb() < 80
