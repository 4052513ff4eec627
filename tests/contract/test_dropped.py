"""Logs dropped on the dashboard, through a daemon as users start it: read, refused, and gone."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest

from dashboard import inbox
from tests.helpers.logs import irc
from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S, until
from warehouse.atomic import replace_file
from warehouse.config import DataFolder
from warehouse.inbox.requests import read_object
from warehouse.inbox.uploaded_log import ACTION, UploadedLog
from warehouse.published.reader import Reader

CHAT = "\n".join(irc(k) for k in range(3))
MANY = "\n".join(irc(k % 3).replace("id=id", f"id={k}-") for k in range(20_000))


@contextmanager
def daemon(folder: DataFolder, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A daemon that hears no chat: what it would read from does not answer."""
    folder.root.mkdir(parents=True, exist_ok=True)
    env = {"DLD_DATA": str(folder.root), "DLD_TWITCH_URL": "http://127.0.0.1:9"}
    env["DLD_FORECAST"] = "false"
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "run", "--source", "irc", "--channel", "nobody"],
        cwd=ROOT, env={**os.environ, **env, "DLD_LEXICON": "vader", **more},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until(folder.manifest.exists)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        finally:
            process.kill()


def drop(folder: DataFolder, raw: bytes, **asked: Any) -> str:
    """Put a log in as the page does; returns the request's id."""
    request_id = uuid4().hex
    UploadedLog(folder.inbox / request_id).put([raw])
    body = {
        "id": request_id,
        "at": "2999-01-01T00:00:00Z",
        "by": "test",
        "action": ACTION,
        "name": "a.log",
    }
    replace_file(folder.inbox / f"{request_id}.json", orjson.dumps({**body, **asked}))
    return request_id


def answer(folder: DataFolder, request_id: str) -> dict[str, Any]:
    """What the request's file says at the end; nothing else of it is left then."""
    places = [folder.inbox / where / f"{request_id}.json" for where in ("done", "refused")]
    until(lambda: any(place.exists() for place in places))
    until(lambda: not (folder.inbox / request_id).exists())  # it goes right after
    return next(found for place in places if (found := read_object(place)))


def texts(folder: DataFolder) -> list[Path]:
    """Files in the inbox and in scratch that may hold a log's text."""
    found = [*folder.inbox.glob("*/log"), *folder.scratch.rglob("*")]
    return [path for path in found if path.is_file()]


def test_dropped_logs_are_published_streams_soon_after(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLD_DATA", str(folder.root))
    with daemon(folder):
        sent = inbox.ask(ACTION, {"name": "vod.log"}, log=[CHAT.encode()])  # as the page does
        asking = drop(folder, b"[0:01:00] <ann> hello", name="tcd.txt")
        found = answer(folder, sent)
        (listed,) = found["result"].pop("listed")
        assert found["result"] == {
            "format": "irc", "messages": 3, "filtered": 0, "windows": 3, "streams": 1,
            "skipped": {}, "told": [],
        }  # fmt: skip
        rows = Reader(folder).query("dash_stream", stream=listed["stream"]).to_pylist()
        assert [(r["channel"], r["undated"]) for r in rows] == [("demo", False)]
        span = {"since": rows[0]["started_at"], "until": rows[0]["ended_at"]}
        windows = Reader(folder).query("dash_summary", channels=["demo"], **span)
        assert windows["n"].to_pylist() == [3]
        assert answer(folder, asking)["asks"] == ["channel", "when"]
        assert texts(folder) == []


def test_after_a_kill_the_next_daemon_imports_it_and_no_text_is_left(folder: DataFolder) -> None:
    with daemon(folder) as first:
        sent = drop(folder, MANY.encode())
        until(lambda: read_object(UploadedLog(folder.inbox / sent).progress))
        assert UploadedLog(folder.inbox / sent).log.stat().st_mode & 0o777 == 0o600
        first.send_signal(signal.SIGKILL)
        first.wait()
        until(lambda: not _has_child(sent))  # nobody is left who could take the lock
        assert not (folder.inbox / "done").exists()
    with daemon(folder):
        assert answer(folder, sent)["result"]["messages"] == 20_000
        assert texts(folder) == []


def test_one_that_was_killed_twice_is_given_up(folder: DataFolder) -> None:
    folder.root.mkdir(parents=True)
    sent = drop(folder, CHAT.encode())
    replace_file(UploadedLog(folder.inbox / sent).tries, orjson.dumps({"tries": 2}))
    left = folder.scratch / "killed"
    left.mkdir(parents=True)
    (left / "lock").touch()
    (left / "0.parquet").write_text("text")
    alone = UploadedLog(folder.inbox / "a")  # its request never came
    alone.put([b"text"])
    os.utime(alone.log, (0, 0))
    with daemon(folder):
        assert "ended 2 times while it was at it" in answer(folder, sent)["reason"]
        assert texts(folder) == []
        assert not alone.folder.exists()


def _has_child(request_id: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if request_id.encode() in path.read_bytes():
                return True
        except OSError:
            continue
    return False
