"""Chatters are salted hashes that mean nothing elsewhere."""

from pathlib import Path

from pipeline.privacy.hashing import Hasher, load_salt


def test_the_salt_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "salt"
    salt = load_salt(path)
    assert len(salt) == 16
    assert load_salt(path) == salt
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_salt(tmp_path / "other") != salt


def test_a_login_is_one_number_in_any_case() -> None:
    hasher = Hasher(b"s" * 16)
    assert hasher.of("Ann") == hasher.of("ann") != hasher.of("bob")
    assert hasher.of("") == 0
    assert 0 < hasher.of("\ud800") < 2**63
    assert all(0 <= hasher.of(f"u{k}") < 2**63 for k in range(1000))


def test_another_salt_gives_other_numbers() -> None:
    assert Hasher(b"s" * 16).of("ann") != Hasher(b"t" * 16).of("ann")
