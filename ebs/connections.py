"""Connections of strangers, bounded in time, bytes and number.

uvicorn by itself bounds only the wait between two requests.
"""

import resource
from asyncio import Transport
from collections import Counter
from functools import cache
from heapq import nsmallest
from math import inf
from typing import cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from ebs.errors import BadRequest, Refused, RequestHeaderFieldsTooLarge
from ebs.logs import id_of
from ebs.middleware import API_POLICY, HEADERS
from warehouse.limits import network

MOST_CONNECTIONS = 10_000  # of a worker
SPARE_FILES = 64  # for everything but connections
HEAD_S = 10.0  # for a head: from the connection's first moment, or the head's first byte
ANSWER_S = 15.0  # from there until the client has its answer; a body has 5 s of them
CLOSE_S = 5.0  # for a client to take what was said last
LOOK_S = 1.0
MOST_HEAD = 16 * 1024  # bytes; as many of a body that nobody asked for are passed over
PIECE = 4096  # bytes that are read at once, so that no more go uncounted
MOST_PIPELINED = 16  # requests that are sent before the answer to the first


class Connection(HttpToolsProtocol):
    """One connection, which ends in time whatever it does or leaves undone.

    since: when it began to do what it does now. address: as limits count it.
    """

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.address = network(self.client[0]) if self.client else ""
        self.since = self.loop.time()
        self._does = self._doing()
        self._has_head, self._bytes, self._reads = False, 0, True
        self._timer = self.loop.call_later(LOOK_S, self._look)
        if len(self.connections) > most_connections():
            make_room(cast("set[Connection]", self.connections), self.since)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._unset_keepalive_if_required()  # or one that was reset is remembered as long
        self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        for at in range(0, len(data), PIECE):
            if not self._reads or self.transport.is_closing():
                return
            piece = data[at : at + PIECE]
            self._bytes += len(piece)
            super().data_received(piece)
            if self._bytes > MOST_HEAD:
                self._read_no_more()

    def _read_no_more(self) -> None:
        """Answer what was asked, and close: where the next request begins is not known."""
        self._reads = False
        if self._bytes > MOST_HEAD and not self._has_head:
            self._refuse(RequestHeaderFieldsTooLarge(f"the head is larger than {MOST_HEAD} bytes"))
        elif self.cycle.response_complete:
            self.transport.abort()
        else:
            self.cycle.keep_alive = False
            self.flow.pause_reading()

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= MOST_PIPELINED:
            raise ValueError("too many requests in one go")  # the parser stops, and says 400
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._has_head, self._bytes = True, 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._has_head, self._bytes = False, 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        if len(self.pipeline) >= MOST_PIPELINED:
            self._read_no_more()
        else:
            self._refuse(BadRequest("this is not an HTTP request that could be read"))

    def _refuse(self, why: Refused) -> None:
        """Say it, as all failures are said, and close."""
        response = why.response({"connection": "close"})
        own_id = (b"x-request-id", id_of(None).encode())
        shared = (*self.server_state.default_headers, *HEADERS, API_POLICY, own_id)
        lines = (b"%b: %b\r\n" % header for header in (*shared, *response.raw_headers))
        self.transport.write(
            b"".join((STATUS_LINE[response.status_code], *lines, b"\r\n", response.body))
        )
        self.transport.close()

    def look(self, now: float) -> float:
        """Seconds that it may still do what it does."""
        does = self._doing()
        if does != self._does:
            self._does, self.since = does, now
        return self.since + does[0] - now

    def _doing(self) -> tuple[float, object]:
        """How long it may do what it does, and with which request."""
        if self.transport.is_closing():
            return CLOSE_S, self.cycle
        if self.cycle and not self.cycle.response_complete:
            return ANSWER_S, self.cycle
        if self.timeout_keep_alive_task:
            return inf, self.cycle  # uvicorn ends it
        return HEAD_S, self.cycle

    def _look(self) -> None:
        if self.look(self.loop.time()) < 0:
            self.transport.abort()
        else:
            self._timer = self.loop.call_later(LOOK_S, self._look)


@cache
def most_connections() -> int:
    """Connections that a worker takes, by what the system lets it open."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if files < 0 else max(1, min(MOST_CONNECTIONS, files - SPARE_FILES))


def make_room(connections: set[Connection], now: float) -> None:
    """End a sixteenth: of the addresses that have most, and those that have waited longest."""
    crowds = Counter(connection.address for connection in connections)
    for connection in connections:
        connection.look(now)
    most = max(1, most_connections() // 16)
    for connection in nsmallest(most, connections, key=lambda c: (-crowds[c.address], c.since)):
        connection.transport.abort()
