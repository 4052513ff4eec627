import numpy as np
import pytest

from models.judging import metrics
from models.judging.metrics import sums

Q = np.array([[-0.5, -0.25, 0.0, 0.25, 0.5]])


def test_nmse_weighs_by_messages_and_leaves_silence_out() -> None:
    y, n = np.array([0.2, -0.4, np.nan, 0.9]), np.array([3.0, 1, 0, 0])
    found = sums(y, n, np.repeat(Q, 4, 0))
    assert found["targets"] == 2 and found["n"] == 4
    assert metrics.nmse(found) == pytest.approx((3 * 0.04 + 0.16) / 4, abs=1e-15)


def test_coverage_and_width_by_target_and_by_message() -> None:
    y, n = np.array([0.25, -0.4, 0.6, 0.0]), np.array([1.0, 2, 3, 4])
    found = sums(y, n, np.repeat(Q, 4, 0))
    assert metrics.coverage(found, 80) == 0.5
    assert metrics.coverage(found, 95) == 0.75
    assert metrics.coverage_by_n(found, 80) == 0.5
    assert metrics.coverage_by_n(found, 95) == 0.7
    assert metrics.width(found) == 0.5 and metrics.width(found, 95) == 1.0


def test_the_floor_is_message_variance_over_messages_a_window() -> None:
    found = sums(np.zeros(3), np.array([1.0, 2, 5]), np.repeat(Q, 3, 0))
    assert metrics.floor(found, 0.08) == pytest.approx(3 * 0.08 / 8, abs=1e-15)


def test_latent_skill_is_zero_for_the_reference_and_one_at_the_floor() -> None:
    assert metrics.latent_skill(0.03, 0.03, 0.01) == 0
    assert metrics.latent_skill(0.01, 0.03, 0.01) == 1
    assert metrics.latent_skill(0.025, 0.03, 0.01) == pytest.approx(0.25)
    assert np.isnan(metrics.latent_skill(0.01, 0.01, 0.01)), "nothing to know"


def test_crps_of_a_point_forecast_is_its_absolute_error() -> None:
    same = np.full((1, 5), 0.1)
    for y in (-0.3, 0.1, 0.7):
        assert metrics.crps(np.array([y]), same)[0] == pytest.approx(abs(y - 0.1), abs=0.02)


def test_crps_prefers_the_narrow_band_that_holds() -> None:
    y = np.array([0.0])
    assert metrics.crps(y, Q * 0.5)[0] == pytest.approx(metrics.crps(y, Q)[0] / 2, abs=1e-15)


def test_message_variance_pools_windows_with_two_messages() -> None:
    n, sd = np.array([1.0, 2, 5]), np.array([np.nan, 0.5, 0.25])
    assert metrics.message_variance(n, sd) == pytest.approx((0.25 + 4 * 0.0625) / 5, abs=1e-15)
    assert np.isnan(metrics.message_variance(n[:1], sd[:1]))


def test_counts_are_judged_in_silence_too() -> None:
    volume = np.array([[1.0, 3, 9], [0, 2, 4], [5, 6, 7]])
    found = sums(np.array([0.1]), np.array([1.0]), Q)
    found |= metrics.volume_sums(np.array([5.0, 0, np.nan]), volume)
    assert metrics.volume_mae(found) == 2.0


def test_without_targets_every_figure_is_nan() -> None:
    nothing = sums(np.array([np.nan]), np.array([0.0]), Q)
    nothing |= metrics.volume_sums(np.array([np.nan]), np.zeros((1, 3)))
    figures = (metrics.nmse, metrics.mean_crps, metrics.width, metrics.volume_mae)
    assert all(np.isnan(f(nothing)) for f in figures)
    assert np.isnan(metrics.coverage(nothing, 80))
