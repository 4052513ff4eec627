"""The inbox: requests are applied in order and once, or refused with a reason."""

import errno
import os
from pathlib import Path

import orjson
import pytest

from pipeline.requests.queue import apply_all
from tests.helpers.build import outcome, send, stored
from warehouse.config import DataFolder
from warehouse.errors import StorageFull
from warehouse.inbox.requests import InboxFolder, Request, new_id
from warehouse.store.store import Store


@pytest.fixture
def inbox(folder: DataFolder) -> Path:
    folder.inbox.mkdir(parents=True)
    return folder.inbox


def marker(inbox: Path, at: str, text: str = "here", name: str | None = None) -> str:
    name = name or new_id()
    send(inbox, Request(name, at, "test", "marker", {"channel": "demo", "text": text}))
    return name


def events(store: Store) -> list[tuple[object, ...]]:
    return stored(store, "SELECT strftime(\"at\", '%H:%M:%S'), detail FROM events ORDER BY rev")


def test_a_marker_becomes_an_event_and_its_request_is_done(inbox: Path, store: Store) -> None:
    name = marker(inbox, "2026-01-01T12:00:00Z")
    assert outcome(inbox, name) is None
    assert apply_all(InboxFolder(inbox), store) == 1
    assert outcome(inbox, name) == ""
    assert events(store) == [("12:00:00", "here")]
    assert [path.name for path in inbox.glob("*.json")] == []


def test_requests_are_applied_in_order_of_their_time_whatever_its_zone(
    inbox: Path, store: Store
) -> None:
    marker(inbox, "2026-01-01T12:00:30Z", "third", "a")
    marker(inbox, "2026-01-01T14:00:10+02:00", "second", "b")
    marker(inbox, "2026-01-01T12:00:00", "first", "c")
    apply_all(InboxFolder(inbox), store)
    found = stored(store, "SELECT detail, strftime(\"at\", '%H:%M:%S') FROM events ORDER BY rev")
    assert found == [("first", "12:00:00"), ("second", "12:00:10"), ("third", "12:00:30")]


def test_a_request_sent_again_is_done_without_being_applied_again(
    inbox: Path, store: Store
) -> None:
    name = marker(inbox, "2026-01-01T12:00:00Z", "once", "same")
    apply_all(InboxFolder(inbox), store)
    marker(inbox, "2026-01-01T12:00:00Z", "twice", "same")
    apply_all(InboxFolder(inbox), store)
    assert events(store) == [("12:00:00", "once")]
    assert outcome(inbox, name) == ""


def test_a_kill_between_the_commit_and_the_move_does_not_apply_it_twice(
    inbox: Path, store: Store
) -> None:
    name = marker(inbox, "2026-01-01T12:00:00Z")
    apply_all(InboxFolder(inbox), store)
    (inbox / "done" / f"{name}.json").rename(inbox / f"{name}.json")
    revision = store.revision
    apply_all(InboxFolder(inbox), store)
    assert (store.revision, outcome(inbox, name)) == (revision, "")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is not a request"),
        (b"{not json", "is not a request"),
        (b'{"id": "\xff"}', "is not a request"),
        (b"[1, 2]", "is not a request"),
        (b"null", "is not a request"),
        (b'{"id": "bad", "at": "2026-01-01T12:00:00Z", "by": "x"}', "needs id, at, by and action"),
        (b'{"id": "bad", "at": "noon", "by": "x", "action": "marker"}', "is not a request"),
        (b'{"id": "other", "at": "2026-01-01", "by": "x", "action": "marker"}', "its file's name"),
        (b'{"id": "bad", "at": "2026-01-01", "by": "x", "action": "dance"}', "unknown action"),
        (b'{"id": "bad", "at": "2026-01-01", "by": "x", "action": "marker"}', "needs a channel"),
        (b'{"id": "bad", "at": "2026-01-01", "by": "x", "action": "import"}', "cannot be read"),
        (b'{"id": "bad", "at": "2026-01-01", "by": "x", "action": "marker", "channel": "\\ud800"}',
         "is not a request"),
    ],
)  # fmt: skip
def test_what_cannot_be_applied_is_refused_with_its_reason_and_the_rest_goes_on(
    inbox: Path, store: Store, body: bytes, reason: str
) -> None:
    (inbox / "bad.json").write_bytes(body)
    good = marker(inbox, "2026-01-01T12:00:00Z")
    assert apply_all(InboxFolder(inbox), store) == 1
    assert reason in str(outcome(inbox, "bad"))
    assert outcome(inbox, good) == ""
    assert not (inbox / "bad.json").exists()


def test_a_request_nobody_may_read_is_refused(inbox: Path, store: Store) -> None:
    (inbox / "link.json").symlink_to(inbox)  # a folder: reading it fails for anyone
    (inbox / "folder.json").mkdir()
    (inbox / "nowhere.json").symlink_to(inbox / "nothing")
    os.mkfifo(inbox / "pipe.json")
    asked = InboxFolder(inbox)
    assert apply_all(asked, store) == 0
    assert (inbox / "folder.json").is_dir() and not asked.is_any()  # nor is it looked at again
    for name in ("link", "folder", "nowhere", "pipe"):
        assert outcome(inbox, name) == "it is no plain file"


