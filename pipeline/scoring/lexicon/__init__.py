"""Valences beyond VADER's, by exact emote and by word.

twitch.tsv holds our own ratings.
"""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from warehouse.errors import BadInput

_FILE = Path(__file__).parent / "twitch.tsv"


@dataclass(frozen=True)
class Lexicon:
    """emotes: exact name to valence; words: lower-case word to valence; all -4..4."""

    version: str
    emotes: dict[str, float]
    words: dict[str, float]


@cache
def twitch_lexicon(path: Path = _FILE) -> Lexicon:
    """The file, checked. Raises BadInput naming the first bad row."""
    raw = path.read_bytes()
    emotes: dict[str, float] = {}
    words: dict[str, float] = {}
    for number, line in enumerate(_lines(path, raw), 1):
        if line and not line.startswith("#"):
            term, kind, valence = _row(path, number, line)
            (emotes if kind == "emote" else words)[term] = valence
    return Lexicon(f"full-{sha256(raw).hexdigest()[:8]}", emotes, words)


def _lines(path: Path, raw: bytes) -> list[str]:
    try:
        return raw.decode("utf-8").splitlines()
    except UnicodeDecodeError as exc:
        raise BadInput(f"{path.name} is not UTF-8 text, from byte {exc.start} on") from exc


def _row(path: Path, number: int, line: str) -> tuple[str, str, float]:
    try:
        term, kind, text = line.split("\t")
        valence = float(text)
        if kind not in ("emote", "word") or not -4 <= valence <= 4:
            raise ValueError(line)
        if kind == "word" and term != term.lower():  # or VADER would never match it
            raise ValueError(line)
    except ValueError as exc:
        raise BadInput(
            f"{path.name} line {number}: {line!r} is not term, emote|word, valence -4..4"
        ) from exc
    return term, kind, valence
