"""Addresses of before, as a browser is sent on from them."""

import asyncio

import pytest
import streamlit as st
from starlette.types import Message, Receive, Scope, Send

from dashboard.moved import Moved


async def _page(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})


def asked(path: str, query: bytes = b"") -> tuple[int, str]:
    """(status, where to) of a GET."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "query_string": query}
    asyncio.run(Moved(_page)(scope, None, send))  # type: ignore[arg-type]
    where = dict(sent[0]["headers"]).get(b"location", b"")
    return sent[0]["status"], where.decode()


def test_the_first_page_by_its_name_is_the_bare_address_with_the_same_query() -> None:
    assert asked("/live", b"view=table&page=2") == (307, "/?view=table&page=2")
    assert asked("/live/") == (307, "/")


def test_other_addresses_go_through() -> None:
    assert asked("/explore", b"span=all") == (200, "")
    assert asked("/live/static/x.js") == (200, "")


def test_below_a_base_only_its_own_are_sent_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "get_option", lambda name: "mood")
    assert asked("/mood/live", b"view=table") == (307, "/mood/?view=table")
    assert asked("/live") == (200, "")
