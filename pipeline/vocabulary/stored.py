"""Scorers with the decisions that are stored, or published, and the lexicon that is in force."""

from collections.abc import Mapping
from typing import Any

import orjson
import pyarrow as pa

from pipeline.config import PipelineSettings
from pipeline.scoring.by_channel import Scorers
from pipeline.scoring.decisions import Decision
from pipeline.scoring.lexicon_listing import entries
from pipeline.vocabulary.found import Finder
from warehouse.config import DataFolder
from warehouse.errors import NothingPublished
from warehouse.published.reader import Reader
from warehouse.sql import Queries
from warehouse.store.store import Store


def load_scorers(lexicon: str, store: Queries) -> Scorers:
    """The scorers with all that was decided and is stored."""
    return Scorers(lexicon, map(decision_of, store.query("decisions_all").to_pylist()))


def published_scorers(lexicon: str, folder: DataFolder) -> Scorers:
    """The scorers of past chat: what was decided, as published, is in force for all time."""
    rows = _published(folder, "decisions_all")
    return Scorers(lexicon, map(decision_of, rows), always=True)


def _published(folder: DataFolder, query: str) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = Reader(folder).query(query).to_pylist()
    except NothingPublished:
        return []
    return rows


def finder_for(folder: DataFolder) -> Finder:
    """Of new names in past chat: what was decided on, as published, is none."""
    scorers = published_scorers(PipelineSettings().lexicon, folder)
    return Finder(scorers, _published(folder, "vocabulary_all"))


def write_lexicon(store: Store, scorers: Scorers) -> None:
    """The lexicon in force, where another was written last."""
    scorer = scorers.base
    if store.meta("lexicon") == scorer.version:
        return
    terms, kinds, valences, origins = zip(*entries(scorer), strict=True)
    columns = {"term": terms, "kind": kinds, "valence": valences, "origin": origins}
    rows = pa.table({"version": [scorer.version] * len(terms), **columns})
    store.write({"lexicon": rows}, {"lexicon": scorer.version})


def decision_of(row: Mapping[str, Any]) -> Decision:
    """A row of `decisions_all` as a record."""
    before = row["before"]
    return Decision(
        row["decision_id"],
        row["term"],
        row["channel"],
        row["at"],
        row["by"],
        row["decision"],
        row["valence"],
        row["kind"],
        row["from_start"].timestamp(),
        row["undoes"],
        None if before is None else orjson.loads(before),
    )
