"""Times and windows, the constants everything rests on."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from warehouse.records import (
    SLOT_SECONDS,
    SLOTS,
    WINDOW_SECONDS,
    iso,
    login_or_none,
    lowered,
    numeric_id,
    utc,
    window_start,
)

KELVIN = "\u212aate"  # its lower case is kate


@pytest.mark.parametrize(
    ("at", "start"),
    [(0, 0), (29.999, 0), (30, 30), (30.0001, 30), (-0.5, -30), (-30, -30), (95.5, 90)],
)  # fmt: skip
def test_a_window_starts_at_a_multiple_of_thirty(at: float, start: float) -> None:
    assert window_start(at) == start


def test_six_slots_make_a_window() -> None:
    assert SLOTS * SLOT_SECONDS == WINDOW_SECONDS == 30


def test_times_are_aware_and_shown_in_utc() -> None:
    assert utc(0) == datetime(1970, 1, 1, tzinfo=UTC)
    east = datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    assert iso(east) == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("name", "login"),
    [
        ("Kate_1", "kate_1"), ("12345678", "12345678"), (KELVIN, ""), ("kate\n", ""), (" kate", ""),
        ("\uff4bate", ""), ("\u0131van", ""), ("\u017fam", ""), ("\u0661", ""), ("", ""),
        ("k" * 26, ""), ("kate~5", ""), ("id:5", ""), (5, ""), (None, ""), (["kate"], ""),
    ],
)  # fmt: skip
def test_a_login_is_looked_at_before_it_is_folded(name: object, login: str) -> None:
    assert login_or_none(name) == login


def test_no_other_letter_is_folded_into_a_login() -> None:
    assert [lowered(c) for c in map(chr, range(128, 0x3000)) if lowered(c).isascii()] == []


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("77", "77"), (77, "77"), ("077", ""), ("0", ""), ("+77", ""), ("7_7", ""), (" 77", ""),
        ("77\n", ""), ("\u0667", ""), (77.0, ""), (True, ""), (-7, ""), (10**20, ""), ("kate", ""),
        ("", ""), (None, ""), (["77"], ""),
    ],
)  # fmt: skip
def test_an_id_is_the_one_way_to_write_its_number(value: object, found: str) -> None:
    assert numeric_id(value) == found
