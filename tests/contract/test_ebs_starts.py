"""python -m ebs as a process: it starts, stops and refuses as documented."""

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from ebs.config import DEVELOPMENT_SECRET
from tests.helpers.ebs_process import start
from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S


def refusal(tmp_path, **settings):
    process = start(tmp_path, cwd=tmp_path, **settings)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out, err.count("\n")) == (1, "", 1)
    return err


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_says_where_and_stops_cleanly(tmp_path, stop):
    process = start(tmp_path, cwd=tmp_path, DLD_DEVELOPMENT="1")
    try:
        address = re.search(r"http://\S+", process.stderr.readline())[0]
        with urllib.request.urlopen(f"{address}/healthz", timeout=PATIENCE_S) as answer:
            assert json.load(answer)["status"] == "ok"
    finally:
        process.send_signal(stop)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out, err) == (0, "", "")


def test_without_a_secret_it_refuses(tmp_path):
    assert "DLD_EBS_SECRET is not set" in refusal(tmp_path)


def test_with_the_development_secret_it_refuses(tmp_path):
    told = refusal(tmp_path, DLD_EBS_SECRET=DEVELOPMENT_SECRET)
    assert "everyone knows" in told and DEVELOPMENT_SECRET not in told


def test_a_busy_port_is_one_line(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told = refusal(tmp_path, DLD_DEVELOPMENT="1", DLD_EBS_PORT=str(port))
    assert f"port {port} is taken" in told


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DLD_EBS_PORT", "many"),
        ("DLD_EBS_PORT", "70000"),
        ("DLD_EBS_WORKERS", "0"),
        ("DLD_DEVELOPMENT", "perhaps"),
        ("DLD_EBS_CLIENT_IDS", "*"),
        ("DLD_TWITCH_URL", "http://api.twitch.tv"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(tmp_path, name, value):
    assert f"{name}:" in refusal(tmp_path, **{"DLD_DEVELOPMENT": "1", name: value})


def test_a_foreign_address_is_one_line(tmp_path):
    told = refusal(tmp_path, DLD_DEVELOPMENT="1", DLD_EBS_HOST="192.0.2.1")
    assert "cannot listen on 192.0.2.1" in told


@pytest.mark.parametrize(("word", "code"), [("--nonsense", 2), ("extra", 2), ("--help", 0)])
def test_usage_is_told_and_2_where_it_was_wrong(word, code):
    done = subprocess.run(
        [sys.executable, "-m", "ebs", word],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    text = done.stdout + done.stderr
    assert (done.returncode, "Usage: python -m ebs" in text) == (code, True)
    assert "Traceback" not in text


def test_it_imports_no_heavy_part():
    heavy = ["duckdb", "tensorflow", "keras", "streamlit", "pyarrow", "pandas", "numpy"]
    program = (
        "import sys, ebs.__main__, ebs.app, ebs.broadcasting.pubsub\n"
        f"print([m for m in {heavy} if m in sys.modules])\n"
        "tops = ('warehouse', 'models', 'pipeline')\n"
        "ours = {m for m in sys.modules if m.split('.')[0] in tops}\n"
        "print(sorted(ours))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert done.stdout.splitlines() == [
        "[]",
        "['warehouse', 'warehouse.atomic', 'warehouse.config', 'warehouse.consent', "
        "'warehouse.errors', 'warehouse.foreign_files', 'warehouse.hosts', 'warehouse.identities', "
        "'warehouse.inbox', 'warehouse.inbox.parsing', 'warehouse.inbox.requests', "
        "'warehouse.lease', 'warehouse.limits', 'warehouse.process', 'warehouse.published', "
        "'warehouse.published.folder', 'warehouse.published.progress', 'warehouse.records', "
        "'warehouse.removed_settings', 'warehouse.version']",
    ]
