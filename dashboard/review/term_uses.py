"""Uses of one emote or term through a stream, beside all messages. Pure functions."""

from collections.abc import Mapping, Sequence
from datetime import timedelta, tzinfo

import plotly.graph_objects as go
import pyarrow as pa
import pyarrow.compute as pc

from dashboard import wording
from dashboard.charts.arrays import cells, times, values
from dashboard.charts.series import Row, per_minute
from dashboard.charts.style import DOWN
from warehouse.records import WINDOW_SECONDS

MOST = 300  # terms to choose from


def totals(terms: pa.Table) -> dict[str, int]:
    """Uses by term, the most used first. terms: dash_stream_terms."""
    sums = terms.group_by("term").aggregate([("n", "sum")])
    order = [("n_sum", "descending"), ("term", "ascending")]
    most = sums.sort_by(order).slice(0, MOST)
    return dict(zip(most["term"].to_pylist(), most["n_sum"].to_pylist(), strict=True))


def uses(terms: pa.Table, term: str, rows: Sequence[Row], k: int) -> list[int]:
    """Uses of the term in each point of `rows`, k windows long, as charts.coarse makes them."""
    if not rows:
        return []
    first, step = rows[0]["start"], timedelta(seconds=WINDOW_SECONDS * k)
    found: dict[int, int] = {}
    for row in terms.filter(pc.field("term") == term).select(["start", "n"]).to_pylist():
        index = (row["start"] - first) // step
        found[index] = found.get(index, 0) + row["n"]
    return [found.get((row["start"] - first) // step, 0) for row in rows]


def trace(term: str, counts: Sequence[int], rows: Sequence[Row], k: int, tz: tzinfo) -> go.Bar:
    """The uses as bars before those of all messages, in uses a minute, with the share of chat."""
    length_s = WINDOW_SECONDS * k
    name = wording.plotted(term)
    return go.Bar(
        x=times(wording.local(r["start"], tz) for r in rows),
        y=values(per_minute({**r, "n": n}) for n, r in zip(counts, rows, strict=True)),
        customdata=cells([[_share(n, r)] for n, r in zip(counts, rows, strict=True)]),
        name=name,
        hovertemplate=f"<b>{name}</b>: %{{customdata[0]}}<extra></extra>",
        marker={"color": DOWN, "line": {"width": 0}},
        width=length_s * 1000 * 0.9,
        offset=0,
    )


def _share(n: int, row: Mapping[str, int]) -> str:
    share = wording.percent(n / row["n"]) if row["n"] else wording.MISSING
    return f"{wording.count(n)} uses in {wording.messages(row['n'])} ({share})"
