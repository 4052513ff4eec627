"""Record of the moments as JSON, for scripts: the table's cells, terms as a list, the stream."""

from typing import Any

import orjson

from dashboard import wording
from dashboard.review import sentences
from dashboard.review.files import table
from dashboard.review.files.export import Entry, Export

ABOUT = "For scripts: the same as the table, with the stream and its categories."
VERSION = 1  # goes up when a field changes its meaning or goes


def write(of: Export) -> bytes:
    """One object, its moments by rank, what is not known null. Fields: docs/cutting.md."""
    link = sentences.vod_link(of.vod_id, 0)
    stream = {
        "version": VERSION,
        "channel": wording.plain(of.channel),
        "title": wording.plain(of.title, 140),
        "started_at": wording.utc_iso(of.since) if of.dated else None,
        "length_s": int(of.length_s),
        "vod": link and link.partition("?")[0],
        "basis": of.basis,
        "lead_s": of.lead_s,
        "tail_s": of.tail_s,
        "categories": [{"at_s": at_s, "name": name} for at_s, name in of.categories],
        "moments": [_moment(one, of) for one in of.entries],
    }
    return orjson.dumps(stream, option=orjson.OPT_INDENT_2)


def _moment(one: Entry, of: Export) -> dict[str, Any]:
    reasons = one.found.reasons if one.found else ()
    terms = [{"term": wording.plain(r.term), "n": r.n, "usual": round(r.usual, 1)} for r in reasons]
    cells = {name: cell for name, cell in table.row(one, of).items() if name != "basis"}
    start = wording.utc_iso(one.at) if of.dated else None
    return {**cells, "also": list(one.found.moment.also) if one.found else [], "start": start,
            "terms": terms}  # fmt: skip
