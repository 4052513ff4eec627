"""Staged logs as one table of chat (`ChatTable`): whose, which stream, how far into it."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.chat.table import Moment, Span, TableStream, of_messages
from pipeline.imports.answers import (
    ImportOptions,
    channel_ids,
    channels,
    covered,
    intervals,
    moments,
    shown,
)
from pipeline.imports.stage import SESSION_GAP_S, Staged, joined
from warehouse.atomic import private_file
from warehouse.records import numeric_id
from warehouse.row_groups import batches

_DAY = 86400.0
_NEAR_S = 30.0
_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("channel", "stream", "date", "vod")]
    + [("t", pa.float64())]
    + [(name, pa.string()) for name in ("user", "text", "emotes")]
    + [("bot", pa.bool_())]
)
# of a channel's messages at these times: stream, its date, its video's id, seconds since its start
_Streams = Callable[[str, np.ndarray], tuple[pa.Array, pa.Array, pa.Array, np.ndarray]]


@dataclass(frozen=True)
class Told:
    """Facts of streams that a table of chat has no columns for.

    spans: what their logs cover, by (channel, stream). unnamed: those that are sessions by the
    clock on somebody's wall. channel_ids: Twitch's, by login; shown: display names. events, names:
    what happened in them, and their titles and categories.
    """

    spans: dict[tuple[str, str], list[Span]] = field(default_factory=dict)
    unnamed: set[tuple[str, str]] = field(default_factory=set)
    channel_ids: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    events: dict[tuple[str, str], list[Moment]] = field(default_factory=dict)
    names: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def of(self, stream: TableStream) -> TableStream:
        """The stream with what was told of it."""
        key = stream.channel, stream.stream
        title, category = self.names.get(key, ("", ""))
        return replace(
            stream,
            spans=tuple(sorted(self.spans.get(key, ()))),
            is_named=key not in self.unnamed,
            title=title,
            category=category,
            events=tuple(self.events.get(key, ())),
        )


def combine(parts: Sequence[Staged], options: ImportOptions, target: Path) -> Told:
    """Write the parts as one table and remove them. They do not overlap on any channel."""
    sessions = _sessions(parts, options)
    told = _told(parts, options, sessions)
    with (
        private_file(target) as file,
        pq.ParquetWriter(file, _SCHEMA, compression="lz4") as writer,
    ):
        for part in parts:
            streams = _by_silence(sessions) if moments(part, options) else _whole(part, options)
            logins = channels(part, options)
            for batch in batches(part.table):
                for name in batch.column("channel").unique().to_pylist():
                    own = batch.filter(pa.compute.equal(batch.column("channel"), name))
                    rows = _rows(own, logins[name], streams)
                    writer.write_table(pa.Table.from_batches([rows]))
            part.table.unlink()
    return told


def _told(
    parts: Sequence[Staged], options: ImportOptions, sessions: dict[str, list[list[float]]]
) -> Told:
    told = Told()
    for part in parts:
        logins = channels(part, options)
        told.shown.update(shown(part, options))
        told.channel_ids.update({k: v for k, v in channel_ids(part, options).items() if v})
        if moments(part, options):
            for channel, spans in (intervals(part, options) or {}).items():
                _tell_sessions(told, channel, spans, sessions[channel])
            _tell_events(told, part, options, sessions)
            continue
        base, _, name, _ = _named(part)
        for of, channel in logins.items():
            span = covered(part, of)
            since, until = span.since - base, span.until - base
            told.spans.setdefault((channel, name), []).append(
                span._replace(since=since, until=until)
            )
            if not part.log.stream:
                told.unnamed.add((channel, name))
            told.names[channel, name] = part.log.title, part.log.category
            told.events[channel, name] = [
                Moment(e.at - base, e.kind, e.detail, e.id)
                for e in part.log.events
                if logins.get(e.channel, channel) == channel
            ]
    return told


def _tell_events(
    told: Told, part: Staged, options: ImportOptions, sessions: dict[str, list[list[float]]]
) -> None:
    """Events by the session they are in, or near to."""
    logins = channels(part, options)
    for event in part.log.events:
        channel = logins.get(event.channel, event.channel)
        spans = sessions.get(channel, [])
        place = bisect_right([first - SESSION_GAP_S for first, _ in spans], event.at) - 1
        if place >= 0 and event.at <= spans[place][1] + SESSION_GAP_S:
            start = spans[place][0]
            found = Moment(event.at - start, event.kind, event.detail, event.id)
            told.events.setdefault((channel, iso_ms(start)), []).append(found)


def _tell_sessions(
    told: Told, channel: str, spans: list[list[float]], sessions: list[list[float]]
) -> None:
    """A part's spans by session. Files of days that follow one another leave out nothing: what
    lies around midnight is covered by both."""
    starts = [first for first, _ in sessions]
    for first, last in spans:
        start = starts[bisect_right(starts, first) - 1]
        key = (channel, iso_ms(start))
        told.unnamed.add(key)
        heard = of_messages(first, last)
        span = heard._replace(since=first - start, until=heard.until - start)
        before = told.spans.setdefault(key, [])
        near = next((s for s in before if _meet(s, span, start)), None)
        if near is not None:
            before.remove(near)
            since, until = min(near.since, span.since), max(near.until, span.until)
            span = Span(since, until)
        before.append(span)


def _meet(one: Span, other: Span, start: float) -> bool:
    """Does nothing lie between two files' spans but what no file could have, or midnight?"""
    since, until = sorted((one, other))[0].until, sorted((one, other))[1].since
    return until - since <= _NEAR_S or (start + since) // _DAY < (start + until) // _DAY


