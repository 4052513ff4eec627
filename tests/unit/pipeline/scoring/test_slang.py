"""Drawn-out words, laughter and questions, as Twitch writes them."""

import pytest

from pipeline.scoring.full_scorer import FullScorer
from pipeline.scoring.scorer import make_scorer
from pipeline.scoring.slang import is_odd, is_weak_question, plain_form, without_comfort

KNOWN = {"good", "spam", "so", "bad", "lol", "w"}
FULL = make_scorer("full")
assert isinstance(FULL, FullScorer)


@pytest.mark.parametrize(
    ("token", "form"),
    [
        ("SPAMMMM", "SPAM"),
        ("baddddd!!!", "bad!!!"),
        ("gooood", "good"),
        ("WWWW", "W"),
        ("hahahahaha", "haha"),
        ("LOOOOOL", "HAHA"),
        ("lol", "lol"),
        ("good", "good"),
        ("bookkeeper", "bookkeeper"),
        ("xyzzzz", "xyzzzz"),
        ("....", "...."),
        ("", ""),
    ],
)
def test_a_drawn_out_word_is_read_as_the_word(token: str, form: str) -> None:
    assert plain_form(token, lambda word: word.lower() in KNOWN) == form


def test_laughter_does_not_make_up_for_what_is_bad() -> None:
    said = ["bad", "lol"]
    assert without_comfort({0: -1.0, 1: 2.0}, {1}.__contains__, said) == {0: -1.0, 1: 0.0}
    assert without_comfort({0: 1.0, 1: 2.0}, {1}.__contains__, said) == {0: 1.0, 1: 2.0}
    assert without_comfort({1: 2.0}, {1}.__contains__, said) == {1: 2.0}
    assert FULL.compound("so bad lmao") == FULL.compound("so bad") < 0
    assert FULL.compound("so bad PogChamp") > FULL.compound("so bad")


@pytest.mark.parametrize("text", ["rip lol", "lol wtf!", "damn lmao", "omfg hahaha", "mad lol"])
def test_what_befalls_somebody_is_a_jest_beside_laughter(text: str) -> None:
    assert FULL.compound(text) > 0


@pytest.mark.parametrize("text", ["what an idiot lol", "wtf so bad lol", "trash lmao", "rip, bad"])
def test_a_judgement_is_none(text: str) -> None:
    assert FULL.compound(text) < 0


def test_a_question_with_a_weak_word_says_nothing() -> None:
    assert is_weak_question(["who", "won"], 0.6)
    assert is_weak_question(["good", "game", "?"], 1.8)
    assert not is_weak_question(["good", "game"], 1.8)
    assert not is_weak_question(["why", "so", "terrible"], -2.1)
    assert not is_weak_question([], 0.0)
    assert FULL.compound("is this ok?") == 0.0 < FULL.compound("this is ok")
    assert FULL.compound("why so awful?") < 0


def test_an_emote_in_a_question_is_heard() -> None:
    assert FULL.compound("what? PogChamp") > 0


def test_terms_of_a_question_carry_nothing() -> None:
    assert FULL.score("is this ok?").terms
    assert all(part == 0 for _, _, part in FULL.score("is this ok?").terms)


def test_drawn_out_words_are_one_term() -> None:
    assert {term for term, _, _ in FULL.score("gooood GOOOOOD").terms} == {"good"}


def test_each_emoji_saturates_by_itself() -> None:
    once = FULL.compound("\U0001f602")
    assert FULL.compound("\U0001f602 \u2764") > once
    assert FULL.compound("\U0001f602 \u2764") != FULL.compound("\U0001f602 \U0001f602")


@pytest.mark.parametrize("token", ["ahaha", "haeha", "hehha", "heaha", "lmfaoo", "jaaja", "xdxd"])
def test_laughter_is_found_in_each_of_its_spellings(token: str) -> None:
    assert plain_form(token, lambda word: word == "haha") == "haha"
    assert FullScorer().compound(token) == FullScorer().compound("haha")


@pytest.mark.parametrize("word", ["that", "what", "chaos", "java", "habit"])
def test_words_with_a_syllable_of_laughter_need_no_closer_look(word: str) -> None:
    assert not is_odd(word)
