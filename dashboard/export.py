"""Tables as CSV that a spreadsheet shows as what it is."""

import csv
import io
import unicodedata
from datetime import datetime

import pyarrow as pa

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_bytes(table: pa.Table, header: bool = True) -> bytes:
    """UTF-8 CSV, with a header or without.

    Text cells that a spreadsheet would run get a leading quote. Numbers stay numbers (a minus
    sign is theirs), times are ISO in UTC, NULL is empty.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if header:
        writer.writerow(table.column_names)
    for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
        writer.writerow([_cell(value) for value in row])
    return out.getvalue().encode("utf-8", errors="replace")


def _cell(value: object) -> object:
    if isinstance(value, str):
        # a full-width = is one to some spreadsheets, a no-break space is left out by others
        begins = unicodedata.normalize("NFKC", value).lstrip(" \n")
        return "'" + value if begins.startswith(_FORMULA) else value
    return f"{value.isoformat()}Z" if isinstance(value, datetime) else value
