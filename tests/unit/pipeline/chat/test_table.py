"""Tables of past chat: what is read, what is left out, and one clear error for the rest."""

import math
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.chat.message import Message
from pipeline.chat.placement import place
from pipeline.chat.table import ChatTable
from tests.helpers.build import chat_rows, csv_file, parquet
from warehouse.errors import BadInput


def read(path: Path, channel: str | None = None) -> tuple[list[Message], Counter[str]]:
    """(every message, rows left out)."""
    table = ChatTable(path, path.parent / "scratch", channel)
    try:
        placed = place(table.streams(), undated=True)
        return [m for _, m in table.messages(placed, merged=True)], table.unusable()
    finally:
        table.close()


def row(**more: Any) -> dict[str, Any]:
    return {"channel": "demo", "stream": "1", "date": "2026-01-01", "t": 1.5, "text": "hi", **more}


def test_parquet_and_csv_are_read_alike(tmp_path: Path) -> None:
    table = chat_rows(n=20)
    as_parquet, _ = read(parquet(tmp_path / "a.parquet", table))
    as_csv, _ = read(csv_file(tmp_path / "a.csv", table))
    assert len(as_parquet) == 20
    assert [(m.at, m.text, m.chatter) for m in as_parquet] == [
        (m.at, m.text, m.chatter) for m in as_csv
    ]


def test_a_table_of_the_needed_columns_is_enough(tmp_path: Path) -> None:
    found, _ = read(parquet(tmp_path / "a.parquet", [row()]))
    (message,) = found
    assert (message.channel, message.text, message.chatter) == ("demo", "hi", "")
    assert (message.emotes, message.bot, message.id) == (None, False, "")


def test_no_markup_and_no_emotes_are_two_things(tmp_path: Path) -> None:
    rows = [row(emotes=None), row(t=2, emotes=""), row(t=3, emotes="LUL LUL Kappa")]
    found, _ = read(parquet(tmp_path / "a.parquet", rows))
    assert [m.emotes for m in found] == [None, (), ("LUL", "LUL", "Kappa")]


def test_time_that_runs_backwards_is_put_in_order(tmp_path: Path) -> None:
    rows = [row(t=t, text=str(t)) for t in (9.0, 1.0, 5.0, 1.5)]
    found, _ = read(parquet(tmp_path / "a.parquet", rows))
    assert [m.text for m in found] == ["1.0", "1.5", "5.0", "9.0"]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ({"t": None}, "no time"), ({"t": -1.0}, "before the stream's start"),
        ({"t": math.nan}, "no time"), ({"t": math.inf}, "no time"),
        ({"t": 1e12}, "30 days or more"), ({"t": 9 * 365 * 86400.0}, "30 days or more"),
        ({"text": None}, "no text"), ({"stream": None}, "no stream"),
        ({"channel": None}, "no login"), ({"channel": ""}, "no login"),
        ({"channel": "a/../b"}, "no login"), ({"channel": "x" * 26}, "no login"),
    ],
)  # fmt: skip
def test_a_row_without_a_login_a_time_or_a_text_is_left_out_and_counted(
    tmp_path: Path, bad: dict[str, Any], why: str
) -> None:
    found, unusable = read(parquet(tmp_path / "a.parquet", [row(), row(**bad)]))
    assert (len(found), unusable.total()) == (1, 1)
    assert why in next(iter(unusable))


def test_hostile_texts_come_through_as_they_are(tmp_path: Path) -> None:
    texts = ["", "a\0b", "x" * 100_000, "\u202e\U000e0000", "'; DROP TABLE chat --", "a\nb", "👍🏽"]
    rows = [row(t=float(k), text=text) for k, text in enumerate(texts)]
    found, _ = read(parquet(tmp_path / "a.parquet", rows))
    assert [m.text for m in found] == texts


def test_a_csv_with_a_long_and_a_quoted_line_is_read(tmp_path: Path) -> None:
    texts = ["x" * 100_000, 'say "hi", you', "a\nb", "ünï"]
    rows = [row(t=float(k), text=text) for k, text in enumerate(texts)]
    found, _ = read(csv_file(tmp_path / "a.csv", rows))
    assert [m.text for m in found] == texts


