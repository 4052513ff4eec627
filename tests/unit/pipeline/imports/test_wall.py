"""The clock on somebody's wall, where it is set, and what it may look like."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.imports.formats.base import Log
from pipeline.imports.formats.clock import read
from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.formats.timed import read_tcd
from pipeline.imports.formats.wall import Wall
from tests.helpers.logs import written


def moments(path: Path, text: str) -> list[str]:
    """When its lines were, UTC."""
    with LogFile(written(path, text)) as file:
        return [f"{datetime.fromtimestamp(s.at, UTC):%d %H:%M:%S}" for s in read(file, Log())]


@pytest.mark.parametrize("zone", ["CET", "MEZ", "+0100", "W. Europe Standard Time"])
def test_a_clock_that_is_set_forward_loses_no_hour(tmp_path: Path, zone: str) -> None:
    log = f"# Start logging at 2026-03-29 01:58:00 {zone}\n[01:59:00] a: x\n[03:00:00] a: x\n"
    assert moments(tmp_path / "a", log) == ["29 00:59:00", "29 01:00:00"]


@pytest.mark.parametrize("zone", ["CEST", "+0200"])
def test_a_clock_that_is_set_back_shows_an_hour_twice(tmp_path: Path, zone: str) -> None:
    log = f"# Start logging at 2026-10-25 01:50:00 {zone}\n" + "".join(
        f"[{at}] a: x\n" for at in ("01:55:00", "02:58:00", "02:01:00", "02:58:00", "03:01:00")
    )
    assert moments(tmp_path / "a", log) == [
        "24 23:55:00", "25 00:58:00", "25 01:01:00", "25 01:58:00", "25 02:01:00",
    ]  # fmt: skip


def test_a_log_begun_in_the_hour_that_comes_twice_is_of_the_zone_it_names(tmp_path: Path) -> None:
    for zone, hour in (("CEST", "00"), ("CET", "01")):
        log = f"# Start logging at 2026-10-25 02:30:00 {zone}\n[02:31:00] a: x\n"
        assert moments(tmp_path / "a", log) == [f"25 {hour}:31:00"]


@pytest.mark.parametrize(
    ("begun", "lines"),
    [("2026-03-29 01:50:00 +0100", ("01:55:00", "02:05:00", "03:05:00")),
     ("2026-10-25 02:50:00 +0200", ("02:55:00", "03:01:00", "04:01:00"))],
)  # fmt: skip
def test_a_clock_that_goes_on_over_that_night_was_not_set(
    tmp_path: Path, begun: str, lines: tuple[str, ...]
) -> None:
    log = f"# Log started: {begun}\n" + "".join(f"[{at}] <a> x\n" for at in lines)
    east = int(begun[-3])
    found = [int(at[3:5]) + east for at in moments(tmp_path / "a", log)]
    assert found == [int(at[:2]) for at in lines]


def test_new_year_comes_where_a_line_has_no_year(tmp_path: Path) -> None:
    log = "**** BEGIN LOGGING AT Thu Dec 31 23:50:00 2026\n\nDec 31 23:55:00 <a>\tx\n"
    wall, year = Wall(), 2026
    wall.begin(date(year, 12, 31), 0.0)
    assert moments(tmp_path / "a", log + "Jan 01 00:05:00 <a>\tx\n") == [
        "31 23:55:00", "01 00:05:00",
    ]  # fmt: skip
    assert wall.is_before(date(year, 1, 1)) and not wall.is_before(date(year, 12, 30))


def test_a_clock_of_twelve_hours_goes_past_noon_and_midnight(tmp_path: Path) -> None:
    shown = ("11:59:50", "12:00:10", "01:00:00", "11:30:00", "12:30:00", "01:00:00")
    log = "# Log started: 2026-01-31 23:59:50 +0000\n" + "".join(f"[{at}] <a> x\n" for at in shown)
    assert moments(tmp_path / "a", log) == [
        "31 23:59:50", "01 00:00:10", "01 01:00:00", "01 11:30:00", "01 12:30:00", "01 13:00:00",
    ]  # fmt: skip


def test_a_day_in_the_files_name_is_that_of_a_log_without_a_head(tmp_path: Path) -> None:
    log = "[23:59:00] a: x\n[00:01:00] a: x\n"
    assert moments(tmp_path / "demo-2026-01-31.log", log) == ["31 23:59:00", "01 00:01:00"]


@pytest.mark.parametrize(
    "stamp", ["6:00 PM", "06:00:00 pm", "6:00:00.250 p.m.", "18:00", "18:00:00.250"]
)
def test_chatterinos_time_formats_are_read(tmp_path: Path, stamp: str) -> None:
    log = f"# Start logging at 2026-01-31 18:00:00 UTC\n[{stamp}] a: x\n"
    assert moments(tmp_path / "a", log) == ["31 18:00:00"]


def test_offsets_that_begin_again_every_day_go_on(tmp_path: Path) -> None:
    from_day_two = "[23:59:00] <ann> x\n[0:00:30] <ann> x\n[1 day, 0:01:00] <ann> x\n"
    with LogFile(written(tmp_path / "a", from_day_two)) as file:
        assert [s.at for s in read_tcd(file, Log())] == [86340, 86430, 86460]
