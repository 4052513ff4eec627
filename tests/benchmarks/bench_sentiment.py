"""What the score is worth on labelled chat, and what each rule adds. Run with `make bench`.

The labels choose among rules and are used for nothing else. Needs DLD_TEST_DATA: the folder with
`data/labelled`. A rule is taken away by itself; what then changes is what it adds.
"""

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.scoring.full_scorer import FullScorer
from pipeline.scoring.scorer import Scorer
from pipeline.scoring.vader_scorer import VaderScorer
from tests.helpers.scoring_rules import RULES

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


def test_what_each_rule_adds_on_labelled_chat() -> None:
    sets = {f.__name__: list(f()) for f in (jasonmates, dota, csgo)}
    alone = {f"{name}, deduplicated": [*dict(rows).items()] for name, rows in sets.items()}
    sets = {**sets, **{name: rows for name, rows in alone.items() if "dota" not in name}}
    print("\n" + " ".join(f"{name} ({len(rows)})," for name, rows in sets.items()))
    figures = {"VADER": [judged(VaderScorer(), rows) for rows in sets.values()]}
    figures["full"] = [judged(FullScorer(), rows) for rows in sets.values()]
    known = [judged(FullScorer(), rows, marking=True) for rows in sets.values()]
    assert known == figures["full"]
    for rule in RULES:
        with pytest.MonkeyPatch.context() as patch:
            scorer = rule.without(patch)
            figures[f"- {rule.name}"] = [judged(scorer, rows) for rows in sets.values()]
    for name, told in figures.items():
        print(f"{name:32}", "  ".join(told))
    for figure, aim in zip(figures["full"], AIMS.values(), strict=False):
        assert float(figure.split("/")[0]) >= aim
