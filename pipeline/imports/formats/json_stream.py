"""JSON too large to hold: the values of its top level, one after another.

A large array is read many elements at a time: a guess where one of them ends is right exactly
if `[` + the bytes up to there + `]` is JSON, so orjson, which is fast, is the judge.
"""

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

import orjson

from pipeline.imports.formats.log_file import LogFile

LARGEST = 1 << 24  # bytes of one value; larger ones are left out
_BATCH = 1 << 18  # bytes of array given to orjson at a time
_GUESSES = 8
_MOST_DIGITS = 300
_ONE_BY_ONE = 256  # elements read singly after the guesses failed
_OUTSIDE = re.compile(rb'["{}\[\]]')
_INSIDE = re.compile(rb'["\\]')
_END = re.compile(rb"[,\]}\s]")
_SPACE = re.compile(rb"\s*")
_FIRST_KEY = re.compile(rb'\{\s*"[^"\\]{1,40}"')


class CutShort(Exception):
    """The JSON ends in the middle."""


class NoValue:
    """In the place of a value that is broken or too large. reason: why."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


class Scanner:
    """Reads values off a file. Raises CutShort where it ends within one."""

    def __init__(self, file: LogFile) -> None:
        self.file = file
        self.buffer, self.at = b"", 0
        self._mark = b""  # what stands between two elements: `}, {"first key"` as it is written
        self._singly = 0

    def peek(self) -> bytes:
        """The next byte that is no space; b'' at the end."""
        while True:
            space = _SPACE.match(self.buffer, self.at)
            self.at = space.end() if space else self.at
            if self.at < len(self.buffer):
                return self.buffer[self.at : self.at + 1]
            if not self._fill():
                return b""

    def top(self, arrays: Collection[str]) -> Iterator[tuple[str, Any]]:
        """(key, value) of the document's object; of the arrays named, each element by itself.

        The elements of a document that is an array have the key ''.
        """
        if self.peek() == b"[":
            yield from (("", value) for value in self.elements())
            return
        self.at += 1  # {
        while (byte := self.peek()) != b"}":
            if byte == b",":
                self.at += 1
                continue
            key = str(self.value())
            if self.peek() == b":":
                self.at += 1
            if key in arrays and self.peek() == b"[":
                yield from ((key, value) for value in self.elements())
            else:
                yield key, self.value()
        self.at += 1

    def elements(self) -> Iterator[Any]:
        """The elements of the array that begins here."""
        self.at += 1  # [
        self._mark = b""
        while (byte := self.peek()) != b"]":
            if byte == b",":
                self.at += 1
            elif batch := self._many():
                yield from batch
            else:
                yield self._learn()
        self.at += 1

    def value(self) -> Any:
        """The next value; a NoValue for one that is broken or too large."""
        if not self.peek():
            raise CutShort
        raw = self._raw()
        if raw is None:
            return NoValue("too large")
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError:
            return self._lenient(raw)

    def _lenient(self, raw: bytes) -> Any:
        """Python's own parser takes broken bytes, half surrogate pairs, NaN and control marks."""
        try:
            return json.loads(self.file.text(raw), strict=False, parse_int=_whole)
        except (ValueError, RecursionError):
            return NoValue("not JSON")

    def _fill(self) -> bool:
        """More bytes into the buffer, and what was read out of it; False at the end."""
        piece = self.file.read()
        if piece:
            self.buffer = self.buffer[self.at :] + piece
            self.at = 0
        return bool(piece)

    def _raw(self) -> bytes | None:
        """The bytes of the next value, None when they are too many to keep."""
        if self.buffer[self.at : self.at + 1] in b'{["':
            return self._nested()
        start = 1
        while (end := _END.search(self.buffer, self.at + start)) is None:
            start = len(self.buffer) - self.at
            if start > LARGEST or not self._fill():
                raise CutShort
        raw = self.buffer[self.at : end.start()]
        self.at = end.start()
        return raw

    def _nested(self) -> bytes | None:
        depth, i, quoted, is_kept = 0, 0, False, True  # i: from self.at on
        while True:
            mark = (_INSIDE if quoted else _OUTSIDE).search(self.buffer, self.at + i)
            if mark is None:
                i = max(i, len(self.buffer) - self.at)
                if i > LARGEST:
                    self.at, i, is_kept = len(self.buffer), self.at + i - len(self.buffer), False
                if not self._fill():
                    self.at = len(self.buffer)
                    raise CutShort
                continue
            i, byte = mark.end() - self.at, mark[0]
            if byte == b"\\":
                i += 1
            elif byte == b'"':
                quoted = not quoted
            else:
                depth += 1 if byte in b"{[" else -1
            if depth == 0 and not quoted:
                break
        raw = self.buffer[self.at : self.at + i] if is_kept else None
        self.at += i
        return raw

    def _learn(self) -> Any:
        """One element, and how elements begin and are kept apart."""
        self._singly = max(0, self._singly - 1)
        value = self.value()
        if isinstance(value, dict) and not self._mark and self.peek() == b",":
            self._mark = self._separator()
        return value

    def _separator(self) -> bytes:
        while len(self.buffer) - self.at < 512 and self._fill():
            pass
        after = _SPACE.match(self.buffer, self.at + 1)
        begins = _FIRST_KEY.match(self.buffer, after.end() if after else self.at)
        return b"}" + self.buffer[self.at : begins.end()] if begins else b""

    def _many(self) -> list[Any] | None:
        """Some 256 KB of whole elements, None where it takes another way."""
        if self._singly or not self._mark:
            return None
        while len(self.buffer) - self.at < _BATCH and self._fill():
            pass
        end = self.at + _BATCH
        for _ in range(_GUESSES):
            end = self.buffer.rfind(self._mark, self.at, end)
            if end < 0:
                break
            try:
                elements: list[Any] = orjson.loads(b"[%b]" % self.buffer[self.at : end + 1])
            except orjson.JSONDecodeError:
                continue
            self.at = end + 1
            return elements
        self._singly = _ONE_BY_ONE
        return None


