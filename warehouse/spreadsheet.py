"""Tables as CSV that a spreadsheet shows as what it is."""

import csv
import io
import unicodedata
from datetime import datetime
from decimal import Decimal

import orjson
import pyarrow as pa

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_bytes(table: pa.Table | pa.RecordBatch, header: bool = True) -> bytes:
    """UTF-8 CSV, with a header or without.

    Text cells that a spreadsheet would run get a leading quote. Numbers stay numbers (a minus
    sign is theirs), times are ISO in UTC, lists are JSON as
    true and false are, NULL is empty.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if header:
        writer.writerow(table.schema.names)
    for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
        writer.writerow([_cell(value) for value in row])
    return out.getvalue().encode("utf-8", errors="replace")


def _cell(value: object) -> object:
    if isinstance(value, str):
        # a full-width = is one to some spreadsheets, a no-break space is left out by others
        begins = unicodedata.normalize("NFKC", value).lstrip(" \n")
        return "'" + value if begins.startswith(_FORMULA) else value
    if isinstance(value, datetime):
        return utc_text(value)
    return json_text(value) if isinstance(value, bool | list | dict) else value


def utc_text(at: datetime) -> str:
    """ISO with a Z: what has no zone is UTC, as all columns are."""
    return f"{at.replace(tzinfo=None).isoformat()}Z"


def json_text(value: object) -> str:
    """JSON of a value of any type that a query may return; times in UTC with a Z."""
    return orjson.dumps(value, default=_other, option=_JSON).decode()


_JSON = orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS


def _other(value: object) -> object:
    if isinstance(value, Decimal):  # of SQL's 1.5 * n: a number as any other
        return float(value)
    return value.hex() if isinstance(value, bytes) else str(value)
