"""Capitals: messages that shout, in any script that has two cases."""

from string import ascii_lowercase, ascii_uppercase

from pipeline.scoring.scored_message import ScoredMessage

_LEAST = 4  # letters with a case: OK and WTF are written so by everybody
_MOSTLY = 0.7  # of them
_CAPITALS, _SMALL = ascii_uppercase.encode(), ascii_lowercase.encode()


def shouting(lines: list[ScoredMessage]) -> int:
    """How many of a window's messages are mostly in capitals, their emotes' names left out."""
    return sum([_shouts(line) for line in lines if not line.text.islower()])


def _shouts(line: ScoredMessage) -> bool:
    text, scored = line.text, line.scored
    if scored.has_emote or scored.strange:
        emotes = {term for term, kind, _ in scored.terms if kind == "emote"}
        emotes.update(scored.strange)
        text = "".join([word for word in text.split() if word not in emotes])
    capitals, small = _letters(text)
    return capitals + small >= _LEAST and capitals >= _MOSTLY * (capitals + small)


def _letters(text: str) -> tuple[int, int]:
    """(capitals, small letters) of a text."""
    if not text.isascii():
        return sum(map(str.isupper, text)), sum(map(str.islower, text))
    said = text.encode()  # bytes are counted many times as fast
    rest = len(said.translate(None, _CAPITALS))
    return len(said) - rest, len(said) - len(said.translate(None, _SMALL))
