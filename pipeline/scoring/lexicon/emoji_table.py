"""Our own ratings of emoji: emoji.tsv, one row a meaning."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipeline.scoring.lexicon.rows import lines
from pipeline.scoring.signs import bare
from warehouse.errors import BadInput

FILE = Path(__file__).parent / "emoji.tsv"
_LAUGHTER = "laughter"


@dataclass(frozen=True)
class EmojiTable:
    """valences: bare emoji to valence, -4..4. laughing: those that laugh. raw: the file."""

    valences: dict[str, float]
    laughing: frozenset[str]
    raw: bytes


@cache
def emoji_table(path: Path = FILE) -> EmojiTable:
    """The table, checked. Raises BadInput naming the first bad row, or the emoji rated twice."""
    raw = path.read_bytes()
    valences: dict[str, float] = {}
    laughing: set[str] = set()
    for number, line in enumerate(lines(path, raw), 1):
        if not line or line.startswith("#"):
            continue
        valence, meaning, emojis = _row(path, number, line)
        if twice := [emoji for emoji in emojis if emoji in valences]:
            raise BadInput(f"{path.name} line {number}: {twice[0]} is rated in another row too")
        valences.update(dict.fromkeys(emojis, valence))
        if meaning == _LAUGHTER:
            laughing.update(emojis)
    return EmojiTable(valences, frozenset(laughing), raw)


def _row(path: Path, number: int, line: str) -> tuple[float, str, list[str]]:
    try:
        text, meaning, emojis = line.split("\t")
        valence = float(text)
        if not -4 <= valence <= 4 or not emojis.strip():
            raise ValueError(line)
    except ValueError as exc:
        raise BadInput(
            f"{path.name} line {number}: {line[:60]!r} is not valence -4..4, meaning, emoji"
        ) from exc
    return valence, meaning, [bare(emoji) for emoji in emojis.split()]
