"""Whose chat an import takes a log's for: renamed channels, display names, by the real command."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.__main__ import main
from tests.helpers.build import rows
from tests.helpers.logs import START, chat_downloader, comment, downloader, eventsub, gql, irc
from warehouse.config import DataFolder
from warehouse.consent import OptOut, save_optout

CHANNELS = "SELECT channel, login, display_name FROM channels ORDER BY channel"
STREAMS = "SELECT DISTINCT channel FROM streams ORDER BY channel"


@pytest.fixture(autouse=True)
def place(folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.root.mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLD_DATA", str(folder.root))
    monkeypatch.setenv("DLD_LEXICON", "vader")


def video(login: str, name: str, day: int, its_id: int = 1) -> str:
    """A video's chat of a day of January, as a file."""
    vod = str(700 + day)
    told = {**downloader()["video"], "id": vod, "created_at": f"2026-01-{day}T18:00:00Z"}
    said = [comment(k, _id=f"{vod}-{k}", content_id=vod) for k in range(3)]
    streamer = {"name": name, "login": login, "id": its_id}
    path = Path(f"{vod}.json")
    path.write_text(json.dumps(downloader(streamer=streamer, video=told, comments=said)))
    return str(path)


def by_clock(login: str, day: int) -> str:
    """A log of Chatterino's, named as it names them."""
    path = Path(f"{login}-2026-01-{day}.log")
    path.write_text(
        f"# Start logging at 2026-01-{day} 18:00:00 UTC\n[18:01:00] ann: hi\n[18:02:00] bob: gg\n"
    )
    return str(path)


def imported(*words: str) -> int:
    """The exit code of the command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["pipeline", "import", *words])
        try:
            main()
        except SystemExit as exit:
            return int(exit.code or 0)
    return 0


def test_a_channel_is_called_what_its_newest_log_calls_it(folder: DataFolder) -> None:
    assert imported(video("oldie", "Oldie", 10)) == 0
    assert rows(folder, CHANNELS) == [("oldie", "oldie", "Oldie")]
    assert imported(video("newie", "新しい名前", 20)) == 0
    assert rows(folder, CHANNELS) == [("oldie", "newie", "新しい名前")]
    assert imported(video("oldie", "Oldie", 12)) == 0  # an older one tells nothing of today
    assert rows(folder, CHANNELS) == [("oldie", "newie", "新しい名前")]
    assert imported(by_clock("oldie", 25)) == 0  # without an id a login may be anybody's
    assert imported(by_clock("newie", 26)) == 0
    assert rows(folder, CHANNELS) == [("oldie", "newie", "新しい名前")]
    assert rows(folder, STREAMS) == [("oldie",)]


def test_a_login_that_another_has_is_not_taken_from_them(folder: DataFolder) -> None:
    assert imported(video("oldie", "Oldie", 10), video("newie", "Other", 11, its_id=2)) == 0
    assert imported(video("newie", "Newie", 20)) == 0
    assert rows(folder, CHANNELS) == [("newie", "newie", "Other"), ("oldie", "oldie", "Newie")]


@pytest.mark.parametrize("first", ["newie", "oldie", ""])
def test_a_log_of_an_earlier_login_is_of_the_channel_that_is_named(
    folder: DataFolder, first: str, capsys: pytest.CaptureFixture[str]
) -> None:
    days = {"oldie": 10, "newie": 19}
    for login in sorted(days, key=lambda login: login != first) if first else ():
        assert imported(video(login, "", days[login])) == 0
    capsys.readouterr()
    assert imported(by_clock("oldie", 25), "--channel", "newie") == 0
    is_told = "is of oldie: imported as newie, as --channel says" in capsys.readouterr().out
    assert is_told == (first != "oldie")  # known by its id then
    assert rows(folder, STREAMS) == [(first or "newie",)]


def test_a_log_of_a_later_login_is_of_the_channel_that_is_named(folder: DataFolder) -> None:
    assert imported(by_clock("oldie", 10)) == 0
    assert imported(by_clock("newie", 12), "--channel", "oldie") == 0
    assert rows(folder, STREAMS) == [("oldie",)]


def test_logs_that_all_bear_an_earlier_login_are_of_the_channel_that_is_named(
    folder: DataFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    assert imported(video("newie", "", 10)) == 0
    logs = [by_clock("oldie", 12), by_clock("oldie", 13)]
    assert imported(*logs, "--channel", "newie") == 0
    assert capsys.readouterr().out.count("is of oldie: imported as newie") == 1
    assert rows(folder, "SELECT DISTINCT channel FROM windows") == [("newie",)]
    assert rows(folder, "SELECT count(*) FROM streams") == [(3,)]


def test_a_log_among_them_that_says_another_login_stays_its_own(folder: DataFolder) -> None:
    other = Path(video("third", "", 14, its_id=3))
    assert imported(by_clock("oldie", 12), by_clock("oldie", 13), str(other), "--channel", "newie")
    assert rows(folder, STREAMS) == [("newie",)]


@pytest.mark.parametrize("case", ["another's id", "another's login", "several logs"])
def test_a_log_of_somebody_else_is_not_of_the_channel_that_is_named(
    folder: DataFolder, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert imported(video("newie", "", 10, its_id=1)) == 0
    logs = [video("oldie", "", 12, its_id=2)]
    if case == "another's login":
        assert imported(by_clock("oldie", 11)) == 0
        logs = [by_clock("oldie", 12)]
    elif case == "several logs":  # of which the name picks some
        logs = [by_clock("oldie", 12), by_clock("newie", 13)]
    assert imported(*logs, "--channel", "newie") == 1
    assert "has no channel newie; it has oldie" in capsys.readouterr().err


def test_who_opted_out_is_not_imported_under_another_login(folder: DataFolder) -> None:
    save_optout(folder.optout, OptOut(channels={"oldie"}))
    assert imported(by_clock("oldie", 10), "--channel", "newie") == 1


def _by_gql() -> str:
    owner = {"id": "1", "login": "demo", "displayName": "デモ"}
    edges = [{"node": gql(k)} for k in range(3)]
    video = {"id": "777", "owner": owner, "recordedAt": START, "comments": {"edges": edges}}
    return json.dumps([{"data": {"video": video}}])


def _by_eventsub() -> str:
    told = eventsub(0)
    told["payload"]["event"]["broadcaster_user_name"] = "デモ"
    return json.dumps(told)


def _by_irc() -> str:
    return irc(0).replace("@emotes", "@display-name=デモ;emotes").replace("ann", "demo")


def _by_chat_downloader() -> str:
    of = {"channel": "demo", "channel_id": "9"}
    by_streamer = {**of, "author": {"id": "9", "display_name": "デモ"}}
    said = [chat_downloader(k, live=True) for k in range(2)]
    return json.dumps([said[0] | by_streamer, said[1] | of])


@pytest.mark.parametrize("log", [_by_gql, _by_eventsub, _by_irc, _by_chat_downloader])
def test_a_channels_display_name_is_kept_and_no_chatters(
    folder: DataFolder, log: Callable[[], str]
) -> None:
    Path("log").write_text(log())
    assert imported("log") == 0
    assert rows(folder, CHANNELS) == [("demo", "demo", "デモ")]


def test_a_channel_whose_name_nobody_told_has_none(folder: DataFolder) -> None:
    Path("log").write_text(irc(1).replace("@emotes", "@display-name=Bob;emotes"))
    assert imported("log") == 0
    assert rows(folder, CHANNELS) == [("demo", "demo", "")]
