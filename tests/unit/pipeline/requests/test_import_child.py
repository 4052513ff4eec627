"""The child that imports a dropped log: ended when it takes too long, not while others keep it."""

import sys
import time

import pytest

from pipeline.requests import import_child
from pipeline.requests.import_child import ImportChild
from tests.helpers.build import send
from tests.helpers.patience import PATIENCE_S
from warehouse.config import DataFolder
from warehouse.inbox.requests import InboxFolder, Request


def test_a_child_whose_import_waits_for_another_shard_is_not_ended(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_child, "_LIMIT_S", 0.05)
    asked = Request("i1", "2026-01-01T00:00:00Z", "import", "import", {})
    send(folder.inbox, asked)
    child = ImportChild(folder, "r1", (sys.executable, "-c", "import time; time.sleep(600)"))
    child.start()
    time.sleep(0.3)
    assert child.is_alive() and not child.why
    InboxFolder(folder.inbox).finish("i1")
    child.join(PATIENCE_S)
    assert not child.is_alive() and "took more than" in child.why
