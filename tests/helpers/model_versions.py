"""Versions on disk for tests: copies of the shipped one under other names and dates."""

import json
import shutil
from pathlib import Path
from typing import Any

from models.versions.registry import CARD, LINEAR, NETWORK, SHIPPED, sha256, versions


def put_version(place: Path, name: str, day: int = 1, **card: Any) -> Path:
    """PLACE/NAME, trained on that day of January 2026; more of its card as given."""
    shutil.copytree(versions(shipped=SHIPPED)[0].path, place / name)
    edit_card(place / name, trained_at=f"2026-01-{day:02}T00:00:00Z", **card)
    return place / name


def edit_card(version: Path, **changes: Any) -> None:
    card = json.loads((version / CARD).read_text())
    (version / CARD).write_text(json.dumps({**card, **changes}))


def break_bytes(version: Path) -> None:
    """The network is not the one of the card any more."""
    body = bytearray((version / NETWORK).read_bytes())
    body[len(body) // 2] ^= 1
    (version / NETWORK).write_bytes(body)


def no_model_at_all(version: Path) -> None:
    """A file with the right checksum that is no network."""
    (version / NETWORK).write_bytes(b"not a network")
    edit_card(version, sha256={n: sha256(version / n) for n in (NETWORK, LINEAR)})
