"""Moments of a stream: exact scores of each test, and what must never be a moment."""

from dataclasses import replace
from math import isfinite, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from warehouse.moments import finder, kinds
from warehouse.moments.kinds import Moment
from warehouse.moments.segments import change_points
from warehouse.moments.sums import Sums, Windows, liveliness, message_variance, usual_rate

T = 400


def stream(size: int = T, **changed: Any) -> Windows:
    """Ten messages a window, mood 0, sd 0.3, no laughter; `changed`: n={5: 60, (8, 10): 0}."""
    found = {
        "observed_s": np.full(size, 30.0),
        "n": np.full(size, 10.0),
        "mean": np.zeros(size),
        "sd": np.full(size, 0.3),
        "laughs": np.zeros(size),
    }
    for name, values in changed.items():
        for where, value in values.items():
            found[name][slice(*where) if isinstance(where, tuple) else where] = value
    silent = found["n"] == 0
    found["mean"][silent] = found["sd"][silent] = np.nan
    return Windows(**found)


def only(found: list[Moment]) -> Moment:
    (one,) = found
    return one


def test_a_jump_is_the_difference_of_means_in_units_of_its_sampling_error() -> None:
    """200 messages a side: 0.3 / (0.3 sqrt(1/200 + 1/200)) = 10."""
    found = only(kinds.jumps(Sums(stream(mean={(200, T): 0.3}))))
    assert (found.kind, found.first, found.since, found.last) == ("jump", 200, 180, 220)
    assert found.score == pytest.approx(10.0)


def test_one_odd_window_is_no_turn_of_the_mood() -> None:
    """Sixty messages of 1.0 would be 11.7 sigma; cut at three of their own they are none."""
    odd = stream(mean={200: 1.0}, n={200: 60.0})
    assert kinds.jumps(Sums(odd)) == []


def test_the_same_difference_of_few_messages_is_no_jump() -> None:
    """20 messages a side: 0.3 / (0.3 sqrt(2/20)) = 3.2, below 3.5."""
    thin = stream(mean={(200, T): 0.3}, n={(None,): 1.0}, sd={(None,): 0.3})
    thin.n[:20] = 2.0  # whose sd gives the variance
    assert kinds.jumps(Sums(thin)) == []


def test_a_level_that_lasts_is_one_moment_and_the_jump_its_also() -> None:
    """Forty windows a side are compared: 0.3 / (0.3 sqrt(2/400)) = 14.1."""
    found = only(finder.turns(stream(mean={(200, T): 0.3})))
    assert (found.kind, found.also) == ("change", ("jump",))
    assert found.score == pytest.approx(sqrt(200))
    assert (found.before, found.mood, found.n) == (0.0, pytest.approx(0.3), 400)


def test_a_burst_is_a_count_over_the_usual_on_the_scale_of_its_noise() -> None:
    found = only(finder.find(stream(n={100: 60})))
    assert (found.kind, found.first, found.last, found.n) == ("peak", 100, 101, 60)
    assert found.score == pytest.approx(2 * (sqrt(60.375) - sqrt(10.375)))
    assert (found.rate, found.usual) == (120.0, 20.0)


def test_a_burst_is_judged_by_the_half_hour_around_it() -> None:
    assert [m.kind for m in finder.find(stream(n={(200, T): 60}))] == []


def test_hype_is_rate_and_mood_together() -> None:
    found = finder.find(stream(n={(100, 104): 30}, mean={(100, 104): 0.5}))
    mood = 0.5 / (0.3 / sqrt(120))
    rate = 2 * (sqrt(120.375) - sqrt(40.375))
    assert (found[0].kind, found[0].first, found[0].last) == ("hype", 100, 104)
    assert found[0].score == pytest.approx((mood + rate) / sqrt(2))
    assert "peak" in found[0].also


@pytest.mark.parametrize(("mood", "around"), [(-0.5, 0.0), (-0.1, -0.6)])
def test_a_fast_chat_in_a_bad_mood_is_no_hype(mood: float, around: float) -> None:
    """Not even where it is better than around."""
    found = stream(n={(100, 104): 30}, mean={(None,): around, (100, 104): mood})
    assert kinds.hypes(Sums(found)) == []


def test_sides_of_fewer_than_eight_messages_are_not_compared() -> None:
    one_each = Sums(stream(20, n={(0, 20): 1.0, 19: 2.0}))
    place = [np.array([k]) for k in (0, 7, 15)]
    assert np.isnan(kinds._difference(one_each, *place, 0.09)[0])
    place[1] = np.array([8])
    place[2] = np.array([16])
    assert kinds._difference(one_each, *place, 0.09)[0] == 0.0


def test_laughter_is_counted_by_the_messages() -> None:
    found = only(finder.find(stream(laughs={(None,): 1.0, 50: 9.0})))
    share = (T - 1 + 9) / (10 * T)
    assert (found.kind, found.first, found.share) == ("laughter", 50, 0.9)
    assert found.score == pytest.approx(2 * (sqrt(9.375) - sqrt(10 * share + 0.375)))
    assert found.usual_share == pytest.approx(share)


def test_one_who_laughs_twenty_times_in_a_message_laughs_once() -> None:
    assert kinds.laughters(Sums(stream(n={50: 1}, laughs={50: 20.0}))) == []