def test_a_channel_is_a_login_however_it_is_written(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", [row(channel=" Demo ")])
    table = ChatTable(path, tmp_path / "scratch")
    assert [s.channel for s in table.streams(["DEMO"])] == ["demo"]
    table.close()


def test_the_one_channel_named_is_taken_where_the_table_has_none(tmp_path: Path) -> None:
    rows = [{"stream": "1", "t": 1.0, "text": "hi"}]
    found, _ = read(parquet(tmp_path / "a.parquet", rows), "demo")
    assert [m.channel for m in found] == ["demo"]


def test_a_stream_whose_rows_bear_two_dates_is_two_streams(tmp_path: Path) -> None:
    rows = [row(date="2026-01-01"), row(date="2026-01-02"), row(stream="2", date="2026-01-02")]
    table = ChatTable(parquet(tmp_path / "a.parquet", rows), tmp_path / "scratch")
    assert [s.stream_id for s in table.streams()] == [
        "demo:1:2026-01-01", "demo:1:2026-01-02", "demo:2",
    ]  # fmt: skip
    table.close()


@pytest.mark.parametrize("name", ["chat [1].parquet", "it's*.parquet", "a?.parquet"])
def test_a_name_that_looks_like_a_pattern_is_a_name(tmp_path: Path, name: str) -> None:
    parquet(tmp_path / "chat 1.parquet", [row(text="another")])
    found, _ = read(parquet(tmp_path / name, [row(text="this")]))
    assert [m.text for m in found] == ["this"]


@pytest.mark.parametrize(("minutes", "unit"), [(4, 1000), (40, 1000), (2, 1e6)])
def test_times_in_milliseconds_are_no_times_in_seconds(
    tmp_path: Path, minutes: int, unit: float
) -> None:
    rows = [row(t=second * unit) for second in range(minutes * 60)]
    table = ChatTable(parquet(tmp_path / "a.parquet", rows), tmp_path / "scratch")
    with pytest.raises(BadInput, match="are these milliseconds"):
        table.check_times()
    table.close()


def test_a_stream_of_two_days_is_one(tmp_path: Path) -> None:
    rows = [row(t=0.0), row(t=48 * 3600.0)]
    table = ChatTable(parquet(tmp_path / "a.parquet", rows), tmp_path / "scratch")
    table.check_times()
    table.close()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nothing\.csv is not a file"):
        ChatTable(tmp_path / "nothing.csv", tmp_path)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PAR1",
        b"PAR1 and then nonsense PAR1",
        b"\x00\x01\x02\x03" * 100,
        b"text,t\nhi,1\n",
        b"channel,stream,t,text\ndemo,1,1,\xff\xfe\xfa\n",
        b'channel,stream,t,text\ndemo,1,1,"never closed\n',
    ],
)
def test_a_file_that_is_no_table_of_chat_is_one_clear_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "chat.csv"
    path.write_bytes(data)
    with pytest.raises(BadInput) as caught:
        read(path)
        raise BadInput("nothing in it")  # a header alone is a table without streams
    assert "\n" not in str(caught.value)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="has no column t, text; a table of chat has channel"):
        ChatTable(parquet(tmp_path / "a.parquet", [{"channel": "a", "stream": "1"}]), tmp_path)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"channels": ["nobody"]}, "has no channel nobody; it has demo"),
        ({"streams": ["99"]}, "has no stream 99; it has 1"),
    ],
)
def test_an_unknown_channel_or_stream_is_named_with_those_there_are(
    tmp_path: Path, asked: dict[str, list[str]], said: str
) -> None:
    table = ChatTable(parquet(tmp_path / "a.parquet", [row()]), tmp_path / "scratch")
    with pytest.raises(BadInput, match=said):
        table.streams(**asked)
    table.close()


def test_text_that_is_damaged_inside_is_an_error_when_it_is_reached(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    rows = [row(t=float(k), text=f"{k} " * 50) for k in range(5000)]
    table = pa.Table.from_pylist(rows)
    pq.write_table(table, path, use_dictionary=False, compression="zstd")
    start = pq.read_metadata(path).row_group(0).column(4).data_page_offset
    data = bytearray(path.read_bytes())
    data[start + 60 : start + 2000] = bytes(1940)
    path.write_bytes(data)
    with pytest.raises(BadInput, match="cannot be read as a table of chat"):
        read(path)
