"""A public EBS: deploy/nginx.conf in front of one, and strangers who send what is no request, half
of one, or two in one."""

import re
import time
import urllib.request

import pytest

from ebs.obs.links import Links
from tests.helpers import nginx
from tests.helpers.ebs import SECRET, publish, token
from tests.helpers.ebs_process import IMPATIENT, running
from tests.helpers.patience import PATIENCE_S
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
    is_closed,
    is_refused,
    last,
    one_answer,
    statuses,
    until_closed,
)
from warehouse.config import DataFolder

ORIGIN = "https://abc123.ext-twitch.tv"
MINE = f"Authorization: Bearer {token(role='broadcaster', exp=int(time.time()) + 3600)}\r\n"
WHO = {408: MINE, 403: GOOD, 401: ""}  # who may send a body, and who may not


@pytest.fixture(scope="module")
def ebs(tmp_path_factory):
    nginx.needs_nginx()
    folder = DataFolder(tmp_path_factory.mktemp("ebs"))
    folder.latest.mkdir(parents=True)
    publish(folder)
    options = {"DLD_EBS_SECRET": SECRET, "DLD_EBS_TRUSTED_PROXIES": "127.0.0.1"}
    options["DLD_EBS_CLIENT_IDS"] = "abc123"
    with running(folder.root, IMPATIENT, **options) as ebs:
        yield ebs


@pytest.fixture(scope="module")
def port(ebs, tmp_path_factory):
    with nginx.running(tmp_path_factory.mktemp("nginx"), ebs.port) as port:
        yield port


@pytest.fixture
def wire(port):
    return Wire(port, has_tls=True)


def answered(ebs):
    """Requests that the EBS has answered since its start, but for those of this."""
    with urllib.request.urlopen(f"{ebs.address}/metrics", timeout=PATIENCE_S) as answer:
        text = answer.read().decode()
    counts = re.findall(r'requests_total{route="([^"]+)",status="\d+"} (\S+)', text)
    return sum(float(count) for route, count in counts if route != "/metrics")


def test_a_good_request_is_answered_by_the_ebs_once(wire, ebs):
    before = answered(ebs)
    answer = wire.send(last(GOOD))
    assert statuses(answer) == [200]
    assert answer.endswith((ebs.latest / "123.json").read_bytes())
    assert answer.lower().count(b"x-content-type-options") == 1
    assert answered(ebs) == before + 1


ANOTHER_STATUS = {"another version": 505, "an unknown method": 405, "an encoding that is none": 501}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_request_is_refused_in_the_one_shape_and_goes_no_further(wire, ebs, name):
    before = answered(ebs)
    answer = wire.send(MALFORMED[name])
    assert b"x-injected" not in answer.lower()
    status = ANOTHER_STATUS.get(name, 400)
    is_refused(answer, status, closes=status != 405)
    assert answered(ebs) == before


def test_a_request_in_the_clear_is_400(port):
    is_refused(Wire(port).send(get(GOOD)), 400)


