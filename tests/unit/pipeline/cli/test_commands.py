"""The commands: exit codes 0, 1 and 2, and one clear line for every failure."""

import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from tests.helpers.build import chat_rows, parquet, rows, stored
from tests.helpers.commands import run
from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S
from warehouse.config import DataFolder
from warehouse.store.store import Store


@pytest.fixture(autouse=True)
def place(folder: DataFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLD_DATA", str(folder.root))
    monkeypatch.setenv("DLD_FORECAST", "false")
    monkeypatch.setenv("NO_COLOR", "1")


# -- score ------------------------------------------------------------------------------------


def test_score_gives_a_compound_for_every_line() -> None:
    done = run("score", "--lexicon", "vader", stdin=b"great\nterrible\nhello\n")
    assert (done.code, done.out.split(), done.err) == (0, ["0.6249", "-0.4767", "0.0"], "")


def test_score_reads_emotes_with_the_full_lexicon() -> None:
    done = run("score", stdin=b"BibleThump\nbiblethump\n")
    first, second = map(float, done.out.split())
    assert first < 0 == second


@pytest.mark.parametrize("lexicon", ["vader", "full"])
def test_score_answers_every_line_whatever_is_in_it(lexicon: str) -> None:
    lines = [b"", b"\xff\xfe\xfa", b"\xed\xa0\x80", b"a\0b", b"x" * 100_000, b"good " * 20_000,
             b"\xf0\x9f\x98\x82" * 25_000, b"great\r", b" ", "ünï".encode()]  # fmt: skip
    done = run("score", "--lexicon", lexicon, stdin=b"\n".join(lines))
    assert (done.code, done.err) == (0, "")
    found = [float(line) for line in done.out.splitlines()]
    assert len(found) == len(lines)
    assert all(-1 <= compound <= 1 for compound in found)
    assert found[7] == found[7] and found[0] == found[1] == found[2] == 0.0


def test_score_of_nothing_is_nothing() -> None:
    assert run("score").out == ""


def test_score_answers_a_line_before_the_next_is_there() -> None:
    command = [sys.executable, "-m", "pipeline", "score"]
    with subprocess.Popen(command, stdin=-1, stdout=-1, cwd=ROOT) as process:
        assert process.stdin and process.stdout
        for said, answer in ((b"great\n", b"0.6249\n"), (b"hm\n", b"0.0\n")):
            process.stdin.write(said)
            process.stdin.flush()
            assert process.stdout.readline() == answer
        process.stdin.close()


def test_score_into_a_pipe_that_closes_is_no_traceback() -> None:
    done = subprocess.run(
        ["bash", "-c", f"yes great | head -100000 | {sys.executable} -m pipeline score | head -1"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.stdout == "0.6249\n"
    assert "Traceback" not in done.stderr


# -- wrong usage --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "args",
    [
        [], ["dance"], ["score", "--lexicon", "french"], ["import"], ["run", "--speed", "fast"],
        ["run", "--speed", "-1"], ["run", "--source", "nowhere"], ["run", "--source", "replay"],
        ["import", "a.csv", "--format", "tea"], ["import", "a.csv", "--started-at", "noon"],
        ["vocabulary", "--format", "xml"],
    ],
)  # fmt: skip
def test_wrong_usage_is_two_and_makes_no_folder(
    folder: DataFolder,
    args: list[str],
) -> None:
    done = run(*args)
    assert done.code == 2
    assert "Traceback" not in done.err
    assert not folder.root.exists()


# -- failures -----------------------------------------------------------------------------------


def test_a_table_that_is_not_there_is_named() -> None:
    for args in (["import"], ["run", "--source", "replay", "--file"]):
        assert "nothing.csv is not a file" in run(*args, "nothing.csv").reason


def test_an_unknown_channel_or_stream_is_named(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", chat_rows())
    replay = ("run", "--source", "replay", "--file", path)
    assert "has no channel nobody; it has demo" in run("import", path, "--channel", "nobody").reason
    assert "has no channel nobody; it has demo" in run(*replay, "--channel", "nobody").reason
    assert "has no stream 9; it has 1" in run(*replay, "--stream", "9").reason
    assert "no simulated channel 'nobody'" in run("run", "--channel", "nobody").reason


@pytest.mark.parametrize(
    "words",
    [
        ("channels", "add", "a..b"),
        ("channels", "add", "directory"),
        ("run", "--channel", "a..b"),
        ("run", "--source", "irc", "--channel", "a..b"),
        ("recap", "a..b"),
        ("forget", "--channel", "a..b"),
        ("opt-out", "--chatter", "a..b"),
        ("export", "--out", "new", "--channel", "a..b"),
        ("vocabulary", "accept", "Pog", "--channel", "a..b"),
        ("vocabulary", "accept", "two words"),
        ("vocabulary", "change", "Pog", "--valence", "9"),
        ("export", "--out", "new", "--table", "a..b"),
        ("export", "--out", "new", "--from", "2026-02-01", "--to", "2026-01-01"),
        ("import", "a.csv", "--columns", "a..b"),
    ],
)
def test_what_can_be_no_name_is_wrong_usage(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLD_DATA", str(tmp_path))
    done = run(*words)
    assert done.code == 2
    assert done.reason


def test_a_table_without_a_message_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("channel,stream,t,text\n")
    assert "no message that could be imported" in run("import", path).reason
    replay = ("run", "--source", "replay", "--file", path)
    assert "no message that could be replayed" in run(*replay).reason


def test_undated_streams_say_what_to_do(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", chat_rows(date=""))
    for command in (("import", path), ("run", "--source", "replay", "--file", path)):
        done = run(*command)
        assert (done.code, "--started-at" in done.err, "--undated" in done.err) == (2, True, True)
    assert run("import", path, "--undated").code == 0
    assert run("import", path, "--started-at", "2026-01-01T12:00:00").code == 0


def test_a_broken_warehouse_is_one_line(folder: DataFolder) -> None:
    folder.root.mkdir()
    folder.warehouse.write_bytes(b"nonsense" * 4096)
    assert "cannot be opened as a DuckDB database" in run("run").reason


def test_a_data_folder_that_cannot_be_made_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DLD_DATA", str(tmp_path / "file" / "data"))
    path = parquet(tmp_path / "a.parquet", chat_rows())
    assert run("run").reason
    assert run("import", path).reason


@pytest.mark.parametrize(
    ("name", "value"),
    [("DLD_LEXICON", "french"), ("DLD_RETENTION_H", "-1"), ("DLD_RETENTION_H", "soon"),
     ("DLD_RETENTION_H", "1000")],
)  # fmt: skip
def test_a_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv(name, value)
    assert f"setting {name}: " in run("run").reason


def test_a_running_pipeline_is_told_of_and_takes_an_import_by_itself(
    folder: DataFolder,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = parquet(tmp_path / "a.parquet", chat_rows(channel="other"))
    command = [sys.executable, "-m", "pipeline", "run", "--source", "irc", "--channel", "nobody"]
    monkeypatch.setenv("DLD_TWITCH_URL", "http://127.0.0.1:9")
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as daemon:
        assert daemon.stderr
        try:
            while not folder.manifest.exists():
                assert daemon.poll() is None
                time.sleep(0.05)
            assert "in use by another process" in run("run", "--source", "irc").reason
            assert run("import", path).code == 0
        finally:
            daemon.terminate()
            for _ in daemon.stderr:
                pass
        assert daemon.wait(PATIENCE_S) == 0
    found = rows(folder, "SELECT count(*) FROM windows WHERE channel = 'other'")
    assert found == [(14,)]


# -- the rest -----------------------------------------------------------------------------------


def test_an_import_says_what_it_read(folder: DataFolder, tmp_path: Path) -> None:
    done = run("import", parquet(tmp_path / "a.parquet", chat_rows()))
    assert done.code == 0
    assert done.out.startswith(
        "a.parquet: streams=1 messages=50 filtered=10 skipped=0 windows=14 seconds="
    )
    assert not any((folder.root / "scratch").iterdir())


def test_a_replay_at_full_speed_goes_through_and_ends(
    folder: DataFolder,
    tmp_path: Path,
) -> None:
    path = parquet(tmp_path / "a.parquet", chat_rows() + chat_rows("other", "x"))
    done = run("run", "--source", "replay", "--file", path, "--speed", "0", "--channel", "demo")
    assert done.code == 0, done.err
    found = rows(folder, "SELECT channel, sum(n_messages), sum(n_filtered), count(*) FROM windows "
                         "GROUP BY 1")  # fmt: skip
    assert found == [("demo", 50, 10, 14)]
    assert rows(folder, "SELECT ended_at IS NULL FROM streams") == [(False,)]


def test_the_vocabulary_is_a_table_or_json(folder: DataFolder) -> None:
    assert orjson.loads(run("vocabulary", "--format", "json").out) == []
    assert "no proposed or accepted terms yet" in run("vocabulary").out
    with Store(folder.warehouse) as store:
        assert stored(store, "SELECT count(*) FROM vocabulary") == [(0,)]
