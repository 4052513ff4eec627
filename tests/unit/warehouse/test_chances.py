import numpy as np
import pytest

from warehouse.chances import EVENTS, SCORES, chances, happened, told_events

USUAL = np.array([0.1])


def normal(mean: float, sd: float) -> np.ndarray:
    """Quantiles (1, 5)."""
    return mean + sd * SCORES[None]


def test_of_normal_quantiles_they_are_the_normals_own() -> None:
    said = chances(normal(0.15, 0.05), USUAL)
    # 1 sd above the usual, 3 above the drop, 1 below the rise
    assert said["above"][0] == pytest.approx(0.841345, abs=1e-6)
    assert said["drop"][0] == pytest.approx(0.001350, abs=1e-6)
    assert said["rise"][0] == pytest.approx(0.158655, abs=1e-6)


def test_a_lopsided_band_is_followed_between_its_quantiles() -> None:
    quantiles = np.array([[-0.3, -0.1, 0.1, 0.12, 0.13]])
    assert chances(quantiles, USUAL)["above"][0] == pytest.approx(0.5)
    at_q10 = chances(quantiles, np.array([0.0]))["drop"][0]
    assert at_q10 == pytest.approx(0.1, abs=1e-6)
    assert chances(quantiles, np.array([0.03]))["rise"][0] == pytest.approx(0.025, abs=1e-6)


def test_a_band_without_width_is_sure() -> None:
    said = chances(np.full((1, 5), 0.1), np.array([0.0]))
    assert said["above"][0] == pytest.approx(1.0) and said["drop"][0] == pytest.approx(0.0)
    assert np.isfinite([said[event][0] for event in EVENTS]).all()


def test_chances_are_probabilities_whatever_the_quantiles_are() -> None:
    rng = np.random.default_rng(1)
    quantiles = np.sort(rng.uniform(-1, 1, (500, 5)), 1)
    quantiles[:50, 1:4] = quantiles[:50, 1:2]
    said = chances(quantiles, rng.uniform(-1, 1, 500))
    for event in EVENTS:
        assert ((said[event] >= 0) & (said[event] <= 1)).all()
    assert (said["drop"] <= 1 - said["above"] + 1e-12).all()
    assert (said["rise"] <= said["above"] + 1e-12).all()


def test_what_happened_is_told_by_the_same_edges() -> None:
    y, usual = np.array([0.1, 0.11, 0.0, 0.2]), np.full(4, 0.1)
    came = happened(y, usual)
    assert came["above"].tolist() == [False, True, False, True]
    assert came["drop"].tolist() == [False, False, True, False]
    assert came["rise"].tolist() == [False, False, False, True]


def test_only_what_a_card_says_is_reliable_is_told() -> None:
    card = {"chances": {"lstm-1": {"above": {"holds": True}, "drop": {"holds": False}}}}
    assert told_events(card, "lstm-1") == ("above",)
    assert told_events(card, "lstm-2") == told_events({}, "lstm-1") == ()


@pytest.mark.parametrize(
    "found", [None, [], "x", {"lstm-1": 3}, {"lstm-1": {"above": True, "rise": {"holds": 1}}}]
)
def test_a_card_that_makes_no_sense_tells_nothing(found: object) -> None:
    assert told_events({"chances": found}, "lstm-1") == ()
