"""Signs of a moment: exact sigma of each, what they come to together, and what counts less."""

from dataclasses import replace
from math import sqrt
from typing import Any

import numpy as np
import pytest

from tests.helpers.moments import T, stream
from warehouse.moments.signs import Signs, signs
from warehouse.moments.sums import Sums

AT = 100


def over(count: float, usual: float) -> float:
    return 2 * (sqrt(count + 0.375) - sqrt(usual + 0.375))


def of(k: int = 1, **changed: Any) -> Signs:
    return signs(Sums(stream(**changed)), k)


BURST = over(60, 10)


def test_a_burst_is_a_count_over_the_usual_and_one_sign_of_four() -> None:
    found = of(n={AT: 60})
    assert found.kinds["peak"][AT] == pytest.approx(BURST)
    assert found.score[AT] == pytest.approx(BURST / 2)
    assert found.kinds["laughter"][AT] == found.kinds["hype"][AT] == 0
    assert not found.score[:AT].any()


def test_a_burst_is_judged_by_the_half_hour_around_it() -> None:
    assert of(n={(200, T): 60}).score[230:].max() == 0


def test_laughter_is_counted_over_what_the_usual_chat_has_of_it() -> None:
    found = of(n={AT: 60}, laughs={(None,): 1.0, AT: 21.0})
    share = (T - 1 + 21) / (10 * (T - 1) + 60)
    assert found.kinds["laughter"][AT] == pytest.approx(over(21, 10 * share))
    assert found.score[AT] == pytest.approx((BURST + over(21, 10 * share)) / 2)


def test_two_who_laugh_are_no_laughter() -> None:
    assert of(n={AT: 2}, laughs={AT: 2.0}).kinds["laughter"].max() == 0
    assert of(n={AT: 3}, laughs={AT: 3.0}).kinds["laughter"].max() > 0


def test_capitals_count_and_where_they_are_unknown_nothing_does() -> None:
    found = of(capitals={AT: 8.0})
    assert found.score[AT] == pytest.approx(over(8, 8 * 10 / (10 * T)) / 2)
    assert of(capitals={(None,): np.nan}).score.max() == 0
    none = replace(stream(n={AT: 60}), capitals=None, alike=None)
    assert signs(Sums(none), 1).score[AT] == pytest.approx(BURST / 2)


def test_a_better_mood_counts_whole_and_a_worse_one_half() -> None:
    """Ten messages: 0.3 / (0.3 / sqrt(10))."""
    better, worse = of(mean={AT: 0.3}), of(mean={AT: -0.3})
    assert better.score[AT] == pytest.approx(sqrt(10) / 2, rel=1e-6)
    assert worse.score[AT] == pytest.approx(sqrt(10) / 4, rel=1e-6)


def test_a_mood_rests_on_eight_messages() -> None:
    assert of(n={AT: 7}, mean={AT: 0.9}).score[AT] == 0
    assert of(n={AT: 8}, mean={AT: 0.9}).score[AT] > 0


def test_hype_is_burst_and_better_mood_at_once() -> None:
    found = of(n={AT: 60}, mean={AT: 0.3})
    assert found.kinds["hype"][AT] == pytest.approx((BURST + sqrt(60)) / sqrt(2))
    assert of(n={AT: 60}, mean={(None,): -0.6, AT: -0.1}).kinds["hype"].max() == 0
    assert of(n={AT: 11}, mean={AT: 0.9}).kinds["hype"].max() == 0


def test_many_who_say_one_word_are_one_voice_but_for_those_who_laugh() -> None:
    waves = {"n": {AT: 60}, "capitals": {AT: 20.0}, "mean": {AT: 0.3}}
    alone, together = of(**waves), of(**waves, alike={AT: 45.0})
    assert together.score[AT] == pytest.approx(alone.score[AT] / 4)
    laughing = of(laughs={AT: 9.0}, alike={AT: 10.0})
    assert laughing.score[AT] == of(laughs={AT: 9.0}).score[AT] > 0


@pytest.mark.parametrize("at", [0, 9, T - 10, T - 1])
def test_greetings_of_the_first_and_the_last_five_minutes_count_half(at: int) -> None:
    usual = of(n={AT: 60}).score[AT]
    assert of(n={at: 60}).score[at] == pytest.approx(usual / 2)


@pytest.mark.parametrize("at", [10, T - 11])
def test_what_comes_after_and_before_counts_whole(at: int) -> None:
    assert of(n={at: 60}).score[at] == pytest.approx(of(n={AT: 60}).score[AT])


def test_a_stream_that_goes_on_has_no_goodbyes_and_one_joined_late_no_greetings() -> None:
    burst = stream(n={0: 60, T - 1: 60})
    on_air = signs(Sums(replace(burst, ended=False, first_s=300.0)), 1)
    assert on_air.score[T - 1] == on_air.score[0] == pytest.approx(BURST / 2)


def test_spans_that_were_hardly_watched_are_nothing() -> None:
    assert of(2, n={(AT, AT + 4): 60}, observed_s={(AT, AT + 4): 0.0}).score.max() == 0


def test_a_livelier_stream_asks_for_more() -> None:
    rng = np.random.default_rng(1)
    counts = np.exp(rng.normal(3, 1, T)).round()
    lively = stream(n={(None,): counts})
    assert np.median(np.abs(signs(Sums(lively), 1).kinds["peak"])) < 1.5
    assert np.mean(signs(Sums(lively), 1).score > 3.5) < 0.05
