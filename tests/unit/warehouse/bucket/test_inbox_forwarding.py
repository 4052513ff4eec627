"""Forwarding of a reader's inbox: each request once, its files with it, its outcome back."""

import os
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.unit.warehouse.bucket.conftest import Clock
from warehouse.bucket.inbox_forwarding import ForwardedInbox
from warehouse.bucket.objects import Bucket, BucketFailed
from warehouse.inbox.requests import InboxFolder, Request


@pytest.fixture
def inbox(tmp_path: Path) -> InboxFolder:
    return InboxFolder(tmp_path / "inbox")


@pytest.fixture
def forwarded(bucket: Bucket, inbox: InboxFolder, clock: Clock) -> ForwardedInbox:
    return ForwardedInbox(bucket, inbox.folder, clock)


def ask(inbox: InboxFolder, name: str = "r1", files: bool = False) -> None:
    if files:
        inbox.files(name).mkdir(parents=True)
        (inbox.files(name) / "log").write_bytes(b"chat")
    inbox.put(Request(name, "2026-01-01T00:00:00+00:00", "test", "marker", {"channel": "demo"}))


def names(bucket: Bucket) -> list[str]:
    return sorted(found.name for found in bucket.list("inbox/"))


def end(bucket: Bucket, place: str, name: str = "r1", **more: Any) -> None:
    """As shard 0 does."""
    bucket.put(f"inbox/{place}/{name}.json", orjson.dumps({"id": name, **more}))
    bucket.drop(found for found in names(bucket) if f"/{place}/" not in found)


def test_a_request_goes_after_its_files_and_once(
    bucket: Bucket, inbox: InboxFolder, forwarded: ForwardedInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    puts: list[str] = []
    real = Bucket.put

    def put(self: Bucket, name: str, *more: Any) -> str:
        puts.append(name)
        return real(self, name, *more)

    monkeypatch.setattr(Bucket, "put", put)
    ask(inbox, files=True)
    forwarded.step()
    forwarded.step()
    assert puts == ["inbox/r1/log", "inbox/r1.json"]
    found = bucket.get("inbox/r1.json")
    assert found and orjson.loads(found[0])["action"] == "marker"


def test_a_mirror_that_was_killed_puts_no_second_one(
    bucket: Bucket, inbox: InboxFolder, forwarded: ForwardedInbox, clock: Clock
) -> None:
    ask(inbox)
    forwarded.step()
    ForwardedInbox(bucket, inbox.folder, clock).step()
    assert names(bucket) == ["inbox/r1.json"]
    end(bucket, "done")
    ForwardedInbox(bucket, inbox.folder, clock).step()
    assert names(bucket) == ["inbox/done/r1.json"] and inbox.outcome("r1") == ""


@pytest.mark.parametrize(("place", "outcome"), [("done", ""), ("refused", "no such channel")])
def test_what_came_of_a_request_comes_back(
    bucket: Bucket, inbox: InboxFolder, forwarded: ForwardedInbox, place: str, outcome: str
) -> None:
    ask(inbox, files=True)
    forwarded.step()
    assert inbox.outcome("r1") is None
    end(bucket, place, reason=outcome)
    forwarded.step()
    assert inbox.outcome("r1") == outcome
    assert not inbox.waits("r1") and not inbox.files("r1").exists()


def test_a_request_waits_while_the_bucket_is_down(
    bucket: Bucket, inbox: InboxFolder, forwarded: ForwardedInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise BucketFailed("down")

    ask(inbox, files=True)
    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "put", down)
        with pytest.raises(BucketFailed):
            forwarded.step()
    assert inbox.waits("r1") and names(bucket) == []
    forwarded.step()
    assert names(bucket) == ["inbox/r1.json", "inbox/r1/log"]


def test_what_is_no_request_is_refused_here(
    bucket: Bucket, inbox: InboxFolder, forwarded: ForwardedInbox
) -> None:
    inbox.folder.mkdir()
    (inbox.folder / "a b.json").write_bytes(b"{}")
    os.mkfifo(inbox.folder / "pipe.json")
    forwarded.step()
    assert names(bucket) == []
    assert inbox.outcome("pipe") == "it is no plain file" and not inbox.is_any()


def test_only_plain_files_go_with_a_request(
    bucket: Bucket, inbox: InboxFolder, forwarded: ForwardedInbox
) -> None:
    ask(inbox, files=True)
    (inbox.files("r1") / "link").symlink_to("/etc/hostname")
    os.mkfifo(inbox.files("r1") / "pipe")
    (inbox.files("r1") / os.fsdecode(b"\xff")).touch()
    forwarded.step()
    assert names(bucket) == ["inbox/r1.json", "inbox/r1/log"]
