"""A command of the pipeline or of models, run in the process of the test."""

import io
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import NamedTuple

import pytest

from pipeline.__main__ import main as pipeline


class Done(NamedTuple):
    """How a command ended: its exit code, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def reason(self) -> str:
        """Its one line of error, checked to be one."""
        assert self.code in (1, 2)  # failed, or wrong usage
        lines = [
            line for line in self.err.splitlines() if not line.startswith(("INFO", "messages="))
        ]
        assert len(lines) == 1, lines
        assert lines[0].startswith("error: ")
        assert "Traceback" not in self.err
        return lines[0]


def run(*words: object, main: Callable[[], None] = pipeline, stdin: bytes = b"") -> Done:
    """The words as typed behind `python -m pipeline`, on the folder that DLD_DATA names."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", [main.__module__.split(".")[0], *map(str, words)])
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        patch.setenv("NO_COLOR", "1")
        with pytest.raises(SystemExit) as stopped:
            main()
    stopped.value.__context__ = None
    printed = (pipe.buffer.getvalue().decode() for pipe in (out, err))
    return Done(int(stopped.value.code or 0), *printed)
