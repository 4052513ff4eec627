"""How chances held, from a model's card, which anybody may have written."""

from typing import Any

import pytest

from dashboard.accuracy.calibration import reliability
from dashboard.accuracy.calibration.reliability import Bin
from tests.helpers.browser.rows import CHANCES

ABOVE: dict[str, Any] = CHANCES["lstm-1"]["above"]


def test_a_sentence_is_about_the_chance_nearest_to_seventy_percent() -> None:
    bins = reliability.bins_of(ABOVE)
    assert reliability.sentence("above", bins) == (
        "When DLD says 71 % for a mood above its usual, it happens in 68 of 100 (n = 5,200)."
    )
    few = [Bin(0.7, 0.1, reliability.ENOUGH - 1), Bin(0.3, 0.33, reliability.ENOUGH)]
    assert "says 30 %" in reliability.sentence("drop", few)


def test_only_what_holds_is_told() -> None:
    told = {event: reliability.holds(of) for event, of in CHANCES["lstm-1"].items()}
    assert told == {"above": True, "drop": False}
    assert not reliability.holds({"holds": "yes"})


@pytest.mark.parametrize(
    "row",
    [[0.5, 0.5], "0.5", [None, 0.5, 9], [0.5, "<b>", 9], [0.5, float("nan"), 9], [7, 0.5, 9],
     [0.5, -1, 9], [0.5, 0.5, 0], [0.5, 0.5, 10**400], [True, {}, []]],
)  # fmt: skip
def test_a_bin_that_is_none_is_left_out(row: Any) -> None:
    assert reliability.bins_of({"bins": [row, [0.2, 0.25, 40]]}) == [Bin(0.2, 0.25, 40)]


@pytest.mark.parametrize("card", [{}, {"chances": None}, {"chances": {"lstm-1": 5}}])
def test_a_card_without_them_has_none(card: dict[str, Any]) -> None:
    assert reliability.of_card(card, "lstm-1") == {}


@pytest.mark.parametrize("event", [None, 5, {}, {"bins": 5}, {"bins": None}])
def test_an_event_without_bins_has_none(event: Any) -> None:
    assert reliability.bins_of(event) == []


def test_each_event_is_a_line_beside_the_diagonal_and_few_forecasts_are_open_marks() -> None:
    few = Bin(0.5, 1.0, reliability.ENOUGH - 1)
    bins = [*reliability.bins_of(ABOVE), few]
    honest, above, open_marks = reliability.figure({"above": bins}).data
    assert list(honest.x) == list(honest.y) == [0, 1]
    assert (above.name, list(above.y)) == ("a mood above its usual", [0.07, 0.3, 0.68, 0.97])
    assert (list(open_marks.x), open_marks.marker.symbol) == ([0.5], "circle-open")
