"""What others put into a bucket: each that is no request is answered so, and the next are taken."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from warehouse.bucket.errands import Settled, errands_of, outcomes_of
from warehouse.bucket.objects import Bucket, BucketFailed, Listed
from warehouse.bucket.shared_inbox import SharedInbox
from warehouse.inbox.requests import InboxFolder

HEAD = {"id": "r1", "at": "2026-01-01T00:00:00Z", "by": "t", "action": "marker"}
SENT = {"request": HEAD, "body": {"channel": "demo"}, "shards": [1], "files": ["a.parquet"]}


@pytest.fixture
def inbox(tmp_path: Path) -> InboxFolder:
    return InboxFolder(tmp_path / "inbox")


@pytest.fixture
def shared(bucket: Bucket, inbox: InboxFolder) -> SharedInbox:
    return SharedInbox(bucket, Settled(inbox, lambda: 0, lambda: 0))


def put(bucket: Bucket, name: str) -> None:
    bucket.put(f"inbox/{name}.json", orjson.dumps({**HEAD, "id": name}))


def test_one_that_cannot_be_taken_holds_no_other_up(
    bucket: Bucket, inbox: InboxFolder, shared: SharedInbox
) -> None:
    for name in ("a", "b", "c"):
        put(bucket, name)
    bucket.put("inbox/a/log", b"chat")
    inbox.folder.mkdir()
    (inbox.folder / "a").write_text("in the way")
    with pytest.raises(FileExistsError):
        shared.step()
    assert sorted(inbox.waiting()) == ["b", "c"]


def test_one_that_is_too_large_is_refused_without_being_fetched(
    bucket: Bucket, inbox: InboxFolder, shared: SharedInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = {"inbox/a.json": 1 << 40, "inbox/b.json": 100, "inbox/b/log": 1 << 40}
    found = [Listed(name, "t", size) for name, size in sizes.items()]
    found += [Listed("inbox/c.json", "t", 9), *(Listed(f"inbox/c/{k}", "t", 1) for k in range(17))]
    monkeypatch.setattr(bucket, "list", lambda prefix: iter(found))
    shared.step()
    assert all("larger" in str(inbox.outcome(name)) for name in "abc")


@pytest.mark.parametrize(
    "wrong",
    [
        5, {}, {**SENT, "request": {**HEAD, "id": ["r1"]}}, {**SENT, "body": [1]},
        {**SENT, "request": {**HEAD, "at": "noon"}}, {**SENT, "request": {**HEAD, "id": "../x"}},
        {**SENT, "shards": None},
        {**SENT, "shards": ["x"]}, {**SENT, "files": None}, {**SENT, "request": {**HEAD, "at": 5}},
    ],
)  # fmt: skip
def test_what_is_no_errand_is_left_out_and_the_others_are_not(wrong: Any) -> None:
    (errand,) = errands_of(orjson.dumps({"requests": [wrong, SENT, wrong]}))
    assert (errand.request.id, errand.files) == ("r1", ("a.parquet",))


def test_files_of_an_errand_have_names_that_lead_nowhere_else() -> None:
    names = ["..", ".", "../a", "a/b", "", "a" * 65, "\0", "ok.parquet"]
    (errand,) = errands_of(orjson.dumps({"requests": [{**SENT, "files": names}]}))
    assert errand.files == ("ok.parquet",)


def test_outcomes_of_another_shape_are_left_out() -> None:
    done = {"a": 5, "b": [], "c": {"told": 5}, "d": {"told": [1, {"n": 1}]}, "e": {"reason": [1]}}
    found = outcomes_of(orjson.dumps({"done": done}))
    assert found == {"c": {}, "d": {"told": [{"n": 1}]}, "e": {"reason": "[1]"}}


def test_an_object_that_would_fill_memory_is_not_read(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("warehouse.bucket.objects._IN_MEMORY", 10)
    bucket.put("large", b"x" * 11)
    with pytest.raises(BucketFailed, match="11 bytes"):
        bucket.get("large")
