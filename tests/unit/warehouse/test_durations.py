"""Durations in words."""

from datetime import timedelta

import pytest

from dashboard import wording
from warehouse.durations import lasting, lasting_s


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"), (45, "45 s"), (60, "1 min"), (90, "90 s"), (150, "2.5 min"), (599, "10 min"),
        (3599, "59 min"), (3600, "1 h"), (172_799, "47 h 59 min"), (172_800, "2 days"),
        (59 * 86_400, "59 days"), (60 * 86_400, "2 months"), (355 * 86_400, "12 months"),
        (731 * 86_400, "2 years"), (2031 * 86_400, "5.6 years"), (9460 * 86_400, "26 years"),
    ],
)  # fmt: skip
def test_a_duration_has_the_unit_of_its_size(seconds: int, said: str) -> None:
    assert lasting(timedelta(seconds=seconds)) == said


def test_what_lacks_a_fraction_of_a_second_is_whole() -> None:
    assert [lasting_s(s) for s in (10_799.98, 0.4, -3)] == ["3 h", "0 s", "0 s"]


def test_long_ago_is_told_like_any_duration() -> None:
    hour = timedelta(hours=1)
    assert [wording.ago(k * hour) for k in (0, 3, 47, 48, 2031 * 24)] == [
        "just now", "3 h ago", "47 h ago", "2 days ago", "5.6 years ago",
    ]  # fmt: skip
