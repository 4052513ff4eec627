"""Compaction: which files become one, and when."""

from datetime import UTC, datetime, timedelta

import pytest

from warehouse.config import DataFolder
from warehouse.errors import StorageFull
from warehouse.published.compact import merge, plan
from warehouse.published.manifest import Manifest, PublishedFile

NOW = datetime(2026, 3, 15, 12, 30, tzinfo=UTC)


def file(first: str, last: str = "", rows: int = 1) -> PublishedFile:
    return PublishedFile(f"windows/{first}{last}{rows}.parquet", rows, first, last or first)


def planned(*files: PublishedFile, table: str = "windows") -> list[list[str]]:
    manifest = Manifest(1, 1, NOW, "live", {table: files})
    return [[f.min for f in group] for found, group in plan(manifest, NOW) if found == table]


def test_the_files_of_a_finished_hour_become_one() -> None:
    past = ["2026-03-15T11:00:00Z", "2026-03-15T11:59:30Z"]
    assert planned(*map(file, past)) == [past]


def test_the_hour_going_on_is_left_alone() -> None:
    assert planned(file("2026-03-15T12:00:00Z"), file("2026-03-15T12:29:30Z")) == []


def test_hours_of_a_finished_day_become_a_day_and_days_a_month() -> None:
    day = ["2026-03-14T10:00:00Z", "2026-03-14T11:00:00Z"]
    month = ["2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z"]
    assert planned(*map(file, day)) == [day]
    assert planned(*map(file, month)) == [month]


@pytest.mark.parametrize(
    ("past", "ends", "open_for"),
    [
        (["2026-03-15T11:00:00Z", "2026-03-15T11:59:30Z"], "2026-03-15T12", timedelta(minutes=5)),
        (["2026-03-14T10:00:00Z", "2026-03-14T11:00:00Z"], "2026-03-15T00", timedelta(hours=1)),
        (["2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z"], "2026-03-01T00", timedelta(hours=25)),
    ],
)
def test_what_has_just_ended_is_left_open_for_late_messages(
    past: list[str], ends: str, open_for: timedelta
) -> None:
    files = tuple(map(file, past))
    manifest = Manifest(1, 1, NOW, "live", {"windows": files})
    over = datetime.fromisoformat(f"{ends}:00:00Z") + open_for
    assert plan(manifest, over - timedelta(seconds=1)) == []
    assert plan(manifest, over) == [("windows", list(files))]


def test_hours_go_first_so_that_no_row_is_merged_thrice_at_once() -> None:
    hour = ["2026-03-14T10:00:00Z", "2026-03-14T10:30:00Z"]
    assert planned(*map(file, hour), file("2026-03-14T11:00:00Z")) == [hour]


def test_one_file_is_merged_enough_and_an_empty_one_is_none() -> None:
    assert planned(file("2026-03-14T10:00:00Z")) == []
    assert planned(file("2026-03-14T10:00:00Z"), PublishedFile("windows/e.parquet", 0)) == []


def test_samples_stay_in_hours_so_that_they_can_go_in_time() -> None:
    day = ["2026-03-14T10:00:00Z", "2026-03-14T11:00:00Z"]
    assert planned(*map(file, day), table="samples") == []


def test_small_tables_are_one_file_anyway() -> None:
    assert planned(PublishedFile("a", 1), PublishedFile("b", 1), table="streams") == []


def test_a_merge_whose_parts_are_gone_is_an_error_and_leaves_nothing(folder: DataFolder) -> None:
    (folder.published / "windows").mkdir(parents=True)
    with pytest.raises(StorageFull, match="cannot merge files of windows"):
        merge(folder, "windows", [file("2026-03-14T10:00:00Z"), file("2026-03-14T11:00:00Z")])
    assert list((folder.published / "windows").iterdir()) == []
