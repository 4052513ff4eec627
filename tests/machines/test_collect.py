"""`collect` as it really runs, with JetStream: down, killed by SIGTERM; and looked at by doctor."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.config import QueueSettings
from pipeline.doctor.machines import check_queue
from pipeline.queue.queue import Packed, open_sender
from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S, until
from tests.helpers.ports import free_port
from tests.machines.servers import KEYS, moto_process, nats_process
from warehouse.config import DataFolder

SECRET = "sEcReT0123"
KEPT = "what is collected is kept"


def start(root: Path, port: int) -> "subprocess.Popen[str]":
    env = {**os.environ, "DLD_DATA": str(root / "data"), "DLD_QUEUE_URL": url(port)}
    words = [sys.executable, "-m", "pipeline", "collect"]
    return subprocess.Popen(words, stderr=subprocess.PIPE, env=env, cwd=ROOT, text=True)


def url(port: int) -> str:
    return f"nats://dld:{SECRET}@127.0.0.1:{port}"


def keeps(process: "subprocess.Popen[str]") -> str:
    """All it said until it told that it keeps what it collects."""
    assert process.stderr
    said = ""
    for line in process.stderr:
        said += line
        if KEPT in line:
            return said
    raise AssertionError(said)


def end(process: "subprocess.Popen[str]") -> tuple[int, list[str], str]:
    """Its exit code, its lines of errors, and all it said."""
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=PATIENCE_S)
    errors = [line for line in said.splitlines() if line.startswith("error:")]
    assert SECRET not in said and "Traceback" not in said
    return process.returncode, errors, said


def test_sigterm_while_the_queue_is_down_ends_it_with_one_line(tmp_path: Path) -> None:
    process = start(tmp_path, free_port())
    keeps(process)
    time.sleep(5)  # and tries again
    code, errors, said = end(process)
    assert code == 1
    assert len(errors) == 1 and "could not be sent and are lost" in errors[0]
    assert KEPT not in said  # again


def test_it_sends_what_it_kept_once_the_queue_is_there_and_doctor_sees_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    process = start(tmp_path, port)
    keeps(process)
    monkeypatch.setenv("DLD_QUEUE_URL", url(port))
    with nats_process(tmp_path / "nats", port, "--user", "dld", "--pass", SECRET):
        until(lambda: waiting(tmp_path) > 15, lambda: list(check_queue(DataFolder(tmp_path))))
        code, errors, _ = end(process)
        assert (code, errors) == (0, [])
        (found,) = check_queue(DataFolder(tmp_path / "data"))
        assert found.status == "ok" and "the oldest" in found.says
        monkeypatch.setenv("DLD_SHARDS", "2")
        assert [f.status for f in check_queue(DataFolder(tmp_path / "data"))] == ["ok", "warning"]
    (found,) = check_queue(DataFolder(tmp_path / "data"))
    assert found.status == "problem" and "does not answer" in found.says
    assert SECRET not in found.says + found.do


def waiting(root: Path) -> int:
    """Bodies for shard 0, as doctor tells; 0 while there is no queue."""
    found = next(check_queue(DataFolder(root / "data")))
    return int(found.says.split("shard 0: ")[1].split()[0]) if found.status == "ok" else 0


def test_a_wrong_password_is_told_in_one_line(tmp_path: Path) -> None:
    port = free_port()
    with nats_process(tmp_path / "nats", port, "--user", "dld", "--pass", "another"):
        process = start(tmp_path, port)
        _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1 and "NATS refuses the user" in said and SECRET not in said
    assert len([line for line in said.splitlines() if line.startswith("error:")]) == 1


def test_doctor_sees_how_many_wait_in_sqs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with moto_process(tmp_path) as address:
        monkeypatch.setenv("DLD_QUEUE_URL", "sqs://us-east-1/dld")
        monkeypatch.setenv("DLD_QUEUE_ENDPOINT", address)
        folder = DataFolder(tmp_path / "data")
        (found,) = check_queue(folder)
        assert (found.status, found.says) == ("problem", "SQS has no queue dld-0")
        asyncio.run(fill(QueueSettings()))
        (found,) = check_queue(folder)
        assert (found.status, found.says) == ("ok", "it answers; shard 0: 3 bodies")


async def fill(settings: QueueSettings) -> None:
    sender = await open_sender(settings, 1)
    await sender.send(0, [Packed(f"{k}", b"body") for k in range(3)])
    await sender.close()
