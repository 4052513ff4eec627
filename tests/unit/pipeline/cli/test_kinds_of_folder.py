"""A data folder has simulated chat or real chat, never both: every way in says so and goes no
further."""

from pathlib import Path

import pytest

from pipeline.doctor.folder import check_kind
from pipeline.requests.actions import actions
from pipeline.requests.queue import apply_all
from pipeline.requests.workspace import open_workspace
from tests.contract.test_dropped import drop
from tests.helpers.build import chat_rows, outcome, parquet, put, republish, rows, stream_row
from tests.helpers.commands import run
from tests.helpers.logs import irc
from tools.checks import require_kind
from warehouse.config import DataFolder
from warehouse.errors import BadInput
from warehouse.inbox.requests import InboxFolder
from warehouse.store.store import Store

REAL = ["replay", "live", "import"]


@pytest.fixture(autouse=True)
def place(folder: DataFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLD_DATA", str(folder.root))


def fill(folder: DataFolder, *sources: str) -> None:
    """A stream of each, published; its channel is called as its source."""
    with Store(folder.warehouse) as store:
        made = [stream_row(0, 60, f"{k}:1", channel=k, source=k) for k in sources]
        put(store, streams=made)
        republish(folder, store)


def refused(folder: DataFolder, has: str, home: str, *words: object) -> None:
    """The command ends with one line, which names the folder and what to type."""
    other = "simulated" if has == "real" else "real"
    reason = run(*words).reason
    assert f"{folder.root} has {has} chat, and {other} chat never comes into" in reason
    assert f"; type: DLD_DATA={home} python -m pipeline {words[0]}" in reason


@pytest.mark.parametrize("source", REAL)
def test_a_simulator_refuses_a_folder_with_real_chat(folder: DataFolder, source: str) -> None:
    fill(folder, source)
    refused(folder, "real", "data/simulated", "run", "--source", "simulate")
    assert rows(folder, "SELECT source FROM streams") == [(source,)]


def test_real_chat_is_refused_in_a_folder_of_simulated_chat(
    folder: DataFolder, tmp_path: Path
) -> None:
    fill(folder, "simulated")
    chat = parquet(tmp_path / "a.parquet", chat_rows())
    for words in (
        ("run", "--source", "irc", "--channel", "other"),
        ("run", "--source", "eventsub", "--channel", "other"),
        ("run", "--source", "replay", "--file", chat),
        ("import", chat),
        ("channels", "add", "other"),
    ):
        refused(folder, "simulated", "data/live", *words)
    assert not folder.channels.exists()
    assert rows(folder, "SELECT source FROM streams") == [("simulated",)]


def test_an_import_that_was_asked_for_without_looking_is_refused_when_it_is_applied(
    folder: DataFolder, tmp_path: Path
) -> None:
    chat = parquet(tmp_path / "a.parquet", chat_rows())
    with Store(folder.warehouse) as store:  # nothing is published of it
        put(store, streams=[stream_row(0, 60, source="simulated")])
    refused(folder, "simulated", "data/live", "import", chat)


def test_a_log_dropped_on_the_dashboard_is_refused_without_the_folders_place(
    folder: DataFolder,
) -> None:
    fill(folder, "simulated")
    asked = drop(folder, irc(0).encode())
    with open_workspace(folder) as workspace:
        apply_all(InboxFolder(folder.inbox), workspace.store, actions(workspace))
    reason = str(outcome(folder.inbox, asked))
    assert reason.startswith("it's [mine] has simulated chat")
    assert reason.endswith('DLD_DATA=data/live make run CHANNELS="NAME", and drop it there')


def test_the_folder_that_is_named_is_another_one(tmp_path: Path) -> None:
    fill(DataFolder(tmp_path / "data/live"), "simulated")
    with pytest.raises(BadInput, match=r"type: DLD_DATA=data/live-2 make run CHANNELS=\"a b\"$"):
        require_kind(tmp_path / "data/live", ["a", "b"])


def test_make_run_says_what_to_do_with_a_folder_of_real_chat(folder: DataFolder) -> None:
    require_kind(folder.root, [])  # it is not there yet
    fill(folder, "import", "live")
    require_kind(folder.root, ["a"])
    says = 'make run, or read live chat into this one: make run CHANNELS="NAME"$'
    with pytest.raises(BadInput, match=f"has real chat.*DLD_DATA=data/simulated {says}"):
        require_kind(folder.root, [])


def test_real_chat_goes_on_in_a_folder_that_has_both_and_the_doctor_tells_of_it(
    folder: DataFolder, tmp_path: Path
) -> None:
    fill(folder, "live", "simulated")
    assert run("import", parquet(tmp_path / "a.parquet", chat_rows())).code == 0
    refused(folder, "real", "data/simulated", "run", "--source", "simulate")
    (found,) = check_kind(folder)
    assert found.says == "simulated chat lies beside real chat: simulated"
    assert run("forget", "--channel", "simulated").code == 0
    assert list(check_kind(folder)) == []


def test_a_mirrors_folder_is_no_writers(folder: DataFolder) -> None:
    folder.root.mkdir(parents=True)
    folder.mirror.write_text("{}")
    assert "is a mirror of what others publish" in run("run").reason
    assert not folder.warehouse.exists()
