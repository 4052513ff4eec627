"""Bytes over a socket, with TLS or without: requests that no client would write, and what is
answered."""

import contextlib
import json
import re
import socket
import ssl
import time

from tests.helpers.ebs import token
from tests.helpers.patience import PATIENCE_S

HOST = "Host: ebs.example.com\r\n"
GOOD = f"Authorization: Bearer {token(exp=int(time.time()) + 3600)}\r\n"
LEFT_S = 20  # by servers that were made to wait for a second; else they wait for a minute
POST = f"POST /v1/channel/delete HTTP/1.1\r\n{HOST}"


def get(*headers, path="/v1/mood"):
    return f"GET {path} HTTP/1.1\r\n{HOST}{''.join(headers)}\r\n"


def last(*headers, path="/v1/mood"):
    """One after which the connection ends: its answer is whole without waiting for more."""
    return get("Connection: close\r\n", *headers, path=path)


class Wire:
    """The way to a server on this machine. source: the client's address, any of 127.0.0.0/8."""

    def __init__(self, port, has_tls=False, source="127.0.0.1"):
        self._address, self._source = ("127.0.0.1", port), (source, 0)
        self._tls = ssl._create_unverified_context() if has_tls else None

    def connect(self):
        sock = socket.create_connection(self._address, PATIENCE_S, source_address=self._source)
        return self._tls.wrap_socket(sock) if self._tls else sock

    def send(self, data, wait_s=PATIENCE_S):
        """All that is answered until the server closes, or says nothing for so long."""
        with self.connect() as sock:
            with contextlib.suppress(OSError):  # refused before it was whole
                sock.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))
            return heard(sock, wait_s)

    def ask(self, data):
        """The first answer, of a connection that may be kept."""
        with self.connect() as sock:
            sock.sendall(data.encode())
            return one_answer(sock)


def heard(sock, wait_s=PATIENCE_S):
    sock.settimeout(wait_s)
    answer = b""
    try:
        while part := sock.recv(65536):
            answer += part
    except OSError:  # silence, or a connection that was reset
        pass
    return answer


def one_answer(sock):
    """One whole answer, of a connection that may be kept."""
    sock.settimeout(PATIENCE_S)
    answer = b""
    while (length := _length(answer)) is None or len(answer) < length:
        part = sock.recv(65536)
        assert part, answer
        answer += part
    return answer


def _length(answer):
    """Of a whole answer, bytes; None before its head has come."""
    head, end, _ = answer.partition(b"\r\n\r\n")
    told = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    return len(head + end) + int(told[1] if told else 0) if end else None


def until_closed(sock, within_s=LEFT_S, drip=b""):
    """All that is answered until the server closes, though a byte comes every tenth of a second;
    None if it does not close in that time."""
    answer, end = b"", time.monotonic() + within_s
    sock.settimeout(0.1)
    while time.monotonic() < end:
        try:
            if drip:
                sock.sendall(drip)
            part = sock.recv(65536)
            if not part:
                return answer
            answer += part
        except TimeoutError:
            continue
        except OSError:
            return answer
    return None


def is_closed(sock, within_s=LEFT_S, drip=b""):
    return until_closed(sock, within_s, drip) is not None


def statuses(answer):
    return [int(status) for status in re.findall(rb"HTTP/1.1 (\d+) ", answer)]


def is_refused(answer, status, closes=True):
    """A failure in the one shape, with the headers that every answer has."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    assert lines[0].startswith(f"http/1.1 {status} "), answer[:300]
    assert sorted(json.loads(body)) == ["detail", "error"]
    expected = [
        "content-type: application/json",
        "cache-control: no-store",
        "x-content-type-options: nosniff",
        "content-security-policy: default-src 'none'; frame-ancestors 'none'",
    ]
    assert set(expected) <= set(lines)
    assert ("connection: close" in lines) is closes
    assert any(line.startswith("x-request-id: ") for line in lines)


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

PATHS_WITH_DOTS = ["/v1/mood/..", "/v1/mood/../mood", "/metrics/../v1/mood", "/./v1/mood"]
ESCAPED = "a%0d%0aSet-Cookie:%20x=y\r\n"  # line ends, as a value
