"""Scoring: plain VADER to the last digit, and Twitch's own words and emotes on its rules."""

import time
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from pipeline.scoring.full_scorer import FullScorer
from pipeline.scoring.lexicon import Lexicon
from pipeline.scoring.scorer import make_scorer
from pipeline.scoring.vader_scorer import VaderScorer
from warehouse.remembered import Remembered

STOCK = SentimentIntensityAnalyzer()
VADER = VaderScorer()
EMOTES = {"LUL": 1.5, "BibleThump": -1.6, "PogChamp": 1.5, "Kappa": 0.0}
FULL = FullScorer(Lexicon("t", EMOTES, {"poggers": 2.0}))

WORDS = st.sampled_from(
    "good great bad not never but no kind of least without doubt very so isn't ain't the shit "
    "bomb cut mustard at yeah right GREAT Bad lol :) :( <3 D: L w xD 😂 💔 👍🏽 😀😀 good-bye "
    "don't neither nor hand to mouth catch22 absolutely friggin e.g. (good) good!!! ??".split()
)
CHARS = st.text("adgoblt BUN'!?.,:;()-<3😂❤️\u200d\ufe0f\U000e0000\u2028ıİſK", max_size=25)
LINES = st.lists(st.one_of(WORDS, CHARS, st.text(max_size=6)), max_size=14).map(" ".join)


def test_the_version_of_vader_is_the_one_that_is_named() -> None:
    from importlib.metadata import version

    assert VADER.version == f"vader-{version('vaderSentiment')}"


@settings(max_examples=800)
@given(LINES)
def test_vader_is_stock_vader_for_any_text(text: str) -> None:
    assert VADER.compound(text) == STOCK.polarity_scores(text)["compound"]


@pytest.mark.parametrize(
    "text",
    ["", " ", "\n", "a\0b good", "\ud800 good", "good " * 2000, "x" * 100_000, "😂" * 300,
     "K good", "no", "no good", "kind of good", "not without doubt good but bad", "ſhit"],
)  # fmt: skip
def test_vader_is_stock_vader_for_odd_texts(text: str) -> None:
    assert VADER.compound(text) == STOCK.polarity_scores(text)["compound"]
    assert VADER.score(text).compound == VADER.compound(text)


def test_a_long_message_of_emoji_takes_no_long_time() -> None:
    began = time.process_time()
    VADER.compound("😂" * 4000)
    assert time.process_time() - began < 2  # it was 40


@pytest.mark.data
def test_vader_is_stock_vader_for_real_chat(chat_parquet: Path) -> None:
    import pyarrow.parquet as pq

    batches = pq.ParquetFile(chat_parquet).iter_batches(20_000, columns=["text"])
    every = 12  # spread over the whole file: every twelfth of its batches
    texts = {t for b in islice(batches, 0, None, every) for t in b.column("text").to_pylist() if t}
    assert len(texts) >= 100_000
    wrong = [t for t in texts if VADER.compound(t) != STOCK.polarity_scores(t)["compound"]]
    assert len(wrong) == 0  # a text is never shown


def test_what_is_remembered_of_tokens_is_bounded_and_what_is_in_use_stays() -> None:
    asked: list[int] = []

    def found(key: int) -> int:
        asked.append(key)
        return key * 2

    squares: Remembered[int, int] = Remembered(found, limit=3)
    for key in (0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7):
        assert squares[key] == key * 2
    assert asked.count(0) == 1
    assert len(squares) + len(squares.old) <= 6


def test_parts_are_shares_of_the_compound_by_vaders_own_sentiments() -> None:
    scored = VADER.score("great but terrible")
    assert scored.compound == STOCK.polarity_scores("great but terrible")["compound"]
    parts = {term: part for term, _, part in scored.terms}
    great, terrible = 3.1 * 0.5, -2.1 * 1.5
    assert parts["great"] == pytest.approx(scored.compound * great / (great + terrible))
    assert parts["terrible"] == pytest.approx(scored.compound * terrible / (great + terrible))


PLAIN = st.lists(
    st.sampled_from("good great bad terrible hello LUL BibleThump poggers 😂 not very".split()),
    max_size=10,
).map(" ".join)


@settings(max_examples=400)
@given(PLAIN)
def test_the_parts_of_a_message_sum_to_its_compound(text: str) -> None:
    # plain VADER reads an emoji as the words of its name, which nobody said: no terms
    for scored in (VADER.score(text.replace("😂", "")), FULL.score(text)):
        assert sum(part for _, _, part in scored.terms) == pytest.approx(scored.compound, abs=1e-9)


