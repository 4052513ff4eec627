"""Moments in a few words, whatever their terms hold."""

import pytest

from warehouse.moments.kinds import MOMENTS, TURNS, Moment
from warehouse.moments.reasons import Reason
from warehouse.moments.words import name, short, times, title

LAUGH = Moment("laughter", 4, 5, 6.0, n=60, rate=120.0, usual=40.0)
KEKW = Reason("KEKW", "emote", 43, 2.0, 0.1)
HOSTILE = Reason("a\u202eb\r\nc\x00" + "x" * 200, "emote", 1234, 0.0, 0.0)


def test_a_moment_is_named_by_its_kind_and_its_first_term() -> None:
    assert (name(LAUGH, [KEKW, HOSTILE]), name(LAUGH, [])) == ("Laughter: KEKW", "Laughter")
    assert short(LAUGH, [KEKW]) == "KEKW x 43, 3 times as busy"
    assert short(LAUGH, []) == "Laughter, 3 times as busy"
    assert short(Moment("peak", 0, 1, 4.0), []) == "Burst of chat"


def test_hostile_terms_are_short_plain_text_on_one_line() -> None:
    assert name(LAUGH, [HOSTILE]) == "Laughter: ab c" + "x" * 20 + "…"
    assert short(LAUGH, [HOSTILE]) == "ab c" + "x" * 20 + "… x 1,234, 3 times as busy"


@pytest.mark.parametrize(
    ("rate", "told"),
    [
        (15.0, "1.5 times as busy as usual"),
        (20.0, "2 times as busy as usual"),
        (29.6, "3 times as busy as usual"),
        (12000.0, "1,200 times as busy as usual"),
        (14.0, ""),
        (float("nan"), ""),
    ],
)
def test_how_busy_it_was_is_told_where_it_was_busy(rate: float, told: str) -> None:
    assert times(Moment("peak", 0, 1, 4.0, rate=rate, usual=10.0)) == told
    assert times(Moment("peak", 0, 1, 4.0, rate=rate, usual=0.0)) == ""
    assert times(Moment("peak", 0, 1, 4.0, rate=rate)) == ""


@pytest.mark.parametrize("kind", [*MOMENTS, *TURNS])
def test_every_kind_has_a_title(kind: str) -> None:
    assert title(Moment(kind, 0, 1, 4.0))


def test_turns_say_which_way_the_mood_went() -> None:
    fall = Moment("jump", 0, 1, 4.0, mood=-0.1, before=0.2)
    rise = Moment("change", 0, 1, 4.0, mood=0.2, before=0.1)
    assert (title(fall), title(rise)) == ("Mood falls", "Mood rises and stays")
