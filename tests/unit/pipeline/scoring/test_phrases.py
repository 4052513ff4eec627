"""Phrases are read as one word, however they are spelt."""

from itertools import product

import pytest

from pipeline.scoring.full_scorer import FullScorer
from pipeline.scoring.phrases import Phrases, is_phrase, plain

FULL = FullScorer()


@pytest.mark.parametrize(
    "text", ["cant wait", "can't wait", "can’t wait", "CAN'T WAAAIT!!!", "i CANT wait for it"]
)
def test_a_phrase_is_found_however_it_is_spelt(text: str) -> None:
    assert FULL.compound(text) > 0.3
    assert "cant wait" in [term for term, _, _ in FULL.score(text).terms]


@pytest.mark.parametrize(
    "text",
    ["that cake is to die for", "lets goooo", "hell yeah", "he killed it", "well done"],
)
def test_a_phrase_is_worth_what_it_means(text: str) -> None:
    assert FULL.compound(text) > 0.2


def test_a_phrase_of_vaders_own_is_found_too() -> None:
    assert FULL.score("i am fed up").terms[0][0] == "fed up"
    assert FULL.compound("i am fed up") < 0


@pytest.mark.parametrize(
    "text", ["well, done", "well. done", "cant. wait", "wait", "cant", "we killed the it boss"]
)
def test_no_phrase_goes_on_behind_a_mark_or_is_half_there(text: str) -> None:
    assert not [term for term, _, _ in FULL.score(text).terms if " " in term]


def test_the_longest_phrase_goes_first() -> None:
    assert FULL.compound("lets go") > 0 == FULL.compound("lets go to the shop")


def test_only_an_emote_that_is_known_is_no_word_of_a_phrase() -> None:
    assert FULL.compound("well done") > 0 == FULL.compound("done")
    for marks in (("done",), ("well",), ("well", "done")):
        assert FULL.score("well done", marks) == FULL.score("well done"), "a mark changes nothing"
    assert FULL.score("done", ("done",)).terms == (("done", "emote", 0.0),)


def test_a_shouted_phrase_is_louder_among_what_is_not() -> None:
    assert FULL.compound("LETS GO team") > FULL.compound("lets go team")


def test_tokens_stay_as_many_as_they_were() -> None:
    tokens = ["oh", "well", "DONE!", "you"]
    assert Phrases(["well done"]).join(tokens, 2) == 1
    assert tokens == ["oh", "well done!", "", "you"]
    assert Phrases(["well done"]).join(["done"], 0) is None


def test_a_phrase_has_words_of_letters_only() -> None:
    assert is_phrase("well done")
    assert not is_phrase("done") and not is_phrase(">.< :(") and not is_phrase("can't stand")
    assert plain("CAAAN'T!!") == "cant"


def test_phrases_are_found_however_many_spellings_there_were_before() -> None:
    scorer = FullScorer()
    spellings = ["done" + "".join(marks) for marks in product("!?", repeat=15)]
    for k in range(0, len(spellings), 90):
        scorer.compound(" ".join(spellings[k : k + 90]))
    assert len(scorer.anchors) < 20_000 < len(spellings)
    assert scorer.compound("what a shame") < 0 < scorer.compound("well done")
