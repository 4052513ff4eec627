"""New emotes are proposed when enough people use them, with what chat said around them."""

from datetime import UTC, datetime

import pytest

from pipeline.score import FullScorer, Scored
from pipeline.vocabulary import CHATTERS, SCORED, USES, Vocabulary, valence


def nobody(term: str) -> bool:
    return False


def used(vocabulary: Vocabulary, times: int, chatters: int, compound: float = 0.5) -> None:
    scored = Scored(compound, (), True, ("newEmote",))
    for i in range(times):
        vocabulary.saw("demo", 60.0 * i, 1 + i % chatters, scored)


def test_a_term_is_proposed_when_enough_people_used_it_often_enough():
    vocabulary = Vocabulary()
    used(vocabulary, USES, CHATTERS)
    (row,) = vocabulary.take_rows(nobody)
    assert (row["term"], row["n"], row["n_channels"]) == ("newEmote", USES, 1)
    assert row["status"] == "proposed"
    assert row["first_seen"] == datetime(1970, 1, 1, tzinfo=UTC)
    assert row["valence"] == pytest.approx(0.5 * (15 / 0.75) ** 0.5)
    assert row["evidence"] == "5 people; 20 messages that say more feel +0.50 on average"


def test_one_person_who_spams_a_term_proposes_nothing():
    vocabulary = Vocabulary()
    used(vocabulary, 500, CHATTERS - 1)
    assert vocabulary.take_rows(nobody) == []


def test_a_term_that_is_seldom_used_is_not_proposed():
    vocabulary = Vocabulary()
    used(vocabulary, USES - 1, CHATTERS)
    assert vocabulary.take_rows(nobody) == []


def test_messages_that_say_nothing_else_are_no_evidence_of_a_neutral_emote():
    vocabulary = Vocabulary()
    used(vocabulary, USES, CHATTERS, compound=0.0)
    (row,) = vocabulary.take_rows(nobody)
    assert "valence" not in row
    assert row["evidence"] == "5 people; only 0 of its messages say something else"
    used(vocabulary, SCORED, CHATTERS, compound=-0.5)
    (row,) = vocabulary.take_rows(nobody)
    assert row["valence"] == pytest.approx(-0.5 * (15 / 0.75) ** 0.5)


def test_the_name_of_a_chatter_is_never_proposed():
    vocabulary = Vocabulary()
    used(vocabulary, USES, CHATTERS)
    assert vocabulary.take_rows(lambda term: term == "newEmote") == []


def test_a_row_is_written_again_only_when_its_term_was_used_again():
    vocabulary = Vocabulary()
    used(vocabulary, USES, CHATTERS)
    assert len(vocabulary.take_rows(nobody)) == 1
    assert vocabulary.take_rows(nobody) == []
    used(vocabulary, 1, 1)
    assert vocabulary.take_rows(nobody)[0]["n"] == USES + 1


def test_counting_goes_on_after_a_restart():
    vocabulary, again = Vocabulary(), Vocabulary()
    used(vocabulary, USES, CHATTERS)
    (row,) = vocabulary.take_rows(nobody)
    again.load([row])
    used(again, 1, 1)
    (later,) = again.take_rows(nobody)
    assert later["n"] == USES + 1
    assert later["valence"] == pytest.approx(row["valence"], abs=1e-3)


def test_a_decided_term_is_left_alone():
    vocabulary = Vocabulary()
    vocabulary.load([{"term": "newEmote", "status": "rejected"}])
    used(vocabulary, USES, CHATTERS)
    assert vocabulary.take_rows(nobody) == []


def test_valences_stay_within_four_and_keep_their_sign():
    assert valence(0.0) == 0.0
    assert valence(1.0) == 4.0
    assert valence(-1.0) == -4.0
    assert valence(-0.3) < 0


def test_strange_terms_are_marked_or_written_like_an_emote_and_in_no_lexicon():
    scorer = FullScorer()
    found = scorer.score("hello limesNew Kappa WORLD iPhone plainmark 4Head2", ("plainmark",))
    assert found.strange == ("limesNew", "plainmark")
    assert scorer.score("nothing strange at all").strange == ()
