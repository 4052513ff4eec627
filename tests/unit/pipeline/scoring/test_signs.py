"""Emoji and smileys: a sequence is one sign, and skin, sex and style change nothing."""

from datetime import UTC, datetime
from pathlib import Path

import emoji
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.scoring.by_channel import Scorers
from pipeline.scoring.decisions import Decision, checked_term
from pipeline.scoring.full_scorer import FullScorer
from pipeline.scoring.lexicon import twitch_lexicon
from pipeline.scoring.lexicon.emoji_table import emoji_table
from pipeline.scoring.signs import bare, is_smiley
from pipeline.scoring.vader import stripped
from tests.helpers.paths import ROOT
from warehouse.errors import BadInput

FULL = FullScorer()
STYLES = ["\ufe0e", "\ufe0f", *"🏻🏼🏽🏾🏿"]


def sign(token: str, marked: bool = False) -> float | None:
    """What a token weighs as a sign, -4..4: an emote, an emoji, a smiley; marked: by its source,
    so that a word is an emote's name. None for what is no sign, or unknown."""
    reading = (FULL.marked if marked else FULL.readings)[token]
    if reading.kind == "word":
        return FULL.rules.lexicon.get(stripped(reading.form).lower()) if marked else None
    return None if reading.strange and not reading.valence else reading.valence


def test_every_emoji_of_unicode_in_every_form_is_one_rated_sign() -> None:
    assert len(emoji.EMOJI_DATA) > 5000
    for form, told in emoji.EMOJI_DATA.items():
        if told["status"] != emoji.STATUS["component"]:
            tokens = FULL.tokens(f"so{form}so")
            assert len(tokens) == 3 and tokens[1] in FULL.emojis, told["en"]


def test_a_skin_tone_alone_is_nothing() -> None:
    assert FULL.tokens("🏽") == [] and FULL.tokens("good🏽") == ["good"]


@given(st.sampled_from(sorted(FULL.emojis)), st.lists(st.sampled_from(STYLES), max_size=3))
def test_skin_and_style_change_nothing(sign: str, styles: list[str]) -> None:
    assert FULL.score(sign + "".join(styles)) == FULL.score(sign)


@pytest.mark.parametrize("plain", ["🤷", "🤦", "🙋", "🏃", "💇"])
def test_sex_changes_nothing(plain: str) -> None:
    forms = [plain, f"{plain}\u200d♀️", f"{plain}🏿\u200d♂️", f"{plain}\u200d♂"]
    assert {FULL.score(form).terms[0][0] for form in forms} == {plain}


@pytest.mark.parametrize(
    ("cut", "tokens"),
    [("❤️\u200d🔥", ["❤\u200d🔥"]), ("❤️\u200d", ["❤"]), ("\u200d🔥", ["🔥"]),
     ("❤️\u200d🍕", ["❤", "🍕"]), ("👨\u200d👩\u200d👧", ["👨\u200d👩\u200d👧"]),
     ("👨\u200d👩\u200d", ["👨", "👩"]), ("🇺🇸🇺", ["🇺🇸", "🇺"]), ("🇸", ["🇸"]),
     ("1️⃣", ["1⃣"]), ("1️", ["1"]), ("go\u200dod", ["good"]), ("go\ufe0fod", ["good"]),
     ("😂\ud83d", ["😂"]), ("🏴\U000e0067\U000e0062", ["🏴"]), ("so😂so", ["so", "😂", "so"])],
)  # fmt: skip
def test_half_a_sequence_is_its_half(cut: str, tokens: list[str]) -> None:
    assert FULL.tokens(cut) == tokens


def test_ten_thousand_emoji_are_read_as_far_as_any_text() -> None:
    sign = "👨🏽\u200d👩🏽\u200d👧🏽"
    for text in ("😂" * 10_000, "😂\u200d" * 10_000, sign * 10_000, "🇺" * 10_001):
        scored = FULL.score(text)
        assert 200 <= len(scored.terms) <= 2000 and -1 <= scored.compound <= 1


@settings(max_examples=300)
@given(st.text("😂❤🔥🤷🇺🇸👍1#\u20e3🏽♀\u200d\ufe0f\ufe0e a", max_size=30))
def test_no_mixture_of_parts_leaves_a_part_that_is_no_sign(text: str) -> None:
    parts = set("😂❤🔥🤷🇺🇸👍🏽♀\u200d\ufe0f\ufe0e")
    assert all(token in FULL.emojis or parts.isdisjoint(token) for token in FULL.tokens(text))


def test_what_chat_says_with_emoji_has_its_sign() -> None:
    glad, bad = "👍 🔥 🙏 🙌 🏆 ❤️‍🔥 🥹 🫶🏽 💀 😂 🎉", "👎 💔 🤡 🖕 🤮 😢 😡 🙄 🤦‍♂️ 🐍 🥱"
    assert [sign for sign in glad.split() if FULL.compound(sign) <= 0] == []
    assert [sign for sign in bad.split() if FULL.compound(sign) >= 0] == []


def test_things_are_known_and_weigh_nothing() -> None:
    for thing in "🍔 🇺🇸 🚂 🗿 ™️ 5️⃣ 👨‍✈️ 🤔 👀".split():
        assert FULL.knows(thing) and sign(FULL.tokens(thing)[0]) == 0.0


