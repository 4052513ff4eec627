"""Addresses that people type, and that earlier versions had: on to the page of today."""

import streamlit as st
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

PLACES = {"/live": "/"}  # the first page's address is the bare one, but people type its name


class Moved:
    """ASGI middleware before Streamlit's pages.

    The browser goes on with the whole query, and its Back does not come by again.
    """

    def __init__(self, app: ASGIApp) -> None:
        base = f"/{st.get_option('server.baseUrlPath')}".rstrip("/")  # of all addresses
        self._app = app
        self._places = {base + old: base + new for old, new in PLACES.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: ASGIApp = self._app
        if scope["type"] == "http" and (place := self._places.get(scope["path"].rstrip("/"))):
            query = scope["query_string"].decode("latin-1")
            answer = RedirectResponse(f"{place}?{query}" if query else place)
        await answer(scope, receive, send)
