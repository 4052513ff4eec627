"""Oddities of what a source says: numbers and ids that cannot be, counted and left out."""

import logging
import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)

_MOST = 10**9  # of anything that Twitch counts
_LONGEST = 128  # characters of an id; Twitch's have 36
_KIND = re.compile(r"[a-z0-9_ -]{1,60}")
_KINDS = 100  # unknown ones that are told of


class Malformed(ValueError):
    """Raised for a value that cannot be what it is meant to be."""


def whole_number(value: object, most: int = _MOST) -> int | None:
    """A whole number from 0 to `most`, given as one or in the digits 0 to 9; None for nothing.

    Raises Malformed for anything else, as for thousands of digits, which int() itself refuses.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str) and len(value) <= 18 and value.isascii() and value.isdigit():
        value = int(value)
    if type(value) is int and 0 <= value <= most:
        return value
    raise Malformed("no number")


def identifier(value: object) -> str:
    """An id of Twitch's, '' for none. Raises Malformed for what is too long, or no text."""
    if value is None or value == "":
        return ""
    if isinstance(value, str) and len(value) <= _LONGEST and value.isprintable():
        return value
    raise Malformed("no id")


@dataclass
class Oddities:
    """malformed: things that were left out since the last `take`. What cannot be read at all, and
    kinds of notices without a word of ours, are logged once each, never with what they say."""

    malformed: int = 0
    _told: set[str] = field(default_factory=set)

    def take(self) -> int:
        """How many things were malformed since the last call."""
        taken, self.malformed = self.malformed, 0
        return taken

    def sound(self, read: Callable[..., list[T]], *values: object) -> list[T]:
        """What `read` gives, nothing where that is malformed. The last line of defence, too:
        nothing that a source says ends the reading of what it says next."""
        try:
            return read(*values)
        except Malformed:
            self.malformed += 1
        except Exception as exc:
            self.failed(exc)
        return []

    def failed(self, exc: Exception) -> None:
        """A fault of ours in reading something; told without its words, which may be chat's."""
        self.malformed += 1
        frames = traceback.extract_tb(exc.__traceback__)
        where = f"{frames[-1].name}, line {frames[-1].lineno}" if frames else "?"
        self._tell(f"{type(exc).__name__} in {where}", "left out what cannot be read: %s")

    def unknown(self, kind: str) -> None:
        """A notice of a kind that nobody here has a word for."""
        if _KIND.fullmatch(kind):
            self._tell(kind, "a notice of an unknown kind is left out: %s")

    def _tell(self, what: str, sentence: str) -> None:
        if what not in self._told and len(self._told) < _KINDS:
            self._told.add(what)
            log.warning(sentence, what)
