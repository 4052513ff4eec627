"""A run over files of past chat: each is read, and what goes together is imported together."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from pipeline.imports.answers import ImportOptions, channel_ids, check, earlier_login
from pipeline.imports.archives import is_archive, unpacked
from pipeline.imports.bundle import Bundle
from pipeline.imports.combine import Told, combine
from pipeline.imports.formats import COLUMNS, TABLE
from pipeline.imports.formats.base import Log
from pipeline.imports.formats.detect import detect
from pipeline.imports.formats.tables.streams import has_streams, rewritten
from pipeline.imports.formats.unknown import NoLog
from pipeline.imports.losses import loss_of
from pipeline.imports.names import channel_of, withheld
from pipeline.imports.outcome import Outcome
from pipeline.imports.progress import Bars
from pipeline.imports.stage import Staged, stage
from pipeline.imports.stored import StoredChat
from pipeline.imports.submit import ReadingReport, Result, submit, sums
from pipeline.requests.client import WAIT_S, ask
from pipeline.requests.found import ACTION as FOUND
from pipeline.vocabulary.stored import finder_for
from warehouse.atomic import private_folder
from warehouse.config import data_folder
from warehouse.consent import load_optout
from warehouse.errors import AppError, BadInput
from warehouse.published.reader import published_identities


class Run:
    """One import: tables one by one, logs that do not overlap together.

    wait_s: for the pipeline, that it is applied. formats, results: what was found, and what came
    of it, in order.
    """

    def __init__(
        self,
        options: ImportOptions,
        format: str,
        scratch: Path,
        bars: Bars | None = None,
        wait_s: float = WAIT_S,
    ) -> None:
        self.options, self.format = options, format
        self.scratch, self.bars, self.wait_s = scratch, bars or Bars(), wait_s
        self.formats: list[str] = []
        self.results: list[Result] = []
        self.optout = load_optout(data_folder().optout)
        self.identities = published_identities(data_folder())
        self.bundle = Bundle(options, self.identities)
        self.outcome = Outcome(scratch)
        self.login = ""  # the one after which the files are named
        self.archives: list[Path] = []
        self.stored = StoredChat(data_folder())
        self.videos: dict[tuple[str, str], float] = {}  # (key, id): start, of those read here
        self.clips: list[Path] | None = []  # of videos that may yet come; None when all are read
        self.began = 0.0  # when the first of the batch was
        self.named: set[Path] = set()
        self.seen: dict[tuple[str, str], Path] = {}  # (channel, digest): where it was read
        self.finder = finder_for(data_folder())

    def all(self, files: Sequence[Path], named: Collection[Path] = ()) -> None:
        """Import the files, those in archives too, and tell of those that could not be. named: by
        the user; of the others, which lie in a folder or archive, some may be no logs."""
        outcome, self.named = self.outcome, set(named)
        outcome.alone = len(files) == 1
        files = [inside for path in files for inside in self._unpacked(path)]
        outcome.alone = outcome.alone and len(files) < 2
        logins = {channel_of(path, by_file=True) for path in files if not withheld(path)} - {""}
        self.login = logins.pop() if len(logins) == 1 else ""
        self._each(files, "the rest")
        clips, self.clips = self.clips or [], None
        self._each(clips, "the clips")
        if self.results:
            outcome.guarded(partial(self._tell, len(files)), "what was found beside it")
        outcome.tell(len(files), self.results)

    def _each(self, files: Sequence[Path], rest: str) -> None:
        for path in files:
            self.outcome.guarded(partial(self._one, path), path.name)
        self.outcome.guarded(self._flush, rest)

    def _tell(self, files: int) -> None:
        """What the import found beside its windows, and what it read."""
        read = {"files": files, "failed": len(self.outcome.faults), **sums(self.results)}
        body = {"found": self.finder.found().model_dump(), "read": read}
        ask(data_folder(), FOUND, body, self.wait_s)

    def _unpacked(self, path: Path) -> list[Path]:
        """The file itself; of an archive the files in it."""
        if not is_archive(path):
            return [path]
        folder = self.scratch / "unpacked" / str(len(self.archives)) / path.name
        self.archives.append(path)
        try:
            return unpacked(path, folder)
        except AppError as exc:
            self.outcome.fault(path.name, exc)
            return []

    def _one(self, path: Path) -> None:
        if not path.is_file():
            raise BadInput(f"{path} is not a file; name a log or table of chat, or a folder")
        if held := withheld(path):
            if self.outcome.alone:
                raise BadInput(f"{path} is not imported: it has {held}")
            print(f"{path.name}: not imported, it has {held}")
            return
        columns = self.options.columns
        try:
            name = detect(path, columns) if self.format == "auto" else self.format
        except NoLog as exc:
            if self.outcome.alone or path in self.named:
                raise
            self.outcome.beside(path, str(exc).partition(";")[0])
            return
        if name == COLUMNS and has_streams(path, Log(columns=columns)):
            self._table(path, name, columns)
            return
        if name == TABLE:
            self._table(path, name, {})
            return
        began = time.monotonic()
        if not self.bundle.parts:
            self.began = began
        staged = self._staged(path, name)
        if staged is None:
            return
        self.formats.append(name)
        if not self.bundle.fits(staged):
            self.outcome.guarded(self._flush, "those before it")
            self.began = began
        self.bundle.add(staged)

    def _table(self, path: Path, name: str, columns: Mapping[str, str]) -> None:
        """Import a table of several streams, one with any columns rewritten."""
        self.formats.append(name)
        self.outcome.guarded(self._flush, "those before it")  # what comes later replaces
        report = ReadingReport(f"{path.name}:", time.monotonic(), Log(columns=columns))
        if name == TABLE:
            counts = self._submit(path, report).summary.counts
        else:
            table = self.scratch / "rewritten" / path.name  # a name that errors may show
            try:
                rewritten(path, table, report.log, self._one_channel())
                counts = self._submit(table, report).summary.counts
            finally:
                table.unlink(missing_ok=True)
        self.outcome.lost(loss_of(path.name, report.log, counts.messages + counts.filtered))

    def _one_channel(self) -> str:
        """The channel that was named, '' of none and of several."""
        names = self.options.channels
        return names[0] if len(names) == 1 else ""

    def _staged(self, path: Path, name: str) -> Staged | None:
        """The log, read; None for one that was there under another name."""
        target = self.scratch / f"{len(self.seen)}.parquet"
        with self.bars.reading(path) as progress:
            staged = stage(path, name, target, progress, self.options.columns)
        if self._waits(staged):
            target.unlink()
            return None
        self._take_for_named(staged)
        check(staged, self.options, self.identities)
        whose = channel_ids(staged, self.options)
        who, options = self.identities, self.options
        asked = [x for x in whose.items() if not options.channels
                 or any(options.means(who, n, *x) for n in options.channels)]  # fmt: skip
        self.optout.refuse({who.name_of(who.key_then(*x)) for x in asked}, who)
        key = (",".join(sorted(whose)), staged.digest)
        if key in self.seen:
            print(f"{path.name}: the same as {self.seen[key].name}, read once")
            target.unlink()
            return None
        self.seen[key] = path
        return staged

    def _take_for_named(self, staged: Staged) -> None:
        """A single log of a login that nobody has is of the channel that was named, and so are
        several that bear the login's name. Of other logs the name picks some, and says nothing of
        the rest."""
        login = earlier_login(staged, self.options, self.identities)
        if not login or not (self.outcome.alone or login == self.login):
            return
        self.optout.refuse({login}, self.identities)
        (name,) = self.options.channels
        self.options = self.bundle.options = replace(self.options, renamed={login: name})
        print(f"{staged.file.name} is of {login}: imported as {name}, as --channel says")

    def _waits(self, staged: Staged) -> bool:
        """Notes when a video began. True for a clip of one that is unknown, and may yet come."""
        log = staged.log
        for one in channel_ids(staged, self.options).items():
            video = self.identities.key_then(*one), log.stream
            if log.clip and log.stream and self.options.started_at is None:
                log.starts_at = self.videos.get(video) or self.stored.start_of(*video)
            elif log.stream and log.starts_at is not None:
                self.videos[video] = log.starts_at
        unknown = log.clip and log.starts_at is None and self.options.started_at is None
        if unknown and self.clips is not None and not self.outcome.alone:
            self.clips.append(staged.file)
            return True
        return False

    def _flush(self) -> None:
        """Import what was read."""
        parts = self.bundle.take()
        if not parts:
            return
        report = ReadingReport(f"{len(parts)} files:", self.began)
        if len(parts) == 1:
            (part,) = parts
            label = f"{part.file.name}: format={part.format}"
            report = ReadingReport(label, self.began, part.log)
        else:
            for part in parts:
                print(_line(part))
                for note in part.log.notes:
                    print(f"{part.file.name}: {note}")
        table = self.scratch / "together" / parts[0].file.name  # a name that errors may show
        private_folder(table.parent)
        told = combine(parts, self.options, table)
        try:
            self._submit(table, report, told)
        finally:
            table.unlink(missing_ok=True)
        for part in (p for p in parts if p.log.cut):
            why = f"{part.file} was imported in part: {part.log.cut}"
            self.outcome.cut(part.file.name, why)
        for part in parts:
            self.outcome.lost(loss_of(part.file.name, part.log, part.rows))

    def _submit(self, table: Path, report: ReadingReport, told: Told | None = None) -> Result:
        of = self.options, report, self.scratch, self.bars, told, self.wait_s, self.finder
        self.results.append(submit(table, *of))
        self.identities = self.bundle.who = published_identities(data_folder())
        return self.results[-1]


def _line(part: Staged) -> str:
    return (
        f"{part.file.name}: format={part.format} lines={part.rows} "
        f"skipped={part.log.skipped.total()}{part.log.reasons()}"
    )
