"""Signs that are no words: emoji, whose sequences are one sign each, and smileys."""

import re
from collections.abc import Collection

_ZWJ = "\u200d"
# what changes no meaning: text or picture style, skin tone, a region's letters behind a flag, sex
_STYLE = "\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f"
_STYLED = re.compile(f"[{_STYLE}]")
_SEXED = re.compile(f"{_ZWJ}[\u2640\u2642]")
# no two letters in a row, and eyes or a mouth: of what VADER knows, the smileys
_SMILEY = re.compile(r"(?!.*[^\W\d_]{2}).*[:;=|<>^(){}\[\]\\_.%@$]")


def bare(text: str) -> str:
    """A text whose emoji are without skin tone, sex and style: what ratings are looked up by."""
    return text if text.isascii() else _SEXED.sub("", _STYLED.sub("", text))


def is_smiley(word: str) -> bool:
    """True if a word of the lexicon is a face or a heart: :) <3 o_o."""
    return not word.isalnum() and _SMILEY.match(word) is not None


def short_smiley(token: str) -> str:
    """The smiley that a token draws out or ends a sentence with (:)))) and <3. are :) and <3), if
    it may be one; else ''."""
    face = token.rstrip(".,!")
    short = face.rstrip(face[-1:]) + face[-1:]
    return short if short != token and len(short) > 1 and is_smiley(short) else ""


class EmojiFinder:
    """Sets emoji apart in a text. emojis: bare ones; those of several characters are one sign
    where the text has the whole of them, and fall into the others where it has less."""

    def __init__(self, emojis: Collection[str]) -> None:
        self._emojis = emojis
        self._sizes: dict[str, list[int]] = {}  # by first character, the longest first
        for size, first in sorted({(len(emoji), emoji[0]) for emoji in emojis}, reverse=True):
            self._sizes.setdefault(first, []).append(size)
        styles = set(f"{_ZWJ}\ufe0e\ufe0f🏻🏼🏽🏾🏿")
        self._chars = styles.union(*emojis).difference(map(chr, range(128)))

    def apart(self, text: str) -> str:
        """The text with every emoji bare and between spaces; a joiner that joins nothing goes."""
        if self._chars.isdisjoint(text):
            return text
        text, parts, i = bare(text), [], 0
        while i < len(text):
            c, size = text[i], 0
            if c in self._sizes:
                size = next((n for n in self._sizes[c] if text[i : i + n] in self._emojis), 0)
            if size:
                parts.append(f" {text[i : i + size]} ")
            elif c != _ZWJ:
                parts.append(c)
            i += size or 1
        return "".join(parts)
