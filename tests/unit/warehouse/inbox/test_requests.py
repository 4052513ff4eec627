"""The inbox bears anything: each that is no request is refused, and the next ones are taken."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from warehouse.inbox import requests
from warehouse.inbox.parsing import key_of
from warehouse.inbox.requests import InboxFolder, Request

AT = "2026-01-01T12:00:00Z"


@pytest.fixture
def inbox(tmp_path: Path) -> InboxFolder:
    (tmp_path / "inbox").mkdir()
    return InboxFolder(tmp_path / "inbox")


def raw(**more: Any) -> bytes:
    return orjson.dumps({"id": "x", "at": AT, "by": "t", "action": "marker", **more})


def taken(inbox: InboxFolder) -> list[str]:
    return [request.id for request in inbox.requests()]


NAMES = [
    b"\xff\xfe.json", b"a" * 250 + b".json", b"a" * 65 + b".json", b".json", b"...json",
    b"a b.json", b"a\n.json", b"\x1b[31m.json", "ä.json".encode(), b"done.json", b"DONE.json",
    b"%s.json",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_name_that_is_no_id_is_refused_under_one_that_is(inbox: InboxFolder, name: bytes) -> None:
    (inbox.folder / os.fsdecode(name)).write_bytes(raw())
    inbox.put(Request("good", AT, "t", "marker"))
    assert taken(inbox) == ["good"] and not inbox.waits("x")
    assert "its name is not an id" in str(inbox.outcome(key_of(os.fsdecode(name))))
    assert sorted(path.name for path in inbox.folder.iterdir()) == ["good.json", "refused"]


def link(path: Path) -> None:
    path.symlink_to(path.parent.parent / "elsewhere")
    (path.parent.parent / "elsewhere").write_bytes(raw())


def unix_socket(path: Path) -> None:
    handle = os.open(path.parent, os.O_RDONLY)  # its own path may be too long for one
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(f"/proc/self/fd/{handle}/x.json")
    os.close(handle)


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 33)


@pytest.mark.parametrize("make", [link, os.mkfifo, unix_socket, sparse, Path.mkdir])
def test_what_is_no_plain_file_is_refused_and_not_opened(
    inbox: InboxFolder, make: Callable[[Path], None]
) -> None:
    make(inbox.folder / "x.json")
    inbox.put(Request("good", AT, "t", "marker"))
    assert taken(inbox) == ["good"]
    assert inbox.outcome("x") in (
        "it is no plain file",
        "it has 8589934592 bytes; 4000000 are most",
    )
    inbox.finish("good")
    assert not inbox.is_any()


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + raw(), raw().decode().encode("utf-16"), raw() + b"\0", raw() * 2,
        raw()[:-1], raw(v=1)[:-2] + b"NaN}", raw(v=1)[:-2] + b"1e400}",
        raw(v=1)[:-2] + b"9" * 5000 + b"}",
        raw(v=1)[:-2] + b'"\\ud800"}', b'{"a":' * 2000,
        raw(v=1)[:-2] + b"[" * 300 + b"]" * 300 + b"}",
        raw(id="y"), raw(id="../x"), raw(id=5), raw(id=None), raw(id="x\n"), raw(by="b" * 201),
        raw(action="a" * 41), raw(action=["marker"]), raw(at=20260101), raw(at="nan"),
        raw(at="9" * 30), raw(at="0001-01-01T00:00:00+14:00"), raw(at="1969-12-31"),
        raw(at="9999-12-31T23:59:59-14:00"),
    ],
)  # fmt: skip
def test_content_that_is_no_request_is_refused(inbox: InboxFolder, data: bytes) -> None:
    (inbox.folder / "x.json").write_bytes(data)
    assert taken(inbox) == []
    assert inbox.outcome("x") and len(str(inbox.outcome("x"))) < 250
    assert not (inbox.folder / "x.json").exists()


@pytest.mark.parametrize("place", ["done", "refused"])
@pytest.mark.parametrize("make", [Path.touch, os.mkfifo, link])
def test_what_lies_in_the_place_of_outcomes_gives_way(
    inbox: InboxFolder, place: str, make: Callable[[Path], None]
) -> None:
    make(inbox.folder / place)
    inbox.put(Request("good", AT, "t", "marker"))
    (inbox.folder / "x.json").write_bytes(b"junk")
    assert taken(inbox) == ["good"]
    inbox.finish("good")
    assert (inbox.outcome("good"), bool(inbox.outcome("x"))) == ("", True)
    assert not (inbox.folder / place).is_symlink()


def test_what_cannot_be_moved_is_told_once_and_looked_at_again_after_a_while(
    inbox: InboxFolder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for name in ("x", "y"):
        (inbox.folder / f"{name}.json").write_bytes(b"junk")
    with monkeypatch.context() as patch:
        patch.setattr(requests, "replace_file", full)
        assert taken(inbox) == [] and not inbox.is_any() and taken(inbox) == []
    assert caplog.text.count("No space left") == 1
    monkeypatch.setattr(requests.time, "monotonic", lambda: 1e12)
    assert taken(inbox) == [] and inbox.outcome("x") and inbox.outcome("y")


def test_of_very_many_the_oldest_are_taken_and_those_that_wait_hold_nobody_up(
    inbox: InboxFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "MOST", 2)
    monkeypatch.setattr(requests, "FEW", 1)
    for number in range(6):
        inbox.put(Request(f"r{number}", AT, "t", "marker"))
        os.utime(inbox.folder / f"r{number}.json", (number, number))
    first = [next(iter(inbox.requests()))]
    assert [r.id for r in first] == ["r0"]
    inbox.postpone(first)
    held = list(inbox.requests())
    assert [r.id for r in held] == ["r0", "r1"]
    inbox.postpone(held)
    assert taken(inbox) == ["r0", "r1", "r2", "r3"]


def test_of_a_request_that_is_over_what_it_asked_for_is_not_kept(inbox: InboxFolder) -> None:
    body = {"channel": "somebody", "text": "secret", "told": [{"n": 1}], "revision": 4}
    inbox.put(Request("x", AT, "t", "marker", body))
    inbox.finish("x")
    head = {"id": "x", "at": AT, "by": "t", "action": "marker"}
    assert inbox.read("x") == ("done", {**head, "told": [{"n": 1}], "revision": 4})
