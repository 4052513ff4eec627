"""Tables of chat with any columns: by their names and values, or told what is missing."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.chat.columns import given_columns
from pipeline.chat.placement import NeedsAnswer
from pipeline.imports.command import import_files
from pipeline.imports.formats.base import Log, Said
from pipeline.imports.formats.detect import detect
from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.formats.tables import columns
from tests.helpers.build import rows
from tests.helpers.logs import EPOCH, written
from warehouse.config import DataFolder
from warehouse.errors import BadInput

THEN = EPOCH - 731 * 86400  # before Twitch wrote local times into videos' comments
TIMES = {  # a column and its cells, the kind of its times, and the first of them
    ("timestamp", ("2026-01-31T18:01:00Z", "2026-01-31T18:01:30Z")): (True, EPOCH + 60),
    ("created_at", ("2026-01-31 18:01:00,250", "2026-01-31 18:01:30,250")): (True, EPOCH + 60.25),
    ("sent_at", ("2026-01-31 19:01:00 +0100 CET", "x")): (True, None),
    ("Date Time", ("2026-01-31 18:01:00 +0000 UTC", "")): (True, EPOCH + 60),
    ("time", (str(EPOCH + 60), str(EPOCH + 90))): (True, EPOCH + 60),
    ("ts", (f"{EPOCH + 60}", "")): (True, EPOCH + 60),
    ("wann", (f"{EPOCH + 60}", "")): (None, None),
    ("timestamp", (f"{EPOCH + 60}500", f"{EPOCH + 90}000")): (True, EPOCH + 60.5),
    ("us", (f"{EPOCH + 60}000000", f"{EPOCH + 90}000000")): (True, EPOCH + 60),
    ("ms", ("60000", "90000")): (False, 60),
    ("offset", ("60", "90.5")): (False, 60),
    ("seconds", ("0", "5")): (False, 0),
    ("time", ("0:01:00", "1:02:03")): (False, 60),
    ("time_text", ("1:00", "1:30")): (False, 60),
    ("offset", ("1m0s", "1h2m3s")): (False, 60),
    ("time", ("18:01:00", "18:01:30")): (True, 64860),
}


def read(path: Path, **given: str) -> tuple[list[Said], Log]:
    log = Log(columns=given)
    with LogFile(path) as file:
        said = list(columns.read(file, log))
    if log.needs:
        raise NeedsAnswer(log.needs, "columns")
    return said, log


@pytest.mark.parametrize(("column", "right"), TIMES.items())
def test_the_values_of_a_time_tell_what_it_is(
    tmp_path: Path, column: tuple[str, tuple[str, str]], right: tuple[bool | None, float | None]
) -> None:
    name, cells = column
    path = written(
        tmp_path / "a.csv", "\n".join([f"{name};user;text", *(f"{c};ann;hi" for c in cells)])
    )
    is_clock, first = right
    if first is None:
        with pytest.raises(
            NeedsAnswer, match=r"has no column with times since 1990 .*; it has .*user"
        ):
            read(path)
        return
    said, log = read(path)
    assert (log.clock, said[0].at, said[0].user, said[0].text) == (is_clock, first, "ann", "hi")


def test_hours_of_a_day_that_is_told_beside_them_are_moments(tmp_path: Path) -> None:
    said, log = read(written(tmp_path / "a", "date,time,body\n2026-01-31,18:01:00,hi\n"))
    assert log.clock and not log.zone and said[0].at == EPOCH + 60


def test_seconds_beside_moments_are_those_of_one_video_or_else_they_are_not_believed(
    tmp_path: Path,
) -> None:
    rows = "video_id,created_at,offset,body\n7,2024-01-31T18:01:00Z,60,hi\n"
    said, log = read(written(tmp_path / "a", rows + "7,2024-01-31T18:01:30Z,90,ho\n"))
    assert ([one.at for one in said], log.starts_at, log.stream) == ([60, 90], THEN, "7")
    said, log = read(written(tmp_path / "b", rows + "8,2024-02-01T18:01:30Z,90,ho\n"))
    assert log.clock and said[0].at == THEN + 60
    said, log = read(written(tmp_path / "c", rows.replace("2024", "2026")))  # local, called UTC
    assert ([one.at for one in said], log.starts_at, log.clock) == ([60], None, False)


def test_text_with_the_delimiter_in_quotes_on_two_lines_or_last_without_is_whole(
    tmp_path: Path,
) -> None:
    table = '\ufefftime,user,text\r\n1,ann,"a, b\r\nc ""d"""\r\n2,bob,e, f\r\n3\r\n'
    said, log = read(written(tmp_path / "a", table))
    assert [one.text for one in said] == ['a, b\nc "d"', "e, f"]
    assert log.skipped == {"no row of the table": 1}


