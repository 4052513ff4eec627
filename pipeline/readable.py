"""How much of a channel the scorer can read: VADER's words are English.

A plain proxy, by script: a message of letters that are mostly not Latin cannot be read. It
does not tell Spanish from English; a language detector on joined samples would.
"""

from dataclasses import dataclass

_MEMORY = 2000  # messages the share forgets over


@dataclass(slots=True)
class Readable:
    """A running share, 0..1, over about the last 2,000 messages."""

    share: float = 1.0
    n: int = 0

    def saw(self, text: str) -> None:
        """Count one message."""
        self.n += 1
        if self.share < 1 or not text.isascii():
            self.share += (is_latin(text) - self.share) / min(self.n, _MEMORY)


def is_latin(text: str) -> bool:
    """Whether at least half of the text's letters are Latin; True when it has none."""
    if text.isascii():
        return True
    letters = [c for c in text if c.isalpha()]
    return 2 * sum(ord(c) < 0x250 for c in letters) >= len(letters)