def test_silence_is_a_run_that_the_rest_of_the_stream_makes_unlikely() -> None:
    """The only run of 12: p = 1 / (388 + 2), and each further window half as likely."""
    found = only(finder.find(stream(n={(100, 112): 0})))
    assert (found.kind, found.first, found.last, found.n) == ("silence", 100, 112, 0)
    assert found.score == pytest.approx(kinds.sigma_of(0.5**11 / 390))
    assert np.isnan(found.mood)


def test_a_run_of_silence_is_judged_by_how_the_other_runs_went_on() -> None:
    """Ten silent windows elsewhere, none followed by another: p = 11 / 397, q = 1 / 12."""
    lone = dict.fromkeys(range(10, 110, 10), 0)
    found = only(kinds.silences(Sums(stream(n={**lone, (200, 205): 0}))))
    assert found.score == pytest.approx(kinds.sigma_of(11 / 397 / 12**4))


def test_a_quiet_channel_is_used_to_silence() -> None:
    often = {(k, k + 12): 0 for k in range(20, 380, 30)}
    assert kinds.silences(Sums(stream(n=often))) == []


@pytest.mark.parametrize("where", [(0, 40), (360, 400), (100, 140)])
def test_what_was_not_observed_is_no_moment(where: tuple[int, int]) -> None:
    assert finder.find(stream(n={where: 0}, observed_s={where: 0.0})) == []


@pytest.mark.parametrize("where", [(0, 40), (360, 400)])
def test_silence_before_the_first_and_after_the_last_word_has_no_known_length(
    where: tuple[int, int],
) -> None:
    assert kinds.silences(Sums(stream(n={where: 0}))) == []


def test_silence_that_touches_a_hole_has_no_known_length() -> None:
    holed = stream(n={(100, 130): 0}, observed_s={(120, 130): 0.0})
    assert kinds.silences(Sums(holed)) == []


@pytest.mark.parametrize(
    "dull",
    [
        stream(0),
        stream(1),
        stream(2),
        stream(),
        stream(n={(None,): 0}),
        stream(observed_s={(None,): 0.0}, n={(None,): 0}),
        stream(mean={(None,): np.nan}),
        stream(n={(None,): 1.0}, sd={(None,): np.nan}),
        stream(laughs={(None,): np.nan}),
        stream(sd={(None,): 0.0}),
    ],
    ids=[
        "none",
        "one",
        "two",
        "constant",
        "silent",
        "unobserved",
        "nan",
        "single",
        "no terms",
        "0",
    ],
)
def test_nothing_stands_out_of_a_dull_stream(dull: Windows) -> None:
    assert finder.find(dull) == finder.turns(dull) == []


def test_pure_noise_gives_a_moment_in_about_seven_hours() -> None:
    """Twenty streams of five hours in which nothing ever happens, seeded."""
    rng = np.random.default_rng(7)
    streams = [_noise(rng, 600, 20.0) for _ in range(20)]
    assert sum(len(finder.find(w)) + len(finder.turns(w)) for w in streams) <= 20


def _noise(rng: np.random.Generator, size: int, rate: float) -> Windows:
    n = rng.poisson(rate, size).astype(float) + 1
    laughs = rng.binomial(n.astype(int), 0.05).astype(float)
    mean, sd = rng.normal(0.05, 0.3 / np.sqrt(n)), np.full(size, 0.3)
    return Windows(np.full(size, 30.0), n, mean, sd, laughs)


def test_a_lively_stream_is_measured_by_its_own_ups_and_downs() -> None:
    """What sampling alone would call a jump is none where the mood always swings like that."""
    swinging = stream(mean={(0, T): np.random.default_rng(1).normal(0, 0.3, T)})
    ten = np.arange(10, T - 10)
    assert np.abs(kinds._difference(Sums(swinging), ten - 10, ten, ten + 10, 0.09)).max() > 6
    assert kinds.jumps(Sums(swinging)) == []


def test_what_overlaps_is_one_moment_and_what_is_apart_two() -> None:
    strong, weak = Moment("peak", 10, 14, 9.0), Moment("laughter", 12, 13, 5.0)
    assert finder.merged([weak, strong]) == [Moment("peak", 10, 14, 9.0, also=("laughter",))]
    apart = Moment("laughter", 16, 17, 5.0)
    assert finder.merged([apart, strong]) == [strong, apart]


def test_silence_takes_no_neighbour_in() -> None:
    silence, burst = Moment("silence", 10, 14, 9.0), Moment("peak", 14, 15, 5.0)
    assert finder.merged([burst, silence]) == [silence, burst]
    assert finder.merged([replace(burst, first=13), silence]) == [silence]


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


numbers = st.one_of(st.just(float("nan")), st.floats(-1, 1))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 90).flatmap(lambda k: st.tuples(
    arrays(float, k, elements=st.sampled_from([0.0, 7.5, 30.0])),
    arrays(float, k, elements=st.integers(0, 200).map(float)),
    arrays(float, k, elements=numbers),
    arrays(float, k, elements=st.one_of(st.just(float("nan")), st.floats(0, 1))),
    arrays(float, k, elements=st.integers(0, 300).map(float)),
)))  # fmt: skip
def test_whatever_the_windows_moments_lie_in_the_stream_and_have_scores(parts: Any) -> None:
    w = Windows(*parts)
    for found, of in ((finder.find(w), kinds.MOMENTS), (finder.turns(w), kinds.TURNS)):
        assert [m.score for m in found] == sorted((m.score for m in found), reverse=True)
        for m in found:
            assert 0 <= m.since <= m.first <= m.point < m.last <= w.size
            assert isfinite(m.score) and m.score >= kinds.LEAST
            assert {m.kind, *m.also} <= set(of)
