"""A table of chat through the inbox into the warehouse: all of it, or nothing."""

import shutil
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.chat.placement import minute, place, refuse_impossible, starts
from pipeline.chat.table import ChatTable, Placed, TableStream
from pipeline.config import PipelineSettings, salt_path
from pipeline.imports.answers import ImportOptions
from pipeline.imports.combine import Told
from pipeline.imports.coverage import at_home, refuse_two_at_a_time, without_twice
from pipeline.imports.ending import Ended
from pipeline.imports.formats.base import Log
from pipeline.imports.importer import Importer, Summary
from pipeline.imports.progress import Bars
from pipeline.imports.scratch import announce
from pipeline.imports.stored import StoredChat
from pipeline.privacy.hashing import load_salt
from pipeline.requests.client import WAIT_S, settle
from pipeline.vocabulary.found import Finder
from pipeline.vocabulary.stored import published_scorers
from warehouse.config import DataFolder, data_folder
from warehouse.consent import load_optout
from warehouse.errors import AppError, BadInput
from warehouse.identities import Identities
from warehouse.inbox.requests import InboxFolder, Request, new_id
from warehouse.published.reader import published_identities
from warehouse.records import iso
from warehouse.salt import fingerprint
from warehouse.store.import_files import ImportFiles


@dataclass(frozen=True)
class ReadingReport:
    """Beginning of the line that tells of an import. began: when its reading did, monotonic
    seconds. log: of the lines that never came into its table."""

    label: str
    began: float
    log: Log = field(default_factory=Log)


@dataclass(frozen=True)
class Result:
    """An import that is over: its streams, lines that never came in, by reason, and sentences of
    where streams were laid and of windows that were there already."""

    placed: tuple[Placed, ...]
    summary: Summary
    skipped: Mapping[str, int]
    told: tuple[str, ...] = ()


def submit(
    path: Path,
    options: ImportOptions,
    report: ReadingReport,
    workplace: Path,
    bars: Bars | None = None,
    told: Told | None = None,
    wait_s: float = WAIT_S,
    finder: Finder | None = None,
) -> Result:
    """Import the table and say what came of it. workplace: of the import. told: of the streams of
    logs, None for a table that was given. finder: of new names.

    Raises BadInput, and leaves nothing behind."""
    folder = data_folder()
    request_id = new_id()
    inbox = InboxFolder(folder.inbox)
    files = ImportFiles(inbox.files(request_id))
    announce(workplace, request_id)
    stored = StoredChat(folder)
    try:
        salt = fingerprint(load_salt(salt_path(folder.root)))
        reading = _Reading(path, options, stored, told, finder)
        placed, summary = reading.read(files, workplace / "spill", bars or Bars())
        body = {"moved": stored.moved(placed), "replace": options.replace, "salt": salt}
        inbox.put(Request(request_id, iso(datetime.now(UTC)), "import", "import", body))
        settle(folder, request_id, wait_s)
    except BaseException as exc:
        if not inbox.waits(request_id):
            shutil.rmtree(files.folder, ignore_errors=True)
        if isinstance(exc, Ended):
            raise _seen_through(folder, request_id) from None
        raise
    _, done = inbox.read(request_id)
    stored.await_revision(done.get("revision"))
    log, counts, seconds = report.log, summary.counts, time.monotonic() - report.began
    read = counts.messages + counts.filtered
    log.skipped.update(summary.unusable)
    print(
        f"{report.label} streams={summary.streams} messages={counts.messages} "
        f"filtered={counts.filtered} skipped={log.skipped.total()}{log.reasons()} "
        f"windows={summary.windows} seconds={seconds:.1f} messages/s={read / seconds:.0f}"
    )
    logins = {p.stream.channel: p.stream.whose for p in placed}
    sentences = (*log.notes, *_laid(placed), *_became(done.get("told", []), logins))
    for sentence in sentences:
        print(sentence)
    return Result(tuple(placed), summary, log.skipped, sentences)


def _seen_through(folder: DataFolder, request_id: str) -> Ended:
    """The end, and what has become of the request: one that was made is not left lying."""
    inbox = InboxFolder(folder.inbox)
    if inbox.waits(request_id):
        with suppress(AppError):
            settle(folder, request_id, 0)
    return Ended(made=inbox.outcome(request_id) == "", waits=inbox.waits(request_id))


def sums(results: Iterable[Result]) -> dict[str, Any]:
    """What imports read and skipped in all, as JSON takes it."""
    every = [*results]
    counts = [one.summary.counts for one in every]
    skipped: Counter[str] = Counter()
    for one in every:
        skipped.update(one.skipped)
    return {
        "streams": sum(len(one.placed) for one in every),
        "messages": sum(count.messages for count in counts),
        "filtered": sum(count.filtered for count in counts),
        "windows": sum(one.summary.windows for one in every),
        "skipped": dict(skipped.most_common()),
    }


