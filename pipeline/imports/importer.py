"""A table of past chat to the files of an import, stream by stream in bounded memory."""

import gc
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.chat.message import (
    Happening,
    Heard,
    Lost,
    Message,
    StreamEnd,
    StreamStart,
    Watch,
)
from pipeline.chat.table import ChatTable, Placed, Span
from pipeline.chat.text import is_filtered
from pipeline.imports.coverage import covered_mask
from pipeline.privacy.hashing import Hasher, load_salt
from pipeline.scoring.by_channel import Scorers
from pipeline.scoring.language import Readable
from pipeline.scoring.scored_message import ScoredMessage
from pipeline.vocabulary.found import Finder
from pipeline.windows.intake import Intake, IntakeCounts
from pipeline.windows.rows import event_rows, term_rows, window_rows
from pipeline.windows.term_gate import Gate
from pipeline.windows.track import Closed
from warehouse.atomic import private_folder
from warehouse.consent import OptOut
from warehouse.records import WINDOW_SECONDS, utc
from warehouse.store.import_files import ImportFiles
from warehouse.store.store import table_schemas

SOURCE = "import"
_FLUSH = 500  # windows that are made rows of together
_AHEAD, _AT_ONCE = 500, 20  # messages that are looked at before a stream, and in one look


@dataclass(frozen=True)
class Summary:
    """Counts of what an import read and made. unusable: rows left out, by reason."""

    streams: int
    windows: int
    counts: IntakeCounts
    unusable: Counter[str]


class Importer:
    """Reads placed streams of a table into `files`. progress is told of every message count.

    channel_ids, shown: Twitch's ids and display names, by channel. finder: takes the windows of
    streams that are not `known`.
    """

    def __init__(
        self,
        files: ImportFiles,
        scorers: Scorers,
        salt: Path,
        optout: OptOut | None = None,
        channel_ids: Mapping[str, str] | None = None,
        shown: Mapping[str, str] | None = None,
        finder: Finder | None = None,
        known: Collection[str] = (),
    ) -> None:
        self.finder, self.known = finder, known
        self.files = files
        self.channel_ids, self.shown = channel_ids or {}, shown or {}
        hasher = Hasher(load_salt(salt))
        gate = Gate(scorers.knows, hasher.of, (optout or OptOut()).chatters)
        self.intake = Intake(scorers, hasher, gate, grace_s=0, held_s=0)
        self.windows = 0

    def run(
        self, table: ChatTable, placed: list[Placed], progress: Callable[[int], None]
    ) -> Summary:
        """Write the files. Raises BadInput for a table that turns out unreadable."""
        private_folder(self.files.folder)
        with (
            _few_collections(),
            self.files.writer("windows") as windows,
            self.files.writer("window_terms") as terms,
        ):
            # by identity: to hash a stream for every message takes long
            by_id = {id(p): p for p in placed}
            channel = ""
            for key, group in groupby(table.runs(placed), key=lambda pair: id(pair[0])):
                where, spans = by_id[key], _moments(by_id[key])
                if where.stream.channel != channel:  # its streams follow one another
                    self.intake.gate.forget_channel(channel)
                    channel = where.stream.channel
                messages = chain.from_iterable(_counted((run for _, run in group), progress))
                for closed in _chunks(self._windows(where, spans, messages)):
                    if self.finder and where.stream_id not in self.known:
                        for one in closed:
                            self.finder.window(one)
                    rows = window_rows(closed, SOURCE)
                    masks = [covered_mask(spans, c.window.start.timestamp()) for c in closed]
                    rows = [{**row, "covered": m} for row, m in zip(rows, masks, strict=True)]
                    windows.write_table(_table("windows", rows))
                    of_terms = term_rows(closed, self.intake.gate)
                    terms.write_table(_table("window_terms", of_terms))
                    self.windows += len(closed)
        if self.finder:
            self.finder.part_over(self.intake.gate.is_login)
        self._write_small("streams", _stream_rows(placed))
        self._write_small("events", event_rows(_happenings(placed)))
        logins = {p.stream.channel: p.stream.whose for p in placed}
        self._write_small("channels", self._channels(logins))
        return Summary(len(placed), self.windows, self.intake.counts, table.unusable())

    def _windows(
        self, where: Placed, spans: list[Span], messages: Iterable[Message]
    ) -> Iterator[Closed]:
        """The windows of a stream that its log covers; of the others none is made."""
        intake, channel, ahead = self.intake, where.stream.channel, list(spans)
        messages = self._heard_first(channel, messages)
        span = ahead.pop(0)
        intake.take(Watch(channel, span.since))
        intake.take(StreamStart(channel, span.since, where.stream_id))
        for n, message in enumerate(messages, 1):
            while ahead and message.at >= ahead[0].since:
                intake.take(Heard(channel, span.until))
                intake.take(Lost(channel, span.until))
                span = ahead.pop(0)
                intake.take(Watch(channel, span.since))
            intake.take(message)
            if n % 200 == 0:
                yield from _seen(where, intake.close(message.at))
        intake.take(Heard(channel, span.until))
        intake.take(StreamEnd(channel, span.until))
        yield from _seen(where, intake.close(_end(span.until)))
        yield from _seen(where, intake.drain())
        intake.tracks.clear()

    def _heard_first(self, channel: str, messages: Iterable[Message]) -> Iterator[Message]:
        """The messages. An import knows what comes, so a stream's first windows need not wait for
        what its channel writes."""
        known = self.intake.readable.setdefault(channel, Readable())
        if known.share is not None:
            return iter(messages)
        rest, score = iter(messages), self.intake.scorers.base.score
        first = list(islice(rest, _AHEAD))
        said = [m for m in first if not is_filtered(m.text, "", m.bot)]
        lines = [ScoredMessage(m.at, 0, m.text, score(m.text, m.emotes or ())) for m in said]
        for n in range(0, len(lines), _AT_ONCE):
            known.saw(lines[n : n + _AT_ONCE], None)
        return chain(first, rest)

    def _channels(self, logins: Mapping[str, str]) -> list[dict[str, Any]]:
        return [
            {
                "channel": name,
                "channel_id": self.channel_ids.get(name),
                "login": login,
                "display_name": self.shown.get(name, ""),
                "readable": self.intake.readable[name].share
                if name in self.intake.readable
                else None,
                "source": SOURCE,
            }
            for name, login in sorted(logins.items())
        ]

    def _write_small(self, table: str, rows: list[Any]) -> None:
        with self.files.writer(table) as writer:
            writer.write_table(_table(table, rows))


