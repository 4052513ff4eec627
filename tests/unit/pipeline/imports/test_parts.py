"""Logs in parts: whatever is imported first, each message counts once and nothing goes away."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.chat.placement import NeedsAnswer
from pipeline.imports.command import import_files
from tests.helpers.build import put, republish, rows
from tests.helpers.logs import START, written
from warehouse.config import DataFolder
from warehouse.store.store import Store

CHAT = "SELECT epoch(start)::BIGINT, n_messages + n_filtered FROM windows WHERE n_messages > 0"
EVERY_S, LENGTH_S = 7, 700


@pytest.fixture(autouse=True)
def place(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.root.mkdir(parents=True)
    monkeypatch.chdir(folder.root)
    monkeypatch.setenv("DLD_DATA", str(folder.root))
    monkeypatch.setenv("DLD_LEXICON", "vader")


def video(
    path: Path, start: int, end: int, every_s: int = EVERY_S, text: str = "", **more: Any
) -> Path:
    """TwitchDownloader's chat of a part of a video."""
    comments = [
        {"_id": f"c{t}", "content_offset_seconds": t, "commenter": {"name": f"u{t % 5}"},
         "message": {"body": text or ("good" if t % 2 else "bad day")}}
        for t in range(-(-start // every_s) * every_s, end + 1, every_s)
    ]  # fmt: skip
    facts = {"id": "777", "created_at": START, "start": start, "end": end}
    log = {"streamer": {"login": "demo", "id": 5}, "video": facts, "comments": comments, **more}
    return written(path, orjson.dumps(log).decode())


def run(*paths: Path, **more: Any) -> None:
    import_files(paths, None, None, False, **more)


def total(folder: DataFolder) -> int:
    return int(rows(folder, "SELECT sum(n_messages) FROM windows")[0][0])


@pytest.mark.parametrize("middle", [300, 315, 322, 329])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_trims_that_meet_hold_each_message_once(
    folder: DataFolder, tmp_path: Path, middle: int, order: Sequence[int]
) -> None:
    parts = [video(tmp_path / "a", 0, middle), video(tmp_path / "b", middle, LENGTH_S)]
    for k in order:
        run(parts[k])
    assert total(folder) == 101
    assert rows(folder, "SELECT count(*), min(observed_s) FROM windows") == [(24, 11.0)]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_parts_of_a_window_that_were_read_by_two_bases_are_never_one(
    folder: DataFolder, tmp_path: Path, order: Sequence[int]
) -> None:
    said = ("привет как дела :(", "why would you go mid there, they are not back yet")
    parts = [
        video(tmp_path / "a", 0, 320, text=said[0]),
        video(tmp_path / "b", 320, LENGTH_S, text=said[1]),
    ]
    for k in order:
        run(parts[k])
    found = rows(folder, "SELECT basis, n_messages FROM windows ORDER BY start")
    assert [basis for basis, _ in found[:10]] == ["emotes"] * 10
    assert [basis for basis, _ in found[11:]] == ["words"] * 13
    assert found[10] in [("emotes", 3), ("words", 2)], "five are in the two logs"


def test_less_never_replaces_more_unless_it_is_said(
    folder: DataFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(video(tmp_path / "a", 0, LENGTH_S))
    fewer = video(tmp_path / "b", 0, LENGTH_S, every_s=14)
    run(fewer)
    assert total(folder) == 101
    assert "left 24 windows of demo:777 as they were: 51 messages here, 101 there" in (
        capsys.readouterr().out
    )
    run(fewer, replace=True)
    assert total(folder) == 51


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_clip_is_a_part_of_its_video_whatever_comes_first(
    folder: DataFolder, tmp_path: Path, order: Sequence[int]
) -> None:
    clip = video(tmp_path / "b", 300, 330, 3, clipper={"login": "clippy"})
    with pytest.raises(NeedsAnswer, match="is a clip of video 777, of which nothing is known"):
        run(clip)
    files = [video(tmp_path / "a", 0, LENGTH_S), clip]
    run(*(files[k] for k in order))
    assert rows(folder, "SELECT stream_id, channel_id FROM streams, channels") == [
        ("demo:777", "5")
    ]
    spoken = dict(rows(folder, CHAT))
    assert (len(spoken), sum(spoken.values())) == (24, 101 - 5 + 10)


def test_a_log_at_the_time_of_another_stream_is_asked_about(
    folder: DataFolder, tmp_path: Path
) -> None:
    run(video(tmp_path / "a", 0, LENGTH_S))
    other = {"id": "888", "created_at": "2026-01-31T18:05:00Z", "start": 0, "end": 350}
    log = video(tmp_path / "b", 0, 350, video=other)
    with pytest.raises(NeedsAnswer, match=r"stream 888 of demo .* overlaps demo:777"):
        run(log)
    assert total(folder) == 101
    run(log, place=True)
    assert total(folder) == 101 + 51
    assert rows(folder, "SELECT stream_id FROM streams WHERE placed") == [("demo:888",)]


def test_chat_by_the_clock_at_the_time_of_a_video_is_the_same_chat(
    folder: DataFolder, tmp_path: Path
) -> None:
    run(video(tmp_path / "a", 0, LENGTH_S))
    lines = "".join(f"[18:{5 + t // 60:02}:{t % 60:02}] u{t}: hello\n" for t in range(0, 120, 30))
    run(
        written(
            tmp_path / "demo-2026-01-31.log", f"# Start logging at 2026-01-31 18:00:00 UTC\n{lines}"
        )
    )
    assert total(folder) == 101
    assert rows(folder, "SELECT stream_id FROM streams") == [("demo:777",)]


@pytest.mark.parametrize("at", ["18:00", "20:00"])
def test_a_renamed_channel_is_the_same_one_by_its_id(
    folder: DataFolder, tmp_path: Path, at: str
) -> None:
    run(video(tmp_path / "a", 0, LENGTH_S))
    new = {"login": "demo2", "id": 5}
    run(video(tmp_path / "b", 300, 330, 3, streamer=new, clipper={"login": "clippy"}))
    facts = {"id": "888", "created_at": f"2026-01-31T{at}:00Z", "start": 0, "end": 350}
    log = video(tmp_path / "c", 0, 350, video=facts, streamer=new)
    if at == "18:00":
        with pytest.raises(NeedsAnswer, match=r"stream 888 of demo2 .* overlaps demo:777"):
            run(log)
    else:
        run(log)
        run(video(tmp_path / "d", 0, 350, video=facts))
        streams = rows(folder, "SELECT DISTINCT stream_id FROM windows ORDER BY 1")
        assert streams == [("demo:777",), ("demo:888",)]
    assert rows(folder, "SELECT channel, channel_id FROM channels") == [("demo", "5")]
    assert rows(folder, "SELECT DISTINCT channel FROM windows") == [("demo",)]


def test_two_who_had_a_login_one_after_another_are_two_channels(
    folder: DataFolder, tmp_path: Path
) -> None:
    logs = []
    for k, channel_id in enumerate((5, 6, 5)):
        facts = {"id": f"88{k}", "created_at": f"2026-01-3{k % 2}T18:0{k}:00Z", "end": 60}
        log = video(tmp_path / str(k), 0, 60, video={"start": 0, **facts})
        log.write_bytes(log.read_bytes().replace(b'"id":5', b'"id":%d' % channel_id))
        logs.append(log)
    run(*logs)
    run(*reversed(logs))
    assert rows(folder, "SELECT channel, channel_id, login FROM channels ORDER BY 1") == [
        ("demo", "5", "demo"), ("demo~6", "6", None),
    ]  # fmt: skip
    assert rows(folder, "SELECT channel, stream_id FROM streams ORDER BY 2") == [
        ("demo", "demo:880"), ("demo", "demo:882"), ("demo~6", "demo~6:881"),
    ]  # fmt: skip


def test_a_login_of_before_is_meant_by_the_one_of_today(folder: DataFolder, tmp_path: Path) -> None:
    with Store(folder.warehouse) as store:
        known = {"channel": "demo", "channel_id": "5", "login": "demo2", "source": "import"}
        put(store, channels=[known])
        republish(folder, store)
    old = "[2026-01-31 18:00:00 UTC] ann: good\n"
    import_files([written(tmp_path / "a", old)], ["demo2"], None, False)
    justlog = "[2026-01-31 19:00:00] #demo ann: good\n[2026-01-31 19:00:01] #eve ann: good\n"
    import_files([written(tmp_path / "b", justlog)], ["demo2"], None, False)
    table = "channel,stream,date,t,text\ndemo,1,2026-02-01,1,good\neve,1,2026-02-01,1,good\n"
    import_files([written(tmp_path / "c.csv", table)], ["demo2"], None, False)
    assert rows(folder, "SELECT channel, sum(n_messages) FROM windows GROUP BY 1") == [("demo", 3)]


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 59), min_size=1, max_size=2, unique=True), st.randoms())
def test_a_log_cut_anywhere_and_imported_in_any_order_has_the_same_chat(
    folder: DataFolder, tmp_path: Path, cuts: list[int], random: Any
) -> None:
    name = f"c{abs(hash((tuple(cuts), random.random()))) % 10**9}"
    lines = [
        f"[2026-01-31 18:{k // 6:02}:{k % 6 * 10 + 3:02}] #{name} u{k % 3}: good\n"
        for k in range(60)
    ]
    parts = [lines[a:b] for a, b in itertools.pairwise([0, *sorted(cuts), 60])]
    files = [written(tmp_path / f"{name}{k}", "".join(part)) for k, part in enumerate(parts)]
    random.shuffle(files)
    for file in files:
        run(file)
    whole = written(tmp_path / name, "".join(lines).replace(name, f"w{name}"))
    run(whole)
    columns = "epoch(start), n_messages, round(mean_compound, 9), sub_n"
    query = f"SELECT {columns} FROM windows WHERE channel = '{{}}' AND n_messages > 0 ORDER BY 1"
    assert rows(folder, query.format(name)) == rows(folder, query.format(f"w{name}"))
    assert rows(folder, f"SELECT count(*) FROM streams WHERE channel = '{name}'") == [(1,)]