def _rows(batch: pa.RecordBatch, channel: str, streams: _Streams) -> pa.RecordBatch:
    names, dates, vods, t = streams(channel, batch.column("at").to_numpy())
    columns = [
        pa.repeat(channel, len(batch)),
        names,
        dates,
        vods,
        pa.array(np.round(t, 3)),
        *(batch.column(name) for name in ("user", "text", "emotes", "bot")),
    ]
    return pa.record_batch(columns, schema=_SCHEMA)


def _sessions(parts: Iterable[Staged], options: ImportOptions) -> dict[str, list[list[float]]]:
    """Of every channel whose times are moments, over all parts: files end where days do."""
    by_channel: dict[str, list[list[float]]] = {}
    for part in parts:
        if moments(part, options):
            for channel, spans in (intervals(part, options) or {}).items():
                by_channel.setdefault(channel, []).extend(spans)
    return {channel: joined(spans) for channel, spans in by_channel.items()}


def _by_silence(sessions: dict[str, list[list[float]]]) -> _Streams:
    """Sessions, each named after its first message."""
    starts = {c: np.array([first for first, _ in spans]) for c, spans in sessions.items()}
    names = {c: pa.array([iso_ms(first) for first, _ in spans]) for c, spans in sessions.items()}

    def of(channel: str, at: np.ndarray) -> tuple[pa.Array, pa.Array, pa.Array, np.ndarray]:
        which = np.searchsorted(starts[channel], at, side="right") - 1
        streams = names[channel].take(pa.array(which))
        return streams, streams, pa.repeat("", len(at)), at - starts[channel][which]

    return of


def _whole(part: Staged, options: ImportOptions) -> _Streams:
    """One stream, named after its video, else its start, else what it says. Without a moment of
    its own it begins with its first message."""
    base, date, name, vod = _named(part)

    def of(_: str, at: np.ndarray) -> tuple[pa.Array, pa.Array, pa.Array, np.ndarray]:
        return *(pa.repeat(text, len(at)) for text in (name, date, vod)), at - base

    return of


def _named(part: Staged) -> tuple[float, str, str, str]:
    """(where in its times its stream begins, its date, its name, its video) of a whole stream."""
    log = part.log
    base = part.first if log.clock else 0.0
    date = "" if log.clock or log.starts_at is None else iso_ms(log.starts_at)
    return base, date, log.stream or date or part.digest, numeric_id(log.stream)


def iso_ms(at: float) -> str:
    """2026-01-31T18:00:00.500Z"""
    text = datetime.fromtimestamp(round(at, 3), UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
