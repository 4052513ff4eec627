"""The dashboard as a process: what it refuses to be started with."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S


@pytest.mark.parametrize(
    ("address", "env", "told"),
    [
        ("0.0.0.0", {}, "error: the dashboard would show everything to whoever reaches 0.0.0.0: "),
        ("127.0.0.1", {"OIDC_HOURS": "0"}, "error: DLD_DASHBOARD_OIDC_HOURS: Input should be "),
    ],
)
def test_it_refuses_in_one_line_what_would_be_unsafe_or_wrong(
    tmp_path: Path, address: str, env: dict[str, str], told: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.port", "0",
         "--server.address", address],
        cwd=ROOT, text=True, capture_output=True, timeout=PATIENCE_S, check=False,
        env={**os.environ, "DLD_DATA": str(tmp_path)}
        | {f"DLD_DASHBOARD_{name}": value for name, value in env.items()},
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(told)
    assert "Traceback" not in done.stderr
