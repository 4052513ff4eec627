"""What an emote's name says, and when it is heard."""

from pathlib import Path

import pytest

from pipeline.scoring.by_channel import Overlaid, head
from pipeline.scoring.full_scorer import FullScorer
from pipeline.scoring.lexicon import name_parts
from pipeline.scoring.speaking_names import speaking
from warehouse.errors import BadInput
from warehouse.remembered import Remembered


def sign(name: str) -> int:
    """Of a message that is the marked emote."""
    compound = FullScorer().compound(name, (name,))
    return (compound > 0) - (compound < 0)


@pytest.mark.parametrize(
    "name",
    ["zorpLove", "zorpHug", "zorpLUL", "zorpHypeee", "zorp7Pog", "zorpGg", "zorpWow", "z0rpJAM",
     "widezorpHappy", "ZorpClap", "zorp_Heart", "zorpXD", "zorpJaja", "zorpFeliz", "zorpVaporheart",
     "peepozorpYay", "PLONKDANCE", "wideduckhug", "zorpLulW", "zorpRaid", "zorpHi2"],
)  # fmt: skip
def test_a_name_of_something_good_is_positive(name: str) -> None:
    assert sign(name) == 1


@pytest.mark.parametrize(
    "name",
    ["zorpRage", "zorpSad", "zorpCry", "zorpCrying", "zorpRip", "zorpSadge", "zorpREEEE",
     "zorpTriste", "monkaZorp", "ZorpMonkaS", "zorpCringe", "zorpFails", "zorp_sad", "blobsad",
     "zorpNOOOO", "zorpNotLikeThis", "zorpBibleThump", "zorpAnnoyed"],
)  # fmt: skip
def test_a_name_of_something_bad_is_negative(name: str) -> None:
    assert sign(name) == -1


@pytest.mark.parametrize(
    "name",
    ["zorpLurk", "zorpThink", "zorpTable", "zorp", "zorp1", "zorpGlove", "zorpCourage",
     "zorpBadge", "zorpNoHype", "zorpDontCry", "Garage", "x" * 60, "Love" * 16,
     ":tf:", "(ditto)", "w!", "a.*b", "[zorp", "zorp\\d", "zorp(", "ж" * 20],
)  # fmt: skip
def test_other_names_say_nothing(name: str) -> None:
    assert sign(name) == 0


@pytest.mark.parametrize("word", ["gold", "happy", "sad", "love", "rage", "lul", "gg", "hate"])
def test_a_prefix_that_is_a_word_says_nothing(word: str) -> None:
    silent = [f"{word}Table", f"{word}1", f"{word}_Table", f"({word}Table", f"{word}2Table"]
    assert [sign(name) for name in silent] == [0] * 5
    assert (sign(f"{word}Love"), sign(f"{word}Rage")) == (1, -1)


def test_signs_in_a_name_part_its_words_and_are_no_pattern() -> None:
    assert [sign(name) for name in ("zorp.Love", "[zorpHug]", "(zorpRage", "zorp+Sad")] == [
        1, 1, -1, -1,
    ]  # fmt: skip


def test_a_name_of_laughter_laughs_and_is_no_comfort() -> None:
    named = speaking("zorpLaughing")
    assert named is not None and named.laughs
    scorer = FullScorer()
    alone = scorer.compound("what a terrible idea")
    assert scorer.compound("what a terrible idea zorpLUL", ("zorpLUL",)) == alone


@pytest.mark.parametrize(
    "name", ["4Head", "zorpKEKWait", "HahaSweat", "TREKW", "zorpShrekW", "KEKPOINT", "zorplul"]
)
def test_laughter_anywhere_in_a_name_is_laughter(name: str) -> None:
    named = speaking(name)
    assert named is not None and named.laughs and named.valence > 0


@pytest.mark.parametrize(("name", "part"), [("zorpSadFace", "Sad"), ("RageThink", "Rage")])
def test_a_part_that_weighs_nothing_hides_no_other(name: str, part: str) -> None:
    named = speaking(name)
    assert named is not None and named.part == part


def test_a_rating_and_a_decision_go_before_the_name() -> None:
    assert FullScorer().emotes["peepoHappy"] == pytest.approx(2.3)
    for kind, valence in (("emote", -2.0), ("emote", 0.0), ("word", -2.0), ("word", 0.0)):
        scorer = Overlaid(FullScorer(), {"zorpLove": (kind, valence)}, Remembered(head))
        compound = scorer.compound("so zorpLove")
        assert (compound < 0, compound > 0) == (valence < 0, False)


def test_an_unmarked_emote_of_a_channel_speaks_as_a_marked_one_does() -> None:
    scorer = FullScorer()
    assert scorer.compound("oh zorpLove") == scorer.compound("oh zorpLove", ("zorpLove",)) > 0
    assert scorer.score("zorpLove").strange == ()
    assert scorer.score("zorpLove", ("zorpLove",)).strange == ("zorpLove",)


@pytest.mark.parametrize(
    "text",
    ["@zorpLove", "xXSadBoyXx", "iPhone YouTube McDonald", "zorp_Love", "zorpLove's", "HappyZorp",
     "https://zorp.tv/zorpLove", "#zorpLove", "averyveryveryLove", "zLove"],
)  # fmt: skip
def test_unmarked_people_links_and_words_do_not_speak(text: str) -> None:
    assert FullScorer().compound(text) == 0.0


def test_an_unmarked_word_in_odd_case_stays_the_word() -> None:
    scorer = FullScorer()
    assert scorer.score("loatHE hatEFUL").terms[-1][:2] == ("hateful", "word")


def test_every_part_is_in_small_letters_and_within_four() -> None:
    assert len(name_parts()) > 300
    assert all(part.isalpha() and part.islower() for part in name_parts())
    assert all(-4 <= valence <= 4 for valence, _ in name_parts().values())
    assert all(valence > 0 for valence, laughs in name_parts().values() if laughs)


def test_a_bad_part_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    path.write_text("love\tpart\t2\nSad\tpart\t-2\n")
    with pytest.raises(BadInput, match=r"names\.tsv line 2: .* is not term, part\|laughter"):
        name_parts(path)