def _laid(placed: Sequence[Placed]) -> list[str]:
    return [
        f"stream {p.stream.stream} of {p.stream.whose} is laid at {minute(p.started_at)}: at its "
        f"date, {p.stream.date}, the channel has another stream"
        for p in placed
        if p.placed
    ]


def _became(told: Sequence[Mapping[str, Any]], logins: Mapping[str, str]) -> list[str]:
    """What became of windows that were there, a sentence a stream and kind."""
    return [
        _BECAME[row["fate"]].format(
            windows=f"{row['windows']} window" + "s" * (row["windows"] != 1),
            channel=logins.get(row["channel"], row["channel"]),
            **{k: row[k] for k in ("stream_id", "n", "n_old")},
        )
        for row in told
        if row.get("fate") in _BECAME  # another version's shard may tell more
    ]


_BECAME = {
    "replaced": "replaced {windows} of {stream_id}: {n_old} messages before, {n} now",
    "merged": "added {n} messages to {windows} of {stream_id}, of which other seconds were there",
    "fewer": "left {windows} of {stream_id} as they were: {n} messages here, {n_old} there "
    "(--replace takes these)",
    "shorter": "left {windows} of {stream_id} as they were: they are covered more fully there "
    "({n_old} messages, {n} here; --replace takes these)",
    "observed": "left {windows} of {channel} as they were: they were observed",
    "elsewhere": "left {stream_id} where it was: it would begin at another time with fewer "
    "messages ({n} in {windows}; --replace takes these)",
    "moved": "moved {stream_id}: its {windows} of before, {n_old} messages, are gone",
}


class _Reading:
    """The streams of a table, where they belong, and into an import's files."""

    def __init__(
        self, path: Path, options: ImportOptions, stored: StoredChat, told: Told | None,
        finder: Finder | None,
    ) -> None:  # fmt: skip
        self.path, self.options, self.stored, self.told = path, options, stored, told
        self.finder = finder

    def read(self, files: ImportFiles, scratch: Path, bars: Bars) -> tuple[list[Placed], Summary]:
        folder, channels = data_folder(), list(self.options.channels) or None
        who, ids = published_identities(folder), self.told.channel_ids if self.told else {}
        table = _open(self.path, channels, scratch)
        try:
            streams = table.streams(channels and _logins(table, self.options, who, ids))
            if not streams:
                reasons = Log(skipped=table.unusable()).reasons()
                raise BadInput(
                    f"{self.path.name} has no message that could be imported{reasons}; a row has a "
                    "login in channel, a stream, a time in t (seconds from its start) and a text"
                )
            optout = load_optout(folder.optout)
            if self.told:
                streams = [self.told.of(s) for s in streams]
            else:
                table.check_times()
            streams = [s.under(who.key_then(s.channel, ids.get(s.channel))) for s in streams]
            optout.refuse({who.name_of(s.channel) for s in streams}, who)
            placed = self._placed(streams)
            scorers = published_scorers(PipelineSettings().lexicon, folder)
            ids = {s.channel: ids[s.whose] for s in streams if s.whose in ids}
            names = self.told.shown if self.told else {}
            shown = {s.channel: names[s.whose] for s in streams if s.whose in names}
            of = self.finder, {stream.stream_id for stream in self.stored.known}
            importer = Importer(files, scorers, salt_path(folder.root), optout, ids, shown, *of)
            with bars.messages(sum(s.rows for s in streams)) as advance:
                return placed, importer.run(table, placed, advance)
        finally:
            table.close()

    def _placed(self, streams: list[TableStream]) -> list[Placed]:
        """Where they belong. A table's are laid one after another; a log is asked about."""
        options = self.options
        known = self.stored.streams({s.channel for s in streams})
        lay = self.told is None or options.place or options.undated
        if lay:
            found = place(streams, options.undated, options.started_at, known)
        else:
            found = starts(streams, options.undated, options.started_at)
        refuse_impossible(found, time.time())
        found = [part for p in found for part in at_home(p, known)]
        if not lay and not options.replace:
            refuse_two_at_a_time(found, known)
        moved = self.stored.moved(found)
        found = [
            p if p.stream_id in moved else without_twice(p, self.stored.seconds) for p in found
        ]
        return sorted(found, key=lambda p: (p.stream.channel, p.started_at))


def _logins(
    table: ChatTable, options: ImportOptions, who: Identities, ids: Mapping[str, str]
) -> list[str]:
    """The table's logins that the names stand for, and the names that stand for none."""
    have = {s.channel for s in table.streams()}
    meant = {n: [c for c in have if options.means(who, n, c, ids.get(c))] for n in options.channels}
    return [login for name, found in meant.items() for login in found or [name]]


def _open(path: Path, channels: list[str] | None, scratch: Path) -> ChatTable:
    """A table without a channel column takes the one channel that was named."""
    try:
        return ChatTable(path, scratch)
    except BadInput:
        if channels is None or len(channels) != 1:
            raise
        return ChatTable(path, scratch, channels[0])
