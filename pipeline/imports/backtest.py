"""Backtest of imported chat: how well its mood could have been foreseen, as the accuracy page
shows it of live forecasts."""

from collections.abc import Callable
from datetime import UTC, datetime

from models.judging.record import record
from models.versions.registry import forecasters
from pipeline.forecasting.verify import score_columns, targets_of
from pipeline.requests.client import WAIT_S, settle
from pipeline.requests.record import ACTION, put_scores
from warehouse.config import DataFolder
from warehouse.errors import BadInput
from warehouse.inbox.requests import InboxFolder, Request, new_id
from warehouse.published.reader import Reader
from warehouse.records import iso


def backtest(
    folder: DataFolder, say: Callable[[int], None] = lambda n: None, wait_s: float = WAIT_S
) -> dict[str, int]:
    """Judge every model on the imported streams and keep the record; what was judged.

    say: told of the cutoffs that were judged. Days on which a channel was observed keep what its
    live forecasts came to. Raises BadInput, NothingPublished.
    """
    kept = record(folder, forecasters(folder), say)
    rows = Reader(folder).query("days_observed").to_pylist()
    observed = {(row["channel"], row["day"]) for row in rows}
    sums = {k: v for k, v in kept.days.items() if targets_of(v) and k[:2] not in observed}
    if not sums:
        raise BadInput("nothing to judge: no imported stream is longer than half an hour")
    counts = {
        "streams": sum(kept.streams.values()),
        "channels": len({key[0] for key in sums}),
        "cutoffs": sum(kept.cutoffs.values()),
    }
    inbox, request_id = InboxFolder(folder.inbox), new_id()
    put_scores(inbox.files(request_id), score_columns(sums))
    inbox.put(Request(request_id, iso(datetime.now(UTC)), "backtest", ACTION, counts))
    settle(folder, request_id, wait_s)
    return counts
