"""Permissions of a data folder."""

from pathlib import Path

from warehouse.permissions import loose, tighten


def modes(root: Path) -> dict[str, int]:
    return {p.relative_to(root).as_posix(): p.lstat().st_mode & 0o777 for p in root.rglob("*")}


def test_what_an_earlier_version_made_becomes_its_owners_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for name in ("published/samples/a.parquet", "warehouse.duckdb.wal", "optout.json", "photo.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
        (tmp_path / name).chmod(0o664)
    (tmp_path / "salt").symlink_to(tmp_path / "photo.jpg")
    (tmp_path / "published").chmod(0o755)
    (tmp_path / "published" / "samples").chmod(0o755)
    assert len(list(loose(tmp_path))) == 6
    tighten(tmp_path)
    assert list(loose(tmp_path)) == []
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    assert modes(tmp_path) == {
        "photo.jpg": 0o664,  # none of ours, nor what a link leads to
        "salt": 0o777,
        "published": 0o700,
        "published/samples": 0o700,
        "published/samples/a.parquet": 0o600,
        "warehouse.duckdb.wal": 0o600,
        "optout.json": 0o600,
    }


def test_a_folder_that_all_share_is_not_taken_from_them(tmp_path: Path) -> None:
    tmp_path.chmod(0o1777)
    tighten(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o777


def test_an_inbox_is_gone_through_once_and_then_its_folder_shuts_it(tmp_path: Path) -> None:
    outcome = tmp_path / "inbox" / "done" / "a.json"
    outcome.parent.mkdir(parents=True)
    for path in (outcome.parent, outcome.parent.parent):
        path.chmod(0o755)
    outcome.touch()
    outcome.chmod(0o644)
    tighten(tmp_path)
    assert modes(tmp_path) == {"inbox": 0o700, "inbox/done": 0o700, "inbox/done/a.json": 0o600}
    outcome.chmod(0o644)  # as somebody may put one there: nobody else reaches it
    assert list(loose(tmp_path)) == []
    outcome.parent.parent.chmod(0o750)
    assert [path for path, _ in loose(tmp_path)] == [outcome.parent.parent, outcome]