@pytest.mark.parametrize("name", ["..", "done", "refused", "a b", "a" * 65])
def test_an_id_that_is_no_name_never_touches_other_folders(
    folder: DataFolder, inbox: Path, store: Store, name: str
) -> None:
    kept = folder.root / "kept.txt"
    kept.write_text("kept")
    (inbox / "done").mkdir()
    (inbox / "done" / "old.json").write_text("{}")
    body = {"id": name, "at": "2026-01-01", "by": "x", "action": "marker", "channel": "demo"}
    (inbox / f"{name}.json").write_bytes(orjson.dumps(body))
    assert apply_all(InboxFolder(inbox), store) == 0
    assert kept.read_text() == "kept"
    assert (inbox / "done" / "old.json").is_file()
    assert stored(store, "SELECT count(*) FROM events") == [(0,)]


def test_a_full_disk_leaves_a_request_waiting(
    inbox: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = marker(inbox, "2026-01-01T12:00:00Z")

    def full(*args: object) -> None:
        raise StorageFull(f"no space {errno.ENOSPC}")

    with monkeypatch.context() as patch:
        patch.setattr(store, "write", full)
        with pytest.raises(StorageFull):
            apply_all(InboxFolder(inbox), store)
    assert outcome(inbox, name) is None
    assert apply_all(InboxFolder(inbox), store) == 1


def test_a_request_half_written_aside_is_not_seen(inbox: Path, store: Store) -> None:
    (inbox / ".abc.json.123").write_bytes(b'{"id"')
    assert apply_all(InboxFolder(inbox), store) == 0
    assert (inbox / ".abc.json.123").is_file()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (TypeError("of somebody"), "it failed: TypeError at test_queue.py:"),
        (PermissionError(errno.EACCES, "Permission denied", "somebody"), "it failed: Permission"),
        (RecursionError("somebody"), "it failed: RecursionError"),
        (MemoryError(), "it failed: MemoryError"),
    ],
)
def test_a_fault_in_applying_is_told_by_its_place_and_stops_nobody(
    inbox: Path, store: Store, fault: Exception, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> None:
        raise fault

    send(inbox, Request("bad", "2026-01-01T11:00:00Z", "test", "dance"))
    good = marker(inbox, "2026-01-01T12:00:00Z")
    assert apply_all(InboxFolder(inbox), store, {"dance": fails}) == 1
    told = str(outcome(inbox, "bad"))
    assert told.startswith(reason) and "somebody" not in told + caplog.text
    assert "request failed id=bad action=dance" in caplog.text and outcome(inbox, good) == ""


def test_an_action_that_finds_the_disk_full_waits_for_room(inbox: Path, store: Store) -> None:
    def fails(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    send(inbox, Request("r1", "2026-01-01T11:00:00Z", "test", "dance"))
    with pytest.raises(StorageFull):
        apply_all(InboxFolder(inbox), store, {"dance": fails})
    assert InboxFolder(inbox).waits("r1")


@pytest.mark.parametrize(("times", "reason"), [(4, ""), (5, "ended 5 times while it was applied")])
def test_a_request_that_ends_the_pipeline_again_and_again_is_given_up(
    inbox: Path, store: Store, times: int, reason: str
) -> None:
    name = marker(inbox, "2026-01-01T12:00:00Z")
    for _ in range(times):  # and never came back
        InboxFolder(inbox).begin(name)
    apply_all(InboxFolder(inbox), store)
    assert reason in str(outcome(inbox, name)) and (reason != "") is bool(outcome(inbox, name))


def test_of_very_many_a_turn_applies_some_and_the_next_one_goes_on(
    inbox: Path, store: Store
) -> None:
    for number in range(25):
        marker(inbox, f"2026-01-01T12:00:{number:02}Z", f"{number:02}")
    asked = InboxFolder(inbox)
    assert [apply_all(asked, store, within_s=0) for _ in range(3)] == [20, 5, 0]
    assert [text for _, text in events(store)] == [f"{number:02}" for number in range(25)]


@pytest.mark.parametrize(
    "body", [{}, {"channel": "a b"}, {"channel": 5}, {"channel": "a", "text": 5}]
)
def test_a_marker_of_another_shape_is_refused(
    inbox: Path, store: Store, body: dict[str, object]
) -> None:
    send(inbox, Request("r1", "2026-01-01T11:00:00Z", "test", "marker", body))
    send(inbox, Request("r2", "2199-01-01T11:00:00Z", "test", "marker", {"channel": "a"}))
    assert apply_all(InboxFolder(inbox), store) == 0
    assert outcome(inbox, "r1") and "yet to come" in str(outcome(inbox, "r2"))