def _whole(digits: str) -> float:
    """The number; one of more digits than any that is meant is infinite, as a float is."""
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)


def values(file: LogFile, arrays: Collection[str] = ()) -> Iterator[tuple[str, Any]]:
    """(key, value) of one document after another, as `Scanner.top` gives them; of JSON lines
    each whole, with the key ''. Never raises: what is broken is a NoValue, and where the log
    ends in the middle `file.cut` says so."""
    scanner = Scanner(file)
    try:
        if _has_lines(scanner, arrays):
            yield from _lines(file, scanner.buffer)
            return
        while byte := scanner.peek():
            if byte in b"{[":
                yield from scanner.top(arrays)
            else:
                yield "", scanner.value()
    except CutShort:
        file.cut = file.cut or "its JSON ends in the middle"


def _has_lines(scanner: Scanner, arrays: Collection[str]) -> bool:
    """Is the first line an object by itself, and followed by more or without such arrays?"""
    scanner.peek()
    scanner.buffer, scanner.at = scanner.buffer[scanner.at :], 0
    while b"\n" not in scanner.buffer and len(scanner.buffer) < LARGEST // 16:
        if not scanner._fill():
            break
    line, _, rest = scanner.buffer.partition(b"\n")
    try:
        first = orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return isinstance(first, dict) and (
        rest.lstrip()[:1] == b"{" or not any(isinstance(first.get(key), list) for key in arrays)
    )


def _lines(file: LogFile, rest: bytes) -> Iterator[tuple[str, Any]]:
    value: Any = None
    for line in file.lines(rest):
        if line := line.strip():
            try:
                value = orjson.loads(line)
            except orjson.JSONDecodeError:
                value = NoValue("not JSON")
            yield "", value
