"""The import command on logs of every format: whole, twice, renamed, broken, in folders."""

import gzip
import os
import signal
import stat
import subprocess
import sys
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from pipeline.__main__ import main
from pipeline.chat.placement import NeedsAnswer
from pipeline.imports.command import import_files
from pipeline.requests import client
from pipeline.requests.workspace import Workspace, open_workspace
from tests.helpers.build import rows
from tests.helpers.logs import ALL, EPOCH, OF_EACH, comment, downloader, irc, written
from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S
from warehouse.config import DataFolder
from warehouse.consent import OptOut, save_optout
from warehouse.errors import BadInput
from warehouse.inbox.requests import InboxFolder, Request
from warehouse.published.reader import Reader
from warehouse.store.store import Store

SAMPLES = {  # real logs, cut short: messages and bots' or commands, lines skipped
    "chatty.log": ("chatty", 399, 0),
    "gql_comments.json.gz": ("gql", 400, 0),
    "irc_logged.log": ("irc", 400, 0),
    "rechat.json": ("rechat", 354, 21),
    "tcd.txt": ("tcd", 400, 0),
    "twitchdownloader.html": ("twitchdownloader-html", 400, 0),
    "vod_comments_v5.json": ("twitchdownloader", 399, 1),
}
WINDOWS = "SELECT * EXCLUDE rev FROM windows ORDER BY channel, start"
TERMS = "SELECT * EXCLUDE rev FROM window_terms ORDER BY ALL"
STREAMS = "SELECT stream_id, epoch(started_at), undated FROM streams ORDER BY ALL"
COUNTED = "SELECT sum(n_messages), sum(n_filtered) FROM windows"


