"""docs/api.md as it stands: its blocks are run, one after another, against a real process."""

import json
import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.browser import published
from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S
from tests.helpers.scripts import ROUTES, running, token

TEXT = (ROOT / "docs/api.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(sh|python)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def test_the_page_s_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = published.demo(tmp_path, datetime(2026, 1, 31, 18, tzinfo=UTC))
    named: dict[str, Any] = {}
    with running(folder.root) as address:
        monkeypatch.setenv("API", address)
        monkeypatch.setenv("TOKEN", token(folder))
        for language, block in BLOCKS:
            if language == "sh":
                done = subprocess.run(
                    ["sh", "-ec", block], env=os.environ, capture_output=True, timeout=PATIENCE_S,
                    check=True,
                )  # fmt: skip
                assert len(json.loads(done.stdout)["items"]) == 3
            else:
                exec(compile(block, "docs/api.md", "exec"), named)
        named["api"].close()
    assert [language for language, _ in BLOCKS].count("python") == 4
    assert list(named["channels"]["channel"]) == ["demo_busy", "demo_past", "demo_quiet"]
    assert len(named["windows"]) == len(named["table"]) == 840
    assert len(named["streams"]) == 2 and named["streams"]["mood"].between(-1, 1).all()
    assert named["moments"]["rank"].iloc[0] == 1 and len(named["terms"]) == 5


def test_the_page_lists_every_address() -> None:
    assert re.findall(r"^\| `GET (/v1/\w+)`", TEXT, re.MULTILINE) == [
        ROUTES[0], ROUTES[1], ROUTES[2], ROUTES[4], ROUTES[3],
    ]  # fmt: skip
