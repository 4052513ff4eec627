"""The trend of points: a straight line where there is one, and a band that holds."""

import numpy as np
import pytest

from dashboard.charts import smooth
from dashboard.charts.smooth import FEWEST, MOST, student, trend


def noise(n: int, seed: int = 1) -> smooth.Floats:
    return np.random.default_rng(seed).normal(0, 0.03, n)


def test_a_straight_line_is_its_own_trend_and_sure() -> None:
    at = np.array([0.0, 1, 2, 5, 9, 10, 11, 30, 31, 40])
    found = trend(at, 0.1 - 0.002 * at, np.full(10, 1e-4))
    assert found is not None
    assert found.mean == pytest.approx(0.1 - 0.002 * at)
    assert found.half == pytest.approx(np.zeros(10), abs=1e-9)


def test_the_band_is_of_the_scatter_of_streams_not_of_their_messages() -> None:
    at = np.arange(40.0)
    few, many = (trend(at, noise(40), np.full(40, 0.09 / n)) for n in (2_000, 2_000_000))
    assert few is not None and many is not None
    assert few.half == pytest.approx(many.half, rel=0.05)
    middle = many.half[20]
    assert 0.5 * 1.96 * 0.03 / np.sqrt(40) < middle < 3 * 1.96 * 0.03 / np.sqrt(40)


def test_a_point_of_few_messages_weighs_less() -> None:
    at, y = np.arange(20.0), noise(20)
    y[10] = 0.5
    heavy, light = (trend(at, y, np.where(at == 10, own, 1e-5)) for own in (1e-5, 0.09))
    assert heavy is not None and light is not None
    assert abs(light.mean[10]) < abs(heavy.mean[10]) / 3


@pytest.mark.parametrize("n", [FEWEST, 30, 90])
@pytest.mark.parametrize("slope", [0.0, 0.1])
def test_the_band_holds_the_mean_in_nine_of_ten_places_or_more(n: int, slope: float) -> None:
    rng, held = np.random.default_rng(n), []
    for _ in range(200):
        at = np.sort(rng.uniform(0, 1, n))
        own = 0.09 / rng.integers(50, 20_000, n)
        y = slope * at + rng.normal(0, 0.03, n) + rng.normal(0, 1, n) * np.sqrt(own)
        found = trend(at, y, own)
        assert found is not None
        held.append(np.mean(np.abs(found.mean - slope * at) <= found.half))
    assert 0.9 <= np.mean(held) <= 0.99


def test_a_swing_is_followed() -> None:
    at = np.linspace(0, 1, 120)
    swing = 0.1 * np.sin(2 * np.pi * at)
    found = trend(at, swing + noise(120), np.full(120, 1e-5))
    assert found is not None
    assert np.max(np.abs(found.mean - swing)) < 0.04


def test_too_few_too_many_or_one_time_have_no_trend() -> None:
    for n in (0, FEWEST - 1, MOST + 1):
        assert trend(np.arange(float(n)), noise(n), np.full(n, 1e-4)) is None
    assert trend(np.zeros(20), noise(20), np.full(20, 1e-4)) is None


def test_two_streams_at_one_time_are_no_division_by_zero() -> None:
    at = np.repeat([0.0, 1.0, 2.0, 9.0], 6)
    found = trend(at, noise(24), np.full(24, 1e-4))
    assert found is not None
    assert np.isfinite(found.mean).all() and np.isfinite(found.half).all()


@pytest.mark.parametrize(("freedom", "t"), [(4, 2.776), (10, 2.228), (30, 2.042), (1e6, 1.960)])
def test_students_t_is_that_of_the_tables(freedom: float, t: float) -> None:
    assert student(freedom) == pytest.approx(t, abs=0.02)
