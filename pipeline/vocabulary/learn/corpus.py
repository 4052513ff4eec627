"""Chat as terms by number: what learning reads.

A term is an emote by exact name or a word in small letters. Which of the two a token is, its
spellings tell: `Sadge` is nearly always written so, `Nice` mostly `nice`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
from numpy.typing import NDArray

from pipeline.chat.text import is_filtered, visible
from warehouse.errors import BadInput

Ints = NDArray[np.int32]
WINDOW_S = 15.0  # what is said within it speaks of the same moment
_LEAST = 20  # messages that hold a term, for it to be learned from
_FEWEST = 50  # terms in all
_MOST = 200  # terms of a window document; busier ones are split
_EDGES = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~…“”‘’"
_COLUMNS = ("stream", "t", "text")


@dataclass(frozen=True)
class Corpus:
    """names: terms, most used first; n: messages that hold each. messages, windows: documents
    as (numbers of terms, where each document ends), a term once a message. total: messages.
    places: channels that use each term; marked: whether the source called it an emote.
    channels: their names."""

    names: list[str]
    n: Ints
    places: Ints
    marked: NDArray[np.bool_]
    messages: tuple[Ints, Ints]
    windows: tuple[Ints, Ints]
    total: int
    channels: frozenset[str]


@dataclass
class _Tokens:
    """Tokens as they came, by number: names in order of first sight; of every token its number
    and its message; of every message its moment (a window of a stream) and its channel.
    marked: names of emotes; places: channels by number."""

    names: dict[str, int] = field(default_factory=dict)
    flat: array[int] = field(default_factory=lambda: array("i"))
    message: array[int] = field(default_factory=lambda: array("i"))
    moment: array[int] = field(default_factory=lambda: array("i"))
    channel: array[int] = field(default_factory=lambda: array("i"))
    marked: set[str] = field(default_factory=set)
    places: dict[str, int] = field(default_factory=dict)


def documents(parts: tuple[Ints, Ints]) -> Iterator[Ints]:
    """The documents one by one, each the numbers of its terms."""
    flat, ends = parts
    start = 0
    for end in ends.tolist():
        yield flat[start:end]
        start = end


def read_corpus(path: Path) -> Corpus:
    """Read a Parquet table of chat: stream, t (seconds), text, and where there are any channel,
    bot and emotes (names the source marked). Raises BadInput for a file that is no such table,
    or holds too little."""
    tokens = _read(path)
    names, terms = _terms(tokens)
    flat, message = _once(terms[np.array(tokens.flat)], np.array(tokens.message), len(names))
    n = np.bincount(flat, minlength=len(names)).astype(np.int32)
    order = np.lexsort((np.array(names), -n))[: int((n >= _LEAST).sum())]
    if len(order) < _FEWEST:
        raise BadInput(f"{path} has {len(tokens.moment)} messages: too few to learn from")
    rank = np.full(len(names), -1, np.int32)
    rank[order] = np.arange(len(order))
    flat = rank[flat]
    flat, message = flat[flat >= 0], message[flat >= 0]
    moment = np.array(tokens.moment)[message]
    kept = [names[i] for i in order]
    used = np.unique(np.stack([flat, np.array(tokens.channel)[message]]), axis=1)[0]
    return Corpus(
        kept,
        n[order],
        np.bincount(used, minlength=len(kept)).astype(np.int32),
        np.array([name in tokens.marked for name in kept]),
        _documents(flat, message),
        _documents(flat, moment),
        len(tokens.moment),
        frozenset(tokens.places),
    )


def _read(path: Path) -> _Tokens:
    found = _Tokens()
    cleaned: dict[str, str] = {}
    moments: dict[tuple[str, int], int] = {}
    for place, stream, t, text, bot, emotes in _rows(path):
        if not text or is_filtered(text, "", bool(bot)):
            continue
        at = len(found.moment)
        moment = f"{place}/{stream}", int((t or 0) // WINDOW_S)
        found.marked.update((emotes or "").split())
        found.channel.append(found.places.setdefault(place, len(found.places)))
        found.moment.append(moments.setdefault(moment, len(moments)))
        for token in visible(text).split():
            word = cleaned.get(token)
            if word is None:
                word = cleaned[token] = _clean(token)
            if word:
                found.flat.append(found.names.setdefault(word, len(found.names)))
                found.message.append(at)
    return found


def _rows(path: Path) -> Iterator[tuple[str, str, float, str, bool, str]]:
    for batch in _table(path):
        found = batch.to_pydict()
        none = [None] * batch.num_rows
        yield from zip(
            found.get("channel", none),
            *(found[name] for name in _COLUMNS),
            found.get("bot", none),
            found.get("emotes", none),
            strict=True,
        )


def _terms(tokens: _Tokens) -> tuple[list[str], Ints]:
    """Names of terms, and the term of every token."""
    flat, _ = _once(np.array(tokens.flat), np.array(tokens.message), len(tokens.names))
    counts = dict(zip(tokens.names, np.bincount(flat, minlength=len(tokens.names)), strict=True))
    number: dict[str, int] = {}
    terms = [
        number.setdefault(token if _is_name(token, counts) else token.lower(), len(number))
        for token in tokens.names
    ]
    return list(number), np.array(terms, dtype=np.int32)


def _once(flat: Ints, message: Ints, size: int) -> tuple[Ints, Ints]:
    """Each term once a message, where it came first."""
    _, first = np.unique(message.astype(np.int64) * size + flat, return_index=True)
    first.sort()
    return flat[first], message[first]


def _documents(flat: Ints, of: Ints) -> tuple[Ints, Ints]:
    """Documents of the terms that belong together, in their order; split where they are long,
    left out where they hold one term. of: what each term belongs to."""
    order = np.argsort(of, kind="stable")
    flat, of = flat[order], of[order]
    starts = np.flatnonzero(np.diff(of, prepend=-1))
    place = np.arange(len(of)) - np.repeat(starts, np.diff(np.append(starts, len(of))))
    ends = np.flatnonzero(np.append((np.diff(of) != 0) | (place[1:] % _MOST == 0), True)) + 1
    size = np.diff(ends, prepend=0)
    keep = np.repeat(size > 1, size)
    return flat[keep], np.cumsum(size[size > 1], dtype=np.int32)


def _table(path: Path) -> Iterator[pa.RecordBatch]:
    try:
        table = ds.dataset(path, format="parquet")
        missing = [c for c in _COLUMNS if c not in table.schema.names]
        if missing:
            raise BadInput(f"{path} has no column {missing[0]}; it needs {', '.join(_COLUMNS)}")
        wanted = [c for c in ("channel", *_COLUMNS, "bot", "emotes") if c in table.schema.names]
        yield from table.to_batches(columns=wanted)
    except (OSError, ValueError) as exc:
        raise BadInput(f"{path} is not a Parquet table of chat") from exc


def _clean(token: str) -> str:
    """A token without punctuation around it; '' for people, links and numbers."""
    core = token.strip(_EDGES)
    found = core if len(core) > 2 or core == token else token
    return "" if token[0] == "@" or "/" in token or found.isdigit() or len(found) > 40 else found


def _is_name(token: str, counts: Mapping[str, int]) -> bool:
    """True if capitals belong to a token: an emote's name, not a word that is shouted."""
    n, small = counts[token], counts.get(token.lower(), 0)
    if n < _LEAST or token.islower():
        return False
    if token[1:] == token[1:].lower():  # Sadge, Nice
        return n >= 2 * small
    return not token.isupper() or 2 * n >= small  # monkaS; KEKW, but not WHAT
