"""Published objects: replaced whole, read again only when they are others."""

from pathlib import Path

import pytest

from warehouse.published.folder import PublishedFolder, read_bodies


def test_an_object_is_read_again_only_when_it_is_another(tmp_path: Path) -> None:
    published = PublishedFolder(tmp_path / "not" / "there")
    published.put("1.json", b"{}")
    first = published.get_if_changed("1.json")
    assert first and first[0] == b"{}"
    assert published.get_if_changed("1.json", first[1]) is None
    published.put("1.json", b"[]")
    changed = published.get_if_changed("1.json", first[1])
    assert changed and changed[0] == b"[]"


def test_an_object_that_is_dropped_is_not_there(tmp_path: Path) -> None:
    published = PublishedFolder(tmp_path)
    published.put("1.json", b"{}")
    assert published.list() == ["1.json"]
    for _ in range(2):
        published.drop("1.json")
    assert published.list() == []
    with pytest.raises(FileNotFoundError):
        published.get_if_changed("1.json")


def test_what_is_no_body_is_left_out(tmp_path: Path) -> None:
    published = PublishedFolder(tmp_path)
    for name, text in {"1.json": b'{"login": "ann"}', "2.json": b"[]", "3.json": b"{"}.items():
        published.put(name, text)
    published.put("notes.txt", b'{"login": "bob"}')
    assert list(read_bodies(published)) == [("1.json", {"login": "ann"})]
    assert list(read_bodies(PublishedFolder(tmp_path / "none"))) == []
