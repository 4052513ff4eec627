"""Windows as the series a chart draws: gaps stay gaps, silence is told from no observation."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import isfinite, sqrt
from typing import Any

SURE = 1.96  # standard errors of a 95 % band

Row = Mapping[str, Any]


def grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows by their channel."""
    by: dict[str, list[Row]] = {}
    for row in rows:
        by.setdefault(row["channel"], []).append(row)
    return by


def margin(sd: float | None, n: int) -> float | None:
    """Half the width of the 95 % band of a mean of n messages; None when sd is unknown."""
    if sd is None or n < 1 or not isfinite(sd):
        return None
    return SURE * sd / sqrt(n)


def state(n: int, observed_s: float) -> str:
    """chat, silence or unobserved: three different things."""
    if n:
        return "chat"
    return "silence" if observed_s > 0 else "unobserved"


def with_breaks(rows: Sequence[Row], step_s: float) -> list[Row | None]:
    """The rows, oldest first, with a None wherever one or more are missing between two."""
    points: list[Row | None] = []
    last: datetime | None = None
    for row in rows:
        if last is not None and row["start"] - last > timedelta(seconds=step_s * 1.01):
            points.append(None)
        points.append(row)
        last = row["start"]
    return points


def of_basis(rows: Sequence[Row], basis: str) -> list[Row]:
    """The rows; where the mood was read from something else there is none."""
    return [r if r.get("basis", basis) == basis else {**r, "mean": None, "sd": None} for r in rows]


def runs(rows: Iterable[Row | None]) -> list[list[Row]]:
    """Stretches in which somebody spoke in every row."""
    groups: list[list[Row]] = [[]]
    for row in rows:
        if row is not None and row["mean"] is not None:
            groups[-1].append(row)
        elif groups[-1]:
            groups.append([])
    return [run for run in groups if run]


def stretches(rows: Sequence[Row], step_s: float) -> list[tuple[datetime, datetime]]:
    """[from, to) spans of neighbouring rows that were not observed."""
    spans: list[tuple[datetime, datetime]] = []
    step = timedelta(seconds=step_s)
    for row in rows:
        if state(row["n"], row["observed_s"]) != "unobserved":
            continue
        start: datetime = row["start"]
        if spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], start + step)
        else:
            spans.append((start, start + step))
    return spans


def per_minute(row: Row) -> float | None:
    """Messages a minute of observed time; None where next to nothing was observed."""
    if row["observed_s"] <= 0 and not row["n"]:
        return None
    return float(row["n"] * 60 / max(row["observed_s"], 10.0))
