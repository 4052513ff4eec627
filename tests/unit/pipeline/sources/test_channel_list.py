"""The list of channels: names as typed, kept whole, obeyed while it changes; and its commands."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from pipeline.cli.channels import states
from pipeline.requests.actions import actions
from pipeline.requests.queue import apply_all
from pipeline.requests.workspace import open_workspace
from pipeline.sources.channel_list import (
    Wanted,
    change_channels,
    channel_login,
    channel_logins,
    load_channels,
    save_channels,
)
from pipeline.sources.opening import Opening
from pipeline.sources.registry import open_source
from tests.helpers import commands
from tests.helpers.build import outcome, send
from tests.helpers.commands import Done
from warehouse.config import DataFolder
from warehouse.consent import OptOut, save_optout
from warehouse.errors import BadInput, WarehouseBroken
from warehouse.identities import Identities
from warehouse.inbox.requests import InboxFolder, Request
from warehouse.records import iso, utc
from warehouse.store.store import Store

NOBODY = OptOut()


@pytest.fixture
def run(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """A command of the pipeline, in this process."""
    monkeypatch.setenv("DLD_DATA", str(folder.root))
    return commands.run


# -- names ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word",
    [
        " Some_One ",
        "#some_one",
        "@some_one",
        "https://www.twitch.tv/some_one?x=1",
        "twitch.tv/SoME_One/",
    ],
)
def test_a_channel_may_be_named_in_every_usual_way(word: str) -> None:
    assert channel_login(word) == "some_one"


@pytest.mark.parametrize(
    "word", ["", "#", "two words", "ä", "x" * 26, "https://example.com/name", "a/b", "name\n2"]
)
def test_what_is_no_channel_is_named_in_one_line(word: str) -> None:
    with pytest.raises(BadInput, match="is no channel; give logins") as refused:
        channel_login(word)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("word", ["directory", "Videos", "https://www.twitch.tv/settings", "@jobs"])
def test_pages_of_twitch_are_no_channels(word: str) -> None:
    with pytest.raises(BadInput, match="a page of Twitch's own"):
        channel_login(word)


def test_each_channel_counts_once_and_in_order() -> None:
    assert channel_logins(["b", "A", "twitch.tv/B"]) == ["b", "a"]


# -- the list -----------------------------------------------------------------------------------


def test_the_list_is_added_to_removed_from_and_set(folder: DataFolder) -> None:
    change_channels(folder, NOBODY, Identities(), "add", ["b", "a"])
    change_channels(folder, NOBODY, Identities(), "add", ["A", "c"])
    assert load_channels(folder.channels) == ["b", "a", "c"]
    change_channels(folder, NOBODY, Identities(), "remove", ["a", "nobody"])
    change_channels(folder, NOBODY, Identities(), "remove", ["a"])
    assert load_channels(folder.channels) == ["b", "c"]
    change_channels(folder, NOBODY, Identities(), "set", ["d"])
    assert load_channels(folder.channels) == ["d"]


@pytest.mark.parametrize("words", [["good", "../bad"], ["good", "out"]])
def test_one_name_that_is_refused_changes_nothing(folder: DataFolder, words: list[str]) -> None:
    save_channels(folder.channels, ["a"])
    with pytest.raises(BadInput):
        change_channels(folder, OptOut(channels={"out"}), Identities(), "add", words)
    assert load_channels(folder.channels) == ["a"]


def test_a_channel_that_opted_out_can_be_removed(folder: DataFolder) -> None:
    save_channels(folder.channels, ["a", "out"])
    change_channels(folder, OptOut(channels={"out"}), Identities(), "remove", ["out"])
    assert load_channels(folder.channels) == ["a"]


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{}", b'{"channels": 1}', b'{"channels": [1]}', b'{"channels": ["a b"]}']
)
def test_a_damaged_list_says_what_to_do(folder: DataFolder, text: bytes) -> None:
    folder.root.mkdir()
    folder.channels.write_bytes(text)
    with pytest.raises(BadInput, match=r"channels.json cannot be used .*delete it and add"):
        load_channels(folder.channels)


# -- what is wanted -----------------------------------------------------------------------------


def test_what_is_wanted_follows_the_list_and_who_opted_out(folder: DataFolder) -> None:
    save_channels(folder.channels, ["a", "b"])
    wanted = Wanted(folder, Identities())
    assert wanted.now() == ("a", "b")
    save_channels(folder.channels, ["b", "a"])
    assert wanted.now() == ("b", "a")
    save_optout(folder.optout, OptOut(channels={"b"}))
    assert wanted.now() == ("a",)
    save_optout(folder.optout, OptOut())
    assert wanted.now() == ("b", "a")


def test_a_list_that_becomes_unusable_changes_nothing_and_is_told_once(
    folder: DataFolder, caplog: pytest.LogCaptureFixture
) -> None:
    save_channels(folder.channels, ["a"])
    wanted = Wanted(folder, Identities())
    folder.channels.write_text("half a l")
    assert [wanted.now() for _ in range(3)] == [("a",)] * 3
    assert len(caplog.records) == 1
    save_channels(folder.channels, ["a", "b"])
    assert wanted.now() == ("a", "b")


def test_nobody_is_read_when_who_opted_out_cannot_be_known(folder: DataFolder) -> None:
    save_channels(folder.channels, ["a"])
    folder.optout.write_text("?")
    with pytest.raises(WarehouseBroken):
        Wanted(folder, Identities())


def test_looking_at_an_unchanged_list_reads_no_file(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_channels(folder.channels, ["a"])
    wanted = Wanted(folder, Identities())

    def no_reading(path: Path) -> bytes:
        raise AssertionError(path)

    monkeypatch.setattr(Path, "read_bytes", no_reading)
    assert wanted.now() == ("a",)


# -- requests -----------------------------------------------------------------------------------


def test_a_request_changes_the_list_and_a_bad_one_is_refused_with_its_reason(
    folder: DataFolder,
) -> None:
    asked = {
        "r1": {"change": "add", "channels": ["A", "b"]},
        "r2": {"change": "add", "channels": ["../x"]},
        "r3": {"change": "paint", "channels": ["c"]},
        "r4": {"change": "add", "channels": "c"},
        "r5": {"change": "remove", "channels": ["b"]},
    }
    for second, (name, body) in enumerate(asked.items()):
        send(folder.inbox, Request(name, iso(utc(second)), "test", "channels", body))
    with open_workspace(folder) as workspace:
        assert apply_all(InboxFolder(folder.inbox), workspace.store, actions(workspace)) == 2
    assert load_channels(folder.channels) == ["a"]
    reasons = [outcome(folder.inbox, name) or "" for name in asked]
    assert [bool(reason) for reason in reasons] == [False, True, True, True, False]
    assert "'../x' is no channel" in reasons[1]
    assert "add, remove or set" in reasons[2]
    assert "a list of logins" in reasons[3]


# -- commands -----------------------------------------------------------------------------------


def test_the_commands_change_the_list_where_no_pipeline_runs(run, folder: DataFolder) -> None:  # type: ignore[no-untyped-def]
    done = run("channels", "add", "https://www.twitch.tv/B?x", "@a")
    assert (done.code, done.out) == (0, f"channels in {folder.root}: b a\n")
    assert run("channels", "add", "a").out.endswith(": b a\n")
    assert run("channels", "remove", "B", "a").out.endswith(": none\n")
    assert run("channels", "remove", "b").code == 0


def test_a_bad_name_makes_no_folder(run, folder: DataFolder) -> None:  # type: ignore[no-untyped-def]
    assert "'directory' is a page" in run("channels", "add", "fine", "directory").reason
    assert not folder.root.exists()


def test_a_channel_that_opted_out_is_refused_with_the_way_back(run, folder: DataFolder) -> None:  # type: ignore[no-untyped-def]
    folder.root.mkdir()
    save_optout(folder.optout, OptOut(channels={"out"}))
    assert "out opted out of being read; `python -m" in run("channels", "add", "a", "out").reason
    assert "out opted out" in run("run", "--source", "irc", "--channel", "Out").reason
    assert load_channels(folder.channels) == []


def test_live_chat_without_a_channel_says_what_to_type(run, folder: DataFolder) -> None:  # type: ignore[no-untyped-def]
    reason = run("run", "--source", "irc").reason
    assert "no channels to read" in reason
    assert "--channel NAME" in reason and "channels add NAME" in reason


def test_channels_named_at_the_start_replace_the_kept_ones(
    folder: DataFolder, store: Store
) -> None:
    def opened(*names: str) -> str:
        return open_source("irc", Opening(folder, NOBODY, store, names)).kind

    save_channels(folder.channels, ["old"])
    assert opened("new", "too") == "live"
    assert load_channels(folder.channels) == ["new", "too"]
    opened()
    assert load_channels(folder.channels) == ["new", "too"]


def test_what_is_not_live_loads_no_library_of_live_chat() -> None:
    looks = "import sys, pipeline.__main__; print({'websockets', 'twitchio'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", looks], capture_output=True, check=True)
    assert done.stdout == b"set()\n"


def test_a_bad_setting_of_live_chat_is_named_as_it_is_set(
    run,
    folder: DataFolder,
    monkeypatch: pytest.MonkeyPatch,  # type: ignore[no-untyped-def]
) -> None:
    monkeypatch.setenv("DLD_TWITCH_URL", "http://example.com")
    assert "setting DLD_TWITCH_URL: " in run("run", "--source", "irc", "--channel", "a").reason


def put(
    folder: DataFolder, login: str, status: str, at: float, n: int | None = 3, **more: float
) -> None:
    folder.latest.mkdir(parents=True, exist_ok=True)
    body = {
        "login": login, "status": status, "generated_at": iso(utc(at)),
        "history": [[iso(utc(at - 60)), None, 1], [iso(utc(at - 30)), None, n]], **more,
    }  # fmt: skip
    (folder.latest / f"{login}.json").write_bytes(orjson.dumps(body))


def test_the_list_tells_what_is_known_of_each_channel(folder: DataFolder) -> None:
    now = 1_767_268_800.0
    save_channels(folder.channels, ["on", "gone", "blind", "fresh", "out"])
    save_optout(folder.optout, OptOut(channels={"out"}))
    put(folder, "on", "live", now - 5)
    put(folder, "gone", "live", now - 91)
    put(folder, "blind", "quiet", now - 5, None)
    put(folder, "unlisted", "live", now)
    (folder.latest / "half.json").write_text("{")
    found = {row.pop("channel"): tuple(row.values()) for row in states(folder, now)}
    assert found == {
        "on": ("live", "2026-01-01T11:59:25Z", 3, True),
        "gone": ("stale", "2026-01-01T11:57:59Z", 3, True),
        "blind": ("quiet", "2026-01-01T11:59:25Z", None, False),
        "fresh": ("new", None, None, None),
        "out": ("opted out", None, None, None),
    }


def test_the_list_judges_ages_by_twitchs_clock(folder: DataFolder) -> None:
    now = 1_767_268_800.0  # by this machine's, ten minutes behind
    save_channels(folder.channels, ["on", "gone"])
    put(folder, "on", "live", now + 600 - 5, clock_offset_s=600)
    put(folder, "gone", "live", now + 600 - 91, clock_offset_s=600)
    assert [row["state"] for row in states(folder, now)] == ["live", "stale"]


def test_the_list_is_printed_as_a_table_and_as_json(run, folder: DataFolder) -> None:  # type: ignore[no-untyped-def]
    assert "no channels in" in run("channels", "list").out
    save_channels(folder.channels, ["on"])
    put(folder, "on", "live", time.time())
    assert "│ on      │ live  │" in run("channels", "list").out
    (row,) = orjson.loads(run("channels", "list", "--format", "json").out)
    assert (row["channel"], row["state"], row["n"], row["seen"]) == ("on", "live", 3, True)