@pytest.fixture(autouse=True)
def place(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.root.mkdir(parents=True)
    monkeypatch.chdir(folder.root)
    monkeypatch.setenv("DLD_DATA", str(folder.root))
    monkeypatch.setenv("DLD_LEXICON", "vader")


def run(
    *paths: Path, channel: str | None = "demo", start: datetime | None = None, undated: bool = False
) -> None:
    import_files(paths, [channel] if channel else None, start, undated)


def found(folder: DataFolder) -> list[object]:
    reader = Reader(folder)  # one for all: to look at a folder anew takes longer than a query
    return [reader.run(query).to_pylist() for query in (WINDOWS, TERMS, STREAMS)]


@pytest.mark.parametrize("what", OF_EACH)
def test_every_format_makes_the_same_windows_however_often_and_named(
    folder: DataFolder, tmp_path: Path, what: str
) -> None:
    _, text, knows_channel, knows_time = ALL[what]
    channel = None if knows_channel else "demo"
    start = None if knows_time else datetime.fromtimestamp(EPOCH, UTC)
    run(written(tmp_path / "a.log", text), channel=channel, start=start)
    first = found(folder)
    spoken = f"SELECT channel, epoch(start) - {EPOCH}, n_messages FROM windows WHERE n_messages > 0"
    assert rows(folder, spoken) == [("demo", 60, 1), ("demo", 90, 1), ("demo", 120, 1)]
    run(written(tmp_path / "b" / "c.txt.gz", text, "utf-16", True), channel=channel, start=start)
    assert found(folder) == first


@pytest.mark.parametrize("what", ["downloader", "gql pages", "justlog"])
def test_the_video_a_log_is_of_is_kept_so_that_its_seconds_can_be_opened(
    folder: DataFolder, tmp_path: Path, what: str
) -> None:
    _, text, knows_channel, knows_time = ALL[what]
    start = None if knows_time else datetime.fromtimestamp(EPOCH, UTC)
    run(written(tmp_path / "a.log", text), channel=None if knows_channel else "demo", start=start)
    vod = None if what == "justlog" else "777"
    assert rows(folder, "SELECT vod_id FROM streams") == [(vod,)]


def test_what_happened_in_a_stream_is_kept_with_it_once(folder: DataFolder, tmp_path: Path) -> None:
    raid = comment(1, message={"body": "7 raiders from Bob have joined! "})
    chapter = {"type": "GAME_CHANGE", "startMilliseconds": 120_000, "gameDisplayName": "Go"}
    video = {**downloader()["video"], "title": "late", "game": "Chess", "chapters": [chapter]}
    log = downloader(comments=[comment(0), raid, comment(2)], video=video)
    for name in ("a.json", "b.json"):
        run(written(tmp_path / name, orjson.dumps({**log, "name": name}).decode()), channel=None)
    told = f'SELECT channel, epoch("at") - {EPOCH}, kind, detail FROM events ORDER BY "at"'
    assert rows(folder, told) == [
        ("demo", 90, "raid", "bob with 7"), ("demo", 120, "category", "Go"),
    ]  # fmt: skip
    assert rows(folder, "SELECT title, category FROM streams") == [("late", "Chess")]


def test_a_folder_of_chatterinos_is_imported_without_what_is_private(
    folder: DataFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = "# Start logging at 2026-01-31 18:00:00 UTC\n"
    logs = {
        "Channels/demo/demo": "[18:01:00] ann: hello",
        "Whispers/whispers": "[18:01:00] ann: psst",
        "Mentions/mentions": "#demo [18:01:00] ann: @me",
        "Live/live": "[18:01:00] Demo is live!",
    }
    for place, line in logs.items():
        written(tmp_path / "Twitch" / f"{place}-2026-01-31.log", f"{head}{line}\n")
    run(tmp_path / "Twitch", channel=None)
    assert rows(folder, "SELECT channel, sum(n_messages) FROM windows GROUP BY ALL") == [
        ("demo", 1)
    ]
    told = capsys.readouterr().out
    assert all(
        f"{name}-2026-01-31.log: not imported" in told for name in ("whispers", "mentions", "live")
    )
    with pytest.raises(BadInput, match="whispers, which are private"):
        run(tmp_path / "Twitch/Whispers/whispers-2026-01-31.log", channel="ann")


def test_an_archive_is_imported_as_the_folder_in_it(folder: DataFolder, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "logs.zip", "w") as archive:
        for name, user in (("one", "ann"), ("two", "bob")):
            log = f"# Start logging at 2026-01-31 18:00:00 UTC\n[18:01:00] {user}: hello\n"
            archive.writestr(f"logs/{name}-2026-01-31.log", log)
    run(tmp_path / "logs.zip", channel=None)
    counted = "SELECT channel, sum(n_messages) FROM windows GROUP BY ALL ORDER BY ALL"
    assert rows(folder, counted) == [("one", 1), ("two", 1)]


@pytest.mark.data
@pytest.mark.parametrize("name", SAMPLES)
def test_real_logs_are_read_to_the_last_line(
    folder: DataFolder, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = os.environ.get("DLD_TEST_DATA")
    if not root:
        pytest.skip("needs real chat: DLD_TEST_DATA")
    form, messages, skipped = SAMPLES[name]
    whose = {"irc_logged.log": "emongg", "vod_comments_v5.json": "northernlion"}.get(name, "demo")
    path = Path(root) / "data" / "formats" / name
    run(path, channel=whose, undated=True)
    counted = rows(folder, COUNTED)[0]
    assert sum(counted) == messages
    said = capsys.readouterr().out
    assert f"{name}: format={form} streams=" in said
    assert f" skipped={skipped}" in said
    assert "viewer" not in said


def test_daily_files_of_a_folder_are_one_import_and_sessions_cross_midnight(
    folder: DataFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    midnight = 1769904000
    for day, times in ((1, (-7200, -600, -10)), (2, (5, 600, 40_000))):
        lines = [_at(k, midnight + t) for k, t in enumerate(times)]
        written(tmp_path / "demo" / f"{day}.txt", "\n".join(lines), packed=day == 2)
    (tmp_path / "demo" / ".hidden").write_text("not looked at")
    run(tmp_path / "demo", channel=None)
    assert rows(folder, "SELECT epoch(started_at) FROM streams ORDER BY 1") == [
        (midnight - 7200,), (midnight - 600,), (midnight + 40_000,),
    ]  # fmt: skip
    assert rows(folder, COUNTED) == [(6, 0)]
    done = [orjson.loads(path.read_bytes()) for path in (folder.inbox / "done").iterdir()]
    assert [request["action"] for request in done].count("import") == 1
    assert "2 files: streams=3 messages=6" in capsys.readouterr().out


def _at(k: int, at: float) -> str:
    return irc(k % 3).replace(f"id=id{k % 3}", f"id={at}").replace(
        f"tmi-sent-ts={(EPOCH + (60, 90, 125)[k % 3]) * 1000}", f"tmi-sent-ts={int(at * 1000)}"
    )  # fmt: skip


def test_the_same_chat_in_two_files_counts_once(
    folder: DataFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = orjson.dumps(downloader()).decode()
    first, second = written(tmp_path / "a", log), written(tmp_path / "b", log, packed=True)
    run(first, second, written(tmp_path / "c", ALL["downloader text"][1]))
    assert rows(folder, COUNTED) == [(3, 0)]
    assert "b: the same as a, read once" in capsys.readouterr().out


def test_a_message_that_a_log_has_twice_counts_once(folder: DataFolder, tmp_path: Path) -> None:
    log = downloader(comments=[comment(0), comment(1), comment(0)])
    run(written(tmp_path / "a", orjson.dumps(log).decode()))
    assert rows(folder, COUNTED) == [(2, 0)]


def test_half_a_log_is_imported_up_to_there_and_said_to_be_half(
    folder: DataFolder, tmp_path: Path
) -> None:
    log = orjson.dumps(downloader()).decode()
    half = log[: log.index("good morning")], log[: log.index('"_id":"id2"')]
    with pytest.raises(BadInput, match=r"a has no message .*its JSON ends in the middle"):
        run(written(tmp_path / "a", half[0]))
    with pytest.raises(BadInput, match=r"a was imported in part: its JSON ends in the middle"):
        run(written(tmp_path / "a", half[1]))
    assert rows(folder, COUNTED) == [(2, 0)]
    run(written(tmp_path / "a", log))
    assert rows(folder, COUNTED) == [(3, 0)]
    assert len(rows(folder, STREAMS)) == 1


def test_bad_files_are_told_and_the_others_go_on(
    folder: DataFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = written(tmp_path / "d", orjson.dumps(downloader()).decode())
    bad = [written(tmp_path / "a", "Dear diary,\n"), written(tmp_path / "b", ""),
           written(tmp_path / "c.gz", "x" * 5000, packed=True), tmp_path / "none"]  # fmt: skip
    with pytest.raises(BadInput, match=r"4 of 5 files not imported: a, b, c\.gz, none"):
        run(*bad, good)
    assert rows(folder, COUNTED) == [(3, 0)]
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 4
    assert not any("diary" in line for line in errors)


def test_damaged_gzip_is_read_as_far_as_it_goes(folder: DataFolder, tmp_path: Path) -> None:
    lines = "\n".join(_at(k, EPOCH + k) for k in range(3000))
    raw = bytearray(gzip.compress(lines.encode(), mtime=0))
    raw[len(raw) * 3 // 4] ^= 0xFF
    (tmp_path / "a").write_bytes(raw)
    with pytest.raises(BadInput, match=r"a was imported in part: its gzip data"):
        run(tmp_path / "a")
    assert 1000 < rows(folder, COUNTED)[0][0] < 3000


@pytest.mark.parametrize(
    ("what", "answer"),
    [("tcd", "--started-at 2026-01-31T18:00:00+00:00 with the moment of its video's start"),
     ("html", "--undated to place it from 2000-01-01"), ("rechat", "add --channel NAME")],
)  # fmt: skip
def test_what_a_log_leaves_out_is_asked_for_with_exit_code_2(
    tmp_path: Path,
    what: str,
    answer: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = written(tmp_path / "a", ALL[what][1])
    channel = () if "channel" in answer else ("--channel", "demo")
    monkeypatch.setattr(sys, "argv", ["pipeline", "import", str(path), *channel])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert answer in line


def test_a_zone_that_may_be_several_is_asked_for_and_taken_from_the_answer(
    folder: DataFolder, tmp_path: Path
) -> None:
    log = "# Start logging at 2026-01-31 23:59:00 CST\n[23:59:50] ann: one\n[00:00:25] bob: two\n"
    path = written(tmp_path / "demo-2026-01-31.log", log)
    with pytest.raises(NeedsAnswer, match=r"'CST' may be several; add --started-at 2026-01-31T23"):
        run(path, channel=None)
    run(path, channel=None, start=datetime.fromisoformat("2026-01-31T23:59:50+08:00"))
    begun = datetime.fromisoformat("2026-01-31T15:59:50Z").timestamp()
    assert rows(folder, "SELECT channel, epoch(started_at) FROM streams") == [("demo", begun)]
    assert rows(folder, "SELECT epoch(start), n_messages FROM windows ORDER BY 1") == [
        (begun - 20, 1), (begun + 10, 1),
    ]  # fmt: skip


def test_undated_logs_lie_one_after_another_and_stay_where_they_are(
    folder: DataFolder, tmp_path: Path
) -> None:
    first = written(tmp_path / "a", ALL["tcd"][1])
    second = written(tmp_path / "b", ALL["tcd"][1].replace("gg", "bye"))
    run(first, undated=True)
    run(second, undated=True)
    placed = rows(
        folder, "SELECT strftime(started_at, '%Y-%m-%d'), undated FROM streams ORDER BY 1"
    )
    assert placed == [("2000-01-01", True), ("2000-01-02", True)]
    before = found(folder)
    run(second, first, undated=True)
    assert found(folder) == before
    assert rows(folder, COUNTED) == [(6, 0)]


def test_the_channel_that_is_named_must_be_in_the_log(folder: DataFolder, tmp_path: Path) -> None:
    log = written(tmp_path / "a", irc(0, "one") + "\n" + irc(1, "two"))
    with pytest.raises(BadInput, match="a has no channel three; it has one, two"):
        run(log, channel="three")
    run(log, channel="two")
    assert rows(folder, "SELECT DISTINCT channel FROM windows") == [("two",)]


def test_a_channel_that_opted_out_is_not_imported(folder: DataFolder, tmp_path: Path) -> None:
    save_optout(folder.optout, OptOut(channels={"demo"}))
    with pytest.raises(BadInput, match="demo opted out"):
        run(written(tmp_path / "a", orjson.dumps(downloader()).decode()), channel=None)
    assert not list(folder.scratch.iterdir())


def test_half_a_surrogate_pair_and_broken_bytes_stop_nothing(
    folder: DataFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = orjson.dumps(downloader()).replace(b'"body":"gg"', b'"body":"\\ud83d gg \xff"')
    (tmp_path / "a").write_bytes(log)
    run(tmp_path / "a")
    assert rows(folder, COUNTED) == [(3, 0)]
    assert "characters replaced 1" in capsys.readouterr().out


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_import_that_is_interrupted_says_so_and_leaves_nothing_behind(
    folder: DataFolder, tmp_path: Path, how: signal.Signals
) -> None:
    path = written(tmp_path / "a", "\n".join(_at(k, EPOCH + k / 4) for k in range(60_000)))
    command = [sys.executable, "-m", "pipeline", "import", str(path)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as one:
        until = time.monotonic() + 60
        while not list(folder.scratch.glob("*/*.parquet")) and time.monotonic() < until:
            time.sleep(0.005)
        one.send_signal(how)
        _, err = one.communicate()
    assert one.returncode == 128 + how
    assert err.splitlines()[-1].startswith("error: interrupted; nothing of the rest was taken in")
    assert "Traceback" not in err
    assert not list(folder.scratch.iterdir())
    assert not folder.inbox.exists() or not [p for p in folder.inbox.iterdir() if p.name != "done"]


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("when", ["before", "while", "after"])
def test_an_import_that_is_interrupted_once_it_is_read_is_taken_in_and_says_so(
    folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], how: signal.Signals, when: str,
) -> None:  # fmt: skip
    put, applied = InboxFolder.put, client.apply_waiting

    def interrupted_put(inbox: InboxFolder, request: Request) -> None:
        put(inbox, request)
        if when == "before":
            signal.raise_signal(how)

    def interrupted(workspace: Workspace) -> int:
        if when == "while":
            signal.raise_signal(how)
        n = applied(workspace)
        signal.raise_signal(how)
        return n

    monkeypatch.setattr(InboxFolder, "put", interrupted_put)
    monkeypatch.setattr(client, "apply_waiting", interrupted)
    paths = [written(tmp_path / n, orjson.dumps(downloader()).decode()) for n in "ab"]
    with pytest.raises(SystemExit) as ended:
        run(*paths)
    assert ended.value.code == 128 + how
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("error: interrupted; 1 import made, nothing of the rest was taken in")
    assert [p.name for p in folder.inbox.iterdir()] == ["done"]
    assert rows(folder, COUNTED) == [(3, 0)]


def test_an_import_that_is_interrupted_while_a_pipeline_has_it_says_that_it_goes_on(
    folder: DataFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    path = written(tmp_path / "a", orjson.dumps(downloader()).decode())
    monkeypatch.setattr(client.time, "sleep", lambda s: signal.raise_signal(signal.SIGTERM))
    with Store(folder.warehouse), pytest.raises(SystemExit):
        run(path)
    told = capsys.readouterr().err.splitlines()[-1]
    assert told.startswith("error: interrupted; the pipeline takes in what was read last, nothing")
    monkeypatch.undo()
    with open_workspace(folder) as workspace:
        assert client.apply_waiting(workspace) == 1


def test_an_import_that_is_killed_leaves_no_text_behind_and_is_made_again(
    folder: DataFolder, tmp_path: Path
) -> None:
    path = written(tmp_path / "a", "\n".join(_at(k, EPOCH + k / 4) for k in range(20_000)))
    command = [sys.executable, "-m", "pipeline", "import", str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as one:
        until = time.monotonic() + PATIENCE_S
        while not (left := list(folder.scratch.glob("*/*.parquet"))) and time.monotonic() < until:
            time.sleep(0.005)
        one.send_signal(signal.SIGKILL)
    assert left
    assert {stat.S_IMODE(p.stat().st_mode) for p in (left[0].parent, left[0])} == {0o700, 0o600}
    run(written(tmp_path / "b", orjson.dumps(downloader()).decode()))
    assert not list(folder.scratch.iterdir())
    assert [p.name for p in folder.inbox.iterdir()] == ["done"]
    run(path)
    assert rows(folder, "SELECT sum(n_messages + n_filtered) FROM windows") == [(20_000,)]
