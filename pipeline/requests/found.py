"""Finds of an import beside its windows, into the tables: names, drift, and what it read.

Where no daemon runs all that the pages show of a folder is written here: the lexicon, the models,
what is on disk.
"""

import time
from collections.abc import Mapping
from typing import Any

from pipeline.forecasting.model_rows import write_model_rows
from pipeline.requests.upkeep import detailed_rows, upkeep
from pipeline.requests.workspace import Workspace
from pipeline.vocabulary.found import Found, merged
from pipeline.vocabulary.proposals import Vocabulary
from pipeline.vocabulary.stored import write_lexicon
from warehouse.errors import BadInput
from warehouse.inbox.requests import Request
from warehouse.records import utc

ACTION = "found"
IMPORTED = "imported"  # rows of `health`: an import each
COUNTS = ("files", "failed", "streams", "messages", "filtered", "windows")
_REASONS = 50


def take_found(workspace: Workspace, request: Request, meta: dict[str, str]) -> None:
    """Keep what was found and read. Raises BadInput for what is none."""
    found = Found.parsed(request.body.get("found", {}))
    read = _read(request.body.get("read"))
    store = workspace.store
    rows = found.drifted(workspace.scorers)
    if workspace.running:
        workspace.running.found(found)
    else:
        terms = [name.term for name in found.names]
        known = store.query("vocabulary_of_terms", terms=terms).to_pylist()
        rows += merged(Vocabulary(workspace.scorers.is_known), found, known)
        write_beside(workspace)
    at = utc(time.time())
    told = detailed_rows({IMPORTED: (read["messages"], read)}, at)
    tables = {"vocabulary": rows, "health": told}
    store.write({name: store.rows(name, some) for name, some in tables.items() if some}, meta)


def write_beside(workspace: Workspace) -> None:
    """What a daemon tells of a folder beside its chat, where none runs."""
    store, scorers = workspace.store, workspace.scorers
    write_lexicon(store, scorers)
    model = write_model_rows(store, workspace.folder)
    workspace.publish()  # what is counted next
    at = utc(time.time())
    rows = detailed_rows(upkeep(workspace, scorers.base.version, model), at)
    rows.append({"name": "retention_h", "at": at, "value": workspace.settings.retention_h})
    store.write({"health": store.rows("health", rows)})


def _read(told: object) -> dict[str, Any]:
    """Counts of an import, and the lines it skipped, by reason. Raises BadInput."""
    if not isinstance(told, Mapping):
        raise BadInput("read has the counts of an import")
    counts = {name: told.get(name, 0) for name in COUNTS}
    skipped = told.get("skipped", {})
    reasons = skipped if isinstance(skipped, Mapping) else {"": None}
    if not all(
        isinstance(n, int) and 0 <= n < 1 << 53 for n in (*counts.values(), *reasons.values())
    ):
        raise BadInput("the counts of an import are whole numbers")
    most = sorted(reasons.items(), key=lambda pair: -pair[1])[:_REASONS]
    return {**counts, "skipped": {str(reason)[:100]: n for reason, n in most}}
