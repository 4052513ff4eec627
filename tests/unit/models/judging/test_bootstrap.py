"""A difference between forecasters, and whether it is more than chance."""

import numpy as np

from models.judging.bootstrap import paired


def test_a_forecaster_that_is_better_on_every_stream_is_better_beyond_chance():
    n = np.array([10.0, 20.0, 30.0, 5.0])
    found = paired(0.5 * n, 0.7 * n, n)
    assert np.allclose([found.mean, found.low, found.high], -0.2)
    assert found.p < 0.001


def test_a_forecaster_against_itself_is_never_better():
    n = np.arange(1.0, 30.0)
    found = paired(n, n, n)
    assert (found.mean, found.low, found.high, found.p) == (0.0, 0.0, 0.0, 1.0)


def test_one_stream_that_decides_alone_is_chance():
    a, b, n = np.ones(20), np.ones(20), np.ones(20)
    b[3] = 2.0  # a is better there, and no worse elsewhere
    assert paired(a, b, n).p > 0.2


def test_noise_alone_is_called_better_about_as_often_as_promised():
    rng = np.random.default_rng(5)
    n = np.ones(40)
    p = [paired(rng.normal(size=40), np.zeros(40), n, seed=i, draws=300).p for i in range(200)]
    assert 0.02 < np.mean(np.array(p) < 0.05) < 0.10


def test_streams_without_weight_are_left_out_and_one_stream_tells_nothing():
    found = paired(np.array([1.0, np.nan]), np.array([2.0, 1.0]), np.array([3.0, 0.0]))
    assert np.isnan([found.mean, found.low, found.high, found.p]).all()
