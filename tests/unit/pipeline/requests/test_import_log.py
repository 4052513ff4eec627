"""UploadedLog logs without a daemon: what is read of them, what is asked, what is refused."""

import gzip
import io
import shutil
import zipfile
from typing import Any

import pytest

from pipeline.imports import sandbox
from pipeline.imports.formats.log_file import LogFile
from pipeline.requests.actions import actions
from pipeline.requests.queue import apply_all
from pipeline.requests.workspace import open_workspace
from tests.contract.test_dropped import CHAT, drop, texts
from tests.helpers.build import outcome
from tests.helpers.logs import ALL, irc
from warehouse.config import DataFolder
from warehouse.inbox.requests import InboxFolder, read_object
from warehouse.inbox.uploaded_log import UploadedLog, safe_name

BOMB = gzip.compress(f"{irc(0)}\n".encode() * 120_000)


@pytest.fixture(autouse=True)
def place(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.root.mkdir(parents=True)
    monkeypatch.chdir(folder.root)
    for name, value in {"DATA": str(folder.root), "LEXICON": "vader", "UPLOAD_MB": "20"}.items():
        monkeypatch.setenv(f"DLD_{name}", value)
    monkeypatch.setattr(LogFile, "most", 1e7)


def read(folder: DataFolder, raw: bytes, **asked: Any) -> dict[str, Any]:
    """What the child makes of a log; the request goes on waiting."""
    request_id = drop(folder, raw, **asked)
    request = folder.inbox / f"{request_id}.json"
    found = sandbox.outcome_of(UploadedLog(folder.inbox / request_id), read_object(request))
    request.unlink()
    shutil.rmtree(folder.inbox / request_id)
    return found


def applied(folder: DataFolder) -> None:
    """Look at the inbox as a command does that has the lock."""
    with open_workspace(folder) as workspace:
        apply_all(InboxFolder(folder.inbox), workspace.store, actions(workspace))


def test_what_a_log_leaves_out_is_asked_and_the_answer_is_taken(folder: DataFolder) -> None:
    _, text, _, _ = ALL["tcd"]
    asks = read(folder, text.encode())
    assert (asks["asks"], folder.root.name in asks["reason"]) == (["channel", "when"], False)
    assert read(folder, text.encode(), channel="mine")["asks"] == ["when"]
    said = {"channel": "mine", "started_at": "2026-02-01T18:00:00+01:00"}
    (listed,) = read(folder, text.encode(), **said)["result"]["listed"]
    assert (listed["channel"], listed["from"]) == ("mine", "2026-02-01T17:00:00Z")
    said = {"channel": "mine", "undated": True}
    (listed,) = read(folder, text.encode(), **said)["result"]["listed"]
    assert (listed["undated"], listed["from"]) == (True, "2000-01-01T00:00:00Z")


def _zip(how: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as file:
        file.writestr("../../chat.log", CHAT)
    return out.getvalue()


HOSTILE: dict[str, tuple[bytes, str, str]] = {  # the bytes, their name, what is said of them
    "nothing": (b"", "a.log", "a.log is empty"),
    "binary": (bytes(range(256)) * 400, "a.log", "a.log is in no format that is known here"),
    "a page": (b"<!DOCTYPE html><html><script>alert(1)</script></html>", "a.html", "no message"),
    "an archive": (_zip(), "a.zip", "a.zip has no files"),
    "an archive of plain text": (_zip(zipfile.ZIP_STORED), "a.zip", "a.zip has no files"),
    "a table of clock times": (
        b"channel,stream,t,text\ndemo,1,2026-01-01T12:00:00Z,hello\n",
        "a.csv",
        "a time in t (seconds from its start)",
    ),
    "a gzip bomb": (BOMB, "b.gz", "b.gz unpacks to more than 10 MB"),
    "a JSON bomb": (gzip.compress(b'{"a":"' + b"x" * 15_000_000), "c.gz", "more than 10 MB"),
    "spaces": (gzip.compress(b" " * 15_000_000), "c.gz", "no format"),
    "gzip of nothing": (gzip.compress(b""), "a.gz", "a.gz is empty"),
    "only the head of gzip": (gzip.compress(CHAT.encode())[:12], "a.gz", "end in the middle"),
    "one long line": (b"x" * 8_000_000, "a.log", "no format"),
    "half a Parquet": (b"PAR1" + bytes(5000), "a.parquet", "cannot be read as a table of chat"),
    "a hostile CSV": (
        b"channel,stream,t,text\n=1+1,'; DROP TABLE x,inf,a\n",
        "a.csv",
        "no message",
    ),
    "deep JSON": (b"[" * 200_000, "a.json", "no format"),
    "a path": (b"", "../../etc/passwd\n<b>x</b>", "b_ is empty"),
}


def test_a_log_with_the_id_of_another_channel_is_not_imported_as_ones_own(
    folder: DataFolder,
) -> None:
    assert "result" in read(folder, CHAT.encode())  # of demo, whose id is 1
    for mine in ("evil", "1"):
        theirs = "\n".join(irc(k, mine) for k in range(3)).encode()
        assert f"no channel {mine}; it has demo" in read(folder, theirs, channel=mine)["reason"]
    other = read(folder, CHAT.replace("room-id=1", "room-id=2").encode(), channel="demo")
    assert "no channel demo; it has demo~2" in other["reason"]
    assert "result" in read(
        folder, irc(1, "evil").replace("room-id=1;", "").encode(), channel="evil"
    )


def test_hostile_files_are_refused_in_a_sentence_and_leave_nothing(folder: DataFolder) -> None:
    for what, (raw, name, reason) in HOSTILE.items():
        found = read(folder, raw, name=name)
        assert reason in found["reason"], (what, found)
        assert "fault" not in found, what
        assert str(folder.root) not in found["reason"]
        assert not any(c in found["reason"] for c in "\n<>"), what
    assert texts(folder) == []
    assert [*folder.inbox.glob("*")] == []


def test_a_log_cut_in_the_middle_is_imported_up_to_there_and_says_so(folder: DataFolder) -> None:
    raw = gzip.compress("\n".join(irc(k % 3).replace("=id", f"={k}") for k in range(999)).encode())
    found = read(folder, raw[: len(raw) * 2 // 3], name="x.gz")
    assert 0 < found["result"]["messages"] < 999
    assert found["note"] == "x.gz was imported in part: its gzip data end in the middle"


def test_another_encoding_is_read_and_broken_bytes_are_counted(folder: DataFolder) -> None:
    assert read(folder, CHAT.encode("utf-16"))["result"]["messages"] == 3
    broken = CHAT.encode().replace(b"good", b"g\xff\xfe")
    assert read(folder, broken)["result"]["messages"] == 3


def test_requests_with_odd_answers_are_refused(folder: DataFolder) -> None:
    for asked, reason in (
        ({"channel": "../x"}, "not a login"),
        ({"channel": ["demo"]}, "texts"),
        ({"started_at": "soon"}, "'soon' is not a time"),
        ({"channel": "other"}, "has no channel other; it has demo"),
    ):
        assert reason in read(folder, CHAT.encode(), **asked)["reason"]


def test_logs_nobody_can_read_any_more_are_refused_and_gone(folder: DataFolder) -> None:
    old = drop(folder, CHAT.encode(), at="2020-01-01T00:00:00Z")
    large = drop(folder, b"y" * 21_000_000)
    lost = drop(folder, CHAT.encode())
    UploadedLog(folder.inbox / lost).log.unlink()
    waits = drop(folder, CHAT.encode())
    applied(folder)
    assert "waited for more than 24 hours" in str(outcome(folder.inbox, old))
    assert outcome(folder.inbox, large) == "it has 21 MB; DLD_UPLOAD_MB allows 20"
    assert outcome(folder.inbox, lost) == "its log is no longer there; drop it again"
    assert outcome(folder.inbox, waits) is None  # for a daemon: a command has nobody to ask
    assert texts(folder) == [UploadedLog(folder.inbox / waits).log]


def test_a_name_keeps_what_tells_the_channel_and_nothing_else() -> None:
    assert safe_name("C:\\logs\\#demo.log") == "#demo.log"
    assert safe_name("../..") == "log"
    assert safe_name(f"{'a' * 200}.log") == f"{'a' * 76}.log"


def test_columns_that_nobody_knows_are_asked_for_and_taken_from_the_page(
    folder: DataFolder,
) -> None:
    table = b"wann,wer,was\n2026-01-31T18:00:00Z,ann,hi\n2026-01-31T18:00:05Z,bob,ho\n"
    asked = read(folder, table, channel="demo")
    assert asked["asks"] == ["columns"]
    assert "no column" not in asked["reason"] and "--columns text=NAME" in asked["reason"]
    done = read(folder, table, channel="demo", columns="text=was,time=wann,user=wer")
    assert (done["result"]["format"], done["result"]["messages"]) == ("columns", 2)


def test_a_share_of_lines_that_was_lost_is_told_on_the_page(folder: DataFolder) -> None:
    rows = [f"2026-01-31T18:00:{k:02}Z,ann,hi {k}" for k in range(20)]
    table = "\n".join(["time,user,text", *rows, "x,ann,lost"]).encode()
    done = read(folder, table, channel="demo")
    assert done["result"]["skipped"] == {"no sensible time": 1}
    assert done["note"] == "4.8 % of the lines of a.log were skipped (no sensible time 1)"
