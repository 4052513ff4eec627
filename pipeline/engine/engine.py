"""The pipeline's one turn: items in, windows closed, committed, forecast, published.

Plain code without tasks or sleeping; the daemon calls `feed` with every batch.
"""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pyarrow as pa

from pipeline.alerts import Alerts, Webhook
from pipeline.chat.logins import made_up_id
from pipeline.chat.message import Batch, ChannelInfo, Happening, Item, Message, Retract
from pipeline.config import AlertSettings, PipelineSettings
from pipeline.emotes import catalogues_for
from pipeline.emotes.marking import marked
from pipeline.engine import tables
from pipeline.engine.health import write_health
from pipeline.engine.recover import recover, reopen, undo_ahead
from pipeline.forecasting.forecasts import Forecasts, past_streams
from pipeline.forecasting.pending import Pending, latest
from pipeline.imports.scratch import sweep
from pipeline.privacy.hashing import Hasher, load_salt
from pipeline.privacy.optout import load_optout
from pipeline.requests.backup import Job
from pipeline.requests.claims import learn
from pipeline.requests.import_log import Importing, expire_logs
from pipeline.requests.queue import apply_all
from pipeline.requests.workspace import site_of
from pipeline.serving.body import MoodState, body
from pipeline.vocabulary.proposals import Vocabulary
from pipeline.vocabulary.stored import load_scorers
from pipeline.windows.buffer import Buffer, expire_scratch
from pipeline.windows.intake import Intake, happenings, whole
from pipeline.windows.late import Late
from pipeline.windows.retractions import TakenBack, cleared, place_of
from pipeline.windows.rows import event_rows, sample_rows, stream_row, term_rows, window_rows
from pipeline.windows.term_gate import Gate
from pipeline.windows.track import Closed
from warehouse.config import DataFolder
from warehouse.published.manifest import PublishedFile
from warehouse.published.publisher import Publisher, samples_schema
from warehouse.records import iso, utc, window_start
from warehouse.store.store import Store

_FLUSH_S = 0.5  # the buffer is on disk within this, twice as often as promised
_COMMIT_S = 2.0  # while catching up; live, every closed window is committed at once
_LIVE_S = 60.0  # a source this close to the wall clock is live
_COMMIT_WINDOWS = 3000
_WRONG_S = 3600.0  # a step back of the clock, or a message ahead of it, that is a mistake
_SLOW_S = 60.0  # housekeeping: scores, channels, garbage
_DRAIN_S = 2.0  # at the end, for windows to be made again; a restart finds the rest
_EXPIRE_S = 2.0  # text is kept no longer than this beyond its retention