@settings(max_examples=200)
@given(LINES)
def test_the_full_compound_lies_between_minus_one_and_one_and_repeats_itself(text: str) -> None:
    first = FULL.score(text)
    assert -1 <= first.compound <= 1
    assert FULL.score(text) == first
    assert FULL.compound(text) == first.compound
    assert all(len(term) > 0 and part == part for term, _, part in first.terms)


def test_punctuation_gives_to_the_compound_but_to_no_term() -> None:
    calm, loud = FULL.score("good"), FULL.score("good !!!")
    assert loud.compound > calm.compound
    assert sum(part for _, _, part in loud.terms) < loud.compound
    assert [term for term, _, _ in loud.terms] == ["good"]


def test_an_emote_is_itself_in_its_own_case_only() -> None:
    assert FULL.score("LUL").terms == (("LUL", "emote", FULL.compound("LUL")),)
    assert FULL.compound("LUL") > 0
    assert FULL.compound("BibleThump") < 0
    assert FULL.compound("biblethump") == FULL.compound("hey BIBLETHUMP there") == 0.0


def test_a_word_counts_in_any_case() -> None:
    assert FULL.compound("poggers") == FULL.compound("Poggers") > 0


def test_repeats_of_an_emote_saturate() -> None:
    said = [FULL.compound(" ".join(["LUL"] * k)) for k in (1, 2, 3, 30)]
    assert said == sorted(said)
    valence = 1.5 * 2  # the limit of 1.5 + 0.75 + ...
    assert said[3] == pytest.approx(valence / (valence**2 + 15) ** 0.5, abs=1e-4)
    assert said[0] == pytest.approx(1.5 / (1.5**2 + 15) ** 0.5, abs=1e-4)
    assert len(FULL.score("LUL LUL LUL").terms) == 3


def test_different_emotes_add_up() -> None:
    assert FULL.compound("PogChamp BibleThump") == pytest.approx(
        -0.1 / (0.01 + 15) ** 0.5, abs=1e-4
    )


@pytest.mark.parametrize("invisible", ["\U000e0000", "\u200b", "\ufeff", "\u00ad", "\u2800", "\0"])
def test_invisible_characters_do_not_break_a_word(invisible: str) -> None:
    plain = FULL.compound("that was great LUL")
    assert FULL.compound(f"that was gre{invisible}at LUL {invisible}") == plain
    assert FULL.compound(f"that was great LUL{invisible}") == plain


def test_emoji_are_read_one_by_one_and_saturate() -> None:
    one, many = FULL.score("😂"), FULL.score("😂😂😂")
    assert one.terms[0][:2] == ("😂", "emoji")
    assert 0 < one.compound < many.compound
    assert [kind for _, kind, _ in many.terms] == ["emoji"] * 3
    assert FULL.compound("good😂") == FULL.compound("good 😂")


def test_a_text_is_read_no_further_than_two_thousand_characters() -> None:
    assert FULL.compound("x" * 2000 + " great") == 0.0
    assert FULL.compound("great " + "x" * 100_000) == FULL.compound("great x")


def test_neither_mentions_nor_links_nor_common_words_are_terms() -> None:
    scored = FULL.score("@someone_1 the https://example.org/great example.org 12345 nice")
    assert [term for term, _, _ in scored.terms] == ["nice"]


def test_the_setting_chooses_the_scorer() -> None:
    assert isinstance(make_scorer("vader"), VaderScorer)
    assert make_scorer("full").version.startswith("full-")


def test_what_is_known_is_asked_by_each_lexicons_own_case() -> None:
    assert [VADER.knows(t) for t in ("Good", "LUL", "xyzzy")] == [True, False, False]
    assert [FULL.knows(t) for t in ("Good", "LUL", "lul", "POGGERS", "😂")] == [
        True, True, False, True, True,
    ]  # fmt: skip


def test_a_false_friend_is_silent_however_loud_or_boosted() -> None:
    lexicon = FullScorer(Lexicon("t", {}, {"attack": 0.0}))
    for text in ("attack", "ATTACK now", "never attack", "very attack"):
        assert lexicon.compound(text) == lexicon.compound(text.lower().replace("attack", "xyz"))
