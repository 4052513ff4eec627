"""New emotes are proposed when they are used as emotes are, by enough people."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.scoring.by_channel import Scorers
from pipeline.scoring.english import dictionary
from pipeline.scoring.full_scorer import FullScorer
from pipeline.scoring.scored import Scored
from pipeline.scoring.scored_message import ScoredMessage
from pipeline.vocabulary.candidates import looks
from pipeline.vocabulary.drift import FAST, SLOW, Drift
from pipeline.vocabulary.meaning import NEAR, SCORED, proposal
from pipeline.vocabulary.proposals import Vocabulary
from pipeline.vocabulary.usage import MANY, MARKED, PEOPLE, USES, Sighting, changed, summed
from pipeline.windows.track import Closed
from warehouse.records import utc

NEW = "zorpHype"
MUTE = "zorpTable"  # a name that says nothing


def nobody(term: str) -> bool:
    return False


def said(
    text: str, compound: float = 0.0, chatter: int = 1, at: float = 0.0, *marked: str
) -> ScoredMessage:
    return ScoredMessage(at, chatter, text, Scored(compound, (), bool(marked), marked), 0)


def window(*lines: ScoredMessage, start: float = 0.0, channel: str = "demo") -> Closed:
    made: Any = SimpleNamespace(channel=channel, start=utc(start))
    return Closed(made, lines)


def used(target: Vocabulary, n: int, people: int, text: str = NEW, compound: float = 0.0) -> None:
    """n messages by so many people, each other one with another word in it."""
    lines = [said(f"{text} w{k}" if k % 2 else text, compound, 1 + k % people) for k in range(n)]
    target.window(window(*lines))


def proposed(target: Vocabulary, now: float = 0.0) -> list[str]:
    return [row["term"] for row in target.take_rows(nobody, now)]


# -- who uses it ------------------------------------------------------------------------------


def test_a_name_is_proposed_when_enough_people_used_it_often_enough() -> None:
    target = Vocabulary()
    used(target, USES, PEOPLE, compound=0.5)
    (row,) = target.take_rows(nobody)
    assert (row["term"], row["n"], row["n_channels"], row["n_chatters"]) == (NEW, USES, 1, PEOPLE)
    assert (row["status"], row["kind"], row["provider"]) == ("proposed", "emote", None)
    assert row["first_seen"] == datetime(1970, 1, 1, tzinfo=UTC)
    assert row["evidence"] == (
        "20 uses by 3 people, 50 % of them alone; its name says Hype (+2.3); "
        "the mood of the 20 that say more is +0.50, of the whole chat +0.14"
    )


@pytest.mark.parametrize(
    ("n", "people", "is_proposed"),
    [(USES - 1, 9, False), (USES, PEOPLE - 1, False), (MANY, 2, True), (500, 1, False)],
)
def test_one_who_spams_it_proposes_nothing(n: int, people: int, is_proposed: bool) -> None:
    target = Vocabulary()
    used(target, n, people)
    assert proposed(target) == [NEW] * is_proposed


def test_where_nobody_is_named_different_messages_stand_for_people() -> None:
    target = Vocabulary()
    target.window(window(*(said(f"{NEW} w{k}", chatter=0) for k in range(USES))))
    assert proposed(target) == [NEW]
    same = Vocabulary()
    same.window(window(*(said(NEW, chatter=0) for _ in range(USES))))
    assert proposed(same) == []


def test_the_name_of_a_chatter_is_never_proposed() -> None:
    target = Vocabulary()
    used(target, USES, PEOPLE)
    assert target.take_rows(lambda term: term == NEW) == []


# -- how it is used ---------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["BERMUS", "Sleepo", "gongus", "odoLUL", "NotLikeThus"])
def test_names_that_stand_alone_are_emotes(text: str) -> None:
    target = Vocabulary()
    target.window(window(*(said(text, chatter=k) for k in range(1, 1 + USES))))
    assert proposed(target) == [text]


@pytest.mark.parametrize(
    "texts",
    [
        ["Zorpington plays"],  # never alone: a person
        ["Zorpy", "zorpy", "ZORPY"],  # in any case: a word
        ["Zorpy,", "Zorpy!", "Zorpy"],  # with punctuation: a word
        ["Great", "Hello", "WHAT"],  # common words
        ["LOOOOL", "hahahaha", "NOOOOO"],  # words drawn out, laughter
        ["888888", "Cheer100", "90s"],
        ["@zorpHype", "#zorpHype", "https://zorpHype.tv/x"],
    ],
)
def test_words_people_and_numbers_are_none(texts: list[str]) -> None:
    target = Vocabulary()
    target.window(window(*(said(text, chatter=k) for k in range(1, 40) for text in texts)))
    assert proposed(target) == []


def test_part_of_a_copied_text_is_none() -> None:
    copied = "my zorpHype brings all the boys to the yard"
    target = Vocabulary()
    target.window(window(*(said(copied, chatter=k) for k in range(1, 60))))
    assert proposed(target) == []
    target.window(window(*(said(f"{copied} {k}", chatter=k) for k in range(60))))
    assert proposed(target) == [NEW]


def test_a_word_of_the_dictionary_is_one_only_where_it_is_nothing_but_a_name() -> None:
    assert "stare" in dictionary() and "the" in dictionary() and "monkas" not in dictionary()
    target = Vocabulary()
    target.window(window(*(said("Stare", chatter=k) for k in range(1, 60))))
    assert proposed(target) == ["Stare"]
    target.window(window(*(said("stare at it", chatter=k) for k in range(1, 60))))
    assert proposed(target) == []


def test_what_the_source_marks_needs_no_other_sign() -> None:
    target = Vocabulary()
    texts = [said("oh plainmark", 0.0, k, 0.0, "plainmark") for k in range(1, 1 + USES)]
    target.window(window(*texts))
    assert proposed(target) == ["plainmark"]


def test_known_terms_are_not_new_in_whatever_case() -> None:
    scorers = Scorers("full")
    target = Vocabulary(scorers.is_known)
    for text in ("catJAM", "CATJAM", "KEKW", "Kappa", "gg"):
        target.window(window(*(said(text, chatter=k) for k in range(1, 60))))
    assert proposed(target) == []


@pytest.mark.parametrize("token", ["x" * 61, "​", "é", "‮abc", "a b", "ab", ":)", "D:", "...", "@"])
def test_odd_tokens_look_like_nothing(token: str) -> None:
    assert looks(token) is None


def test_hostile_text_is_borne() -> None:
    target = Vocabulary()
    texts = ["\ud800", "\x00", "", " ", "‮abc", "\U000e0000", "a" * 9999, "<b>zorpHype</b>"]
    target.window(window(*(said(text, chatter=k) for k, text in enumerate(texts * 30))))
    assert proposed(target) == []


# -- over time --------------------------------------------------------------------------------


def test_a_row_is_written_again_only_when_its_name_was_used_again() -> None:
    target = Vocabulary()
    used(target, USES, PEOPLE)
    assert (proposed(target), proposed(target)) == ([NEW], [])
    used(target, 1, 1)
    assert target.take_rows(nobody)[0]["n"] == USES + 1


def test_what_a_source_marks_is_proposed_after_a_few_uses_by_three_people() -> None:
    for n, people, term in (
        (MARKED, PEOPLE, "plainmark"),
        (MARKED - 1, PEOPLE, ""),
        (MARKED, 2, ""),
    ):
        target = Vocabulary()
        texts = [said("oh plainmark", 0.0, 1 + k % people, 0.0, "plainmark") for k in range(n)]
        target.window(window(*texts))
        assert proposed(target) == [term] * bool(term)


def test_what_was_said_at_the_same_time_is_known_after_a_restart() -> None:
    target, again = Vocabulary(), Vocabulary()
    for k in range(USES):
        others = [said("well", 0.4 + k / 100, 9) for _ in range(5)]
        target.window(window(said(MUTE, 0.0, 1 + k % 3), *others, start=k * 30.0))
    row = meant(target, MUTE)
    again.load([row])
    used(again, 1, 1, MUTE)
    later = meant(again, MUTE)
    assert later["evidence"].split("; ")[-1] == row["evidence"].split("; ")[-1]
    assert later["valence"] == pytest.approx(row["valence"], abs=0.05)


def test_counting_goes_on_after_a_restart() -> None:
    target, again = Vocabulary(), Vocabulary()
    used(target, USES, PEOPLE, compound=0.5)
    (row,) = target.take_rows(nobody)
    again.load([row])
    used(again, 1, 1, compound=0.5)
    (later,) = again.take_rows(nobody)
    assert (later["n"], later["n_chatters"]) == (USES + 1, PEOPLE)
    assert later["mean_compound"] == pytest.approx(0.5)


def test_a_decided_name_is_left_alone_and_an_undone_one_counts_on() -> None:
    target = Vocabulary()
    used(target, USES, PEOPLE)
    (row,) = target.take_rows(nobody)
    target.decided({**row, "status": "rejected"})
    used(target, USES, PEOPLE)
    assert proposed(target) == []
    target.decided(row)
    used(target, 1, 1)
    assert target.take_rows(nobody)[0]["n"] == USES + 1


def test_a_decision_for_one_channel_leaves_the_proposal_to_the_others() -> None:
    target = Vocabulary()
    target.load([{"term": NEW, "channel": "other", "status": "rejected"}])
    used(target, USES, PEOPLE)
    assert proposed(target) == [NEW]


def test_names_not_used_for_longest_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.vocabulary.proposals._TERMS", 10)
    target = Vocabulary()
    for k in range(30):
        target.window(window(said(NEW), said(f"zorp{k}Hype")))
    assert len(target._terms) == 10 and NEW.lower() in target._terms


def test_the_catalogue_that_has_it_is_told() -> None:
    target = Vocabulary(provider=lambda channel, term: "7tv" if channel == "demo" else None)
    used(target, USES, PEOPLE)
    assert target.take_rows(nobody)[0]["provider"] == "7tv"


# -- what it would mean -----------------------------------------------------------------------


def meant(target: Vocabulary, term: str) -> dict[str, Any]:
    return next(row for row in target.take_rows(nobody) if row["term"] == term)


def test_too_little_company_of_a_name_that_says_nothing_is_no_valence() -> None:
    target = Vocabulary()
    used(target, USES, PEOPLE, MUTE)
    row = meant(target, MUTE)
    assert "valence" not in row and "impact" not in row
    assert row["evidence"] == "20 uses by 3 people, 50 % of them alone"
    used(target, SCORED, PEOPLE, MUTE, compound=-0.8)
    row = meant(target, MUTE)
    assert row["valence_low"] < row["valence"] < 0


@pytest.mark.parametrize(
    ("term", "sign"), [("zorpLove", 1), ("zorpRage", -1), ("zorpLUL", 1), ("zorpLurk", 0)]
)
def test_a_name_that_speaks_has_a_valence_at_once_clear_of_zero_where_it_is_strong(
    term: str, sign: int
) -> None:
    target = Vocabulary()
    used(target, USES, PEOPLE, term)
    row = meant(target, term)
    assert (row["valence_low"] > 0) - (row["valence_high"] < 0) == sign
    assert "its name says " in row["evidence"]


def test_company_weighs_against_a_name_and_says_more_the_more_of_it_there_is() -> None:
    def seen(n: int) -> float:
        company = Sighting(0, 1, n, scored=n, total=-0.5 * n, squares=0.25 * n, forms={NEW: n})
        return proposal(company, usual=0.1)["valence"]

    assert 2.3 > seen(2) > seen(200) > 0


def test_laughter_is_no_worse_for_what_is_laughed_at() -> None:
    target = Vocabulary()
    used(target, USES * 20, PEOPLE, "zorpLUL", compound=-0.9)
    row = meant(target, "zorpLUL")
    assert row["valence"] == pytest.approx(1.8) and row["valence_low"] > 0
    assert "its name says LUL (+1.8), which is laughter" in row["evidence"]


def test_what_an_emote_itself_says_is_no_company() -> None:
    target, parts = Vocabulary(), (("zorpTable", "emote", -0.6), ("great", "word", 0.9))
    lines = [
        ScoredMessage(0.0, 1 + k % 3, f"great {MUTE} w{k}", Scored(0.3, parts, True, (MUTE,)))
        for k in range(USES)
    ]
    target.window(window(*lines))
    assert meant(target, MUTE)["mean_compound"] == pytest.approx(0.9)


@pytest.mark.parametrize(("beside", "sign"), [(0.5, 1), (-0.5, -1)])
def test_what_others_say_at_the_same_time_tells_too(beside: float, sign: int) -> None:
    target = Vocabulary()
    for k in range(40):
        said_then = [said("well", 0.1, 9) for _ in range(5)]
        target.window(window(*said_then, start=k * 60.0))
        others = [said("well", beside, 9) for _ in range(5)]
        target.window(window(said(MUTE, 0.0, 1 + k % 3), *others, start=k * 60.0 + 30))
    row = meant(target, MUTE)
    assert row["valence"] * sign > 1
    mood = f"their mood is {'+' if sign > 0 else '−'}0."
    assert f"{40 * 5} messages at the same moments: {mood}" in row["evidence"]
    assert NEAR < 200


def test_the_usual_mood_is_each_channels_own() -> None:
    target = Vocabulary()
    for k in range(200):
        for channel, mood in (("happy", 0.7), ("gloomy", -0.5)):
            others = [said("well", mood, 9) for _ in range(50)]
            own = [said(MUTE, 0.0, 1 + k % 3)] if channel == "gloomy" and k > 100 else []
            target.window(window(*own, *others, start=k * 30.0, channel=channel))
    assert abs(meant(target, MUTE)["valence"]) < 1


def test_impact_is_the_mean_change_of_recent_windows_with_the_name() -> None:
    target = Vocabulary()
    used(target, USES, PEOPLE, MUTE, compound=0.5)
    day = 86400.0
    lines = [said(MUTE, chatter=k) for k in (1, 2)] + [said("hm") for _ in range(2)]
    target.window(window(*lines, start=day * 3))
    target.window(window(*lines[:1], *lines[2:], said("great hm", 0.6), start=day * 3 + 30))
    (row,) = target.take_rows(nobody, now=day * 3 + 60)
    one = changed(0.0, row["valence"])
    assert row["impact_windows"] == 2
    assert row["impact"] == pytest.approx((2 * one / 4 + one / 4) / 2)


def test_impact_is_from_what_the_name_says_now() -> None:
    target, now = Vocabulary(), changed(0.0, 2.3)
    own = Scored(now, ((NEW, "emote", now),), True, (NEW,))
    lines = [ScoredMessage(0.0, 1 + k % 3, NEW, own) for k in range(USES)]
    target.window(window(*lines, *(said("hm") for _ in range(USES))))
    (row,) = target.take_rows(nobody)
    assert row["n_scored"] == 0
    assert row["impact"] == pytest.approx((changed(0.0, row["valence"]) - now) / 2)


def test_what_a_valence_adds_is_vaders_own_arithmetic() -> None:
    assert changed(0.0, 2.0) == pytest.approx(0.4588, abs=1e-4)
    assert summed(0.4588) == pytest.approx(2.0, abs=1e-3)
    assert changed(0.4588, -2.0) == pytest.approx(-0.4588, abs=1e-3)


# -- drift ------------------------------------------------------------------------------------


def with_emote(rest: float) -> Scored:
    """A message whose emote is worth .3 of its compound."""
    return Scored(0.3 + rest, (("LUL", "emote", 0.3), ("w", "word", rest)), True)


def moods(target: Drift, n: int, *rest: float) -> None:
    for k in range(n):
        target.saw(with_emote(rest[k % len(rest)]), float(k))


def test_a_term_whose_company_turned_is_proposed_again_once() -> None:
    target = Drift()
    moods(target, SLOW, 0.2, 0.3)
    assert target.take_rows(lambda term: 1.8) == []
    moods(target, FAST * 3, -0.4, -0.5)
    (row,) = target.take_rows(lambda term: 1.8)
    assert (row["term"], row["status"], row["in_force"]) == ("LUL", "proposed", 1.8)
    assert row["valence_low"] <= row["valence"] < 0.8
    assert row["evidence"].startswith("known at +1.80; messages with it felt ")
    assert target.take_rows(lambda term: 1.8) == []


def test_what_was_decided_is_where_it_starts_from() -> None:
    target = Drift()
    moods(target, SLOW, 0.2)
    moods(target, FAST * 3, -0.4)
    target.decided("LUL")
    assert target.take_rows(lambda term: 1.8) == []


def test_a_steady_a_rare_and_an_unrated_term_are_left_alone() -> None:
    steady, rare, unrated = Drift(), Drift(), Drift()
    moods(steady, SLOW * 2, 0.3, -0.3)
    moods(rare, FAST, -0.5)
    moods(unrated, SLOW, 0.2)
    moods(unrated, FAST * 3, -0.4)
    assert steady.take_rows(lambda term: 1.8) == rare.take_rows(lambda term: 1.8) == []
    assert unrated.take_rows(lambda term: None) == []


def test_drift_goes_on_after_a_restart() -> None:
    target, again = Drift(), Drift()
    moods(target, SLOW, 0.2)
    again.load(target.dump())
    for one in (target, again):
        moods(one, FAST * 3, -0.4)
    (one,), (other,) = target.take_rows(lambda term: 1.8), again.take_rows(lambda term: 1.8)
    assert one["valence"] == pytest.approx(other["valence"], abs=0.01)


# -- the scorer's part ------------------------------------------------------------------------


def test_strange_is_what_the_source_marked_and_no_lexicon_has() -> None:
    scorer = FullScorer()
    found = scorer.score("hello limesNew Kappa plainmark", ("plainmark", "Kappa"))
    assert found.strange == ("plainmark",)
    assert scorer.score("limesNew").strange == ()