def test_a_table_of_excels_is_read_behind_its_word_for_the_delimiter(tmp_path: Path) -> None:
    path = written(tmp_path / "a", "sep=;\r\ntime;user;text\r\n1;ann;hi, you\r\n")
    assert detect(path) == "columns"
    assert read(path)[0] == [Said(1, "ann", "hi, you")]


def test_quotes_in_a_table_by_tabs_are_text(tmp_path: Path) -> None:
    said, _ = read(written(tmp_path / "a", 'time\ttext\n1\t"so he said\n2\tgg"\n'))
    assert [one.text for one in said] == ['"so he said', 'gg"']


def test_a_quote_that_is_never_closed_loses_no_line_in_silence(tmp_path: Path) -> None:
    lines = [f"{k},ann,{chr(34) if k == 3 else ''}line {k}" for k in range(9000)]
    said, log = read(written(tmp_path / "a", "\n".join(["time,user,text", *lines])))
    assert len(said) + log.skipped["in a quote that is not closed"] == 9000
    assert log.skipped["in a quote that is not closed"]


def test_columns_of_other_names_are_told_by_name_or_number(tmp_path: Path) -> None:
    path = written(tmp_path / "a", "Wann,Wer,Was\n5,Ann,hi\n")
    assert detect(path, {"text": "was"}) == "columns"
    for given in (
        {"text": "Was", "time": "wann", "user": "wer"},
        {"text": "3", "time": "1", "user": "2"},
    ):
        assert read(path, **given)[0] == [Said(5, "ann", "hi")]
    with pytest.raises(BadInput, match="names 'Wo', which the table has not"):
        read(path, text="Wo")


def test_a_table_without_names_is_read_where_it_is_plain_and_else_asked_about(
    tmp_path: Path,
) -> None:
    plain = written(tmp_path / "a", "2026-01-31 18:01:00,ann,hi all\n" * 3)
    assert detect(plain) == "columns"
    assert read(plain)[0][0] == Said(EPOCH + 60, "ann", "hi all")
    other = written(tmp_path / "b", "2026-01-31 18:01:00,secret,9,words here\n" * 3)
    with pytest.raises(NeedsAnswer, match="does not name its 4 columns") as fault:
        read(other)
    assert "secret" not in str(fault.value)


def test_a_table_without_text_says_what_a_table_needs(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "timestamp,user\n2026-01-31T18:01:00Z,ann\n")
    assert detect(path) == "columns"
    with pytest.raises(
        NeedsAnswer, match=r"no column with a text; it has timestamp, user; .*--columns"
    ):
        read(path)


@pytest.mark.parametrize("text", ["text", "text=", "words=a", "text=a,,time"])
def test_columns_that_are_told_in_another_form_are_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is no column of a table; say text=NAME"):
        given_columns(text)


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    at = [datetime(2026, 1, 31, 18, 1, k, tzinfo=UTC) for k in range(3)]
    made = pa.table({"created_at": at, "author": ["ann", None, "cy"], "content": ["a", "b", None]})
    pq.write_table(made, tmp_path / "a.parquet")
    assert detect(tmp_path / "a.parquet") == "columns"
    said, log = read(tmp_path / "a.parquet")
    assert [(one.at, one.user, one.text) for one in said] == [
        (EPOCH + 60, "ann", "a"),
        (EPOCH + 61, "", "b"),
    ]
    assert log.skipped == {"no text": 1}


