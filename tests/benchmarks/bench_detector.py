"""How well new emotes are found, in chat whose emote marks are hidden. Run with `make bench`.

Needs DLD_TEST_DATA, a folder with data/chat.parquet. The marks are the truth, with the names of
public emote lists, since some sources mark only a part. Nothing is known of emotes at first.
"""

import csv
import os
import time
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from pipeline.chat.text import is_filtered
from pipeline.scoring.full_scorer import FullScorer
from pipeline.scoring.lexicon import Lexicon, twitch_lexicon
from pipeline.scoring.scored_message import ScoredMessage
from pipeline.vocabulary.proposals import Vocabulary
from pipeline.windows.track import Closed
from warehouse.records import utc

DATA = Path(os.environ.get("DLD_TEST_DATA", "none")) / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="no real chat: DLD_TEST_DATA")
TUNED = "greatsphynx", "arypie", "noanoelle"  # the thresholds were set on these
JUDGED = "northernlion", "kaceytron"
MANY = 50
_CHAT = """
SELECT stream, t, coalesce("user", '') AS who, text, coalesce(emotes, '') AS emotes
FROM read_parquet($file) WHERE channel = $channel AND NOT bot AND text IS NOT NULL
ORDER BY stream, t
"""

_PEOPLE = 'SELECT count(DISTINCT "user") FROM read_parquet($file) WHERE channel = $channel'


def listed() -> set[str]:
    """Names of public emote lists."""
    names = set((DATA / "emotes" / "twitch_global_2017-07.txt").read_text("utf-8").split())
    lexicon = (DATA / "emotes" / "jasonmates_emote_vader_lexicon_2026.txt").read_text("utf-8")
    names |= {line.split("\t")[0] for line in lexicon.splitlines()}
    with (DATA / "emotes" / "global_ttv_ffz_7tv_bttv_2024.csv").open(encoding="utf-8") as file:
        return names | {cell for row in csv.reader(file) for cell in row}


def windows(channel: str, scorer: FullScorer, marks: Counter[str]) -> Iterator[Closed]:
    """The channel's chat, marks taken off and counted."""
    known = duckdb.execute(_PEOPLE, {"file": str(DATA / "chat.parquet"), "channel": channel})
    has_people = known.fetchall()[0][0] > 1
    chat = duckdb.execute(_CHAT, {"file": str(DATA / "chat.parquet"), "channel": channel})
    rows = iter(lambda: chat.fetchone(), None)
    for (_, start), group in groupby(rows, key=lambda row: (row[0], row[1] // 30)):
        lines = []
        for _, t, who, text, emotes in group:
            if not is_filtered(text, "", False):
                marks.update(set(emotes.split()).intersection(text.split()))
                chatter = hash(who) if has_people else 0
                lines.append(ScoredMessage(float(t), chatter, text, scorer.score(text), 0))
        window: Any = SimpleNamespace(channel=channel, start=utc(start * 30.0))
        yield Closed(window, tuple(lines))


def play(channel: str) -> tuple[dict[str, dict[str, Any]], Counter[str], Vocabulary, float]:
    """(proposals by term, marked emotes, the vocabulary, CPU microseconds a message)."""
    scorer = FullScorer(Lexicon("bench", {}, twitch_lexicon().words))
    vocabulary, marks = Vocabulary(scorer.knows), Counter[str]()
    found: dict[str, dict[str, Any]] = {}
    messages, spent = 0, 0.0
    for number, closed in enumerate(windows(channel, scorer, marks)):
        messages += len(closed.lines)
        began = time.process_time()
        vocabulary.window(closed)
        spent += time.process_time() - began
        if number % 2:  # a minute
            rows = vocabulary.take_rows(lambda term: term.lower() == channel)
            found.update({row["term"]: row for row in rows})
    known = {term for term in marks if scorer.knows(term)}
    return (
        found,
        Counter({t: n for t, n in marks.items() if t not in known}),
        vocabulary,
        (spent / messages * 1e6),
    )


def agreement(found: dict[str, dict[str, Any]]) -> str:
    """Proposed valences against people's ratings, which nothing was fitted to."""
    lexicon = (DATA / "emotes" / "jasonmates_emote_vader_lexicon_2026.txt").read_text("utf-8")
    rated = {line.split("\t")[0]: float(line.split("\t")[1]) for line in lexicon.splitlines()}
    valued = [row for row in found.values() if row.get("valence") is not None]
    both = [(row["valence"], rated[row["term"]]) for row in valued if rated.get(row["term"])]
    right = sum(valence * rating > 0 for valence, rating in both)
    clear = sum(row["valence_low"] > 0 or row["valence_high"] < 0 for row in valued)
    uses = sum(row["n"] for row in found.values())
    share = sum(row["n"] for row in valued) / uses
    return (f"a valence for {share:.3f} of the uses, clear of zero for {clear} of {len(found)}; "
            f"the sign is people's for {right} of {len(both)}")  # fmt: skip


@pytest.mark.parametrize("channel", [*TUNED, *JUDGED])
def test_new_emotes_are_found(channel: str) -> None:
    found, marks, vocabulary, micros = play(channel)
    names = listed()
    true = [term for term in found if marks[term] > 0 or term in names]
    wanted = [term for term, n in marks.items() if n >= MANY]
    got = [term for term in wanted if term in found]
    print(f"\n{channel}: {len(found)} proposed, precision {len(true) / len(found):.3f}; "
          f"{len(wanted)} emotes with {MANY} uses, recall {len(got) / len(wanted):.3f}; "
          f"{micros:.2f} us a message; {len(vocabulary._terms)} names held")  # fmt: skip
    print("  not marked:", *sorted(set(found) - set(true), key=lambda t: -found[t]["n"])[:40])
    print("  not found:", *sorted(set(wanted) - set(got), key=lambda t: -marks[t])[:40])
    print(f"  {agreement(found)}")
    for row in sorted(found.values(), key=lambda row: -row["n"])[:20]:
        at = (
            "none"
            if row.get("valence") is None
            else "{valence:+.2f} [{valence_low:+.2f}, {valence_high:+.2f}]".format(**row)
        )
        print(f"  {row['term']:20} {at}  {row['evidence']}; would move "
              f"{row.get('impact_windows', 0)} windows by {row.get('impact', 0):+.3f}")  # fmt: skip
