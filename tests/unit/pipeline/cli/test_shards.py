"""Settings of several shards that do not fit: one line that says what to do."""

from pathlib import Path

import pytest

from pipeline.requests import client
from pipeline.sources.channel_list import load_channels
from tests.helpers.build import put
from tests.helpers.commands import run
from warehouse.config import DataFolder
from warehouse.consent import load_optout
from warehouse.inbox.requests import InboxFolder
from warehouse.store.store import Store


@pytest.fixture(autouse=True)
def place(folder: DataFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLD_DATA", str(folder.root))
    monkeypatch.setenv("DLD_SHARDS", "2")


@pytest.mark.parametrize(
    "settings",
    [{}, {"DLD_QUEUE_URL": "nats://localhost:1"}, {"DLD_BUCKET_URL": "memory:half"}],
)
def test_several_shards_need_a_queue_and_a_bucket(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str]
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    reason = run("run", "--source", "queue").reason
    assert "DLD_SHARDS is 2: that needs DLD_QUEUE_URL, DLD_BUCKET_URL" in reason


def test_a_shard_reads_a_queue_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLD_QUEUE_URL", "nats://localhost:1")
    monkeypatch.setenv("DLD_BUCKET_URL", "memory:else")
    assert "`run --source queue`" in run("run", "--source", "simulate").reason


def test_a_folder_of_another_number_of_shards_is_refused(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLD_QUEUE_URL", "nats://localhost:1")
    monkeypatch.setenv("DLD_BUCKET_URL", "memory:other")
    with Store(folder.warehouse) as store:  # ann is shard 1's of 2, bob shard 0's
        rows = [{"channel": c, "login": c, "source": "live"} for c in ("ann", "bob")]
        put(store, channels=rows)
    reason = run("run", "--source", "queue").reason
    assert "has 1 of 2 channels that are not shard 0's of 2" in reason
    assert "restore --bucket" in reason


@pytest.mark.parametrize("command", ("forget", "opt-out"))
def test_a_mirror_makes_no_salt_of_its_own(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """By another salt nobody would be found, and it would be told as done."""
    folder.root.mkdir()
    folder.mirror.write_bytes(b"{}")
    reason = run(command, "--chatter", "zoe").reason
    assert "DLD_SALT_FILE has to name the salt of its shards" in reason
    assert not (folder.root / "salt").exists() and not folder.inbox.exists()


def test_a_command_at_shard_0_leaves_to_its_daemon_what_others_have_to_do(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "WAIT_S", 0.5)
    monkeypatch.setattr(client.ask, "__defaults__", (0.5, None))
    assert "still waits" in run("opt-out", "--channel", "ann").reason
    assert run("channels", "add", "bob").code == 0  # which the collector waits for
    assert load_channels(folder.channels) == ["bob"]
    assert load_optout(folder.optout).channels == set()
    assert len(InboxFolder(folder.inbox).waiting()) == 1
