"""A command of models, run in the process of the test."""

import sys
from collections.abc import Callable

import pytest

from models.__main__ import main
from warehouse.config import DataFolder

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """A command as typed, on `at`, else on the empty folder: (exit code, stdout, stderr)."""

    def typed(*words: str, at: DataFolder = folder) -> tuple[int, str, str]:
        monkeypatch.setenv("DLD_DATA", str(at.root))
        monkeypatch.setattr(sys, "argv", ["models", *words])
        with pytest.raises(SystemExit) as done:
            main()
        printed = capsys.readouterr()
        return int(done.value.code or 0), printed.out, printed.err

    return typed
