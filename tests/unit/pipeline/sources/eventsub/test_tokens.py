"""Twitch's tokens on disk: whole, in time, and for nobody else's eyes."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.sources.eventsub.tokens import Token, TokenFile
from tests.helpers.patience import PATIENCE_S
from warehouse.errors import NotAuthorised

OLD = Token("old-access", "old-refresh", "7", "reader", "client", ("user:read:chat",), 1e9)
NEW = Token("new-access", "new-refresh", "7", "reader", "client", ("user:read:chat",), 2e9)


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    file = TokenFile(tmp_path / "not" / "there")
    file.save(OLD)
    assert file.load() == OLD
    file.save(NEW)
    assert file.load() == NEW
    assert [path.name for path in file.path.parent.iterdir()] == ["tokens.json"]


def test_only_the_owner_may_read_them(tmp_path: Path) -> None:
    was = os.umask(0)
    try:
        (tmp_path / f".tokens.{os.getpid()}").write_text("left behind")
        (tmp_path / f".tokens.{os.getpid()}").chmod(0o666)
        TokenFile(tmp_path).save(OLD)
    finally:
        os.umask(was)
    assert stat.S_IMODE((tmp_path / "tokens.json").stat().st_mode) == 0o600


def test_it_is_on_disk_before_it_takes_the_old_ones_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def synced(handle: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def renamed(path: Path, target: Path) -> Path:
        done.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    TokenFile(tmp_path).save(OLD)
    assert done == ["file", "file", "rename", "folder"]  # room, token, place, name


def test_a_full_disk_is_known_before_a_refresh_token_is_spent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = TokenFile(tmp_path)
    file.save(OLD)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    asked = False
    with pytest.raises(OSError, match="No space left"), file.room():
        asked = True
    assert not asked
    assert file.load() == OLD


def test_a_refresh_that_fails_leaves_the_old_ones(tmp_path: Path) -> None:
    file = TokenFile(tmp_path)
    file.save(OLD)
    with pytest.raises(RuntimeError), file.room():
        raise RuntimeError("Twitch did not answer")
    assert file.load() == OLD
    assert [path.name for path in tmp_path.iterdir()] == ["tokens.json"]


@pytest.mark.parametrize("text", [b"", b'{"access": "SECRET', b"[]", b'{"access": "SECRET"}'])
def test_a_damaged_file_is_named_and_not_quoted(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "tokens.json").write_bytes(text)
    with pytest.raises(NotAuthorised, match=r"tokens\.json is damaged: run `python") as caught:
        TokenFile(tmp_path).load()
    assert "SECRET" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_without_a_login_it_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(
        NotAuthorised, match=r"no Twitch login in .*: run `python -m pipeline login`"
    ):
        TokenFile(tmp_path).load()


def test_tokens_are_not_in_what_a_log_would_show() -> None:
    assert "access" not in repr(OLD)
    assert "refresh" not in repr(OLD)


def test_two_processes_do_not_refresh_at_once(tmp_path: Path) -> None:
    file, order = TokenFile(tmp_path), tmp_path / "order"
    order.write_text("")
    code = (
        "import sys; from pathlib import Path\n"
        "from pipeline.sources.eventsub.tokens import TokenFile\n"
        "root = Path(sys.argv[1]); print('?', flush=True)\n"
        "with TokenFile(root).alone(): o = root / 'order'; o.write_text(o.read_text() + 'other')"
    )
    with file.alone():
        other = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert other.stdout is not None
        assert other.stdout.readline() == "?\n"
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(0.2)
        order.write_text("this ")
    assert other.wait(PATIENCE_S) == 0
    other.stdout.close()
    assert order.read_text() == "this other"
