"""Every format of past chat: told apart by content, and read to the same three lines."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.chat.table import ChatTable
from pipeline.imports.formats import FORMATS, notices
from pipeline.imports.formats.base import Log, Said
from pipeline.imports.formats.detect import detect
from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.formats.wall import zone_east
from pipeline.imports.stage import Staged, joined, stage
from tests.helpers.logs import ALL, EPOCH, LINES, MARKED, OFFSETS, comment, downloader, irc, written
from warehouse.errors import BadInput


def read(path: Path, name: str = "") -> tuple[list[Said], Log]:
    """What the file says, and of it as a whole; cut and replaced as the import fills them in."""
    log = Log()
    with LogFile(path) as file:
        said = list(FORMATS[name or detect(path)].read(file, log))
        log.cut, log.replaced = file.cut, file.replaced
    return said, log


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("what", ALL)
def test_each_format_is_told_by_its_content_and_read(
    tmp_path: Path, what: str, encoding: str, packed: bool
) -> None:
    name, text, knows_channel, knows_time = ALL[what]
    path = written(tmp_path / "anything", text, encoding, packed)
    assert detect(path) == name
    said, log = read(path)
    assert [(s.user, s.text) for s in said] == [(user, text) for user, text, _ in LINES]
    begins = 0.0 if log.clock else (log.starts_at or 0.0)
    assert [begins + s.at for s in said] == [EPOCH * knows_time + o for o in OFFSETS]
    assert {log.channel or s.channel for s in said} == {"demo" if knows_channel else ""}
    emotes = [" ".join(emotes) for _, _, emotes in LINES]
    assert [s.emotes for s in said] == (emotes if what in MARKED else [None] * 3)
    assert (log.cut, log.replaced, log.skipped) == ("", 0, Counter())


def test_a_clock_log_goes_on_past_midnight_and_back_a_little(tmp_path: Path) -> None:
    log = """# Start logging at 2026-01-31 23:59:00 UTC
[23:59:50] ann: one
[00:00:01] bob: two
[23:59:59] cy: late
[00:00:02] ann: three
[12:00:00] ann: four
[23:00:00] ann: five
[00:00:03] ann: six
"""
    said, _ = read(written(tmp_path / "a", log))
    midnight = 1769904000
    assert [s.at - midnight for s in said] == [-10, 1, -1, 2, 43200, 82800, 86403]


def test_a_clock_log_that_was_begun_again_takes_the_new_day(tmp_path: Path) -> None:
    log = """# Log started: 2026-01-31 22:00:00 +0100
