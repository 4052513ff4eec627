"""Compounds of lines: a filter, as `python -m pipeline score` is one."""

import os
import sys

from pipeline.scoring.scorer import make_scorer


def score_lines(lexicon: str) -> None:
    """Write the compound of every line of stdin, a line each. A line is a message, whatever is
    in it; bytes that are not UTF-8 are read as �."""
    compound = make_scorer(lexicon).compound
    try:
        for raw in sys.stdin.buffer:
            text = raw.decode("utf-8", errors="replace").rstrip("\r\n")
            sys.stdout.write(f"{compound(text)}\n")
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads them has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