@contextmanager
def _few_collections() -> Iterator[None]:
    """Messages hold no cycles: to look for some among them takes a tenth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(500_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _counted(
    runs: Iterable[list[Message]], progress: Callable[[int], None]
) -> Iterator[list[Message]]:
    for run in runs:
        yield run
        progress(len(run))


def _happenings(placed: Iterable[Placed]) -> Iterator[Happening]:
    """What happened in the streams, each in the part it lies in."""
    for p in placed:
        for event in p.stream.events:
            if p.since <= event.t < p.until:
                at = p.started_at + event.t
                yield Happening(p.stream.channel, at, event.kind, event.detail, event.id)


def _moments(where: Placed) -> list[Span]:
    """What the log covers, in epoch seconds."""
    at = where.started_at
    return [s._replace(since=at + s.since, until=at + s.until) for s in where.stream.covered]


def _end(until: float) -> float:
    """The end of the window that it lies in."""
    return float(math.ceil(until / WINDOW_SECONDS) * WINDOW_SECONDS)


def _seen(where: Placed, closed: Iterable[Closed]) -> Iterator[Closed]:
    stream_id = where.stream_id
    for c in closed:
        w = c.window
        if w.observed_s or w.n_messages or w.n_filtered:
            is_its = w.stream_id == stream_id
            yield c if is_its else replace(c, window=replace(w, stream_id=stream_id))


def _stream_rows(placed: list[Placed]) -> list[dict[str, Any]]:
    """A row a stream, of whatever many parts. A stream that knows its video starts with it."""
    rows: dict[str, dict[str, Any]] = {}
    for p in placed:
        host, spans = p.host, _moments(p)
        start = p.started_at
        if host and not p.stream.is_named:
            start = host.started_at if host.vod_id else min(spans[0].since, host.started_at)
        row = rows.setdefault(
            p.stream_id,
            {
                "stream_id": p.stream_id,
                "channel": p.stream.channel,
                "started_at": utc(start),
                "ended_at": utc(_end(spans[-1].until)),
                "title": p.stream.title or None,
                "category": p.stream.category or None,
                "vod_id": p.stream.vod_id or (host.vod_id if host else "") or None,
                "source": SOURCE,
                "undated": p.undated,
                "said": True,
                "placed": p.placed,
            },
        )
        row["started_at"] = min(row["started_at"], utc(start))
        row["ended_at"] = max(row["ended_at"], utc(_end(spans[-1].until)))
    return list(rows.values())


def _table(name: str, rows: list[Any]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=table_schemas()[name])


def _chunks(closed: Iterable[Closed]) -> Iterator[list[Closed]]:
    chunk: list[Closed] = []
    for one in closed:
        chunk.append(one)
        if len(chunk) >= _FLUSH:
            yield chunk
            chunk = []
    yield chunk