[22:00:10] <ann> one
# Log closed: 2026-01-31 22:01:00 +0100
# Log started: 2026-02-03 22:00:00 +0100
[22:00:10] <ann> two
"""
    said, found = read(written(tmp_path / "a", log))
    assert [s.at for s in said] == [1769893210, 1769893210 + 3 * 86400]
    assert found.skipped == {"no chat": 1}


@pytest.mark.parametrize(
    ("zone", "hours"),
    [("", 0), ("UTC", 0), ("+0800", 8), ("-0330", -3.5), ("UTC+2", 2), ("GMT-05:00", -5),
     ("CEST", 2), ("PDT", -7), ("Pacific Standard Time", -8), ("Pacific Daylight Time", -7),
     ("W. Europe Daylight Time", 2), ("Mitteleuropäische Sommerzeit", 2),
     ("Paris, Madrid (heure d’été)", 2), ("ora solare Europa occidentale", 1),
     ("Środkowoeuropejski czas letni", 2), ("東京 (標準時)", 9), ("中国标准时间", 8),
     ("Hora oficial do Brasil", -3), ("Mitteleuropäische Unzeit", None),
     ("CST", None), ("IST", None), ("XYZ", None)],
)  # fmt: skip
def test_zones_are_known_or_asked_for(zone: str, hours: float | None) -> None:
    assert zone_east(zone) == (None if hours is None else hours * 3600)


def test_times_of_day_without_a_day_tell_how_far_apart_they_are(tmp_path: Path) -> None:
    said, log = read(written(tmp_path / "a", "[23:59:50] <ann> one\n[00:00:10] <bob> two\n"))
    assert said[1].at - said[0].at == 20
    assert (log.clock, log.zone) == (True, "it does not say the day")


def test_the_start_of_the_video_is_trusted_before_the_comments_own_times(tmp_path: Path) -> None:
    late = [comment(k, created_at="2026-01-31T23:01:00Z") for k in range(3)]
    _, log = read(written(tmp_path / "a", orjson.dumps(downloader(comments=late)).decode()))
    assert log.starts_at == EPOCH
    del (alone := downloader(comments=late))["video"]
    _, log = read(written(tmp_path / "b", orjson.dumps(alone).decode()))
    assert log.starts_at is None  # since April 2025 they may be local times
    old = [comment(k, created_at="2024-01-31T18:01:00Z") for k in range(3)]
    _, log = read(written(tmp_path / "c", orjson.dumps({**alone, "comments": old}).decode()))
    assert log.starts_at == EPOCH - 2 * 365 * 86400 - 86400


def test_facts_behind_the_comments_count_too(tmp_path: Path) -> None:
    log = downloader()
    turned = dict(reversed(log.items()))
    _, found = read(written(tmp_path / "a", orjson.dumps(turned).decode()))
    assert (found.channel, found.stream, found.starts_at) == ("demo", "777", EPOCH)


def test_twitch_dl_tells_its_video_and_has_all_of_it(tmp_path: Path) -> None:
    _, log = read(written(tmp_path / "a", ALL["twitch-dl"][1]))
    assert (log.channel, log.stream, log.covers) == ("demo", "777", (0.0, 300.0))


def test_a_chat_that_ganymede_heard_live_is_not_that_of_the_video_it_names(tmp_path: Path) -> None:
    mark = comment(0, _id="546a5e6e-c820-4ad2-9421-9ba5b5bf37ea", content_offset_seconds=0)
    log = downloader(comments=[mark, comment(1), comment(2)])
    log["video"] = log.pop("video")  # it comes last
    said, found = read(written(tmp_path / "a", orjson.dumps(log).decode()))
    assert ([s.user for s in said], found.skipped) == (["bob", "cy"], {"mark of a start": 1})
    assert (found.channel, found.stream, found.covers) == ("demo", "", (0.0, 300.0))


def test_what_is_no_chat_is_counted_by_reason(tmp_path: Path) -> None:
    odd = [comment(0, source="comment"), {"nonsense": 1}, 5, comment(1)]
    said, log = read(written(tmp_path / "a", orjson.dumps(downloader(comments=odd)).decode()))
    assert len(said) == 1
    assert log.skipped == {"comment below the video": 1, "no comment of a video": 2}
    lines = [irc(0), "garbage", "@id=1 :tmi.twitch.tv CLEARCHAT #demo :ann",
             ":ann!ann@x PRIVMSG #demo :when?",
             irc(1).replace("room-id", "source-room-id=2;room-id"), "", irc(2)]  # fmt: skip
    said, log = read(written(tmp_path / "b", "\n".join(lines)), "irc")
    assert [s.user for s in said] == ["ann", "cy"]
    assert log.skipped == {
        "no IRC line": 1, "no time": 2, "shared-chat copy": 1,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["\u212aate", "\u0661", "k\u00e4te", "k" * 26])
def test_a_channel_that_is_no_login_is_neither_another_nor_nobodys(
    tmp_path: Path, name: str
) -> None:
    for form in ("justlog text", "justlog"):
        _, text, _, _ = ALL[form]
        odd = written(tmp_path / "odd", f"{text}\n{text.replace('#demo', f'#{name}')}")
        staged = stage(odd, detect(odd), tmp_path / "table", lambda _: None)
        assert (list(staged.spans), staged.rows) == (["demo"], 3)
    table = written(tmp_path / "t.csv", f"channel,stream,t,text\n{name},s,1,hi\nkate,s,1,hi\n")
    chat = ChatTable(table, tmp_path / "scratch")
    assert ([s.channel for s in chat.streams()], chat.unusable().total()) == (["kate"], 1)
    chat.close()


@pytest.mark.parametrize("absurd", ["9" * 5000, "-5", "1e999", "NaN", "-1e999"])
@pytest.mark.parametrize("what", ALL)
def test_a_line_of_an_absurd_time_is_counted_and_the_others_are_read(
    tmp_path: Path, what: str, absurd: str
) -> None:
    name, text, *_ = ALL[what]
    text = re.sub(r'(?<=econds": )90', absurd, text).replace("01:30", absurd)
    path = written(tmp_path / "a", text.replace(str(EPOCH + 90), absurd))
    staged = stage(path, name, tmp_path / "b", lambda _: None)
    assert staged.rows in (2, 3) and staged.rows + staged.log.skipped.total() == 3
    (first, last), *more = joined(s for spans in staged.spans.values() for s in spans.found)
    assert not more and last - first < 1800


@pytest.mark.parametrize("digits", [4000, 5000])
def test_a_fact_that_makes_no_sense_takes_no_other_with_it(tmp_path: Path, digits: int) -> None:
    for key in ("length", "id", "start", "created_at"):
        text = orjson.dumps(downloader(video={**downloader()["video"], key: "here"})).decode()
        said, log = read(written(tmp_path / "a", text.replace('"here"', "9" * digits)))
        assert (len(said), log.channel) == (3, "demo")
        assert log.stream == "777"  # of the comments, where the video has none
        assert log.starts_at == (None if key == "created_at" else EPOCH)
        assert log.covers == (None if key == "start" else (0.0, 300.0))


def staged_as(name: str, path: Path) -> Staged:
    return stage(path, name, path.with_suffix(".table"), lambda _: None)


def kept(staged: Staged, column: str) -> list[Any]:
    """A column of the chat that is left."""
    return list(pq.read_table(staged.table)[column].to_pylist())


def line_at(at: int, who: str) -> str:
    tags = f"@id=id{at};room-id=1;tmi-sent-ts={(EPOCH + at) * 1000}"
    return f"{tags} :{who}!{who}@{who}.tmi.twitch.tv PRIVMSG #demo :hello"


def clear_at(at: int, what: str, tags: str = "room-id=1") -> str:
    return f"@{tags};tmi-sent-ts={(EPOCH + at) * 1000} :tmi.twitch.tv {what}"


def test_what_was_deleted_later_in_the_log_is_left_out(tmp_path: Path) -> None:
    lines = [line_at(k, who) for k, who in enumerate(("ann", "bob", "cy", "ann", "bob", "ann"))]
    lines += [
        clear_at(9, "CLEARMSG #demo :gone", "target-msg-id=id1"),
        clear_at(3, "CLEARCHAT #demo :Ann"),
    ]
    messages = [{"raw": line, "channel": "demo"} for line in lines]
    for name, text in (
        ("irc", "\n".join(lines)),
        ("justlog-json", orjson.dumps({"messages": messages}).decode()),
    ):
        staged = staged_as(name, written(tmp_path / "a", text))
        assert kept(staged, "id") == ["id2", "id4", "id5"]
        assert (staged.rows, staged.log.skipped["taken back"]) == (3, 3)


def test_a_cleared_channel_loses_its_last_hour(tmp_path: Path) -> None:
    lines = [line_at(0, "ann"), line_at(3700, "bob"), line_at(3710, "cy")]
    lines.append(clear_at(3710, "CLEARCHAT #demo"))
    staged = staged_as("irc", written(tmp_path / "a", "\n".join(lines)))
    assert kept(staged, "id") == ["id0"] and staged.log.skipped["taken back"] == 2


def test_bots_are_known_by_their_badge(tmp_path: Path) -> None:
    lines = [irc(0).replace("@", "@badges=bot-badge/1;", 1), irc(1)]
    said, _ = read(written(tmp_path / "a", "\n".join(lines)))
    assert [s.bot for s in said] == [True, False]


def test_broken_bytes_are_replaced_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"[0:00:01] <ann> caf\xe9\n[0:00:02] <bob> caf\xc3\xa9\n")
    said, log = read(path)
    assert [s.text for s in said] == ["caf\ufffd", "caf\xe9"]
    assert log.replaced == 1


@pytest.mark.parametrize("what", ALL)
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_log_cut_anywhere_is_read_up_to_there(tmp_path: Path, what: str, packed: bool) -> None:
    name, text, *_ = ALL[what]
    raw = written(tmp_path / "a", text, packed=packed).read_bytes()
    for end in range(0, len(raw), 7):
        (tmp_path / "b").write_bytes(raw[:end])
        said, log = read(tmp_path / "b", name)
        assert len(said) <= 3
        assert [s.user for s in said] == [user for user, *_ in LINES][: len(said)]
        if text.startswith(("{", "[{", "[\n")) and "\n{" not in text and end:
            assert log.cut
        if packed and end > 2:
            assert log.cut == "its gzip data end in the middle"


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_reader_minds_what_it_is_given(tmp_path: Path, name: str, data: st.DataObject) -> None:
    base = data.draw(st.sampled_from([text for _, text, *_ in ALL.values()])).encode()
    cut = data.draw(st.integers(0, len(base)))
    noise = data.draw(st.binary(max_size=40))
    path = tmp_path / "a"
    path.write_bytes(base[:cut] + noise + base[cut + data.draw(st.integers(0, 9)) :])
    said, _ = read(path, name)
    assert all(isinstance(s.at, float) and isinstance(s.text, str) for s in said)


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("ann subscribed with Prime. They've subscribed for 25 months! ", ""),
        ("ann subscribed at Tier 1. They've subscribed for 6 months, currently on a 5 month "
         "streak! hello all", "hello all"),
        ("ann gifted a Tier 1 Sub to bob! They have given 3 Gift Subs in the channel!", ""),
        ("An anonymous user gifted a Tier 1 Sub to bob! ", ""),
        ("ann is gifting 5 Tier 1 Subs to demo's community! ", ""),
        ("i subscribed yesterday. so good!", "i subscribed yesterday. so good!"),
    ],
)  # fmt: skip
def test_of_a_notice_only_the_chatters_own_words_are_chat(text: str, own: str) -> None:
    notice = notices.read(text, "ann")
    assert (notice.own if notice else text) == own


@pytest.mark.parametrize("raw", [b"", b"\x00\x01\x02" * 99, b"hello\nthere\n", b"{}", b"[1, 2]"])
def test_a_file_of_no_format_is_refused_by_name(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(raw)
    with pytest.raises(BadInput, match=r"notes\.txt is "):
        detect(path)
