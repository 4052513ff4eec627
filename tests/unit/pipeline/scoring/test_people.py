"""People are not words: mentions say nothing, nor do names where somebody is spoken to."""

from datetime import UTC, datetime

import pytest

from pipeline.scoring.by_channel import Scorers
from pipeline.scoring.decisions import Decision
from pipeline.scoring.full_scorer import FullScorer
from pipeline.scoring.people import is_addressed, is_mention
from pipeline.scoring.vader_scorer import VaderScorer

FULL = FullScorer()


def is_name(word: str) -> bool:
    return word in ("pain", "killer_queen", "love", "grave")


@pytest.mark.parametrize(
    "token", ["@a", "@GoodGuy_99", "@hate:", "(@love)", '"@pain"', "@愛", "¡@x"]
)
def test_a_mention_is_told(token: str) -> None:
    assert is_mention(token)


@pytest.mark.parametrize("token", ["@", "@@", "a@b", "@}->--", "love", "", "@>-->--", "@:"])
def test_what_mentions_nobody_does_not(token: str) -> None:
    assert not is_mention(token)


@pytest.mark.parametrize(
    "name",
    ["@grave", "@GoodGuy_99", "@love", "@hate:", "(@hate)", "@LOVE!!!", "@never", "@haaaate"],
)
def test_mentions_say_nothing_wherever_they_stand(name: str) -> None:
    assert FULL.score(name).compound == 0.0
    assert FULL.score(name).terms == ()
    alone = FULL.compound("great stream")
    for text in (f"{name} great stream", f"great stream {name}", f"{name} {name} great stream"):
        assert FULL.compound(text) >= alone  # "!" makes it louder, whoever cries
        assert "love" not in [term for term, _, _ in FULL.score(text).terms]


def test_plain_vader_reads_mentions_as_it_always_did() -> None:
    assert VaderScorer().compound("@grave") == -0.3818


ADDRESSED = (
    "hi pain!", "hi pain", "Hey PAIN how are you", "hello, pain", "pain, you there?",
    "you there, pain?", "well, pain, it is over", "thank you pain", "thanks pain!", "gg pain",
    "welcome back pain :)", "@ pain you there", "good morning pain LUL",
)  # fmt: skip


@pytest.mark.parametrize("text", ADDRESSED)
def test_a_name_is_no_word_where_its_chatter_is_spoken_to(text: str) -> None:
    nobody = text.replace("PAIN", "pain").replace("pain", "someone")
    assert FULL.score(text, (), is_name).compound == FULL.compound(nobody)
    assert "pain" not in [term for term, _, _ in FULL.score(text, (), is_name).terms]
    assert FULL.score(text).compound < FULL.compound(nobody)


@pytest.mark.parametrize(
    "text",
    ["this is pain", "pain", "pain!", "what a pain, there", "such pain", "gg pain and misery",
     "thank you love the stream", "hey love your stream"],
)  # fmt: skip
def test_a_name_is_a_word_where_nobody_is_spoken_to(text: str) -> None:
    assert FULL.score(text, (), is_name).compound == FULL.compound(text) != 0.0


def test_nobody_is_addressed_in_a_message_of_one_word() -> None:
    assert not is_addressed(["pain,"], 0)
    assert is_addressed(["pain,", "look"], 0)


def test_names_say_nothing_where_a_channel_has_words_of_its_own_either() -> None:
    now = datetime.now(UTC)
    decided = Decision("1", "zorping", "demo", now, "ann", "accept", 2.0, "word", 0.0)
    scorer = Scorers("full", [decided]).at("demo", 1.0)
    for text in ("hi pain", "hi pain, zorping"):
        told = scorer.score(text, (), is_name).compound
        assert told == scorer.compound(text.replace("pain", "bob")) > scorer.compound(text)
