"""Importing past chat: the same twice changes nothing, and what was observed stays."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.imports.command import import_files
from pipeline.requests.actions import actions
from pipeline.requests.queue import apply_all
from pipeline.requests.workspace import open_workspace
from tests.helpers.build import (
    chat_rows,
    csv_file,
    outcome,
    parquet,
    put,
    republish,
    rows,
    send,
    stored,
    stream_row,
    window_row,
)
from warehouse.config import DataFolder
from warehouse.errors import BadInput
from warehouse.inbox.requests import InboxFolder, Request
from warehouse.records import utc
from warehouse.store.store import Store, table_schemas

WINDOWS = "SELECT * EXCLUDE rev FROM windows ORDER BY channel, start"
TERMS = "SELECT * EXCLUDE rev FROM window_terms ORDER BY ALL"
MIDNIGHT = 1_767_225_600  # 2026-01-01


@pytest.fixture(autouse=True)
def place(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands take their folder from the environment, and no .env."""
    folder.root.mkdir(parents=True)
    monkeypatch.chdir(folder.root)
    monkeypatch.setenv("DLD_DATA", str(folder.root))
    monkeypatch.setenv("DLD_LEXICON", "vader")


def run(path: Path, undated: bool = False, started_at: datetime | None = None) -> None:
    import_files([path], None, started_at, undated)


def test_a_stream_is_imported_whole(folder: DataFolder, tmp_path: Path) -> None:
    run(parquet(tmp_path / "a.parquet", chat_rows(n=60, step=7)))
    found = rows(
        folder,
        f"SELECT epoch(start) - {MIDNIGHT}, n_messages, n_filtered, observed_s FROM windows",
    )
    assert [row[0] for row in found] == list(range(0, 420, 30))
    assert (sum(row[1] for row in found), sum(row[2] for row in found)) == (50, 10)
    assert [row[3] for row in found] == [30.0] * 13 + [24.0]  # the last message is at 413 s
    assert rows(folder, f"SELECT stream_id, epoch(ended_at) - {MIDNIGHT} FROM streams") == [
        ("demo:1", 420)
    ]


def test_a_log_of_the_future_is_refused(folder: DataFolder, tmp_path: Path) -> None:
    years = [{**row, "date": "2190-01-01"} for row in chat_rows(n=9, step=7)]
    with pytest.raises(BadInput, match="would end at 2190-01-01 00:00 UTC, which is yet to come"):
        run(parquet(tmp_path / "a.parquet", years))


def test_the_contributions_of_a_window_sum_to_its_mean(folder: DataFolder, tmp_path: Path) -> None:
    run(parquet(tmp_path / "a.parquet", chat_rows(n=60, step=3)))
    found = rows(
        folder,
        "SELECT max(abs(mean_compound - total)), count(*) FROM windows JOIN (SELECT start, "
        "sum(contribution) AS total FROM window_terms GROUP BY start) USING (start)",
    )
    assert found[0][0] < 1e-9
    assert found[0][1] == 6


