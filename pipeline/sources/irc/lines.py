"""A raw line of Twitch IRC as its parts. Takes any text, raises for none.

Grammar: IRCv3 message tags, then `:prefix COMMAND params :trailing`.
"""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from warehouse.records import lowered

_ESCAPE = re.compile(r"\\(.?)", re.DOTALL)
_ESCAPED = {":": ";", "s": " ", "r": "\r", "n": "\n", "\\": "\\"}
_COMMAND = re.compile(r"[A-Za-z]+|[0-9]{3}")
LONGEST = 65_536  # characters without an end of line before the rest is thrown away


@dataclass(frozen=True, slots=True)
class IrcLine:
    """tags: unescaped, '' for one without a value. nick: of the sender, '' for a server.

    command: in capitals. params: as they came, the trailing one last.
    """

    command: str
    params: tuple[str, ...] = ()
    nick: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def channel(self) -> str:
        """The channel it is about, lower case without #; '' for none."""
        named = next((p for p in self.params if p.startswith("#")), "")
        return lowered(named[1:])


def parse(line: str) -> IrcLine | None:
    """The line's parts, None for what is not an IRC line."""
    rest = line.strip("\r\n").lstrip(" ")
    tags: dict[str, str] = {}
    nick = ""
    if rest.startswith("@"):
        text, _, rest = rest[1:].partition(" ")
        tags = _tags(text)
        rest = rest.lstrip(" ")
    if rest.startswith(":"):
        prefix, _, rest = rest[1:].partition(" ")
        nick = prefix.split("!", 1)[0] if "!" in prefix else ""
        rest = rest.lstrip(" ")
    middle, mark, trailing = f" {rest}".partition(" :")
    words = [word for word in middle.split(" ") if word]
    if not words or not _COMMAND.fullmatch(words[0]):
        return None
    params = (*words[1:], trailing) if mark else tuple(words[1:])
    return IrcLine(words[0].upper(), params, nick, tags)


def _tags(text: str) -> dict[str, str]:
    """Tags by name; of one that is there twice the last."""
    tags = {}
    for pair in text.split(";"):
        name, _, value = pair.partition("=")
        if name:
            tags[name] = _unescaped(value) if "\\" in value else value
    return tags


def _unescaped(value: str) -> str:
    r"""\s and its kind; of any other escaped character the character; a lone \ at the end goes."""
    return _ESCAPE.sub(lambda m: _ESCAPED.get(m[1], m[1]), value)


class Frames:
    """Whole lines out of WebSocket frames, which may hold several lines or half of one."""

    def __init__(self) -> None:
        self._rest = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")

    def lines(self, frame: str | bytes) -> Iterator[str]:
        """The lines that the frame completes. Bytes that are not UTF-8 become U+FFFD."""
        text = self._decoder.decode(frame) if isinstance(frame, bytes) else frame
        *whole, self._rest = (self._rest + text).split("\n")
        if len(self._rest) > LONGEST:
            self._rest = ""
        for line in whole:
            if line := line.rstrip("\r"):
                yield line
