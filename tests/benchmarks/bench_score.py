"""How fast messages are scored, and that VADER's compounds are VADER's. Run with `make bench`.
A process is scored as a whole too: from its start, with reading and writing.

Needs DLD_TEST_DATA, a folder with data/chat.parquet. CPU seconds of one core; each scorer goes
twice over the same slices of real chat, once in turn and once in reverse.
"""

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from pipeline.scoring.full_scorer import FullScorer
from pipeline.scoring.vader_scorer import VaderScorer
from tests.helpers.paths import ROOT

DATA = Path(os.environ.get("DLD_TEST_DATA", "none")) / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no real chat: DLD_TEST_DATA")
SLICES, SIZE = 12, 25_000
RATIO, FULL = 3.0, 100_000  # times stock VADER, messages/s: the aims
LINES, WHOLE = 200_000, 2.5  # of a whole process
_STOCK = """
import sys
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
score = SentimentIntensityAnalyzer().polarity_scores
for line in sys.stdin:
    print(score(line.rstrip("\\n"))["compound"])
"""
_CHAT = """
SELECT text, coalesce(emotes, '') AS emotes FROM read_parquet($file)
WHERE text IS NOT NULL AND text <> ''
"""

Said = tuple[str, tuple[str, ...]]


def chat(limit: str = "") -> Iterator[Said]:
    """Messages with their emote marks, in the table's order."""
    rows = duckdb.execute(_CHAT + limit, {"file": str(DATA / "chat.parquet")})
    while found := rows.fetchmany(10_000):
        for text, emotes in found:
            yield text, tuple(emotes.split())


def slices() -> list[list[Said]]:
    """As many equal slices from all over the table."""
    said = list(chat())
    step = len(said) // SLICES
    found = [said[k * step : k * step + SIZE] for k in range(SLICES)]
    gc.freeze()  # or every collection looks at them
    return found


def seconds(score: Callable[[str, tuple[str, ...]], object], said: list[Said]) -> float:
    began = time.process_time()
    for text, emotes in said:
        score(text, emotes)
    return time.process_time() - began


def test_speed_on_real_chat() -> None:
    stock, vader, full = SentimentIntensityAnalyzer(), VaderScorer(), FullScorer()
    scorers: dict[str, Callable[[str, tuple[str, ...]], object]] = {
        "vaderSentiment": lambda text, _: stock.polarity_scores(text),
        "vader, compounds": vader.compound,
        "vader, with terms": vader.score,
        "full, with terms": full.score,
    }
    spent = dict.fromkeys(scorers, 0.0)
    parts = slices()
    for names in (list(scorers), list(scorers)[::-1]):
        for name in names:
            spent[name] += sum(seconds(scorers[name], said) for said in parts)
    n = 2 * SLICES * SIZE
    print()
    for name, took in spent.items():
        ratio = spent["vaderSentiment"] / took
        print(f"{name:20} {n / took:9,.0f} messages/s  {ratio:5.2f} x stock")
    assert spent["vaderSentiment"] / spent["vader, compounds"] >= RATIO


def whole_process(path: Path, *arguments: str) -> float:
    """CPU seconds of a process that scores the lines."""
    before = os.times()
    with path.open() as lines:
        subprocess.run(
            [sys.executable, *arguments],
            stdin=lines,
            stdout=subprocess.DEVNULL,
            cwd=ROOT,
            check=True,
        )
    after = os.times()
    return after.children_user + after.children_system - sum(before[2:4])


def test_speed_of_a_whole_process(tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    said = list(chat("USING SAMPLE 200000 (reservoir, 1)"))[:LINES]
    path.write_text("".join(f"{' '.join(text.split())}\n" for text, _ in said))
    stock = whole_process(path, "-c", _STOCK)
    ratio = {
        name: stock / whole_process(path, "-m", "pipeline", "score", "--lexicon", name)
        for name in ("vader", "full")
    }
    print(f"\n{len(said):,} lines by a process each: vader {ratio['vader']:.2f} x stock, "
          f"full {ratio['full']:.2f} x")  # fmt: skip
    assert ratio["vader"] >= WHOLE


def test_vaders_compounds_on_a_million_different_messages() -> None:
    stock, vader = SentimentIntensityAnalyzer(), VaderScorer()
    texts = list(dict.fromkeys(text for text, _ in chat()))[:1_000_000]
    wrong = [t for t in texts if vader.compound(t) != stock.polarity_scores(t)["compound"]]
    print(f"\n{len(texts):,} different messages, {len(wrong)} of them with another compound")
    assert len(wrong) == 0  # a text is never shown
