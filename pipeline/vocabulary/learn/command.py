"""`python -m pipeline vocabulary learn`: valences of emotes from chat nobody has labelled."""

import csv
import io
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from pipeline.scoring.lexicon import rated_lexicon
from pipeline.vocabulary.learn.corpus import Corpus, read_corpus
from pipeline.vocabulary.learn.seeds import is_laughter, seeds
from pipeline.vocabulary.learn.spaces import message_space, window_space
from pipeline.vocabulary.learn.valence import Learned, learn
from warehouse.atomic import replace_file
from warehouse.packages import require_packages

_DICTIONARY = 3.0  # Zipf frequency of English words that everybody writes
_ANY_WORD = 2.0  # and of those that a few write
_SHOWN = 25
_CAPITALS = re.compile(r"(?=.*[A-Z])[A-Za-z0-9]{3,}")
_CAMEL = re.compile(r"[A-Za-z0-9]*[a-z]{2}[A-Z][A-Za-z0-9]*")
COLUMNS = ("term", "kind", "valence", "low", "high", "n", "channels", "evidence")


def learn_command(
    chat: Annotated[Path, typer.Option(help="a Parquet table: stream, t, text, channel")],
    out: Annotated[Path | None, typer.Option(help="the table to write, tab-separated")] = None,
    least: Annotated[int, typer.Option(min=20, help="messages that hold a term")] = 50,
    channels: Annotated[int, typer.Option(min=1, help="channels that use it")] = 1,
    strict: Annotated[
        bool, typer.Option("--strict", help="only what the source marks or is in camelCase")
    ] = False,
    seed: Annotated[int, typer.Option(help="the same seed learns the same")] = 1,
) -> None:
    """Infer what emotes mean from the company they keep; nothing is put in force."""
    require_packages("learn")
    began = time.monotonic()
    corpus = read_corpus(chat)
    _say(f"{corpus.total} messages, {len(corpus.names)} terms", began)
    rated = seeds(corpus, rated_lexicon())
    spaces = [message_space(corpus, seed)]
    _say("terms placed by the messages they share", began)
    spaces.append(window_space(corpus, seed))
    _say("terms placed by the moments they share", began)
    places = dict(zip(corpus.names, corpus.places.tolist(), strict=True))
    names = [name for name in emotes(corpus, least) if name not in rated]
    learned = learn(spaces, corpus.names, corpus.n.tolist(), rated, names, seed)
    _say(f"{len(learned)} emotes learned from {len(rated)} words and emoji", began)
    if strict:
        sure = set(emotes(corpus, least, strict=True))
        learned = [one for one in learned if one.term in sure]
    learned = [one for one in learned if places[one.term] >= channels]
    table = written(learned, places)
    if out is not None:
        replace_file(out, table.encode())
    lines = table.splitlines()
    print("\n".join(lines[: _SHOWN + 1] if out else lines))


def emotes(corpus: Corpus, least: int, strict: bool = False) -> list[str]:
    """Terms that are emotes: the source says so, or capitals are part of a name that is no
    word of the dictionary. strict: is no word of the dictionary and no channel, and the source
    says so or it is written like monkaS."""
    from wordfreq import zipf_frequency

    may_be = _CAMEL.fullmatch if strict else _CAPITALS.fullmatch
    most = _ANY_WORD if strict else _DICTIONARY
    return [
        name
        for name, n, marked in zip(corpus.names, corpus.n.tolist(), corpus.marked, strict=True)
        if n >= least
        and (marked or may_be(name))
        and ((marked and not strict) or zipf_frequency(name.lower(), "en") < most)
        and not (strict and name.lower() in corpus.channels)
    ]


def written(learned: Sequence[Learned], places: dict[str, int]) -> str:
    """The table as text, most used terms first."""
    text = io.StringIO()
    rows = csv.writer(
        text, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE, escapechar="\\"
    )
    rows.writerow(COLUMNS)
    for one in sorted(learned, key=lambda one: (-one.n, one.term)):
        interval = one.valence, one.low, one.high
        rows.writerow((one.term, "emote", *interval, one.n, places[one.term], evidence(one)))
    return text.getvalue()


def evidence(one: Learned) -> str:
    """Why a term got its valence, in words."""
    near = f"keeps company with {', '.join(one.near)}"
    if is_laughter(one.term):
        return f"{near}; its name is laughter"
    return f"{near}; its name holds {', '.join(one.inside)}" if one.inside else near


def _say(what: str, began: float) -> None:
    print(f"{time.monotonic() - began:6.1f} s  {what}", file=sys.stderr, flush=True)
