"""Times and windows, the constants everything rests on."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from warehouse.records import SLOT_SECONDS, SLOTS, WINDOW_SECONDS, iso, utc, window_start


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
