"""Table of the moments as CSV: a row each, by rank, the reaction's own time beside the cut."""

from codecs import BOM_UTF8

import pyarrow as pa

from dashboard.review import sentences
from dashboard.review.files.export import Entry, Export
from dashboard.review.finding import figures
from warehouse.moments.kinds import Moment
from warehouse.spreadsheet import csv_bytes

ABOUT = "A row a moment, for a spreadsheet or a script: reaction, cut, grade, figures, terms."
COLUMNS = (
    "rank", "grade", "name", "kind", "also", "elapsed", "elapsed_s", "in", "in_s", "out", "out_s",
    "start", "duration_s", "sigma", "n_messages", "mood_before", "mood", "messages_per_min",
    "usual_per_min", "laughs_per_message", "basis", "what", "terms", "vod",
)  # fmt: skip


def write(of: Export) -> bytes:
    """A row an entry; what is not known is empty. With the mark that Excel knows UTF-8 by."""
    rows = [row(one, of) for one in of.entries]
    return BOM_UTF8 + csv_bytes(pa.table({name: [r[name] for r in rows] for name in COLUMNS}))


def row(one: Entry, of: Export) -> dict[str, object]:
    """Its cells by COLUMNS. elapsed: of the chat's reaction; vod: the address of the cut."""
    counted = _figures(one.found.moment) if one.found else {}
    terms = sentences.terms(one.found.moment, one.found.reasons) if one.found else ""
    return {
        **dict.fromkeys(COLUMNS),
        "rank": one.rank,
        "grade": one.grade,
        "name": one.name,
        "elapsed": sentences.elapsed(one.at_s),
        "elapsed_s": one.at_s,
        "in": sentences.elapsed(one.cut.in_s),
        "in_s": one.cut.in_s,
        "out": sentences.elapsed(one.cut.out_s),
        "out_s": one.cut.out_s,
        "start": one.at.replace(tzinfo=None) if of.dated else None,
        "duration_s": one.until_s - one.at_s,
        "basis": of.basis,
        "terms": terms,
        "vod": sentences.vod_link(of.vod_id, one.cut.in_s),
        **counted,
    }


def _figures(m: Moment) -> dict[str, object]:
    told = {"kind": m.kind, "also": " ".join(m.also), "what": sentences.sentence(m)}
    return {**told, **figures(m)}
