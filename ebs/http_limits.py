"""HTTP at the edge: uvicorn's protocol with what it lacks: bounds on a request's head in size and
time, on a body once it has been answered, and errors in the one shape for what is no request."""

import asyncio
from asyncio import TimerHandle
from types import SimpleNamespace
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from ebs.errors import failure
from ebs.logs import id_of
from ebs.middleware import API_POLICY, HEADERS

MOST_HEAD = 16_384  # bytes; a token has at most 4,096
MOST_HEADERS = 100
HEAD_S = 10.0

MALFORMED = (400, "BadRequest", "this is not an HTTP request that could be read")
HEAD_TOO_LARGE = (
    431,
    "RequestHeaderFieldsTooLarge",
    f"the request's head has more than {MOST_HEAD} bytes or {MOST_HEADERS} headers",
)
HEAD_TOO_SLOW = (408, "RequestTimeout", f"the request's head took longer than {HEAD_S:.0f} seconds")


# stands for any request that has been answered: all that is asked of one
DONE: Any = SimpleNamespace(
    response_complete=True, response_started=True, scope=None, message_event=asyncio.Event()
)


class TooMuch(Exception):
    """Stops the parser."""


class Protocol(HttpToolsProtocol):
    """Named in uvicorn's Config(http=...)."""

    # slots: with more than 30 names in it, Python no longer shares a __dict__'s keys between
    # connections, and each would take 2 KB more
    __slots__ = ("_head", "_in_head", "_too_slow", "_why")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._in_head = True
        self._head = 0  # bytes of a head that is not whole yet
        self._too_slow: TimerHandle | None = None
        self._why = MALFORMED

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        self._head += len(data)  # or more than the head: what it begins with is in there
        super().data_received(data)
        if self._in_head and self._head and not self.transport.is_closing():
            # only now: nearly all requests come whole, and need no clock
            if self._head > MOST_HEAD:
                self._why = HEAD_TOO_LARGE
                self.send_400_response("")
            elif self._too_slow is None:
                self._too_slow = self.loop.call_later(HEAD_S, self._give_up)

    def on_headers_complete(self) -> None:
        if len(self.headers) > MOST_HEADERS or (self._head > MOST_HEAD and self._is_large()):
            self._why = HEAD_TOO_LARGE
            raise TooMuch
        self._in_head = False
        self._stop_clock()
        super().on_headers_complete()

    def _is_large(self) -> bool:
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        return size > MOST_HEAD

    def on_message_complete(self) -> None:
        self._in_head, self._head = True, 0
        self._stop_clock()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """A connection that waits for its next poll keeps nothing of the last one."""
        if self.cycle.response_complete and not self.pipeline:
            if self.scope is self.cycle.scope:
                self.scope = self.headers = None  # type: ignore[assignment]
            self.cycle = DONE
            if not self._in_head:  # the rest of a body that nobody reads: not for ever
                self._too_slow = self.loop.call_later(HEAD_S, self.transport.close)
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_clock()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        self._stop_clock()
        super().shutdown()

    def send_400_response(self, msg: str) -> None:
        """What is no request: also 431 and 408. After it nothing more is read."""
        self._stop_clock()
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            if self.cycle.response_started:
                self.transport.close()  # a second answer would be taken for the first one's body
                return
            self.cycle.disconnected = True  # what it would answer goes nowhere
        response = failure(*self._why, headers={"connection": "close"})
        named = (b"x-request-id", id_of(None).encode())
        headers = [*self.server_state.default_headers, *response.raw_headers, *HEADERS]
        lines = (b"%s: %s\r\n" % header for header in (*headers, API_POLICY, named))
        head = STATUS_LINE[self._why[0]] + b"".join(lines)
        self.transport.write(head + b"\r\n" + bytes(response.body))
        self.transport.close()

    def _give_up(self) -> None:
        self._why = HEAD_TOO_SLOW
        self.send_400_response("")

    def _stop_clock(self) -> None:
        if self._too_slow is not None:
            self._too_slow.cancel()
            self._too_slow = None
