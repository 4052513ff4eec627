"""Skeleton of a page, in the document itself: it is seen before any script has come.

Streamlit's own document is white until its scripts have run; they remove what is in its root.
"""

from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ROOT = b'<div id="root"></div>'
_BONES = (Path(__file__).parent / "skeleton.html").read_bytes()
WHOLE = _ROOT.replace(b"></", b">" + _BONES + b"</")


class Skeleton:
    """ASGI middleware around Streamlit's documents; all else goes by."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _asks_for_document(scope):
            await self._app(scope, receive, send)
            return
        plain = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        parts, begins = list[bytes](), list[Message]()

        async def drawn(message: Message) -> None:
            if message["type"] == "http.response.start":
                begins.append(message)
                return
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                body = b"".join(parts).replace(_ROOT, WHOLE)
                await send(_sized(begins[0], body))
                await send({"type": "http.response.body", "body": body})

        await self._app({**scope, "headers": plain}, receive, drawn)


def _asks_for_document(scope: Scope) -> bool:
    """True for an address that somebody opens."""
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    return b"text/html" in dict(scope["headers"]).get(b"accept", b"")


def _sized(begins: Message, body: bytes) -> Message:
    """The beginning of the answer with the length that its body has now."""
    kept = [pair for pair in begins["headers"] if pair[0] != b"content-length"]
    return {**begins, "headers": [*kept, (b"content-length", str(len(body)).encode())]}
