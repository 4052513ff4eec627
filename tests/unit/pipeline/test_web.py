"""Manners on the web: waits that servers ask for, and those we keep by ourselves."""

import time
from email.utils import formatdate

import pytest

from pipeline.web import backoff_s, retry_after_s


@pytest.mark.parametrize(
    ("value", "waits"),
    [("3", 3.0), ("0.5", 0.5), ("", 0.0), ("-4", 0.0), ("inf", 3600.0), ("nan", 0.0), ("x", 0.0)],
)
def test_retry_after_is_a_number_of_seconds(value: str, waits: float) -> None:
    assert retry_after_s(value, 3600.0) == waits


def test_retry_after_may_be_a_date() -> None:
    now = time.time()
    assert retry_after_s(formatdate(now + 60), 3600.0) == pytest.approx(60, abs=2)
    assert retry_after_s(formatdate(now - 60), 3600.0) == 0.0
    assert retry_after_s(formatdate(now + 9999), 3600.0) == 3600.0


@pytest.mark.parametrize(("failures", "most"), [(1, 1.0), (3, 4.0), (7, 60.0), (5000, 60.0)])
def test_waits_double_up_to_the_longest(failures: int, most: float) -> None:
    waits = [backoff_s(failures, 60) for _ in range(200)]
    assert most / 2 <= min(waits) < max(waits) <= most


def test_waits_begin_where_they_are_told_to() -> None:
    assert [backoff_s(k, 10, 2, lambda: 1.0) for k in (1, 2, 3, 4, 99)] == [2, 4, 8, 10, 10]
    assert backoff_s(3, 10, 2, lambda: 0.0) == 4