LARGE = {
    "a long header": (431, get(f"X: {'a' * 20_000}\r\n")),
    "a long header that does not end": (431, f"GET /v1/mood HTTP/1.1\r\nX: {'a' * 20_000}"),
    "a long path": (414, get(path=f"/{'a' * 20_000}")),
    "a path that does not end": (414, f"GET /{'a' * 20_000}"),
    "a long token": (431, get(f"Authorization: Bearer {'a' * 17_000}\r\n")),
    "many long headers": (431, get(*(f"X-{n}: {'a' * 4000}\r\n" for n in range(6)))),
    "a megabyte": (431, get(f"X: {'a' * 1_000_000}\r\n")),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_head_beyond_the_limit_is_refused(wire, name):
    status, data = LARGE[name]
    is_refused(wire.send(data), status)


def test_a_large_head_is_refused_wherever_it_is_cut(wire):
    data = get(f"X: {'a' * 30_000}\r\n").encode()
    for size in (1000, 16_000, 65_536):
        with wire.connect() as sock:
            try:
                for at in range(0, len(data), size):
                    sock.sendall(data[at : at + size])
            except OSError:
                pass
            is_refused(heard(sock), 431)


def test_a_head_of_more_than_a_hundred_headers_is_431(wire):
    is_refused(wire.send(last(*(f"X-{n}: a\r\n" for n in range(100)))), 431)


@pytest.mark.parametrize("what", ["X-Request-Id", "Origin", "If-None-Match", "Authorization"])
def test_line_ends_that_are_escaped_come_back_nowhere(wire, what):
    assert b"set-cookie" not in wire.send(last(f"{what}: {ESCAPED}")).lower()


@pytest.mark.parametrize("path", PATHS_WITH_DOTS)
def test_dots_in_a_path_lead_nowhere(wire, path):
    answer = wire.send(last(GOOD, path=path))
    assert statuses(answer) == [404] and b'"error": "NotFound"' in answer


def test_dots_that_lead_out_of_everything_are_400(wire):
    is_refused(wire.send(get(path="/../../etc/passwd")), 400)


@pytest.mark.parametrize(
    "path",
    [
        "/metrics", "/healthz", "/readyz", "/openapi.json", "/preview/", "/", "/v1", "/failure",
        "/v1/../metrics", "/v1/%2e%2e/metrics", "/v1/..%2fmetrics", "/v1//..//metrics", "//metrics",
    ],
)  # fmt: skip
def test_what_is_the_operators_is_not_public(wire, ebs, path):
    before = answered(ebs)
    is_refused(wire.send(last(GOOD, path=path)), 404)
    assert answered(ebs) == before


def test_a_large_body_is_413_before_it_is_sent(wire):
    is_refused(wire.send(f"{POST}{GOOD}Content-Length: 999999\r\n\r\n"), 413)


def test_a_large_body_in_chunks_is_413(wire):
    data = f"{POST}{GOOD}Transfer-Encoding: chunked\r\n\r\n800\r\n{'a' * 0x800}\r\n0\r\n\r\n"
    is_refused(wire.send(data), 413)


def test_requests_in_one_go_are_answered_in_order(wire):
    answer = wire.send(get(GOOD) + get() + get(path="/healthz") + last(GOOD))
    assert statuses(answer) == [200, 401, 404, 200]


HIDDEN = get(GOOD)
SMUGGLED = {
    "after a refused body": f"{POST}Content-Length: {len(HIDDEN) + 2000}\r\n\r\n{HIDDEN}",
    "after a length, with chunks": (
        f"{POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}"
    ),
    "after chunks, with a length": (
        f"{POST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{HIDDEN}"
    ),
    "after the shorter of two lengths": (
        f"{POST}Content-Length: 0\r\nContent-Length: {len(HIDDEN)}\r\n\r\n{HIDDEN}"
    ),
    "after a length with a sign": f"{POST}Content-Length: +0\r\n\r\n{HIDDEN}",
    "after two encodings": (
        f"{POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n{HIDDEN}"
    ),
    "after an encoding that is none": (
        f"{POST}Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{HIDDEN}"
    ),
    "behind a space before the colon": (
        f"{POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{HIDDEN}"
    ),
    "behind a folded header": f"{POST}X: a\r\n Content-Length: 0\r\n\r\n{HIDDEN}",
    "behind a bare CR": f"{POST}X: a\rContent-Length: 0\r\n\r\n{HIDDEN}",
}


@pytest.mark.parametrize("name", SMUGGLED)
def test_a_request_that_is_hidden_in_another_is_not_served(wire, ebs, name):
    before = answered(ebs)
    answer = wire.send(SMUGGLED[name])
    assert len(statuses(answer)) == 1 and statuses(answer)[0] in (400, 413, 501)
    assert answered(ebs) == before


FRAMED = {
    "lines that end in a bare LF": get(GOOD).replace("\r\n", "\n"),
    "a head that ends in a bare LF": get(GOOD)[:-2] + "\n",
    "an empty line before it": "\r\n" + get(GOOD),
    "a chunk with an extension": (
        f"{POST}Transfer-Encoding: chunked\r\n\r\n2;a=b\r\n{{}}\r\n0\r\n\r\n"
    ),
    "a chunk whose extension holds a request": (
        f"{POST}Transfer-Encoding: chunked\r\n\r\n2;{HIDDEN.splitlines()[0]}\r\n{{}}\r\n0\r\n\r\n"
    ),
}


@pytest.mark.parametrize("name", FRAMED)
def test_what_may_be_read_in_two_ways_reaches_the_ebs_in_one(wire, ebs, name):
    """As many requests for the EBS as answers for the client: nobody else's connection is used."""
    before = answered(ebs)
    answer = wire.send(FRAMED[name] + last(GOOD))
    assert statuses(answer) == [401 if "chunk" in name else 200, 200]
    assert answered(ebs) == before + 2


def test_a_connection_is_kept_for_the_next_poll(wire):
    with wire.connect() as sock:
        for _ in range(3):
            sock.sendall(get(GOOD).encode())
            assert one_answer(sock).startswith(b"HTTP/1.1 200 ")


def test_an_upgrade_is_not_taken(wire):
    asked = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n"
    assert statuses(wire.ask(get(GOOD, asked))) == [200]


def test_head_has_no_body_and_the_length_of_one(wire):
    head, _, body = wire.send(last(GOOD).replace("GET", "HEAD")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ") and b"content-length: " in head.lower() and body == b""


# those who are slow


def test_a_head_that_drips_is_given_up(wire, ebs):
    before = answered(ebs)
    with wire.connect() as sock:
        sock.sendall(b"GET /v1/mood HTTP/1.1\r\nX: ")
        assert is_closed(sock, drip=b"a")
    assert answered(ebs) == before


def test_a_handshake_that_is_not_begun_is_given_up(port):
    with Wire(port).connect() as sock:
        assert is_closed(sock)


def test_a_connection_that_says_nothing_is_given_up(wire):
    with wire.connect() as sock:
        assert is_closed(sock)


def test_a_connection_that_polls_no_more_is_given_up(wire):
    with wire.connect() as sock:
        sock.sendall(get(GOOD).encode())
        assert one_answer(sock).startswith(b"HTTP/1.1 200 ")
        assert is_closed(sock)


SLOW_BODIES = {
    "that is not begun": ("Content-Length: 900", b""),
    "by the byte": ("Content-Length: 900", b" "),
    "of no chunk": ("Transfer-Encoding: chunked", b""),
    "by the chunk": ("Transfer-Encoding: chunked", b"1\r\n \r\n"),
}


@pytest.mark.parametrize("name", SLOW_BODIES)
@pytest.mark.parametrize("status", [408, 403, 401])
def test_a_body_that_does_not_come_is_given_up_by_the_ebs(wire, name, status):
    framing, drip = SLOW_BODIES[name]
    with wire.connect() as sock:
        sock.sendall(f"{POST}{WHO[status]}{framing}\r\n\r\n".encode())
        assert statuses(until_closed(sock, drip=drip)) == [status]


def test_more_than_nginx_takes_shut_nobody_out_also_without_a_dashboard(ebs, tmp_path):
    options = {"patience": {}, "connections": 64, "dashboards": ()}
    with nginx.running(tmp_path, ebs.port, **options) as port:
        idle = [Wire(port, has_tls=n % 2 == 0).connect() for n in range(100)]
        for n in range(5):
            idle[n].sendall(get().encode())  # and now it is kept for the next poll
        assert statuses(Wire(port, has_tls=True).send(last(GOOD))) == [200]
        for sock in idle:
            sock.close()


def test_a_body_that_drips_on_after_its_answer_is_given_up(wire):
    with wire.connect() as sock:
        sock.sendall(f"{POST}Content-Length: 999999\r\n\r\n".encode())
        is_refused(one_answer(sock), 413)
        assert is_closed(sock, drip=b"5")


def test_nobody_waits_for_those_who_are_slow(wire, ebs):
    slow = [wire.connect() for _ in range(50)]
    for sock in slow:
        sock.sendall(f"{POST}{GOOD}Content-Length: 900\r\n\r\n".encode())
    assert statuses(wire.send(last(GOOD))) == [200]
    for sock in slow:
        sock.close()


# who asks, and how often


def test_an_address_is_the_proxys_word_and_not_the_clients(tmp_path):
    nginx.needs_nginx()
    options = {"DLD_EBS_TRUSTED_PROXIES": "127.0.0.1", "DLD_EBS_ADDRESS_PER_MINUTE": "2"}
    with (
        running(tmp_path, DLD_EBS_SECRET=SECRET, **options) as ebs,
        nginx.running(tmp_path, ebs.port) as port,
    ):
        one, other = (Wire(port, has_tls=True, source=f"127.0.0.{n}") for n in (2, 3))
        forged = (get(f"X-Forwarded-For: 192.0.2.{n}\r\n") for n in range(4))
        assert statuses(one.send("".join(forged))) == [401, 401, 429, 429]
        assert statuses(other.send(last())) == [401]


def test_an_address_that_asks_too_often_is_429_and_told_when(port):
    wire = Wire(port, has_tls=True, source="127.0.0.9")
    one = f"Origin: {ORIGIN}\r\n"
    answer = wire.send(get(one) * 260 + last(one))
    codes = statuses(answer)
    assert codes[:201] == [401] * 201 and codes[-1] == 429
    refused = answer[answer.rindex(b"HTTP/1.1 ") :]
    is_refused(refused, 429)
    lines = refused.decode().lower().split("\r\n")
    assert f"access-control-allow-origin: {ORIGIN}" in lines and "retry-after: 1" in lines


def test_without_an_ebs_it_is_502_in_the_one_shape(tmp_path):
    nginx.needs_nginx()
    with nginx.running(tmp_path, 9) as port:
        answer = Wire(port, has_tls=True).send(last(f"Origin: https://evil.example\r\n{GOOD}"))
    is_refused(answer, 502)
    assert b"access-control-allow-origin" not in answer.lower()
    assert b"retry-after: 30" in answer.lower()


def test_a_streamers_wish_reaches_the_inbox(wire, ebs):
    mine = f"Authorization: Bearer {token(role='broadcaster')}\r\n"
    body = '{"login": "mine"}'
    data = f"POST /v1/channel/opt-in HTTP/1.1\r\n{HOST}{mine}Content-Length: {len(body)}\r\n"
    assert statuses(wire.send(f"{data}Connection: close\r\n\r\n{body}")) == [202]
    assert len(list((ebs.latest.parents[1] / "inbox").glob("ebs-123-opt-in-*.json"))) == 1


def test_a_link_for_obs_is_passed_on_and_is_in_no_log_of_the_proxys(
    ebs, wire, port, tmp_path_factory
):
    token = Links(ebs.latest.parents[1] / "ebs").token("123")
    assert statuses(wire.send(last(path=f"/obs/{token}/mood"))) == [200]
    many = get(path=f"/obs/{token}") * 400 + last(path=f"/obs/{token}")
    assert 429 in statuses(wire.send(many))  # which a proxy likes to log
    logs = [p for p in tmp_path_factory.getbasetemp().glob("nginx*/*") if p.suffix == ".log"]
    assert logs and all(token not in path.read_text() for path in logs)
