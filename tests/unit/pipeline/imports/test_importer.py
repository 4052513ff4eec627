"""What becomes of a table's streams: windows of what their logs cover, and of nothing else."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipeline.chat.placement import place
from pipeline.chat.table import ChatTable, Span
from pipeline.imports.combine import Told
from pipeline.imports.importer import Importer
from pipeline.scoring.by_channel import Scorers
from tests.helpers.build import parquet
from warehouse.store.import_files import ImportFiles

DAY = 20_454  # 2026-01-01, days since the epoch


def row(stream: str, t: float, text: str = "good") -> dict[str, Any]:
    date = f"2026-01-01T12:0{stream}:00"
    return {"channel": "demo", "stream": stream, "date": date, "t": t, "text": text}


def run(tmp_path: Path, rows: list[dict[str, Any]], told: Told) -> Importer:
    """An import of a table, of which so much is told."""
    table = ChatTable(parquet(tmp_path / "chat.parquet", rows), tmp_path / "scratch")
    files = ImportFiles(tmp_path / "import")
    importer = Importer(files, Scorers("vader"), tmp_path / "salt")
    importer.run(table, place(told.of(s) for s in table.streams()), lambda n: None)
    table.close()
    return importer


def imported(tmp_path: Path, rows: list[dict[str, Any]], told: Told) -> list[dict[str, Any]]:
    """The windows of a table, of which so much is told."""
    files = run(tmp_path, rows, told).files
    return pq.read_table(files.path("windows")).to_pylist()


def test_streams_that_overlap_never_share_a_window_and_no_message_is_lost(tmp_path: Path) -> None:
    rows = [row("0", 5), row("0", 65), row("0", 125), row("1", 6, "bad")]
    found = imported(tmp_path, rows, Told())
    assert [w["n_messages"] for w in found] == [1, 0, 1, 0, 1, 1]
    assert [w["stream_id"] for w in found] == ["demo:0"] * 5 + ["demo:1"]


def test_time_that_no_log_covers_makes_no_window_and_silence_that_one_covers_does(
    tmp_path: Path,
) -> None:
    told = Told({("demo", "0"): [Span(0, 60, False, False), Span(600, 675, False, False)]})
    found = imported(tmp_path, [row("0", 5), row("0", 601)], told)
    assert [(w["start"].minute * 60 + w["start"].second, w["observed_s"]) for w in found] == [
        (0, 30), (30, 30), (600, 30), (630, 30), (660, 15),
    ]  # fmt: skip
    assert [w["n_messages"] for w in found] == [1, 0, 1, 0, 0]


def test_a_message_on_a_border_is_observed(tmp_path: Path) -> None:
    found = imported(tmp_path, [row("0", 0), row("0", 30), row("0", 60.5)], Told())
    assert [(w["n_messages"], round(w["observed_s"], 3)) for w in found] == [
        (1, 30), (1, 30), (1, 0.501),
    ]  # fmt: skip


def test_what_a_channel_said_is_forgotten_after_its_last_stream(tmp_path: Path) -> None:
    said = [row("0", k, "xyzzy") | {"user": f"u{k}"} for k in range(3)]
    rows = [one | {"channel": name} for name in ("first", "second") for one in said]
    gate = run(tmp_path, rows, Told()).intake.gate
    assert [gate.admits(name, "xyzzy", DAY) for name in ("first", "second")] == [False, True]


def test_an_import_reads_a_stream_by_its_emotes_from_the_first_window_on(tmp_path: Path) -> None:
    rows = [row("0", 3 * k, f"привет как дела {k} :(") for k in range(60)]
    found = imported(tmp_path, rows, Told())
    assert {w["basis"] for w in found} == {"emotes"}
    assert {w["share_scored"] for w in found} == {1.0}
    assert imported(tmp_path, rows, Told()) == found, "whenever it is read"
    rows = [row("0", 3 * k, f"why would you go mid there {k} haha") for k in range(60)]
    found = imported(tmp_path, rows, Told())
    assert {w["basis"] for w in found} == {"words"}
    assert [w["n_laughs"] for w in found] == [w["n_messages"] for w in found]
