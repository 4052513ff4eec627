"""Forgetting a channel whose login looks like something else: a number, a word of ours, an id."""

from pathlib import Path

import orjson
import pytest

from tests.helpers.build import T, put, stored
from warehouse.erase import erase_channel
from warehouse.inbox.requests import InboxFolder
from warehouse.published.reading import Trouble, told
from warehouse.records import utc
from warehouse.store.store import Store

RAIDS = ("bob with 500", "kate with 7")


@pytest.mark.parametrize(
    ("key", "login", "left"),
    [(odd, None, {*RAIDS}) for odd in ("500", "7", "with", "channel", "says", "kat", "kate~7")]
    + [("kate", None, {RAIDS[0], ""}), ("k", "kate", {RAIDS[0], ""})],
)
def test_only_the_raider_is_named_by_a_raid(
    store: Store, key: str, login: str | None, left: set[str]
) -> None:
    raid = {"at": utc(T), "channel": "demo", "kind": "raid"}
    put(store, events=[{**raid, "event_id": d, "detail": d} for d in RAIDS])
    erase_channel(store, key, login)
    assert {d for (d,) in stored(store, "SELECT detail FROM events")} == left


@pytest.mark.parametrize(("key", "left"), [("channel", 1), ("says", 1), ("nobody", 1), ("kate", 0)])
def test_only_trouble_of_the_channel_goes_with_it(store: Store, key: str, left: int) -> None:
    detail = told({"kate": Trouble("says no", utc(T))})
    put(store, health=[{"name": "reading", "at": utc(T), "value": 1.0, "detail": detail}])
    erase_channel(store, key)
    assert stored(store, "SELECT count(*) FROM health") == [(left,)]


@pytest.mark.parametrize(
    ("name", "is_left"),
    [(odd, True) for odd in ("12345678", "opt", "2026", "id", "bob~7")]
    + [("bob", False), ("kate~5", False)],
)
def test_only_requests_that_name_a_channel_are_forgotten_with_it(
    tmp_path: Path, name: str, is_left: bool
) -> None:
    head = {
        "id": "ebs-12345678-opt-in",
        "at": "2026-01-01T00:00:00Z",
        "by": "BOB",
        "action": "opt-in",
    }
    path = tmp_path / "done" / "ebs-12345678-opt-in.json"
    path.parent.mkdir()
    path.write_bytes(
        orjson.dumps({**head, "channel_id": "12345678", "told": ["kate~5: 3 windows"]})
    )
    InboxFolder(tmp_path).forget(name)
    assert (b"BOB" in path.read_bytes()) == is_left
