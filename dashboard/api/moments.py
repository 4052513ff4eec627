"""Moments of one stream, as the review page finds them, as rows."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa

from dashboard.api.errors import NotFound
from dashboard.api.schema import MomentRow
from dashboard.charts.series import Row
from dashboard.review.finding import figures, find_in, span_of
from warehouse.moments.placed import PlacedMoment
from warehouse.published.reader import Reader
from warehouse.records import WINDOW, naive


def moments(reader: Reader, stream_id: str) -> pa.Table:
    """By rank, with the columns of MomentRow; none where the chat's mood cannot be told. Raises
    NotFound."""
    streams = reader.query("dash_stream", stream=stream_id).to_pylist()
    if not streams:
        raise NotFound("this token sees no such stream: GET /v1/streams lists those it does")
    since, until = span_of(streams[0], _end(reader))
    found = find_in(reader.query, streams[0], since, until)
    told = () if found.part.why_not(streams[0]["readable"]) else found.moments
    rows = [
        _row(rank, one, streams[0], since, found.part.basis) for rank, one in enumerate(told, 1)
    ]
    return pa.table({name: [row[name] for row in rows] for name in MomentRow.model_fields})


def _end(reader: Reader) -> datetime:
    """End of the newest window, aware UTC: until then a stream on air is known."""
    newest = reader.manifest().newest("windows")
    return newest + WINDOW if newest else datetime.now(UTC)


def _row(rank: int, one: PlacedMoment, stream: Row, since: datetime, basis: str) -> Row:
    m = one.moment
    return {
        "channel": stream["channel"],
        "stream_id": stream["stream_id"],
        "rank": rank,
        "kind": m.kind,
        "also": list(m.also),
        "grade": m.grade,
        "start": None if stream["undated"] else naive(since + timedelta(seconds=one.at_s)),
        "at_s": one.at_s,
        **figures(m),
        "basis": basis,
        "terms": [reason.term for reason in one.reasons],
    }
