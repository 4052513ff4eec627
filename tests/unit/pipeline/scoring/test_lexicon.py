"""Our lexicon file: every row is what it says, and a bad one is named."""

from pathlib import Path

import pytest

from pipeline.scoring.full_scorer import FullScorer
from pipeline.scoring.lexicon import twitch_lexicon
from pipeline.scoring.phrases import is_phrase
from tests.helpers.paths import ROOT
from warehouse.errors import BadInput


def test_every_valence_lies_between_minus_four_and_four() -> None:
    lexicon = twitch_lexicon()
    assert len(lexicon.emotes) > 100
    assert all(-4 <= v <= 4 for v in [*lexicon.emotes.values(), *lexicon.words.values()])


def test_every_word_can_match_and_every_emote_is_one_token() -> None:
    lexicon = twitch_lexicon()
    assert all(word == word.lower() and word == " ".join(word.split()) for word in lexicon.words)
    assert all(is_phrase(word) for word in lexicon.words if " " in word)
    assert all(emote.split() == [emote] for emote in lexicon.emotes)


def test_every_emote_scores_by_the_sign_of_its_valence() -> None:
    scorer = FullScorer()
    for emote, valence in twitch_lexicon().emotes.items():
        compound = scorer.compound(emote)
        assert (compound > 0, compound < 0) == (valence > 0, valence < 0), emote


def test_no_term_is_there_twice() -> None:
    path = ROOT / "pipeline" / "scoring" / "lexicon" / "twitch.tsv"
    lines = [line for line in path.read_text("utf-8").splitlines() if line and line[0] != "#"]
    terms = [tuple(line.split("\t")[:2]) for line in lines]
    assert len(terms) == len(set(terms))


def test_the_version_follows_the_content(tmp_path: Path) -> None:
    one, two = tmp_path / "a.tsv", tmp_path / "b.tsv"
    one.write_text("LUL\temote\t1.5\n")
    two.write_text("LUL\temote\t1.6\n")
    versions = {twitch_lexicon(path).version for path in (one, two)}
    assert len(versions) == 2
    assert all(v.startswith("full-") and len(v) == 13 for v in versions)


@pytest.mark.parametrize(
    "row", ["LUL\temote", "LUL\temote\tx", "LUL\temote\t4.1", "LUL\tsmile\t1", "Good\tword\t1",
            "LUL\temote\tnan"],
)  # fmt: skip
def test_a_bad_row_is_named_with_its_line(tmp_path: Path, row: str) -> None:
    path = tmp_path / "bad.tsv"
    path.write_text(f"# a comment\n\nLUL\temote\t1.5\n{row}\n")
    with pytest.raises(BadInput, match=r"bad\.tsv line 4: .* is not term, emote\|word"):
        twitch_lexicon(path)


def test_a_file_that_is_no_text_is_named_with_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "bad.tsv"
    path.write_bytes(b"LUL\temote\t1.5\n\xff\xfe\n")
    with pytest.raises(BadInput, match=r"bad\.tsv is not UTF-8 text, from byte 14 on"):
        twitch_lexicon(path)
