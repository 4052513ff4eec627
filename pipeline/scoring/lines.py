"""Compounds of lines: a filter, as `python -m pipeline score` is one."""

import os
import sys
from collections.abc import Iterator
from io import BufferedIOBase
from typing import cast

from pipeline.scoring.scorer import make_scorer

_BYTES = 1 << 16  # read at a time, if as many are there


def score_lines(lexicon: str) -> None:
    """Write the compound of every line of stdin, a line each. A line is a message, whatever is
    in it; bytes that are not UTF-8 are read as �."""
    compound = make_scorer(lexicon).compound
    try:
        for lines in _lines(cast(BufferedIOBase, sys.stdin.buffer)):
            sys.stdout.write("".join([f"{compound(line)}\n" for line in lines]))
            sys.stdout.flush()  # whoever types them waits for the answer
    except BrokenPipeError:  # whoever reads them has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _lines(file: BufferedIOBase) -> Iterator[list[str]]:
    """Lines of the file without their ends, as many at a time as are there to be read."""
    begun: list[bytes] = []  # of a line
    while data := file.read1(_BYTES):
        whole, end, rest = data.rpartition(b"\n")
        if end:
            yield _texts([*begun, whole])
            begun = []
        if rest:
            begun.append(rest)
    if begun:
        yield _texts(begun)


def _texts(pieces: list[bytes]) -> list[str]:
    text = b"".join(pieces).decode("utf-8", errors="replace")
    return [line.rstrip("\r") for line in text.split("\n")]