def test_the_same_file_twice_changes_nothing(folder: DataFolder, tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", chat_rows() + chat_rows(stream="2", date="2026-02-01"))
    found = []
    for _ in range(2):
        run(path)
        with Store(folder.warehouse) as store:
            found.append((stored(store, WINDOWS), stored(store, TERMS)))
        published = rows(folder, WINDOWS), rows(folder, TERMS)
        assert published == found[-1]
    assert found[0] == found[1]


def test_a_stream_imported_under_another_name_is_one_stream(
    folder: DataFolder, tmp_path: Path
) -> None:
    for name, n in (("1", 60), ("renamed", 40), ("renamed", 60)):
        table = [{**row, "vod": "77"} for row in chat_rows(stream=name, n=n)]
        run(parquet(tmp_path / "a.parquet", table))
        assert rows(folder, "SELECT stream_id, vod_id FROM streams") == [("demo:1", "77")]
        assert rows(folder, "SELECT sum(n_messages + n_filtered) FROM windows") == [(60,)]


def test_an_import_again_rewrites_the_published_files_of_its_months_alone(
    folder: DataFolder, tmp_path: Path
) -> None:
    run(parquet(tmp_path / "a.parquet", chat_rows(date="2026-01-01")))
    run(parquet(tmp_path / "b.parquet", chat_rows(stream="2", date="2026-02-01")))
    before = {p.name for p in (folder.published / "windows").iterdir()}
    run(parquet(tmp_path / "a.parquet", chat_rows(date="2026-01-01")))
    after = {p.name for p in (folder.published / "windows").iterdir()}
    assert len(before & after) >= 1
    found = rows(folder, "SELECT month(start), count(*) FROM windows GROUP BY 1 ORDER BY 1")
    assert found == [(1, 14), (2, 14)]


def test_observed_windows_are_never_replaced(folder: DataFolder, tmp_path: Path) -> None:
    with Store(folder.warehouse) as store:
        kept = {**window_row(0, mean=0.123), "start": utc(MIDNIGHT + 30)}
        put(store, windows=[kept])
    run(parquet(tmp_path / "a.parquet", chat_rows()))
    found = rows(folder, f"SELECT epoch(start) - {MIDNIGHT}, source, mean_compound FROM windows")
    assert found[1] == (30, "live", 0.123)
    assert [row[1] for row in found].count("import") == 13
    terms = rows(folder, f"SELECT count(*) FROM window_terms WHERE epoch(start) - {MIDNIGHT} = 30")
    assert terms == [(0,)]


def test_of_an_observed_stream_a_log_adds_only_what_was_missed(
    folder: DataFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Store(folder.warehouse) as store:
        live = [{**window_row(0, n=1), "start": utc(MIDNIGHT + 30 * k)} for k in (0, 1, 2, 3)]
        stream = stream_row(0, 120)
        put(store, windows=live[:1] + live[2:], streams=[
            {**stream, "started_at": utc(MIDNIGHT), "ended_at": utc(MIDNIGHT + 120)},
        ])  # fmt: skip
        republish(folder, store)
    table = chat_rows(stream="9", n=40, step=3, date="2026-01-01T00:00:00")
    run(parquet(tmp_path / "a.parquet", [{**row, "vod": "9"} for row in table]))
    found = rows(folder, "SELECT source, n_messages FROM windows ORDER BY start")
    assert [source for source, _ in found] == ["live", "import", "live", "live"]
    assert [n for source, n in found if source == "live"] == [1, 1, 1]
    assert rows(folder, "SELECT stream_id, source FROM streams") == [(stream["stream_id"], "live")]
    assert "left 3 windows of demo as they were: they were observed" in capsys.readouterr().out


def test_a_stream_that_begins_in_the_last_window_of_another_comes_into_the_next(
    folder: DataFolder, tmp_path: Path
) -> None:
    first = chat_rows(date="2026-01-01T00:00:00", n=5, step=10)  # 0..40 s
    second = chat_rows(stream="2", date="2026-01-01T00:00:50", n=5, step=10)
    run(parquet(tmp_path / "a.parquet", first + second))
    found = rows(folder, f"SELECT epoch(start) - {MIDNIGHT}, n_messages + n_filtered FROM windows")
    assert found == [(0, 3), (30, 2), (60, 3), (90, 2)]


def test_streams_that_overlap_never_give_a_window_twice(folder: DataFolder, tmp_path: Path) -> None:
    first = chat_rows(date="2026-01-01T00:00:00", n=20, step=10)
    second = chat_rows(stream="2", date="2026-01-01T00:01:00", n=20, step=10)
    run(parquet(tmp_path / "a.parquet", first + second))
    for _ in range(2):
        run(parquet(tmp_path / "a.parquet", first + second))
        found = rows(folder, "SELECT count(*), count(DISTINCT start) FROM windows")
        assert found == [(14, 14)]
        assert rows(folder, "SELECT stream_id, placed FROM streams ORDER BY 1") == [
            ("demo:1", False), ("demo:2", True),
        ]  # fmt: skip


def test_undated_streams_need_leave_and_are_marked(folder: DataFolder, tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", chat_rows(date=""))
    with pytest.raises(BadInput, match="--undated"):
        run(path)
    assert not any(folder.inbox.glob("*"))
    run(path, undated=True)
    found = rows(folder, "SELECT undated, strftime(started_at, '%Y-%m-%d') FROM streams")
    assert found == [(True, "2000-01-01")]


def test_a_csv_is_imported_like_its_parquet(folder: DataFolder, tmp_path: Path) -> None:
    table = chat_rows(n=100)
    run(parquet(tmp_path / "a.parquet", table))
    first = rows(folder, WINDOWS)
    run(csv_file(tmp_path / "a.csv", table))
    assert rows(folder, WINDOWS) == first


def test_hostile_messages_are_counted_like_others(folder: DataFolder, tmp_path: Path) -> None:
    texts = ["a\0b", "x" * 100_000, "", "\u202e", "great"]
    table = [{**chat_rows(n=1)[0], "t": float(k), "text": text} for k, text in enumerate(texts)]
    run(parquet(tmp_path / "a.parquet", table))
    assert rows(folder, "SELECT n_messages, mean_compound FROM windows") == [(5, 0.6249 / 5)]


def test_a_file_without_a_message_is_an_error_and_leaves_nothing(
    folder: DataFolder, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("channel,stream,t,text\n")
    with pytest.raises(BadInput, match="has no message that could be imported"):
        run(path)
    assert not any(folder.inbox.glob("*"))
    assert not any((folder.root / "scratch").glob("*"))


def test_a_bad_file_among_others_is_told_and_the_others_go_on(
    folder: DataFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("nonsense")
    good = parquet(tmp_path / "a.parquet", chat_rows())
    with pytest.raises(BadInput, match=r"1 of 2 files not imported: bad\.csv"):
        import_files([bad, good], None, None, False)
    assert rows(folder, "SELECT count(*) FROM windows") == [(14,)]
    assert capsys.readouterr().err.count("error: ") == 1


def _request(folder: DataFolder, tables: dict[str, Any]) -> None:
    target = folder.inbox / "abc"
    target.mkdir(parents=True)
    for name in ("streams", "channels", "windows", "window_terms"):
        table = tables.get(name, table_schemas()[name].empty_table())
        pq.write_table(table, target / f"{name}.parquet")
    send(folder.inbox, Request("abc", "2026-01-01T00:00:00Z", "test", "import"))


@pytest.mark.parametrize(
    ("field", "odd"),
    [("channel", odd) for odd in ("\u212aate", "Kate", "../x", "kate~07", "kate\n", "")]
    + [("login", "Kate"), ("login", "a b"), ("channel_id", "07"), ("channel_id", "kate")],
)
def test_an_import_of_what_is_no_channel_is_refused(
    folder: DataFolder, field: str, odd: str
) -> None:
    row = {"channel": "kate", "login": "kate", "channel_id": "7", "source": "import", field: odd}
    table = pa.Table.from_pylist([row], schema=table_schemas()["channels"])
    _request(folder, {"channels": table})
    with open_workspace(folder) as workspace:
        apply_all(InboxFolder(folder.inbox), workspace.store, actions(workspace))
        assert str(outcome(folder.inbox, "abc")).startswith("the import's files ")
        assert stored(workspace.store, "SELECT count(*) FROM channels") == [(0,)]


@pytest.mark.parametrize(
    ("channel", "kept"), [("Kate", ["kate"]), ("\u212aate", []), ("kate~07", []), (5, [])]
)
def test_a_marker_is_of_a_channel(folder: DataFolder, channel: object, kept: list[str]) -> None:
    body = {"channel": channel, "text": "now"}
    send(folder.inbox, Request("abc", "2026-01-01T00:00:00Z", "test", "marker", body))
    with open_workspace(folder) as workspace:
        apply_all(InboxFolder(folder.inbox), workspace.store, actions(workspace))
        assert [c for (c,) in stored(workspace.store, "SELECT channel FROM events")] == kept


@pytest.mark.parametrize("how", ["other columns", "other types", "refused rows", "cut short"])
def test_a_damaged_import_is_refused_whole(folder: DataFolder, how: str) -> None:
    schema = table_schemas()["windows"]
    bad = {**window_row(0), "source": "import", "observed_s": 99.0}
    tables: dict[str, Any] = {
        "other columns": pa.table({"channel": ["demo"]}),
        "other types": pa.table({n: ["nonsense"] for n in schema.names}),
        "refused rows": pa.Table.from_pylist([bad], schema=schema),
        "cut short": schema.empty_table(),
    }
    _request(folder, {"windows": tables[how]})
    if how == "cut short":
        path = folder.inbox / "abc" / "windows.parquet"
        path.write_bytes(path.read_bytes()[:50])
    with Store(folder.warehouse) as store:
        apply_all(InboxFolder(folder.inbox), store)
        assert str(outcome(folder.inbox, "abc")).startswith("the import's ")
        assert stored(store, "SELECT count(*) FROM windows") == [(0,)]
        republish(folder, store)
    assert not (folder.inbox / "abc").exists()
