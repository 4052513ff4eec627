"""Running sums of a stream's windows, and what is usual in it."""

import numpy as np
import pytest

from tests.helpers.moments import stream
from warehouse.moments.sums import Sums, liveliness, message_variance, usual_rate


def test_the_variance_of_messages_is_pooled_and_unknown_without_two() -> None:
    two = stream(2, n={0: 11, 1: 1}, sd={0: 0.2, 1: np.nan})
    assert message_variance(two) == pytest.approx(0.04)
    assert np.isnan(message_variance(stream(2, n={(None,): 1})))


def test_liveliness_is_one_where_neighbours_differ_by_sampling_alone() -> None:
    assert liveliness(np.zeros(10), np.full(10, 5.0), 0.09) == 1.0
    swing = np.tile([0.0, 0.3], 50)  # squares of 0.09 / (2 * 0.09 / 10) = 5
    assert liveliness(swing, np.full(100, 10.0), 0.09) == pytest.approx(5 / 0.4549)


def test_the_usual_rate_is_a_median_that_leaves_holes_out() -> None:
    rates = np.array([1.0, np.nan, 3.0, 100.0])
    assert usual_rate(rates).tolist() == [3.0] * 4
    assert usual_rate(np.array([1.0, 3.0])).tolist() == [2.0, 2.0]
    assert np.isnan(usual_rate(np.full(3, np.nan))).all()
    assert usual_rate(np.arange(200.0))[100] == 100.0


def test_no_more_messages_laugh_than_there_are() -> None:
    """Who repeats an emote in a message laughs once."""
    sums = Sums(stream(2, n={0: 1, 1: 10}, laughs={0: 20.0, 1: 4.0}))
    assert (sums.laughs(0, 1), sums.laughs(0, 2)) == (1.0, 5.0)
    assert sums.laugh_share == pytest.approx(5 / 11)


def test_a_share_is_of_the_windows_in_which_it_is_known() -> None:
    half = Sums(stream(4, capitals={0: np.nan, 1: np.nan, 2: 5.0}))
    assert (half.capitals(0, 4), half.capital_share) == (5.0, 0.25)
    assert np.isnan(Sums(stream(2, capitals={(None,): np.nan})).capital_share)