class Engine:
    """Everything between a source's batches and the data folder. One a folder.

    clock: the wall clock, seconds. Raises WarehouseLocked, WarehouseBroken, StorageFull.
    """

    def __init__(
        self,
        folder: DataFolder,
        settings: PipelineSettings,
        source: str,
        store: Store,
        alerts: AlertSettings | None = None,
    ) -> None:
        self.folder, self.settings, self.source, self.store = folder, settings, source, store
        self.catalogues = catalogues_for(folder.root, source == "live" and settings.emotes)
        scorers = load_scorers(settings.lexicon, store)
        hasher = Hasher(load_salt(folder.root / "salt"))
        self.optout = load_optout(folder.optout)
        self.barred: set[str] = set()  # claimed by a streamer whose they are not
        gate = Gate(scorers.knows, hasher.of)
        self.intake = Intake(scorers, hasher, gate, self.optout)
        self.intake.vocabulary = Vocabulary(scorers.is_known, self.catalogues.provider)
        self.retention_s = settings.retention_h * 3600
        self.buffer = Buffer(folder.buffer, self.retention_s)
        self.buffer.expire(time.time())  # what became too old while nobody ran
        sweep(folder)  # text of imports that were killed
        expire_logs(folder.inbox)
        self._expired = time.time()
        self.late = Late(self.buffer, store, self.intake, source)
        self.taken_back = TakenBack(self)
        self.known_since = 0.0  # whoever chatted before it may not be known by name
        self.publisher = Publisher(folder, store, source)
        past_of = partial(past_streams, store)
        self.forecasts = Forecasts(folder, enabled=settings.forecast, past_of=past_of)
        self.models_seen: tuple[object, ...] = ()
        self.moods: dict[str, MoodState] = {}
        told = alerts or AlertSettings()
        self.alerts, self.webhook = Alerts(told, source), Webhook(told, source)
        self.closed: list[Closed] = []
        self.events: list[Happening] = []
        self._pending = Pending()
        # (table, paths of the parts, merged file): compaction's results, put in at a turn
        self.merged: list[tuple[str, set[str], PublishedFile]] = []
        self.infos: dict[str, ChannelInfo] = {}
        self.jobs: dict[str, Job] = {}  # by request: what is done beside the turns
        self.importing: Importing | None = None  # the one log that is read beside them
        self.began_at = time.time()
        self.clock = self._last_clock()  # the source's, never backwards
        self._flushed = self._committed = self._slow = time.monotonic()
        recover(self)

    def _last_clock(self) -> float:
        """Where this source's clock stood when it last committed; 0 for one that starts over."""
        if self.source == "replay" or self.store.meta("source") != self.source:
            return 0.0
        return min(float(self.store.meta("clock") or 0), time.time())

    def know(self, infos: Iterable[ChannelInfo]) -> None:
        """What the source says of its channels; they are in the tables from now on."""
        infos = list(infos)
        learn(site_of(self), infos)
        self._meet(infos)
        tables.refresh_moods(self, [])
        tables.write_models(self)
        tables.write_lexicon(self)
        tables.read_recaps(self)
        tables.read_records(self)
        self.publish()

    def _meet(self, infos: Iterable[ChannelInfo]) -> None:
        out = self.optout.channels | self.barred
        for info in (i for i in infos if i.channel not in out):
            self.infos[info.channel] = info
            self.mood(info.channel).channel_id = self.channel_id(info.channel)
        tables.write_channels(self)

    def feed(self, batch: Batch) -> None:
        """Take one batch in. Raises StorageFull; call again with an empty one to retry."""
        if batch.at < self.clock - _WRONG_S:
            self._turn_back(batch.at)
        if not self.closed:  # else the warehouse may not have the windows yet
            self.closed.extend(self.late.step())
        new = [info for info in batch.infos if self.infos.get(info.channel) != info]
        if new:
            learn(site_of(self), new)
        out = self.optout.channels | self.barred
        items = [whole(item) for item in batch.items if item.channel not in out]
        for item in items:
            self._take(item, batch.at)
        self.taken_back.step()
        self.late.take()
        if new:
            self._meet(new)
        self.events.extend(happenings(items))
        self.clock = max(self.clock, batch.at)
        now = time.monotonic()
        if now - self._flushed >= _FLUSH_S:
            self.buffer.flush()
            self._flushed = now
        closed = self.intake.close(self.clock)
        self.closed.extend(closed)
        for window in closed:
            if not window.again:
                self.intake.vocabulary.window(window)
                self.alerts.saw(window.window, time.time())
        if self._is_due(now):
            self.commit()
        if now - self._slow >= _SLOW_S:
            self.housekeeping()
        if abs(time.time() - self._expired) >= _EXPIRE_S:
            self.expire()

    def expire(self) -> None:
        """Text that has reached its retention goes, out of the buffer and out of published/."""
        self._expired = now = time.time()
        self.buffer.expire(now)
        samples = self.publisher.manifest.tables["samples"]
        if any(file.rows and file.min < self._oldest(now) for file in samples):
            self.publish()

    def _oldest(self, now: float) -> str:
        """ISO time; published lines of windows before it are to go."""
        return iso(utc(now - self.retention_s))

    def retry(self) -> None:
        """Do again what a full disk prevented; what was taken in is still in memory."""
        self.buffer.expire(time.time())  # text goes in time all the same
        self.commit()

    def is_at_work(self) -> bool:
        """Whether something is done beside the turns."""
        job = self.importing
        return any(j.is_alive() for j in self.jobs.values()) or bool(job and job.is_alive())

    def finish(self) -> None:
        """The source has ended or the daemon stops: keep all there is."""
        if self.importing:
            self.importing.stop()
        self.commit()
        until = time.monotonic() + _DRAIN_S
        while self.late.is_busy() and time.monotonic() < until:
            self.closed.extend(self.late.step())
        if self.closed:
            self.commit()
        self.housekeeping()
        tables.write_learnt(self)
        self.buffer.close()

    def commit(self) -> None:
        """Windows, terms, events, forecasts and scores in one transaction, then publish."""
        closed, events = latest(self.closed), self.events
        self._pending.add(closed, self.forecasts, self._is_past)
        told = [s for t in self.intake.tracks.values() for s in t.told.values()]
        rows_of: dict[str, list[Any]] = {
            "windows": window_rows(closed, self.source),
            "window_terms": term_rows(closed, self.intake.gate),
            "events": event_rows(events),
            "alerts": [alert.row() for alert in self.alerts.found],
            "streams": [stream_row(stream, self.source) for stream in told],
            "forecasts": list(self._pending.forecasts.values()),
            "forecast_scores": list(self._pending.scores.values()),
        }
        self.buffer.flush()
        silent = [c.window for c in closed if c.again and not c.lines]  # whose terms have to go
        self.store.write(
            {name: self.store.rows(name, rows) for name, rows in rows_of.items() if rows},
            {"clock": str(self.clock), "source": self.source},
            before=cleared(silent),
        )
        self.store.replaced.setdefault("window_terms", []).extend(map(place_of, silent))
        retold = self.taken_back.retold(closed)
        self.closed, self.events = [], []
        self.webhook.put(self.alerts.take())
        for track in self.intake.tracks.values():
            track.told.clear()
        self._pending.done()
        self._committed = time.monotonic()
        tables.refresh_moods(self, closed)
        self.publish(self._samples(closed), retold)
        # after publishing: a request to forget finds all there is
        if apply_all(self.folder.inbox, self.store, site_of(self).actions()):
            self.publish()
        tables.log_windows(closed, self.clock)

    def publish(
        self, samples: pa.Table | None = None, retold: list[tuple[str, datetime]] | None = None
    ) -> None:
        """A publishing cycle, and what the EBS serves. retold: windows whose lines of before
        go, by channel and start."""
        while self.merged:
            self.publisher.swap_merged(*self.merged.pop(0))
        self.publisher.publish(samples, self._oldest(time.time()), retold)
        clock = self.clock if self.source == "replay" else None
        for state in self.moods.values():
            if state.channel in self.optout.channels:
                continue
            made = body(state, self.source, time.time(), clock)
            self.publisher.put_latest(state.channel_id, made)

    def housekeeping(self) -> None:
        """What needs doing once a minute."""
        self._slow = time.monotonic()
        self.expire()
        expire_scratch(self.folder.scratch, self.retention_s)
        expire_logs(self.folder.inbox)
        self.publisher.collect_garbage()
        tables.write_channels(self)
        write_health(self)
        tables.write_vocabulary(self)
        tables.refresh_models(self)
        if self.forecasts.taught.is_due():
            tables.write_learnt(self)
        tables.read_recaps(self)
        tables.read_records(self)
        self.publish()

    def forget_channel(self, channel: str) -> list[str]:
        """Nothing of the channel is in memory, nor in what is yet to be committed; returns
        new emotes that only it used."""
        only = self.intake.forget_channel(channel)
        self.intake.scorers.forget_channel(channel)
        self.late.forget_channel(channel)
        self.forecasts.forget_channel(channel)
        self.alerts.forget_channel(channel)
        self.webhook.forget_channel(channel)
        self.catalogues.forget_channel(channel)
        self.moods.pop(channel, None)
        self.infos.pop(channel, None)
        self.closed = [c for c in self.closed if c.window.channel != channel]
        self.events = [e for e in self.events if e.channel != channel]
        return only

    def rooms(self) -> dict[str, str]:
        """Twitch's id of each channel that told it; asked from beside the turns."""
        known = list(self.infos.values())
        return {info.channel: info.channel_id for info in known if info.channel_id}

    def mood(self, channel: str) -> MoodState:
        """The state behind the channel's published body."""
        if channel not in self.moods:
            self.moods[channel] = MoodState(channel, self.channel_id(channel))
        return self.moods[channel]

    def channel_id(self, channel: str) -> str:
        """Twitch's id of the channel, or a made-up one of eleven digits, longer than any of
        Twitch's, where it is not known."""
        info = self.infos.get(channel)
        return (info and info.channel_id) or made_up_id(channel)

    # -- the parts of a turn ---------------------------------------------------------------

    def _turn_back(self, now: float) -> None:
        """The source's clock had been ahead: what was made for times to come never was."""
        start = utc(window_start(now))
        undo_ahead(self, now)
        self.clock = now
        self.intake.turn_back(now)
        reopen(self, now)
        self.late.restart()
        self.closed = [c for c in self.closed if c.window.start < start or c.lines]
        self._pending.turn_back(utc(now))

    def _take(self, item: Item, now: float) -> None:
        if item.at > now + _WRONG_S:  # no window could be closed before it
            self.intake.counts.dropped += 1
            return
        if isinstance(item, Retract):
            self.taken_back.add(item)
        if isinstance(item, Message) and (known := self.catalogues.known(item.channel)):
            item = marked(item, known, self.intake.scorers.at(item.channel, item.at))
        compound = self.intake.take(item)
        if compound is not None and self.buffer.takes(item):
            kept = self.intake.anonymous(item) if isinstance(item, Message) else item
            self.buffer.append(kept, compound)

    def _is_due(self, now: float) -> bool:
        if not self.closed and not self.events:
            return now - self._committed >= _COMMIT_S and self._has_requests()
        if time.time() - self.clock < _LIVE_S:
            return True
        return now - self._committed >= _COMMIT_S or len(self.closed) >= _COMMIT_WINDOWS

    def _has_requests(self) -> bool:
        return any(self.folder.inbox.glob("*.json"))

    def _is_past(self, closed: Closed) -> bool:
        """Whether it is a window made again of a stream that is no longer forecast."""
        stream = self.intake.track(closed.window.channel).stream
        return closed.again and (stream is None or stream.stream_id != closed.window.stream_id)

    def _samples(self, closed: list[Closed]) -> pa.Table:
        since = utc(time.time()) - timedelta(seconds=self.retention_s)
        kept = closed if self.retention_s else []  # even of a clock that is ahead of ours
        # lines of long ago may have names that nobody remembers: those published stay
        kept = [c for c in kept if not c.again or c.window.start.timestamp() >= self.known_since]
        rows = sample_rows(kept, self.intake.gate, since)
        return pa.Table.from_pylist(rows, schema=samples_schema())
