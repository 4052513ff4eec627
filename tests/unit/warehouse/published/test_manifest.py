"""The manifest: read as written, replaced whole, and never half believed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from warehouse.atomic import replace_file
from warehouse.config import DataFolder
from warehouse.errors import NothingPublished, WarehouseBroken
from warehouse.published.manifest import Manifest, PublishedFile, read_manifest, write_manifest
from warehouse.published.reader import Reader

FILE = PublishedFile("windows/a.parquet", 3, "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z")
MANIFEST = Manifest(7, 42, datetime(2026, 1, 1, tzinfo=UTC), "live", {"windows": (FILE,)})


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_manifest(tmp_path / "manifest.json", MANIFEST)
    assert read_manifest(tmp_path / "manifest.json") == MANIFEST
    assert MANIFEST.paths() == {"windows/a.parquet"}


def test_the_next_state_has_the_next_version() -> None:
    after = MANIFEST.next(43, {})
    assert (after.version, after.revision, after.source, after.tables) == (8, 43, "live", {})


def test_no_manifest_means_nothing_is_published(tmp_path: Path) -> None:
    with pytest.raises(NothingPublished, match="is the pipeline running"):
        read_manifest(tmp_path / "manifest.json")


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"null", b'{"v": 0}', b'{"v": 1}', b"\xff",
             b'{"v":1,"version":1,"revision":1,"published_at":"x","source":"live","tables":{}}'],
)  # fmt: skip
def test_what_is_no_manifest_is_said_to_be_none(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(data)
    with pytest.raises(WarehouseBroken, match="is not a manifest; restart the pipeline"):
        read_manifest(path)


def test_a_newer_manifest_is_not_called_broken(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(b'{"v": 2, "told": "otherwise"}')
    with pytest.raises(WarehouseBroken, match=r"of a newer DLD \(manifest v 2, this one reads 1\)"):
        read_manifest(tmp_path / "manifest.json")


def test_a_reader_tells_why_a_manifest_cannot_be_read(tmp_path: Path) -> None:
    """Of another user, say; a folder stands for it here, as root may read every file."""
    folder = DataFolder(tmp_path)
    folder.manifest.mkdir(parents=True)
    with pytest.raises(WarehouseBroken, match=r"manifest.json cannot be read \(Not a file\)"):
        Reader(folder).manifest()


def test_a_replaced_file_leaves_nothing_beside_it(tmp_path: Path) -> None:
    replace_file(tmp_path / "a", b"one")
    replace_file(tmp_path / "a", b"two")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a", b"two")]


def test_a_file_that_cannot_be_replaced_stays_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(b"")
    with pytest.raises(OSError, match="directory"):
        replace_file(tmp_path / "a", b"two")
    assert [p.name for p in tmp_path.iterdir()] == ["a"]
