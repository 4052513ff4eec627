"""Dates of spreadsheets in tables: read where the column decides, else asked about."""

from pathlib import Path

import pytest

from pipeline.chat.columns import given_columns
from pipeline.imports.formats.base import Log
from pipeline.imports.formats.log_file import LogFile
from pipeline.imports.formats.tables import columns
from tests.helpers.logs import written

AT = 1771092000.0  # 2026-02-14T18:00:00Z
EARLY = 1770055200.0  # 2026-02-02T18:00:00Z
DATES = {
    ("2/14/2026 6:00 PM", "2/14/2026 6:00:05 PM"): (AT, AT + 5),
    ("2/14/2026, 6:00:00\u202fpm", "2/15/2026, 12:00:00\u202fam"): (AT, AT + 6 * 3600),
    ("2/2/2026 6:00 PM", "2/2/2026 6:01 PM"): (EARLY, EARLY + 60),
    ("3/2/2026 6:00 PM", "14/2/2026 6:00 PM"): (EARLY + 86400, AT),
    ("14.02.2026 18:00", "14.02.2026 18:01"): (AT, AT + 60),
    ("02.02.2026 18:00", "02.02.2026 18:01"): (EARLY, EARLY + 60),
    ("14/02/2026 18:00:05", "14/02/2026 18:00:06"): (AT + 5, AT + 6),
    ("14-02-2026 18:00", "31-02-2026 18:01"): (AT,),  # the 31st of February is none
    ("02-14-2026 @ 18:00:00.250 GMT", "02-14-2026 @ 18:00:01.500 GMT"): (AT + 0.25, AT + 1.5),
    ("02-14-2026 @ 19:00:00.5 CET", "02-14-2026 @ 13:00:01 EST"): (AT + 0.5, AT + 1),
    ("14/2/2026, 6:00:00 p. m.", "14/2/2026 20:00 +02:00"): (AT, AT),
    ("14.02.2026 18:00 CST", "14.02.2026 18:01"): (AT + 60,),  # which may be several
    ("14.02.26 18:00", "14.02.26 18:01"): (AT, AT + 60),
}


def read(path: Path, log: Log) -> list[float]:
    with LogFile(path) as file:
        return [said.at for said in columns.read(file, log)]


@pytest.mark.parametrize(("cells", "right"), DATES.items())
def test_dates_are_read_as_the_column_decides(
    tmp_path: Path, cells: tuple[str, str], right: tuple[float, ...]
) -> None:
    rows = [f"{cell};ann;hi" for cell in cells]
    log = Log()
    assert read(written(tmp_path / "a.csv", "\n".join(["time;user;text", *rows])), log) == [*right]
    assert log.clock
    assert any("dates=day/month" in note for note in log.notes) == (cells[0] == "2/2/2026 6:00 PM")
    assert log.skipped.total() == len(cells) - len(right)


def test_a_date_and_its_time_may_have_columns_of_their_own(tmp_path: Path) -> None:
    text = "date,time,user,text\n2/14/2026,18:00:00,ann,hi\n2/14/2026,18:00:05,bob,gg\n"
    assert read(written(tmp_path / "a.csv", text), Log()) == [AT, AT + 5]


@pytest.mark.parametrize("cell", ["2/3/2026 18:00", "02-03-2026 18:00:00"])
def test_dates_of_two_readings_are_asked_about(tmp_path: Path, cell: str) -> None:
    log = Log()
    path = written(tmp_path / "a.csv", f"time,user,text\n{cell},ann,hi\n")
    assert read(path, log) == []
    assert "dates in time that may be month/day/year or day/month/year; say which" in log.needs
    by_day = Log(columns=given_columns("dates=day/month"))
    assert read(path, by_day) == [EARLY + 28 * 86400] and not by_day.notes
    assert read(path, Log(columns=given_columns("dates=month/day"))) == [EARLY + 86400]


def test_a_date_without_any_hours_is_no_time(tmp_path: Path) -> None:
    log = Log()
    read(written(tmp_path / "a.csv", "date,user,text\n2/14/2026,ann,hi\n"), log)
    assert "no column with times since 1990" in log.needs
