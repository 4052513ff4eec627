"""A message by its signs alone, and half English chat."""

from datetime import UTC, datetime

import pytest

from pipeline.scoring.by_channel import Scorers
from pipeline.scoring.decisions import Decision
from pipeline.scoring.scorer import make_scorer
from pipeline.scoring.sign_scorer import Mixed, Signs, basis_of, reading_of

FULL = make_scorer("full")
SIGNS, MIXED = Signs(FULL), Mixed(FULL)


@pytest.mark.parametrize(
    ("text", "sign"),
    [
        ("no puedo mas Sadge", "Sadge"), ("madre mia :(", ":("), ("que bonito <3", "<3"),
        ("nie wiem :D", ":D"), ("dobrze :)))", ":)"),
        ("PogChamp PogChamp vamos", "PogChamp PogChamp"),
        ("terrible 😭", "😭"), ("horrible❤", "❤"), ("死ね BibleThump", "BibleThump"),
    ],
)  # fmt: skip
def test_a_message_is_worth_what_its_signs_are_worth(text: str, sign: str) -> None:
    assert SIGNS.compound(text) == FULL.compound(sign) != 0


@pytest.mark.parametrize(
    "text",
    ["hate hate hate", "madre mia no sin ya", "w po o7 EZ", "+1 +1", "187 7777 86 0:03", "***", "",
     "Kappa", "@Sadge hello", "https://x.y/Sadge", "(:[", "1) 8)", "great job!!!", "\ud800",
     "▓▓░:(▒▒▒▓▓▓▓", "⣿⣿⣿:)⣿⣿⣿", "|_ ___ <3 __| |__ /\\ ||"],
)  # fmt: skip
def test_words_short_terms_numbers_and_drawings_say_nothing(text: str) -> None:
    assert SIGNS.compound(text) == 0


def test_what_the_source_marked_is_a_sign_however_short() -> None:
    assert SIGNS.compound("EZ", ("EZ",)) == FULL.compound("EZ", ("EZ",)) > 0
    assert SIGNS.compound("w", ("w",)) == FULL.compound("w", ("w",)) > 0
    assert SIGNS.score("demoHappyThing", ("demoHappyThing",)).has_emote


@pytest.mark.parametrize(
    "text", ["LUL", "KEKW KEKW", "xD", "jajaja", "kkkk", "😂😂", "ㅋㅋㅋ", "lol"]
)
def test_laughter_has_no_valence(text: str) -> None:
    assert SIGNS.compound(text) == 0
    assert SIGNS.compound(f"{text} Sadge") == FULL.compound("Sadge")


def test_signs_are_the_terms_and_their_parts_sum_to_the_compound() -> None:
    scored = SIGNS.score("horrible dia :( LUL Sadge 😂 vamos")
    assert {term for term, _, _ in scored.terms} == {":(", "LUL", "Sadge", "😂"}
    assert sum(part for _, _, part in scored.terms) == pytest.approx(scored.compound, abs=1e-3)


def test_half_english_chat_scores_english_words_and_only_signs_of_other_messages() -> None:
    assert MIXED.compound("madre mia que horror no") == 0
    assert MIXED.compound("madre mia que horror Sadge") == FULL.compound("Sadge")
    for text in ("this is so good", "I hate this game", "gg", "poggers", "Sadge", "", "good Kappa"):
        assert MIXED.compound(text) == FULL.compound(text)


@pytest.mark.parametrize("reading", ["words", "mixed", "emotes"])
def test_a_version_tells_how_a_window_was_read(reading: str) -> None:
    for lexicon in ("full", "vader"):
        version = Scorers(lexicon).version("demo", 0.0, reading)
        assert reading_of(version) == reading
        assert version.split("+")[0] == Scorers(lexicon).version("demo", 0.0)
    assert basis_of(reading) == ("emotes" if reading == "emotes" else "words")


def test_plain_vader_has_signs_of_its_own() -> None:
    signs = Signs(make_scorer("vader"))
    assert signs.compound("love love :(") == make_scorer("vader").compound(":(")
    assert signs.compound("hate you 💘") == make_scorer("vader").compound("💘") != 0


@pytest.mark.parametrize("text", ["😂" * 10_000, ":(" * 5000, "Sadge " * 4000, "\u200d\ufe0f" * 50,
                                  "👩‍👩‍👧"[:3], "🏳️‍🌈"[1:], "(" * 2000])  # fmt: skip
def test_hostile_text_is_borne(text: str) -> None:
    assert -1 <= SIGNS.compound(text) <= 1
    assert -1 <= MIXED.compound(text) <= 1


def test_what_was_decided_for_a_channel_is_a_sign_there_and_takes_little_memory() -> None:
    at, since = datetime(2026, 1, 1, tzinfo=UTC), 0.0
    decided = [
        Decision(k, k, "demo", at, "ann", "accept", 2.0, "emote", since) for k in ("gato", "x")
    ]
    scorers = Scorers("full", decided)
    here, elsewhere = (scorers.at(channel, 1.0, "emotes") for channel in ("demo", "other"))
    assert here.compound("vamos gato") > 0 == elsewhere.compound("vamos gato")
    assert here.compound("x") == 0, "no letter alone"
    assert here is scorers.at("demo", 2.0, "emotes")
    for k in range(300):
        here.compound(f"palabra{k}")
    own = scorers.at("demo", 1.0).own
    assert len(own.readings) < 10, "words that nobody decided on are the base's"
    scorers.decided([Decision("g2", "gato", "demo", at, "ann", "change", -2.0, "emote", 5.0)])
    assert scorers.at("demo", 6.0, "emotes").compound("gato") < 0
    assert scorers.at("demo", 2.0, "emotes").compound("gato") > 0
