"""Valences beyond VADER's, by exact emote and by word.

twitch.tsv holds our own ratings, names.tsv those of parts of emotes' names.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from warehouse.errors import BadInput

_FILE = Path(__file__).parent / "twitch.tsv"
_NAMES = Path(__file__).parent / "names.tsv"


@dataclass(frozen=True)
class Lexicon:
    """emotes: exact name to valence; words: lower-case word to valence; all -4..4."""

    version: str
    emotes: dict[str, float]
    words: dict[str, float]


@cache
def twitch_lexicon(path: Path = _FILE, names: Path = _NAMES) -> Lexicon:
    """Our ratings, checked. Raises BadInput naming the first bad row."""
    raw = path.read_bytes()
    emotes: dict[str, float] = {}
    words: dict[str, float] = {}
    for term, kind, valence in _rows(path, raw, ("emote", "word")):
        (emotes if kind == "emote" else words)[term] = valence
    version = sha256(raw + names.read_bytes()).hexdigest()[:8]
    return Lexicon(f"full-{version}", emotes, words)


@cache
def name_parts(path: Path = _NAMES) -> dict[str, tuple[float, bool]]:
    """Parts of emotes' names in small letters: valence -4..4, and whether it is laughter. Raises
    BadInput naming the first bad row."""
    rows = _rows(path, path.read_bytes(), ("part", "laughter"))
    return {part: (valence, kind == "laughter") for part, kind, valence in rows}


def _rows(path: Path, raw: bytes, kinds: tuple[str, str]) -> Iterator[tuple[str, str, float]]:
    for number, line in enumerate(_lines(path, raw), 1):
        if line and not line.startswith("#"):
            yield _row(path, number, line, kinds)


def _lines(path: Path, raw: bytes) -> list[str]:
    try:
        return raw.decode("utf-8").splitlines()
    except UnicodeDecodeError as exc:
        raise BadInput(f"{path.name} is not UTF-8 text, from byte {exc.start} on") from exc


def _row(path: Path, number: int, line: str, kinds: tuple[str, str]) -> tuple[str, str, float]:
    try:
        term, kind, text = line.split("\t")
        valence = float(text)
        if kind not in kinds or not -4 <= valence <= 4:
            raise ValueError(line)
        if kind != "emote" and term != term.lower():  # or nothing would ever match it
            raise ValueError(line)
    except ValueError as exc:
        raise BadInput(
            f"{path.name} line {number}: {line!r} is not term, {'|'.join(kinds)}, valence -4..4"
        ) from exc
    return term, kind, valence
