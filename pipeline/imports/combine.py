"""Staged logs as one table of chat (`ChatTable`): whose, which stream, how far into it."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.chat.placement import NeedsAnswer
from pipeline.chat.table import Moment, Span, TableStream, of_messages
from pipeline.imports.stage import SESSION_GAP_S, Staged, joined
from warehouse.atomic import private_file
from warehouse.errors import BadInput
from warehouse.identities import Identities
from warehouse.records import numeric_id

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
class ImportOptions:
    """Answers of the user: whose chat it is where the log does not tell, and when it was.

    place: where that time is another stream's, it comes after it. replace: less may take the
    place of more, and one stream that of another. own: whoever asks has no other channels, and a
    log that says whose id it is of says it whatever login it has. columns: of a table, by role.
    """

    channels: tuple[str, ...] = ()
    started_at: datetime | None = None
    undated: bool = False
    place: bool = False
    replace: bool = False
    own: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)

    def means(self, who: Identities, name: str, login: str, channel_id: str | None) -> bool:
        """Does the name stand for who had the login in the log?"""
        is_called_so = name == login and not self.own
        return is_called_so or who.resolve(name) == who.key_then(login, channel_id)


@dataclass(frozen=True)
class Told:
    """Facts of streams that a table of chat has no columns for.

    spans: what their logs cover, by (channel, stream). unnamed: those that are sessions by the
    clock on somebody's wall. channel_ids: Twitch's, by login. events, names: what happened in
    them, and their titles and categories.
    """

    spans: dict[tuple[str, str], list[Span]] = field(default_factory=dict)
    unnamed: set[tuple[str, str]] = field(default_factory=set)
    channel_ids: dict[str, str] = field(default_factory=dict)
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


def check(staged: Staged, options: ImportOptions, who: Identities) -> None:
    """Raises NeedsAnswer where the log leaves out what the user did not say either, BadInput
    where it is of other channels than the user named."""
    placed = moments(staged, options) or staged.log.starts_at is not None or options.undated
    dated = placed or options.started_at is not None
    if staged.log.clip and not dated:
        raise NeedsAnswer(_of_clip(staged), "when")
    if not staged.log.channel and "" in staged.spans and len(options.channels) != 1:
        raise NeedsAnswer(
            f"{staged.file} does not say whose chat it is; add --channel NAME (one of them)",
            *(("channel",) if dated else ("channel", "when")),
        )
    logins = channel_ids(staged, options)
    if options.channels and not any(
        options.means(who, name, *one) for one in logins.items() for name in options.channels
    ):
        has = ", ".join(who.name_of(who.key_then(*one)) for one in sorted(logins.items())[:8])
        raise BadInput(f"{staged.file.name} has no channel {options.channels[0]}; it has {has}")
    if not dated:
        raise NeedsAnswer(_when(staged), "when")


def _of_clip(staged: Staged) -> str:
    video = f"video {staged.log.stream}" if staged.log.stream else "a video"
    return (
        f"{staged.file} is a clip of {video}, of which nothing is known here: import the video's "
        "chat first or with it, or add --started-at 2026-01-31T18:00:00+00:00 with the moment of "
        "the start of the video, not of the clip"
    )


def _when(staged: Staged) -> str:
    reason, of = "it has no date", "its video's start"
    if staged.log.clock:
        reason, of = staged.log.zone, "its first message"
    example = "2026-01-31T18:00:00+00:00"
    if staged.log.clock and staged.first > 0 and "zone" in reason:
        example = f"{datetime.fromtimestamp(staged.first, UTC):%Y-%m-%dT%H:%M:%S}+00:00"
    return (
        f"{staged.file} does not say when it was: {reason}; add --started-at {example} with the "
        f"moment of {of}, or --undated to place it from 2000-01-01"
    )


def moments(staged: Staged, options: ImportOptions) -> bool:
    """Are its times moments, so that its sessions are told apart by silence?"""
    return staged.log.clock and not staged.log.zone and options.started_at is None


def channels(staged: Staged, options: ImportOptions) -> dict[str, str]:
    """The login for each channel its lines name, '' among them."""
    channel = staged.log.channel or (options.channels[0] if len(options.channels) == 1 else "")
    return {name: name or channel for name in staged.spans}


def channel_ids(staged: Staged, options: ImportOptions) -> dict[str, str]:
    """Twitch's id by login, '' where the log does not tell it."""
    found = staged.log.channel_ids
    return {login: found.get(name, "") for name, login in channels(staged, options).items()}


def covered(staged: Staged, name: str) -> Span:
    """What the log covers of the chat that its lines have under the name, in its own times."""
    found = staged.spans[name].found
    first, last = min(found)[0], max(last for _, last in found)
    heard = of_messages(first, last)
    if staged.log.covers is None:
        return heard
    since, until = staged.log.covers
    said = until if last < until else heard.until
    return Span(min(since, first), said, begins=False, ends=False)


def intervals(staged: Staged, options: ImportOptions) -> dict[str, list[list[float]]] | None:
    """When each channel's chat was, epoch seconds; None where its place is not known yet."""
    if moments(staged, options):
        base = 0.0
    elif staged.log.starts_at is not None and options.started_at is None:
        base = staged.log.starts_at
    else:
        return None
    by_channel: dict[str, list[list[float]]] = {}
    for name, channel in channels(staged, options).items():  # two names may be of one channel
        spans: Iterable[Sequence[float]] = joined(staged.spans[name].found)
        if staged.log.covers is not None:
            spans = [covered(staged, name)[:2]]
        by_channel.setdefault(channel, []).extend(
            [base + first, base + last] for first, last in spans
        )
    return by_channel


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
            for batch in _batches(part.table):
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


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    """Its row groups one by one; `iter_batches` would keep what it read ahead."""
    with pq.ParquetFile(path, pre_buffer=False) as file:
        for group in range(file.num_row_groups):
            yield from file.read_row_group(group, use_threads=False).to_batches()


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
