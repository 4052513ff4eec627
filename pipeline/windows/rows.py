"""Closed windows to rows of the warehouse's tables, and back."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from pipeline.chat.message import Happening
from pipeline.chat.text import masked, visible
from pipeline.windows.term_gate import Gate, window_terms
from pipeline.windows.track import Closed, Stream
from warehouse.records import Window, utc

SAMPLES = 5
_LONGEST = 300  # characters of a sample line

Row = Mapping[str, Any]


def window_rows(closed: Iterable[Closed], source: str) -> list[Row]:
    """Rows of `windows`."""
    return [
        {
            **{name: getattr(c.window, name) for name in Window.__slots__},
            "source": source,
            "covered": None,
        }
        for c in closed
    ]


def term_rows(closed: Iterable[Closed], gate: Gate) -> list[Row]:
    """Rows of `window_terms`; silent windows have none."""
    return [row for c in closed for row in (_terms(c, gate) if c.terms is None else c.terms)]


def with_terms(closed: Closed, gate: Gate) -> Closed:
    """The window with its terms as the gate has it now: what is used later admits none."""
    return replace(closed, terms=tuple(_terms(closed, gate)))


def _terms(closed: Closed, gate: Gate) -> Iterator[Row]:
    window = closed.window
    if window.mean_compound is None:
        return
    admits = admission(gate, closed)
    scored = (line.scored for line in closed.lines)
    for term, kind, n, part in window_terms(
        scored, window.n_messages, window.mean_compound, admits
    ):
        yield {
            "channel": window.channel,
            "start": window.start,
            "term": term,
            "kind": kind,
            "n": n,
            "contribution": part,
        }


def admission(gate: Gate, closed: Closed) -> Callable[[str], bool]:
    """Whether a term may be named for the window; those that were before may be again."""
    window = closed.window
    day = int(window.start.timestamp() // 86400)
    return lambda term: (
        gate.admits(window.channel, term, day) or (term in closed.named and not gate.is_login(term))
    )


def sample_rows(closed: Iterable[Closed], gate: Gate, since: datetime) -> list[Row]:
    """Rows of `samples` for windows not older than the retention: the most telling lines."""
    rows: list[Row] = []
    for c in closed:
        if c.window.start >= since:
            rows.extend(_samples(c, gate))
    return rows


def _samples(closed: Closed, gate: Gate) -> list[Row]:
    chosen: dict[str, float] = {}
    for line in sorted(closed.lines, key=lambda line: -abs(line.scored.compound)):
        text = gate.without_names(masked(visible(line.text)))[:_LONGEST].strip()
        if text and text not in chosen:
            chosen[text] = line.scored.compound
        if len(chosen) == SAMPLES:
            break
    return [
        {
            "channel": closed.window.channel,
            "start": closed.window.start,
            "rank": rank,
            "text": text,
            "compound": compound,
        }
        for rank, (text, compound) in enumerate(chosen.items(), 1)
    ]


def event_rows(happenings: Iterable[Happening]) -> list[Row]:
    """Rows of `events`; the same happening told twice is one, as it was told first."""
    rows: dict[str, Row] = {}
    for h in happenings:
        event_id = _event_id(h)
        row = {"event_id": event_id, "channel": h.channel, "at": utc(h.at), "kind": h.kind}
        rows.setdefault(event_id, {**row, "detail": h.detail})
    return list(rows.values())


def _event_id(h: Happening) -> str:
    """A hash of the source's id, or of what happened where there is none."""
    identity = f"{h.kind} #{h.id}" if h.id else f"{h.at} {h.kind} {h.detail}"
    name = f"{h.channel} {identity}".encode(errors="replace")
    return blake2b(name, digest_size=12).hexdigest()


def stream_row(stream: Stream, source: str) -> Row:
    """A row of `streams`."""
    return {
        "stream_id": stream.stream_id,
        "channel": stream.channel,
        "started_at": utc(stream.started_at),
        "ended_at": None if stream.ended_at is None else utc(stream.ended_at),
        "title": stream.title,
        "category": stream.category,
        "vod_id": stream.vod_id,
        "source": source,
        "undated": stream.undated,
        "said": stream.said,
        "placed": False,
    }


def seconds(at: datetime) -> float:
    """A TIMESTAMP of the warehouse, UTC without saying so, as seconds since the epoch."""
    return at.replace(tzinfo=UTC).timestamp()


def window_of(row: dict[str, Any]) -> Window:
    """A row of `windows` as a record."""
    names = Window.__slots__
    values = {name: row[name] for name in names}
    values["start"] = row["start"].replace(tzinfo=UTC)
    values["sub_n"] = tuple(row["sub_n"])
    values["sub_mean"] = tuple(row["sub_mean"])
    return Window(**values)
