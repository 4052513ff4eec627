"""Connections of scripts, bounded in number, in the bytes of a head, and in time."""

from asyncio import Transport

from uvicorn.protocols.http.h11_impl import H11Protocol

from dashboard.api.doorway import HEADERS
from dashboard.api.errors import failure

MOST_CONNECTIONS = 200
MOST_HEAD = 16 * 1024  # bytes of one that comes in pieces
PATIENCE_S = 60.0  # for a head, an answer, and a reader who takes it
LOOK_S = 2.0


class Connection(H11Protocol):
    """One connection, which ends where it does the same for too long.

    uvicorn by itself bounds only the wait between two requests.
    """

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since, self._does = self.loop.time(), self._doing()
        self._timer = self.loop.call_later(LOOK_S, self._look)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._timer.cancel()

    def send_400_response(self, msg: str) -> None:
        """For what is no HTTP, or has too long a head: in the one shape."""
        answer = failure(400, "this is no HTTP request that can be read, or its head is too large")
        headers = [*answer.raw_headers, *HEADERS, (b"connection", b"close")]
        lines = b"".join(b"%b: %b\r\n" % header for header in headers)
        body = bytes(answer.body)
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n%b\r\n%b" % (lines, body))
        self.transport.close()

    def _doing(self) -> object:
        """Which request it is at, and how far."""
        return self.cycle, self.cycle and self.cycle.response_complete, self.transport.is_closing()

    def _look(self) -> None:
        now, does = self.loop.time(), self._doing()
        if does != self._does:
            self._does, self._since = does, now
        waits = self.timeout_keep_alive_task is not None  # for a request: uvicorn ends that
        if now - self._since > PATIENCE_S and not waits:
            self.transport.abort()
        else:
            self._timer = self.loop.call_later(LOOK_S, self._look)
