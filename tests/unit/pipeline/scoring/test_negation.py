"""Negation in the full scorer, and what plain VADER makes of the same."""

import pytest

from pipeline.scoring.full_scorer import FullScorer
from pipeline.scoring.negation import is_negated
from pipeline.scoring.vader_scorer import VaderScorer

FULL, VADER = FullScorer(), VaderScorer()


@pytest.mark.parametrize(
    "text",
    ["not good", "isn't great", "isnt that great", "dont love it", "I don’t love it", "no good",
     "nothing about this game is great", "nobody here loves her", "no one loves it",
     "i dont think this is any good", "hardly great", "far from perfect", "a lack of fun",
     "never was it good", "wasnt very good", "aint no good", "don't got no good games",
     "never been worse"],
)  # fmt: skip
def test_what_is_good_is_bad_where_it_is_denied(text: str) -> None:
    assert FULL.compound(text) < -0.05


@pytest.mark.parametrize(
    "text",
    ["Nothing. Everything is great", "no, great", "no its good", "nope great", "not now! good",
     "never so good", "never been this happy", "cant not love it", "not nice but great",
     "without a doubt great", "not only good", "never been better", "couldnt be happier",
     "cant stop laughing", "couldn't stop smiling", "cant believe how good it is"],
)  # fmt: skip
def test_a_denial_ends_with_its_clause_and_some_are_none(text: str) -> None:
    assert FULL.compound(text) > 0.05


@pytest.mark.parametrize(
    "text", ["dont be rude", "he doesnt cheat", "not the worst show", "no hate"]
)
def test_what_is_bad_and_denied_is_no_praise(text: str) -> None:
    assert abs(FULL.compound(text)) < 0.35
    assert FULL.compound(text) <= VADER.compound(text)


@pytest.mark.parametrize(
    "text",
    ["not bad", "not that bad", "wasnt terrible", "no problem", "no worries", "no bad smell"],
)
def test_some_praise_by_halves(text: str) -> None:
    assert 0.05 < FULL.compound(text) < 0.5


def test_what_comes_before_a_but_weighs_half_and_what_comes_then_more() -> None:
    assert FULL.compound("great but great") == FULL.compound("great great")  # 0.5 and 1.5
    assert FULL.compound("great but awful") < 0 < FULL.compound("awful but great")


def test_the_reach_of_a_negation_is_told_by_place() -> None:
    tokens = "not , this is really a good one".split()
    assert not is_negated(tokens, 6)
    assert is_negated("nothing in this is good".split(), 4)
    assert not is_negated("dont know why this is good".split(), 5)
    assert not is_negated(["good"], 0)


def test_plain_vader_keeps_its_own_negation() -> None:
    assert VADER.compound("dont be rude") == 0.357
