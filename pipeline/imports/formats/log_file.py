"""A log as a stream of UTF-8 bytes: plain or gzip, UTF-8, UTF-16 or CP1252, in bounded memory."""

import codecs
import hashlib
import math
import os
import re
import zlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, ClassVar

from warehouse.errors import BadInput

CHUNK = 1 << 18  # bytes read at a time
LONGEST = 1 << 20  # bytes of one line; Twitch allows 500 characters of chat
_CLEARLY, _MOST_HIGH = 0.8, 0.2  # shares of bytes
_GZIP = b"\x1f\x8b"
_BOMS = (
    (codecs.BOM_UTF8, ""),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


# bytes of Windows' Western text: its letters, and the quotes, dashes and signs around them
_LETTERS = re.compile(rb"[\xc0-\xd6\xd8-\xf6\xf8-\xff]")
_HIGH = re.compile(rb"[\x80-\xff]+")
_NEVER = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f\x81\x8d\x8f\x90\x9d]")


def _is_western(piece: bytes) -> bool:
    """Is it clearly CP1252 (Latin-1): no character of UTF-8, but letters by themselves among
    plain ones? In most other encodings what is no plain letter comes in runs."""
    if piece.isascii() or _NEVER.search(piece):
        return False
    text = piece.decode(errors="replace").replace("\ufffd", "")
    runs = _HIGH.findall(piece)
    high, alone = sum(map(len, runs)), sum(len(run) == 1 for run in runs)
    is_rare = alone >= _CLEARLY * high and high <= len(piece) * _MOST_HIGH
    return text.isascii() and is_rare and len(_LETTERS.findall(piece)) >= _CLEARLY * high > 1


def _wide(piece: bytes) -> str:
    """UTF-16 without its mark, as plain letters in it are told by: every other byte is zero."""
    odd, even = piece[1:400:2], piece[:400:2]
    for encoding, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if len(zeros) > 3 and zeros.count(0) > len(zeros) * _CLEARLY and not others.count(0):
            return encoding
    return ""


class LogFile:
    """An open log. Raises BadInput for a file that cannot be opened, naming it.

    encoding: in which it is, where that was guessed, '' else. cut: why it ended early, '' when it
    did not. replaced: characters put in for broken bytes.
    most: bytes that it may unpack to; more raise BadInput while they are read.
    digest: of the bytes read so far, decompressed and as UTF-8: what the log says, whatever it
    is called and however it is packed.
    """

    most: ClassVar[float] = math.inf

    def __init__(self, path: Path) -> None:
        self._unpacked_bytes = 0
        self._is_old_mac: bool | None = None  # its lines end in CR alone; told by its first piece
        self.path, self.cut, self.replaced, self.encoding = path, "", 0, ""
        self.digest = hashlib.sha256()
        try:
            self._file: BinaryIO = path.open("rb")
            self.size = os.fstat(self._file.fileno()).st_size
        except OSError as exc:
            raise BadInput(f"{path} cannot be read: {exc.strerror}") from exc
        self._chunks = self._utf8()

    def __enter__(self) -> "LogFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def done(self) -> int:
        """Bytes of the file read so far, packed as they are."""
        return self._file.tell()

    def read(self) -> bytes:
        """The next piece, b'' at the end. It may end in the middle of a character."""
        piece = next(self._chunks, b"")
        if self._is_old_mac is None:
            self._is_old_mac = b"\r" in piece[:-1] and b"\n" not in piece
        if self._is_old_mac:
            piece = piece.replace(b"\r", b"\n")
        self.digest.update(piece)
        return piece

    def lines(self, rest: bytes = b"") -> Iterator[str]:
        """Every line without its end; what is too long for a line is cut. rest: read already."""
        if b"\n" in rest:
            *whole, rest = rest.split(b"\n")
            yield from map(self.text, whole)
        while piece := self.read():
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                yield self.text(line)
            if len(rest) > LONGEST:
                yield self.text(rest[:LONGEST])
                rest = self._skip_line()
        if rest:
            yield self.text(rest)

    def text(self, raw: bytes) -> str:
        """The bytes as text; those that are no UTF-8 become U+FFFD and are counted."""
        try:
            return raw.rstrip(b"\r").decode()
        except UnicodeDecodeError:
            text = raw.rstrip(b"\r").decode(errors="replace")
            self.replaced += text.count("\ufffd")
            return text

    def _skip_line(self) -> bytes:
        while piece := self.read():
            _, end, rest = piece.partition(b"\n")
            if end:
                return rest
        return b""

    def _raw(self) -> Iterator[bytes]:
        try:
            while piece := self._file.read(CHUNK):
                yield piece
        except OSError as exc:
            raise BadInput(f"{self.path} cannot be read: {exc.strerror}") from exc

    def _unpacked(self) -> Iterator[bytes]:
        pieces = self._raw()
        first = next(pieces, b"")
        if not first.startswith(_GZIP):
            yield first
            yield from pieces
            return
        try:
            yield from self._gunzipped(first, pieces)
        except zlib.error:
            self.cut = "its gzip data are damaged"

    def _gunzipped(self, piece: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Members of a gzip file one after another; zeros behind the last are padding."""
        member = zlib.decompressobj(31)
        while piece:
            if out := member.decompress(piece, CHUNK):
                self._unpacked_bytes += len(out)
                if self._unpacked_bytes > self.most:
                    raise BadInput(f"{self.path} unpacks to more than {self.most / 1e6:,.0f} MB")
                yield out
            piece = member.unconsumed_tail
            if member.eof:
                piece = member.unused_data.lstrip(b"\0")
                if piece or (piece := next(pieces, b"").lstrip(b"\0")):
                    member = zlib.decompressobj(31)
                continue
            piece = piece or next(pieces, b"")
        if not member.eof:
            self.cut = "its gzip data end in the middle"

    def _utf8(self) -> Iterator[bytes]:
        pieces = self._unpacked()
        first = next(pieces, b"")
        while len(first) < 4 and (more := next(pieces, b"")):
            first += more
        mark, encoding = next(((m, e) for m, e in _BOMS if first.startswith(m)), (b"", ""))
        if not mark and _is_western(first):
            encoding = self.encoding = "cp1252"
        elif not mark and (encoding := _wide(first)):
            self.encoding = encoding.upper()
        if not encoding:
            yield first[len(mark) :] or next(pieces, b"")
            yield from filter(None, pieces)
            return
        decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        yield from filter(None, (self._encoded(decoder.decode(p)) for p in chain([first], pieces)))
        yield self._encoded(decoder.decode(b"", final=True))

    def _encoded(self, text: str) -> bytes:
        self.replaced += text.count("\ufffd")
        return text.encode(errors="replace")
