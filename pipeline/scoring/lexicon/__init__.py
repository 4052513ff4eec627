"""Valences beyond VADER's, by exact emote and by word.

twitch.tsv and emoji.tsv hold our own ratings, names.tsv those of parts of emotes' names.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path

from pipeline.scoring.lexicon.emoji_table import FILE as _EMOJI
from pipeline.scoring.lexicon.emoji_table import emoji_table
from pipeline.scoring.lexicon.rows import lines
from warehouse.errors import BadInput

_FILE = Path(__file__).parent / "twitch.tsv"
_NAMES = Path(__file__).parent / "names.tsv"


@dataclass(frozen=True)
class Lexicon:
    """emotes: exact name to valence; words: lower-case word to valence; emojis: bare emoji to
    valence; all -4..4."""

    version: str
    emotes: dict[str, float]
    words: dict[str, float]
    emojis: dict[str, float] = field(default_factory=lambda: emoji_table().valences)


@cache
def twitch_lexicon(path: Path = _FILE, names: Path = _NAMES, emoji: Path = _EMOJI) -> Lexicon:
    """Our ratings, checked. Raises BadInput naming the first bad row."""
    raw, table = path.read_bytes(), emoji_table(emoji)
    emotes: dict[str, float] = {}
    words: dict[str, float] = {}
    for term, kind, valence in _rows(path, raw, ("emote", "word")):
        (emotes if kind == "emote" else words)[term] = valence
    version = sha256(raw + names.read_bytes() + table.raw).hexdigest()[:8]
    return Lexicon(f"full-{version}", emotes, words, table.valences)


@cache
def name_parts(path: Path = _NAMES) -> dict[str, tuple[float, bool]]:
    """Parts of emotes' names in small letters: valence -4..4, and whether it is laughter. Raises
    BadInput naming the first bad row."""
    rows = _rows(path, path.read_bytes(), ("part", "laughter"))
    return {part: (valence, kind == "laughter") for part, kind, valence in rows}


def _rows(path: Path, raw: bytes, kinds: tuple[str, str]) -> Iterator[tuple[str, str, float]]:
    for number, line in enumerate(lines(path, raw), 1):
        if line and not line.startswith("#"):
            yield _row(path, number, line, kinds)


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
