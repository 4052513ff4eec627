import numpy as np
import pytest

from models.inputs.targets import Targets
from models.judging.reliability import ENOUGH, Reliability, _so_far
from warehouse.chances import SCORES
from warehouse.records import FIVE, STEPS


def forecasts(mean: np.ndarray, sd: float) -> np.ndarray:
    """Quantiles (k, 11, 5), of the five minutes alone."""
    out = np.zeros((len(mean), STEPS, len(SCORES)))
    out[:, FIVE] = mean[:, None] + sd * SCORES
    return out


def actual(y: np.ndarray) -> Targets:
    all_of = np.full((len(y), STEPS), np.nan)
    all_of[:, FIVE] = y
    n = np.where(np.isfinite(all_of), 50.0, np.nan)
    return Targets(all_of, np.full_like(all_of, 0.3), n)


def judged(k: int = 60_000, said: float = 0.06, true: float = 0.06) -> Reliability:
    """Forecasts that promise a spread of `said` where it is `true`."""
    rng = np.random.default_rng(1)
    mean, found = rng.normal(0, 0.08, k), Reliability()
    found.add(np.zeros(k), forecasts(mean, said), actual(rng.normal(mean, true)))
    return found


def test_chances_of_the_true_spread_are_reliable_and_know_more_than_the_session() -> None:
    report = judged().report()
    for event in ("above", "drop", "rise"):
        bins = np.array(report[event]["bins"])
        enough = bins[:, 2] >= ENOUGH
        assert np.abs(bins[enough, 0] - bins[enough, 1]).max() < 0.05
        assert report[event]["holds"] and report[event]["skill"] > 0.1
        assert bins[:, 2].sum() == 60_000


def test_chances_that_are_too_sure_are_not_told() -> None:
    report = judged(said=0.03).report()
    assert not report["above"]["holds"] and not report["drop"]["holds"]


def test_chances_that_know_nothing_more_are_not_told() -> None:
    k, found = 20_000, Reliability()
    y = np.random.default_rng(2).normal(-0.006, 0.05, k)
    found.add(np.full(k, 0.02), forecasts(np.zeros(k), 0.05), actual(y))
    report = found.report()["above"]
    bins = np.array(report["bins"])
    assert np.abs(bins[:, 0] - bins[:, 1]).max() < 0.05, "they are reliable"
    assert report["skill"] < 0 and not report["holds"]


def test_too_few_targets_tell_nothing() -> None:
    assert not judged(k=300).report()["above"]["holds"]
    empty = Reliability()
    empty.add(np.zeros(3), forecasts(np.zeros(3), 0.1), actual(np.full(3, np.nan)))
    assert empty.report() == {}


def test_the_sessions_frequency_knows_only_what_is_over() -> None:
    came = np.array([1.0] * 12 + [0.0] * 3)
    so_far = _so_far(came)
    assert so_far[:10].tolist() == [0.5] * 10, "the first five minutes are not over"
    assert so_far[10] == pytest.approx((1 + 5) / (1 + 10))
    assert so_far[14] == pytest.approx((5 + 5) / (5 + 10))
