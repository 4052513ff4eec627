"""Moments of a stream: which are told, in what order, and what must never be one."""

from math import isfinite
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.helpers.moments import stream
from warehouse.moments import finder, kinds
from warehouse.moments.kinds import Moment
from warehouse.moments.sums import Windows


def only(found: list[Moment]) -> Moment:
    (one,) = found
    return one


def test_a_burst_is_told_with_its_counts() -> None:
    found = only(finder.find(stream(n={100: 60})))
    assert (found.kind, found.first, found.last, found.n) == ("peak", 100, 101, 60)
    assert (found.rate, found.usual, found.grade) == (120.0, 20.0, "maybe")


def test_what_agrees_comes_first_and_is_sure() -> None:
    """Sixty messages alone, and sixty of which half laugh."""
    first, second = finder.find(stream(n={100: 60, 200: 60}, laughs={200: 30.0}))
    assert (first.kind, first.first, first.grade, first.also) == (
        "laughter", 200, "sure", ("peak",)
    )  # fmt: skip
    assert (second.kind, second.first, second.grade) == ("peak", 100, "maybe")
    assert (first.share, first.usual_share) == (0.5, pytest.approx(30 / 4100))


def test_hype_names_a_moment_where_it_is_stronger_than_its_laughter() -> None:
    hyped = {"n": {100: 60}, "mean": {100: 0.3}}
    assert only(finder.find(stream(**hyped, laughs={100: 4.0}))).kind == "hype"
    assert only(finder.find(stream(**hyped, laughs={100: 60.0}))).kind == "laughter"


def test_a_weak_moment_is_called_what_it_is_likeliest() -> None:
    """Below two sigma: fifteen messages, or three that laugh."""
    weak = only(finder.find(stream(n={100: 15}, mean={100: 0.2})))
    assert (weak.kind, weak.also) == ("peak", ())
    weak = only(finder.find(stream(laughs={100: 3.0, (None, 90): 1.0}, mean={100: 0.2})))
    assert (weak.kind, weak.also) == ("laughter", ())


def test_a_burst_inside_a_longer_laugh_names_it_and_gives_its_place() -> None:
    """Two minutes of laughter, and everybody at once in the third window."""
    found = only(finder.find(stream(n={102: 80}, laughs={100: 5.0, 101: 5.0, 103: 5.0})))
    assert (found.first, found.last, found.point) == (100, 104, 102)
    assert (found.kind, found.also) == ("peak", ("laughter",))


@pytest.mark.parametrize(("second", "told"), [(103, [100]), (104, [100, 104]), (97, [100])])
def test_moments_are_ninety_seconds_apart(second: int, told: list[int]) -> None:
    assert [m.first for m in finder.find(stream(n={100: 60, second: 25}))] == told


def test_moments_tell_what_they_hide() -> None:
    near = finder.find(stream(n={100: 60}, laughs={103: 9.0}))
    assert [(m.first, m.also) for m in near] == [(100, ("laughter",))]
    apart = finder.find(stream(n={100: 60}, laughs={104: 9.0}))
    assert [(m.first, m.kind, m.also) for m in apart] == [
        (100, "peak", ()), (104, "laughter", ())
    ]  # fmt: skip


def test_ten_are_told_where_there_are_ten_and_all_that_are_strong() -> None:
    weak = dict.fromkeys(range(20, 380, 20), 19)
    found = finder.find(stream(n=weak))
    assert [m.grade for m in found] == ["maybe"] * 10
    assert max(m.score for m in found) < kinds.LEAST
    strong = finder.find(stream(n=dict.fromkeys(range(20, 380, 20), 60)))
    assert len(strong) == 18
    assert len(finder.find(stream(n=weak), most=3)) == 3


def test_a_silence_is_told_after_what_happened() -> None:
    burst, silence = finder.find(stream(n={100: 60, (200, 212): 0}))
    assert (burst.kind, silence.kind, silence.n) == ("peak", "silence", 0)
    assert (silence.first, silence.last, silence.grade) == (200, 212, "maybe")
    assert np.isnan(silence.mood)


@pytest.mark.parametrize("where", [(0, 40), (360, 400), (100, 140)])
def test_what_was_not_observed_is_no_moment(where: tuple[int, int]) -> None:
    assert finder.find(stream(n={where: 0}, observed_s={where: 0.0})) == []


DULL = {
    "none": stream(0),
    "one": stream(1),
    "two": stream(2),
    "constant": stream(),
    "silent": stream(n={(None,): 0}),
    "unobserved": stream(observed_s={(None,): 0.0}, n={(None,): 0}),
    "nan": stream(mean={(None,): np.nan}),
    "single": stream(n={(None,): 1.0}, sd={(None,): np.nan}),
    "no terms": stream(laughs={(None,): np.nan}),
    "0": stream(sd={(None,): 0.0}),
}


@pytest.mark.parametrize("dull", DULL.values(), ids=DULL)
def test_nothing_stands_out_of_a_dull_stream(dull: Windows) -> None:
    assert finder.find(dull) == finder.turns(dull) == []


def test_pure_noise_is_never_sure() -> None:
    """Twenty streams of five hours in which nothing ever happens, seeded."""
    rng = np.random.default_rng(7)
    streams = [_noise(rng, 600, 20.0) for _ in range(20)]
    found = [m for w in streams for m in finder.find(w)]
    assert not [m for m in found if m.grade == "sure"]
    assert len([m for m in found if m.score >= kinds.LEAST]) <= 20
    assert sum(len(finder.turns(w)) for w in streams) <= 20


def _noise(rng: np.random.Generator, size: int, rate: float) -> Windows:
    n = rng.poisson(rate, size).astype(float) + 1
    laughs, capitals = (rng.binomial(n.astype(int), 0.05).astype(float) for _ in range(2))
    mean, sd = rng.normal(0.05, 0.3 / np.sqrt(n)), np.full(size, 0.3)
    return Windows(np.full(size, 30.0), n, mean, sd, laughs, capitals=capitals)


numbers = st.one_of(st.just(float("nan")), st.floats(-1, 1))
counts = st.one_of(st.just(float("nan")), st.integers(0, 300).map(float))


@settings(max_examples=60)
@given(st.integers(1, 90).flatmap(lambda k: st.tuples(
    arrays(float, k, elements=st.sampled_from([0.0, 7.5, 30.0])),
    arrays(float, k, elements=st.integers(0, 200).map(float)),
    arrays(float, k, elements=numbers),
    arrays(float, k, elements=st.one_of(st.just(float("nan")), st.floats(0, 1))),
    arrays(float, k, elements=counts),
    arrays(float, k, elements=counts),
    arrays(float, k, elements=counts),
)), st.booleans())  # fmt: skip
def test_whatever_the_windows_moments_lie_in_the_stream_and_have_scores(
    parts: Any, ended: bool
) -> None:
    *first, capitals, alike = parts
    w = Windows(*first, capitals=capitals, alike=alike, ended=ended)
    for found, of in ((finder.find(w), kinds.MOMENTS), (finder.turns(w), kinds.TURNS)):
        assert [m.score for m in found] == sorted((m.score for m in found), reverse=True)
        for m in found:
            assert 0 <= m.since <= m.first <= m.point < m.last <= w.size
            assert isfinite(m.score) and m.score > 0
            assert m.grade in kinds.GRADES
            assert {m.kind, *m.also} <= set(of)
            assert m.kind not in m.also
