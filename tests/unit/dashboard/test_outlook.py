"""The next five minutes in words: what a card and a line of the table say of a forecast."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dashboard import outlook
from dashboard.live import ahead_words
from dashboard.live.now import Card
from tests.helpers.browser.rows import forecast

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TOLD = {
    "five_q10": -0.02, "five_q50": 0.06, "five_q90": 0.11, "usual": 0.03,
    "five_volume_q10": 60.0, "five_volume_q50": 100.0, "five_volume_q90": 152.0,
    "chance_above": 0.72, "chance_drop": None, "chance_rise": 0.03,
}  # fmt: skip


def card(targets: int = 5000, skill: float | None = 0.14, **more: Any) -> Card:
    """A channel on air with a forecast, and how good those were lately."""
    row = {**forecast("demo", NOON, "lstm-1", 0.06), **TOLD, **more}
    record = {"targets": targets, "skill": skill}
    return Card("demo", "Demo", "live", (), row, skill=record, five_skill=record)


def words(of: Card) -> str:
    return str(ahead_words.facts(of))


@pytest.mark.parametrize(
    ("low", "middle", "high", "said"),
    [
        (-0.02, 0.06, 0.11, "about neutral, likely between −0.02 and +0.11"),
        (-0.04, 0.01, 0.06, "about neutral, likely between −0.04 and +0.06"),
        (0.01, 0.03, 0.06, "about neutral, likely between +0.01 and +0.06"),
        (0.01, 0.0496, 0.11, "likely between +0.01 and +0.11"),  # +0.05 in a body
        (-0.3, -0.05, 0.1, "about neutral, likely between −0.30 and +0.10"),
        (0.117, 0.119, 0.122, "likely +0.12"),
        (-0.002, 0.0, 0.001, "about neutral, likely 0.00"),
    ],
)
def test_a_forecast_is_neutral_if_its_band_holds_zero_or_its_middle_is_near_it(
    low: float, middle: float, high: float, said: str
) -> None:
    told = {"five_q10": low, "five_q50": middle, "five_q90": high}
    assert outlook.likely(told) == said
    assert outlook.short(told).count(" to ") == said.count("between"), "one number is no range"


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.0, "under 5 %"), (0.049, "under 5 %"), (0.05, "5 %"), (0.125, "15 %"), (0.724, "70 %"),
     (0.726, "75 %"), (0.95, "95 %"), (0.951, "over 95 %"), (1.0, "over 95 %")],
)  # fmt: skip
def test_chances_are_told_in_steps_of_five(share: float, said: str) -> None:
    assert outlook.chance(share) == said.replace(" %", "\u00a0%")  # never alone on a line


def test_only_chances_that_hold_are_told() -> None:
    assert outlook.chances(TOLD) == [
        "above its usual +0.03: 70\u00a0%",
        "0.1 or more above usual: under 5\u00a0%",
    ]
    assert outlook.short_chances(TOLD) == "above 70\u00a0%, rise under 5\u00a0%"
    assert outlook.chances({**TOLD, "chance_above": None, "chance_rise": None}) == []


def test_activity_is_told_by_the_minute_and_silence_in_words() -> None:
    assert outlook.activity(TOLD) == "about 20 messages / min, likely 12 to 30"
    quiet = {f"five_volume_{q}": 0.0 for q in ("q10", "q50", "q90")}
    assert outlook.activity(quiet) == "hardly a message"
    assert outlook.activity({**TOLD, "five_volume_q10": None}) == ""


@pytest.mark.parametrize(
    ("targets", "skill", "said", "figure"),
    [
        (5000, 0.14, "clearly better than guessing", "knew 14 % of the predictable part"),
        (5000, 0.05, "a little better than guessing", "knew 5 % of"),
        (5000, -0.01, "not better than guessing", "knew −1 % of"),
        (5000, -0.004, "not better than guessing", "knew 0 % of"),
        (5000, None, "not better than guessing", "nothing can be predicted beyond"),
        (10, 0.9, "too few were judged yet", "10 of 2,000 judged in the last 7 days"),
    ],
)
def test_a_card_grades_its_forecasts_and_keeps_the_figure_for_who_asks(
    targets: int, skill: float | None, said: str, figure: str
) -> None:
    of = card(targets, skill)
    assert of.five_record().startswith(figure)
    told = words(of)
    assert told.index("<summary") < told.index(said) < told.index("</summary>")
    assert f'title="{of.five_record()}"' in told
    before, _, _ = told.partition("<details")
    assert "knew" not in before


def test_a_card_tells_range_chances_and_activity() -> None:
    told = words(card())
    for text in ("likely between −0.02 and +0.11", "above its usual +0.03: 70\u00a0%", "12 to 30"):
        assert text in told
    assert "knew 14 % of the predictable part (n = 5,000" in told


def test_what_is_no_better_than_the_average_gives_way_to_it() -> None:
    told, cells = words(card(skill=-0.1)), ahead_words.cells(card(skill=-0.1))
    assert "its average +0.03, nothing better is known" in told
    assert "likely between" not in told and "Chances" not in told
    assert cells["Chances"] == "" and cells["Next 5 min"].startswith("its average")


def test_a_forecast_of_an_earlier_version_is_told_as_it_was() -> None:
    old = card(**dict.fromkeys([k for k in TOLD if k not in ("usual",)]))
    told = words(old)
    assert "about +0.06" in told and "Its record" in told and "Forecasts" not in told
    assert ahead_words.cells(old)["Next 5 min"] == "+0.06"


def test_a_line_of_the_table_is_short() -> None:
    assert ahead_words.cells(card()) == {
        "Next 5 min": "−0.02 to +0.11, about neutral",
        "Expected / min": "20 (12 to 30)",
        "Forecasts": "clearly better",
        "Chances": "above 70\u00a0%, rise under 5\u00a0%",
    }


@pytest.mark.parametrize(
    ("mean", "said"),
    [
        (0.11, "inside the band"),
        (0.112, "just above the band"),
        (-0.03, "below the band, as one of ten"),
        (0.2, "above the band"),
    ],
)
def test_what_came_is_told_with_its_place(mean: float, said: str) -> None:
    assert f"412 messages came, of mood {outlook.wording.signed(mean)}: {said}" in outlook.came(
        {**TOLD, "mean": mean, "n": 412}
    )
