"""Valences learned from invented chat, where the right ones are known."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from pipeline.cli.app import COMMANDS
from pipeline.scoring.lexicon import twitch_lexicon
from pipeline.vocabulary.learn.command import emotes, learn_command
from pipeline.vocabulary.learn.corpus import documents, read_corpus
from pipeline.vocabulary.learn.seeds import in_name, is_laughter, seeds
from warehouse import packages
from warehouse.commands import app_of
from warehouse.errors import BadInput, PackageMissing

GOOD = (
    "great love happy nice awesome win best fun cute sweet amazing wonderful perfect enjoy".split()
)
BAD = "terrible hate sad awful boring worst ugly horrible angry pain stupid annoying".split()
FILLER = [f"{a}{b}" for a in "bcdfgklmnp" for b in ("ata", "oto", "emi", "uru", "ili")] * 2


def chat(path: Path, messages: int = 6000) -> Path:
    """Invented chat: zipGlad is said with good words, zipGrim with bad ones."""
    rng = np.random.default_rng(3)
    rows = []
    for i in range(messages):
        is_good = bool(rng.integers(2))
        words = list(rng.choice(GOOD if is_good else BAD, 2)) + list(rng.choice(FILLER, 2))
        if rng.random() < 0.3:
            words.append("zipGlad" if is_good else "zipGrim")
        rows.append({"channel": f"c{i % 3}", "stream": "s", "t": i * 20.0, "text": " ".join(words)})
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def test_emotes_mean_what_they_are_said_with_and_the_same_again(tmp_path: Path) -> None:
    asked = ["vocabulary", "learn", "--chat", str(chat(tmp_path / "c.parquet"))]
    app = app_of(COMMANDS, asked)
    made = CliRunner().invoke(
        app, [*asked, "--out", str(tmp_path / "a.tsv")], catch_exceptions=False
    )
    assert made.exit_code == 0, made.output
    rows = [r.split("\t") for r in (tmp_path / "a.tsv").read_text("utf-8").splitlines()]
    found = {r[0]: dict(zip(rows[0], r, strict=True)) for r in rows[1:]}
    assert set(found) == {"zipGlad", "zipGrim"}
    glad, grim = (float(found[name]["valence"]) for name in ("zipGlad", "zipGrim"))
    assert glad > 0 > grim
    assert found["zipGlad"]["channels"] == "3"
    near = found["zipGlad"]["evidence"].removeprefix("keeps company with ").split(", ")
    assert set(near) <= set(GOOD)
    assert float(found["zipGlad"]["low"]) < glad < float(found["zipGlad"]["high"])
    again = tmp_path / "b.tsv"
    CliRunner().invoke(app, [*asked, "--out", str(again)], catch_exceptions=False)
    assert again.read_bytes() == (tmp_path / "a.tsv").read_bytes()


def test_without_what_learning_needs_the_command_that_brings_it_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(packages, "find_spec", {"scipy": "is there"}.get)
    with pytest.raises(PackageMissing) as refused:
        learn_command(tmp_path / "never read.parquet")
    assert str(refused.value) == (
        "learning needs gensim, sklearn; make setup-learn installs what is missing"
    )


def table(path: Path, texts: list[str], **more: list[object]) -> Path:
    rows = {"stream": ["s"] * len(texts), "t": [float(i) for i in range(len(texts))], "text": texts}
    pq.write_table(pa.table({**rows, **more}), path)
    return path


def many(*texts: str) -> list[str]:
    """Each text, and enough other terms, often enough to be learned from."""
    return [*texts, *(f"w{i}x y{i}z" for i in range(60) for _ in range(20))]


def test_capitals_belong_to_a_name_when_it_is_nearly_always_written_so(tmp_path: Path) -> None:
    texts = ["Sadge KEKW"] * 40 + ["sadge"] * 10 + ["nice what"] * 60 + ["Nice WHAT"] * 25
    corpus = read_corpus(table(tmp_path / "c.parquet", many(*texts)))
    n = dict(zip(corpus.names, corpus.n.tolist(), strict=True))
    assert (n["Sadge"], n["KEKW"], n["nice"], n["what"]) == (40, 40, 85, 85)
    assert not {"Nice", "WHAT"} & set(n)


def test_a_term_counts_once_a_message_and_people_links_commands_bots_never(tmp_path: Path) -> None:
    texts = ["LUL LUL LUL", "@somebody https://x.y/z hello", "!command secret", "botsaid"] * 25
    bots = [text == "botsaid" for text in many(*texts)]
    corpus = read_corpus(table(tmp_path / "c.parquet", many(*texts), bot=list(bots)))
    n = dict(zip(corpus.names, corpus.n.tolist(), strict=True))
    assert n["LUL"] == 25
    assert not {"@somebody", "secret", "command", "botsaid", "https://x.y/z"} & set(n)


def test_moments_join_what_is_said_within_fifteen_seconds(tmp_path: Path) -> None:
    texts = [f"one{i % 2}a two{i % 2}b" for i in range(100)]
    corpus = read_corpus(table(tmp_path / "c.parquet", many(*texts)))
    first = next(documents(corpus.windows))
    assert [corpus.names[i] for i in first] == [w for text in texts[:15] for w in text.split()]


def test_a_file_that_is_no_chat_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "not.parquet"
    path.write_bytes(b"hello")
    with pytest.raises(BadInput, match="is not a Parquet table of chat"):
        read_corpus(path)
    pq.write_table(pa.table({"text": ["a"]}), path)
    with pytest.raises(BadInput, match="has no column stream"):
        read_corpus(path)
    with pytest.raises(BadInput, match="too few to learn from"):
        read_corpus(table(path, ["hello there"] * 5))
    with pytest.raises(BadInput, match="too few to learn from"):
        read_corpus(table(path, []))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("FeelsBadMan", ["feel", "bad"]),
        ("Sadge", ["sad"]),
        ("peepoHappy", ["happy"]),
        ("RAGEY", ["rage"]),
        ("monkaS", []),
        ("NOOOOO", ["no"]),
        ("", []),
    ],
)
def test_words_inside_a_name_are_found(name: str, words: list[str]) -> None:
    known = dict.fromkeys(["bad", "sad", "happy", "rage", "no", "feel"], 1.0)
    assert in_name(name, known) == words


def test_no_emote_teaches(tmp_path: Path) -> None:
    texts = ["KEKW LUL great poggers", "terrible awful"] * 60
    corpus = read_corpus(table(tmp_path / "c.parquet", many(*texts)))
    known = seeds(corpus, twitch_lexicon())
    assert set(known) == {"great", "terrible", "awful"}


def test_words_of_the_dictionary_are_no_emotes_unless_the_source_says_so(tmp_path: Path) -> None:
    texts = ["Clap monkaQ Monday I'm"] * 60
    told = ["Clap" if text == texts[0] else "" for text in many(*texts)]
    path = tmp_path / "c.parquet"
    assert emotes(read_corpus(table(path, many(*texts))), 50) == ["monkaQ"]
    assert set(emotes(read_corpus(table(path, many(*texts), emotes=list(told))), 50)) == {
        "Clap",
        "monkaQ",
    }


@pytest.mark.parametrize(
    "name", ["lol", "lmfao", "hahaha", "LuL", "limesLUL", "PepeLaugh", "rooKek"]
)
def test_names_tell_of_laughter(name: str) -> None:
    assert is_laughter(name)


@pytest.mark.parametrize("name", ["lollipop", "ha", "Lulu", "HahaCat", "monkaS", "keke", ""])
def test_other_names_do_not(name: str) -> None:
    assert not is_laughter(name)


def test_strictly_only_what_nobody_writes_as_a_word_is_an_emote(tmp_path: Path) -> None:
    texts = many(*["Clap monkaQ UWU KEKQ"] * 60)
    told = ["Clap UWU"] * len(texts)
    corpus = read_corpus(table(tmp_path / "c.parquet", texts, emotes=told))
    assert set(emotes(corpus, 50)) == {"Clap", "UWU", "KEKQ", "monkaQ"}
    assert emotes(corpus, 50, strict=True) == ["monkaQ"]


def test_a_channel_is_no_emote_strictly(tmp_path: Path) -> None:
    texts = many(*["someBody monkaQ"] * 60)
    corpus = read_corpus(table(tmp_path / "c.parquet", texts, channel=["somebody"] * len(texts)))
    assert emotes(corpus, 50, strict=True) == ["monkaQ"]
