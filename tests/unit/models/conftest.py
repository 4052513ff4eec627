"""A command of models, run in the process of the test."""

from collections.abc import Callable

import pytest

from models.__main__ import main
from tests.helpers import commands
from tests.helpers.commands import Done
from warehouse.config import DataFolder

Run = Callable[..., Done]


@pytest.fixture
def run(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command as typed, on `at`, else on the empty folder."""

    def typed(*words: str, at: DataFolder = folder) -> Done:
        monkeypatch.setenv("DLD_DATA", str(at.root))
        return commands.run(*words, main=main)

    return typed
