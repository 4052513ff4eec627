"""Turns of the mood: exact scores of jumps and of levels that last."""

from math import sqrt

import numpy as np
import pytest

from tests.helpers.moments import T, stream
from warehouse.moments import finder, mood_turns
from warehouse.moments.kinds import Moment
from warehouse.moments.segments import change_points
from warehouse.moments.sums import Sums


def only(found: list[Moment]) -> Moment:
    (one,) = found
    return one


def test_a_jump_is_the_difference_of_means_in_units_of_its_sampling_error() -> None:
    """200 messages a side: 0.3 / (0.3 sqrt(1/200 + 1/200)) = 10."""
    found = only(mood_turns.jumps(Sums(stream(mean={(200, T): 0.3}))))
    assert (found.kind, found.first, found.since, found.last) == ("jump", 200, 180, 220)
    assert found.score == pytest.approx(10.0)


def test_one_odd_window_is_no_turn_of_the_mood() -> None:
    """Sixty messages of 1.0 would be 11.7 sigma; cut at three of their own they are none."""
    odd = stream(mean={200: 1.0}, n={200: 60.0})
    assert mood_turns.jumps(Sums(odd)) == []


def test_the_same_difference_of_few_messages_is_no_jump() -> None:
    """20 messages a side: 0.3 / (0.3 sqrt(2/20)) = 3.2, below 3.5."""
    thin = stream(mean={(200, T): 0.3}, n={(None,): 1.0}, sd={(None,): 0.3})
    thin.n[:20] = 2.0  # whose sd gives the variance
    assert mood_turns.jumps(Sums(thin)) == []


def test_a_level_that_lasts_is_one_moment_and_the_jump_its_also() -> None:
    """Forty windows a side are compared: 0.3 / (0.3 sqrt(2/400)) = 14.1."""
    found = only(finder.turns(stream(mean={(200, T): 0.3})))
    assert (found.kind, found.also) == ("change", ("jump",))
    assert found.score == pytest.approx(sqrt(200))
    assert (found.before, found.mood, found.n) == (0.0, pytest.approx(0.3), 400)


def test_sides_of_fewer_than_eight_messages_are_not_compared() -> None:
    one_each = Sums(stream(20, n={(0, 20): 1.0, 19: 2.0}))
    place = [np.array([k]) for k in (0, 7, 15)]
    assert np.isnan(mood_turns._difference(one_each, *place, 0.09)[0])
    place[1] = np.array([8])
    place[2] = np.array([16])
    assert mood_turns._difference(one_each, *place, 0.09)[0] == 0.0


def test_a_lively_stream_is_measured_by_its_own_ups_and_downs() -> None:
    """What sampling alone would call a jump is none where the mood always swings like that."""
    swinging = stream(mean={(0, T): np.random.default_rng(1).normal(0, 0.3, T)})
    ten = np.arange(10, T - 10)
    assert np.abs(mood_turns._difference(Sums(swinging), ten - 10, ten, ten + 10, 0.09)).max() > 6
    assert mood_turns.jumps(Sums(swinging)) == []


def test_change_points_are_found_at_their_windows_and_weighed_by_messages() -> None:
    mean = np.repeat([0.0, 0.3, 0.1], 100)
    n = np.full(300, 20.0)
    assert change_points(mean, n, 0.09) == [100, 200]
    mean[50], n[50] = 1.0, 1.0  # one message says next to nothing
    assert change_points(mean, n, 0.09) == [100, 200]
    n[90:100] = 0  # without chat there is nothing to change
    assert change_points(mean, n, 0.09) == [100, 200]


def test_a_very_long_stream_is_cut_in_coarser_steps() -> None:
    mean = np.repeat([0.0, 0.3], 5000)
    assert change_points(mean, np.full(10_000, 20.0), 0.09) == [5001]
    assert change_points(mean[:15], np.full(15, 20.0), 0.09) == []
    assert change_points(mean, np.full(10_000, 20.0), float("nan")) == []