def test_chat_downloaders_table_is_read_as_its_json_is(tmp_path: Path) -> None:
    head = (
        "author.display_name,author.name,emotes.0.locations.0,emotes.0.name,message,message_id,"
        "message_type,time_in_seconds,timestamp"
    )
    table = (
        f"{head}\nAnn,ann,0-2,LUL,LUL so,i1,text_message,60,{THEN + 60}000000\n"
        f"Bob,bob,,,,i2,raid,61,{THEN + 61}000000\n"
    )
    said, log = read(written(tmp_path / "a.csv", table))
    assert said == [Said(60, "ann", "LUL so", "LUL", id="i1")]
    assert log.starts_at == THEN and log.skipped == {"notice of a sub, gift or raid": 1}


@pytest.fixture
def place(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    folder.root.mkdir(parents=True)
    monkeypatch.setenv("DLD_DATA", str(folder.root))
    monkeypatch.setenv("DLD_LEXICON", "vader")
    return folder


def test_streams_of_a_table_that_count_from_their_starts_stay_apart(
    place: DataFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        f"{v},{v}-01-31T18:00:{k:02}Z,0:00:{k:02},ann,hi" for v in (2024, 2025) for k in range(9)
    ]
    path = written(
        tmp_path / "a.csv", "\n".join(["video_id,started_at,offset,user,body", *lines, "2025,,,,x"])
    )
    import_files([path], ["demo"], None, False)
    found = rows(place, "SELECT vod_id, epoch(started_at), channel FROM streams ORDER BY 1")
    assert [(vod, channel) for vod, _, channel in found] == [("2024", "demo"), ("2025", "demo")]
    assert found[1][1] == EPOCH - 365 * 86400
    assert (
        "a.csv: streams=2 messages=18 filtered=0 skipped=1 (no sensible time 1)"
        in capsys.readouterr().out
    )


def test_an_unknown_file_is_told_what_is_read_and_what_comes_nearest(tmp_path: Path) -> None:
    for text, says in {
        "[12:00:00] ann: hi\n" + "something else\n" * 5: "nearest is chatterino, as 1 of",
        '{"a": 1}': "it is JSON, but its first values are not the chat of a known tool",
        "Dear diary": "is in no format that is known here; DLD reads TwitchDownloader",
        "\x00\x01\x02" * 50: "it is no text",
        "PK\x03\x04...": "is an archive in an archive",
    }.items():  # fmt: skip
        with pytest.raises(BadInput, match=says):
            detect(written(tmp_path / "a", text))
    with pytest.raises(BadInput, match=r"docs/import\.md"):
        detect(written(tmp_path / "a", "Dear diary"))


def test_gzip_in_gzip_is_named(tmp_path: Path) -> None:
    import gzip

    (tmp_path / "a").write_bytes(gzip.compress(gzip.compress(b"time,text\n1,hi\n")))
    with pytest.raises(BadInput, match="packed by gzip twice: unpack it once"):
        detect(tmp_path / "a")


def test_a_table_of_times_at_which_nobody_chatted_says_so(tmp_path: Path) -> None:
    path = written(tmp_path / "a", "time,text\n1969-01-31T18:00:00Z,hi\n0001-01-01T00:00:00Z,hi\n")
    with pytest.raises(NeedsAnswer, match="no column with times since 1990"):
        read(path)


def test_half_a_parquet_file_is_named(tmp_path: Path) -> None:
    made = pa.table({"time": list(range(5000)), "text": [f"hello {k}" for k in range(5000)]})
    pq.write_table(made, tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    half = tmp_path / "b.parquet"
    half.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match="its Parquet data are damaged"):
        detect(half)
    with LogFile(half) as file:
        assert list(columns.read(file, Log())) == []
        assert file.cut == "its Parquet data are damaged"
    whole = whole[:2000] + bytes(4000) + whole[6000:]  # its footer is whole
    half.write_bytes(whole)
    with LogFile(half) as file:
        assert len(list(columns.read(file, Log()))) < 5000
        assert file.cut == "its Parquet data are damaged"
