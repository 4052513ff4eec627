"""Keys of the published tables: one place that store, publisher and reader share."""

from dataclasses import dataclass
from typing import Any

Keys = list[tuple[Any, ...]]  # of rows, in the order of their table's `replace`


@dataclass(frozen=True)
class TableSpec:
    """A published table.

    replace: columns that identify what a write replaces (a window's terms go as a whole).
    time: the column it is cut into hours, days and months by; None for small tables,
    which are published as one file. order: the columns its files are sorted by.
    first_wins: a row that is there already stays as it is, whatever is told of its key later.
    """

    name: str
    replace: tuple[str, ...]
    time: str | None
    order: tuple[str, ...]
    stored: bool = True
    first_wins: bool = False


TABLES = {
    spec.name: spec
    for spec in (
        TableSpec("channels", ("channel",), None, ("channel",)),
        TableSpec("streams", ("stream_id",), None, ("channel", "started_at")),
        TableSpec("windows", ("channel", "start"), "start", ("channel", "start")),
        TableSpec("window_terms", ("channel", "start"), "start", ("channel", "start", "term")),
        TableSpec("window_hours", ("channel", "hour"), "hour", ("channel", "hour", "basis")),
        # by term first: a term's trend over a year is then a few row groups
        TableSpec("term_days", ("channel", "day"), "day", ("channel", "term", "day", "basis")),
        # samples hold text: never in the warehouse, whose pages keep deleted rows
        TableSpec("samples", ("channel", "start"), "start", ("channel", "start", "rank"), False),
        TableSpec("forecasts", ("channel", "cutoff", "model"), "cutoff", ("channel", "cutoff")),
        TableSpec(
            "forecast_scores",
            ("channel", "day", "model", "step", "basis"),
            "day",
            ("channel", "day", "model", "step", "basis"),
        ),
        TableSpec("models", ("model",), None, ("model",)),
        TableSpec("trials", ("study", "trial"), None, ("study", "trial")),
        TableSpec("vocabulary", ("term", "channel"), None, ("term", "channel")),
        TableSpec("decisions", ("decision_id",), None, ("at", "decision_id")),
        TableSpec("lexicon", ("version",), None, ("term", "kind")),
        # their times are not in their keys: what comes again may bring another one
        TableSpec("events", ("event_id",), "at", ("channel", "at"), first_wins=True),
        TableSpec("alerts", ("alert_id",), "at", ("at",), first_wins=True),
        TableSpec("clips", ("clip_id",), None, ("channel", "at")),
        TableSpec("health", ("name", "at"), "at", ("name", "at")),
    )
}
LEARNT = ("source", "channel", "model", "basis")
UNPUBLISHED = {"learnt": TableSpec("learnt", LEARNT, None, LEARNT)}