def test_laughing_emoji_are_no_comfort() -> None:
    assert FULL.compound("what an idiot 😂") == FULL.compound("what an idiot") < 0
    assert FULL.compound("what an idiot 👍") > FULL.compound("what an idiot")


def test_smileys_are_out_of_the_sentence() -> None:
    assert FULL.compound("never :)") == FULL.compound(":)") > 0
    assert FULL.compound("GREAT :D") == FULL.compound("great :D")  # all of it is loud


@pytest.mark.parametrize(
    ("drawn", "short"),
    [(":)))))", ":)"), (":DDDD", ":D"), ("<333", "<3"), (":(((.", ":("), ("<3!", "<3"),
     (">:((", ">:("), (";_;.", ";_;")],
)  # fmt: skip
def test_a_drawn_out_smiley_is_the_smiley(drawn: str, short: str) -> None:
    for marks in ((), (drawn,)):
        assert FULL.score(f"yo {drawn}", marks) == FULL.score(f"yo {short}")
    assert FULL.compound(drawn) != 0


def test_what_only_looks_drawn_out_is_no_smiley() -> None:
    assert [t for t in "... --- !!! ))) 1:00 a.m. http://a :zzz: =".split() if sign(t)] == []
    assert sign(":-))") == 2.8  # VADER knows it as it is


def test_smileys_are_told_from_words() -> None:
    smileys, words = ":) <3 </3 o_o \\o/ :'( d: >.<", "good lol *** +1 j/k sweet<3 can't gr8 143"
    assert all(map(is_smiley, smileys.split())) and not any(map(is_smiley, words.split()))


def test_a_sign_is_told_with_its_valence_marked_or_not() -> None:
    assert sign("KEKW") == sign("KEKW", marked=True) == FULL.emotes["KEKW"]
    assert sign(":)") == sign(":)", marked=True) == 2.0
    assert sign("❤") == FULL.emojis["❤"]
    assert (sign("sad"), sign("sad", marked=True)) == (None, -2.1)
    assert sign("zorpLove") == sign("zorpLove", marked=True) > 0
    assert sign("zorp") is sign("zorpTable", marked=True) is None


def test_what_was_decided_of_an_emoji_holds_for_all_its_forms() -> None:
    scorers = Scorers("full", [decided("❤️", -2.0), decided("❤️\u200d🔥", 1.0)], always=True)
    scorer = scorers.at("demo", 1.0)
    assert scorer.compound("❤") == scorer.compound("❤️") < 0 < scorer.compound("❤️\u200d🔥")
    assert scorer.compound("❤️\u200d🔥") < FULL.compound("❤️\u200d🔥")
    assert scorers.base_valence("❤️") == FULL.emojis["❤"]


@pytest.mark.parametrize(
    ("typed", "term"),
    [("❤️", "❤"), ("❤️\u200d🔥", "❤\u200d🔥"), ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
     ("🤷🏽\u200d♀️", "🤷"), ("🫩", "🫩"), ("1️⃣", "1⃣")],
)  # fmt: skip
def test_every_emoji_can_be_decided_on_in_any_form(typed: str, term: str) -> None:
    assert checked_term(typed) == checked_term(term) == term


@pytest.mark.parametrize("term", ["a\u200db", "\u200d", "😂\u200d", "❤️\u200dx", "🏽", "😂 😂"])
def test_half_an_emoji_or_a_hidden_joiner_is_no_term(term: str) -> None:
    with pytest.raises(BadInput):
        checked_term(term)


def decided(term: str, valence: float) -> Decision:
    now = datetime.now(UTC)
    return Decision("d" + term, term, "", now, "ann", "change", valence, "emote", 0.0)


def test_the_version_follows_the_emoji(tmp_path: Path) -> None:
    files = [tmp_path / "a.tsv", tmp_path / "b.tsv"]
    for path, valence in zip(files, ("1.0", "1.1"), strict=True):
        path.write_text(f"{valence}\tlove\t❤️\n", "utf-8")
    lexicons = [twitch_lexicon(emoji=path) for path in files]
    assert lexicons[0].version != lexicons[1].version
    assert [lexicon.emojis for lexicon in lexicons] == [{"❤": 1.0}, {"❤": 1.1}]


@pytest.mark.parametrize(
    ("row", "what"),
    [("1.0\tlove", "is not valence"), ("x\tlove\t❤", "is not valence"),
     ("5\tlove\t❤", "is not valence"), ("nan\tlove\t❤", "is not valence"),
     ("1\tlove\t ", "is not valence"), ("1\tjoy\t👍🏽", "👍 is rated in another")],
)  # fmt: skip
def test_a_bad_row_of_emoji_is_named_with_its_line(tmp_path: Path, row: str, what: str) -> None:
    path = tmp_path / "bad.tsv"
    path.write_text(f"# a comment\n\n1.6\tpraise\t👍\n{row}\n", "utf-8")
    with pytest.raises(BadInput, match=rf"bad\.tsv line 4: .*{what}"):
        emoji_table(path)


def test_every_row_of_emoji_says_what_it_means_once() -> None:
    path = ROOT / "pipeline" / "scoring" / "lexicon" / "emoji.tsv"
    rows = [line.split("\t") for line in path.read_text("utf-8").splitlines() if line[0] != "#"]
    valences = [float(valence) for valence, _, _ in rows]
    assert valences == sorted(valences, reverse=True)
    assert {bare(sign) for _, _, signs in rows for sign in signs.split()} == set(FULL.emojis)
