"""Answers as JSON or CSV, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson
import pyarrow as pa
from fastapi import Request, Response

from dashboard.api.parameters import encoded
from warehouse.spreadsheet import csv_bytes

_TIMES = orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z


@dataclass(frozen=True)
class Rows:
    """Rows of a page. next: the cursor of the one after it, None for the last."""

    table: pa.Table
    next: str | None = None


def page(table: pa.Table, limit: int, keys: Sequence[str]) -> Rows:
    """The page of a table that was asked for one row more than the limit. keys: columns that say
    where a row stands."""
    if table.num_rows <= limit:
        return Rows(table)
    place = [table[key][limit - 1].as_py() for key in keys]
    return Rows(table.slice(0, limit), encoded(place))


def answer(request: Request, rows: Rows, kind: str) -> Response:
    """As `kind` says. Both have the next page's address in a Link header (RFC 8288)."""
    headers = {"link": f'<{_next(request, rows.next)}>; rel="next"'} if rows.next else None
    if kind == "csv":
        body, media = csv_bytes(rows.table), "text/csv; charset=utf-8"
    else:
        body = orjson.dumps({"items": rows.table.to_pylist(), "next": rows.next}, option=_TIMES)
        media = "application/json"
    return Response(body, headers=headers, media_type=media)


def _next(request: Request, cursor: str) -> str:
    """Relative to the address that was asked: a proxy may have it elsewhere."""
    return "?" + urlencode({**request.query_params, "cursor": cursor})
