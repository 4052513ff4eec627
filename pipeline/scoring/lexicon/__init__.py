"""Valences beyond VADER's, by exact emote and by word.

twitch.tsv holds our own ratings; learned.tsv what `vocabulary learn` inferred of other emotes.
"""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from warehouse.errors import BadInput

_FILE = Path(__file__).parent / "twitch.tsv"
_LEARNED = Path(__file__).parent / "learned.tsv"
_SURE = 0.8  # a learned valence below it says nothing: the emote is known, and neutral


@dataclass(frozen=True)
class Lexicon:
    """emotes: exact name to valence; words: lower-case word to valence; all -4..4."""

    version: str
    emotes: dict[str, float]
    words: dict[str, float]


@cache
def twitch_lexicon(path: Path = _FILE, learned: Path = _LEARNED) -> Lexicon:
    """Both files, checked; a rating of ours goes before a learned valence. Raises BadInput
    naming the first bad row."""
    rated, raw = rated_lexicon(path), learned.read_bytes()
    version = f"full-{sha256(path.read_bytes() + raw).hexdigest()[:8]}"
    return Lexicon(version, _learned(learned, raw) | rated.emotes, rated.words)


@cache
def rated_lexicon(path: Path = _FILE) -> Lexicon:
    """Our own ratings alone: what learning starts from. Raises BadInput."""
    raw = path.read_bytes()
    emotes: dict[str, float] = {}
    words: dict[str, float] = {}
    for number, line in enumerate(_lines(path, raw), 1):
        if line and not line.startswith("#"):
            term, kind, valence = _row(path, number, line)
            (emotes if kind == "emote" else words)[term] = valence
    return Lexicon(f"rated-{sha256(raw).hexdigest()[:8]}", emotes, words)


def _learned(path: Path, raw: bytes) -> dict[str, float]:
    """Learned emotes with their valences: the first three columns of the table, after its head."""
    rows = enumerate(_lines(path, raw)[1:], 2)
    found = [_row(path, i, "\t".join(line.split("\t")[:3])) for i, line in rows]
    return {term: valence if abs(valence) >= _SURE else 0.0 for term, _, valence in found}


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
