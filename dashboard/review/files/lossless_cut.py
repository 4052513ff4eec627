"""Segments for LosslessCut as CSV: start, end, name.

Without a header: versions before 3.66 take one for a segment. Seconds, comma, three columns.
Source: LosslessCut, docs/index.md ("CSV files") and src/renderer/src/edlFormats.ts.
"""

import pyarrow as pa

from dashboard.review.files.export import NOTHING, Export
from warehouse.spreadsheet import csv_bytes

ABOUT = "LosslessCut: File, Import project, Times in seconds (CSV). A segment a moment."


def write(of: Export) -> bytes | str:
    """A line a cut, in the order of time."""
    cuts = of.in_time
    if not cuts:
        return NOTHING
    columns = {
        "start": [one.cut.in_s for one in cuts],
        "end": [one.cut.out_s for one in cuts],
        "name": [one.name for one in cuts],
    }
    return csv_bytes(pa.table(columns), header=False)
