"""What the score is worth on labelled chat, and what each rule adds. Run with `make bench`.

The labels choose among rules and are used for nothing else. Needs DLD_TEST_DATA: the folder with
`data/labelled`. A rule is taken away by itself; what then changes is what it adds.
"""

import csv
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import pipeline.scoring.scorer as scoring
from pipeline.scoring.lexicon import Lexicon, twitch_lexicon
from pipeline.scoring.scorer import FullScorer, Scorer, VaderScorer
from pipeline.scoring.vader import VaderRules

FOLDER = Path(os.environ.get("DLD_TEST_DATA", "none")) / "data" / "labelled"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="no labelled chat: DLD_TEST_DATA")
NEUTRAL = 0.05
AIMS = {"jasonmates": 0.735, "dota": 0.765, "csgo": 0.675}
Labelled = list[tuple[str, int]]


def jasonmates() -> Iterator[tuple[str, int]]:
    with (FOLDER / "jasonmates2026_gold.csv").open(newline="", encoding="utf-8") as file:
        for row in list(csv.reader(file))[1:]:
            if len(row) == 2:
                yield row[0], int(float(row[1]))


def dota() -> Iterator[tuple[str, int]]:
    signs = {"POSITIVE": 1, "NEGATIVE": -1}
    for line in (FOLDER / "lolgans2016_dota.tsv").read_text("utf-8").split("\n"):
        label, tab, text = line.partition("\t")
        if tab:
            yield text.split("\t")[0], signs.get(label, 0)


def csgo() -> Iterator[tuple[str, int]]:
    with (FOLDER / "lolgans2016_csgo.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.reader(file):
            try:
                mean = float(row[1])
            except (ValueError, IndexError):
                continue
            yield row[0], (mean > 0) - (mean < 0)


def judged(score: Scorer, rows: Labelled, marking: bool = False) -> str:
    """accuracy/macro-F1, at thresholds of +-0.05. marking: all that is known comes marked."""
    marks = [[t for t in text.split() if marking and score.knows(t)] for text, _ in rows]
    compounds = [score.compound(text, m) for (text, _), m in zip(rows, marks, strict=True)]
    found = [(c >= NEUTRAL) - (c <= -NEUTRAL) for c in compounds]
    truth = [label for _, label in rows]
    right = sum(a == b for a, b in zip(truth, found, strict=True)) / len(truth)
    return f"{right:.3f}/{macro_f1(truth, found):.3f}"


def macro_f1(truth: list[int], found: list[int]) -> float:
    """The mean over -1, 0, 1 of 2 * hits / (labelled so + found so)."""
    hits = [sum(a == b == k for a, b in zip(truth, found, strict=True)) for k in (-1, 0, 1)]
    sizes = [truth.count(k) + found.count(k) for k in (-1, 0, 1)]
    return sum(2 * hit / size for hit, size in zip(hits, sizes, strict=True)) / 3


def without(**changed: object) -> Callable[[], Scorer]:
    """The full scorer with names of its module bound to something else."""

    def make() -> Scorer:
        for name, value in changed.items():
            setattr(scoring, name, value)
        return FullScorer()

    return make


def lexicon(words: Callable[[str, float], bool] = lambda *_: True, **more: bool) -> FullScorer:
    """The full scorer with only those words; emotes: False takes them away."""
    full = twitch_lexicon()
    kept = {word: value for word, value in full.words.items() if words(word, value)}
    emotes = full.emotes if more.get("emotes", True) else {}
    return FullScorer(Lexicon("bench", emotes, kept))


def as_described() -> Scorer:
    """Emoji as the sums of what VADER describes them with."""
    full, rules = twitch_lexicon(), VaderRules()
    sums = {e: sum(rules.sentiments(rules.described(e).split()).values()) for e in full.emojis}
    return FullScorer(Lexicon("bench", full.emotes, full.words, sums))


def in_sentence() -> Scorer:
    """Emotes as words in any case, scored within the sentence."""
    full = twitch_lexicon()
    emotes = {emote.lower(): value for emote, value in full.emotes.items()}
    return FullScorer(Lexicon("bench", {}, emotes | full.words))


def with_humour() -> Scorer:
    """Kappa and its like as positive as a smile."""
    full = twitch_lexicon()
    ironic = {e: 1.2 for e, v in full.emotes.items() if e.startswith(("Kappa", "Keepo")) and v == 0}
    return FullScorer(Lexicon("bench", full.emotes | ironic, full.words))


KNOWN = VaderRules().lexicon
SCORERS: dict[str, Callable[[], Scorer]] = {
    "VADER": VaderScorer,
    "full": FullScorer,
    "- all emotes": lambda: lexicon(emotes=False),
    "- emotes apart, in exact case": in_sentence,
    "- Kappa as neutral": with_humour,
    "- emoji rated": as_described,
    "- smileys apart": without(is_smiley=lambda _: False),
    "- drawn-out smileys": without(short_smiley=lambda _: ""),
    "- words of Twitch": lambda: lexicon(lambda word, _: word in KNOWN),
    "- false friends": lambda: lexicon(lambda word, _: word not in KNOWN),
    "- masked words (***)": lambda: lexicon(lambda word, _: "*" not in word),
    "- drawn-out words": without(plain_form=lambda token, _: token),
    "- weak questions": without(is_weak_question=lambda *_: False),
    "- laughter is no comfort": without(without_comfort=lambda found, _: found),
    "- repeats saturate": without(_REPEAT=1.0),
    "- invisible characters": without(visible=lambda text: text),
}


def test_what_each_rule_adds_on_labelled_chat(monkeypatch: pytest.MonkeyPatch) -> None:
    sets = {f.__name__: list(f()) for f in (jasonmates, dota, csgo)}
    alone = {f"{name}, deduplicated": [*dict(rows).items()] for name, rows in sets.items()}
    sets = {**sets, **{name: rows for name, rows in alone.items() if "dota" not in name}}
    print("\n" + " ".join(f"{name} ({len(rows)})," for name, rows in sets.items()))
    for name, make in SCORERS.items():
        with monkeypatch.context() as patch:
            for bound in (
                "plain_form",
                "is_weak_question",
                "without_comfort",
                "_REPEAT",
                "visible",
                "is_smiley",
                "short_smiley",
            ):
                patch.setattr(scoring, bound, getattr(scoring, bound))
            scorer = make()
            told = [judged(scorer, rows) for rows in sets.values()]
            if name == "full":
                assert told == [judged(scorer, rows, marking=True) for rows in sets.values()]
        print(f"{name:32}", "  ".join(told))
        if name == "full":
            for figure, aim in zip(told, AIMS.values(), strict=False):
                assert float(figure.split("/")[0]) >= aim
