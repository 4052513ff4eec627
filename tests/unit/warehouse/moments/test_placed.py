"""Where a moment begins, to five seconds, and where it ends."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from warehouse.moments.kinds import Moment
from warehouse.moments.placed import burst_s, elapsed_s, placed
from warehouse.moments.reasons import Terms
from warehouse.moments.sums import Windows

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
NONE = Terms(np.zeros(0, int), [], [], np.zeros(0), np.zeros(0), np.ones(6))


def windows(first_s: float = 0.0) -> Windows:
    """Six windows, each busiest in its third slot."""
    slots = np.tile([1.0, 0.0, 8.0, 4.0, 0.0, 0.0], (6, 1))
    return Windows(*(np.ones(6) for _ in range(5)), first_s=first_s, slots=slots)


def test_a_long_moment_is_told_at_its_busiest_window_and_ends_with_its_last() -> None:
    (one,) = placed([Moment("hype", 1, 5, 9.0, point=3)], windows(), START, NONE)
    assert (one.at_s, one.until_s) == (100, 160)
    assert (one.at, one.until) == (START + timedelta(seconds=30), START + timedelta(seconds=150))


@pytest.mark.parametrize("kind", ["silence", "jump", "change"])
def test_what_is_no_burst_begins_with_its_window(kind: str) -> None:
    (one,) = placed([Moment(kind, 2, 5, 9.0, point=2)], windows(), START, NONE)
    assert one.at_s == 60


def test_a_burst_begins_with_its_first_slot_of_half_its_busiest() -> None:
    assert burst_s(np.array([1.0, 0, 4, 8, 2, 0])) == 10
    assert burst_s(np.zeros(6)) == burst_s(np.array([5.0, 0, 0, 0, 0, 0])) == 0


def test_times_count_from_the_start_of_the_stream() -> None:
    assert [elapsed_s(windows(-13.0), k) for k in (0, 1, 4)] == [0, 17, 107]
