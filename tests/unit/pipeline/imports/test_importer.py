"""Logs whose streams overlap: a window holds all that was said on the channel then."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipeline.chat.placement import place
from pipeline.chat.table import ChatTable, Placed, TableStream
from pipeline.imports.importer import Importer, overlapping
from pipeline.scoring.by_channel import Scorers
from tests.helpers.build import parquet
from warehouse.store.import_files import ImportFiles


def placed(channel: str, start: float, last: float) -> Placed:
    name = f"{channel}:{start}"
    return Placed(TableStream(channel, name, "2026-01-01", 0.0, last, 1, name), start)


def row(stream: str, date: str, t: float, text: str) -> dict[str, Any]:
    return {"channel": "demo", "stream": stream, "date": date, "t": t, "text": text}


def test_streams_that_share_a_window_share_a_part_and_channels_never_do():
    streams = [placed("a", 0, 100), placed("a", 119, 10), placed("a", 150, 5), placed("b", 150, 5)]
    assert overlapping(streams) == [0, 0, 1, 2]


def test_a_long_stream_holds_together_what_begins_and_ends_within_it():
    assert overlapping([placed("a", 0, 900), placed("a", 60, 5), placed("a", 600, 5)]) == [0, 0, 0]


def test_messages_of_overlapping_streams_meet_in_one_window_and_none_is_lost(tmp_path: Path):
    rows = [
        row("1", "2026-01-01T12:00:00", 5, "good"),
        row("1", "2026-01-01T12:00:00", 65, "good"),
        row("1", "2026-01-01T12:00:00", 125, "good"),
        row("2", "2026-01-01T12:01:00", 6, "bad"),
    ]
    table = ChatTable(parquet(tmp_path / "chat.parquet", rows), tmp_path / "scratch")
    files = ImportFiles(tmp_path / "import")
    importer = Importer(files, Scorers("vader"), tmp_path / "salt")
    summary = importer.run(table, place(table.streams()), lambda n: None)
    table.close()
    found = pq.read_table(files.path("windows")).to_pylist()
    assert [w["n_messages"] for w in found] == [1, 0, 2, 0, 1]
    assert [w["stream_id"] for w in found] == ["demo:1", "demo:1", "demo:2", "demo:1", "demo:1"]
    assert found[2]["mean_compound"] == pytest.approx((0.4404 - 0.5423) / 2)
    assert (summary.counts.messages, summary.counts.dropped) == (4, 0)
