"""The engine: batches in, turns committed and published, the house kept in order; when, not how.

Plain code without tasks or sleeping; the daemon calls `feed` with every batch.
"""

import math
import time
from collections.abc import Iterable

from pipeline.chat.message import Batch, ChannelInfo
from pipeline.config import AlertSettings, PipelineSettings
from pipeline.engine import tables
from pipeline.engine.catching_up import CatchingUp
from pipeline.engine.commit import commit, publish
from pipeline.engine.health import write_health, write_reading
from pipeline.engine.receive import meet, receive
from pipeline.engine.recover import recover
from pipeline.engine.state import State
from pipeline.requests.actions import has_waiting
from pipeline.vocabulary.stored import write_lexicon
from pipeline.windows.buffer import expire_scratch
from warehouse.config import DataFolder
from warehouse.consent import OptOut
from warehouse.identities import Identities
from warehouse.inbox.tidying import tidy
from warehouse.records import utc
from warehouse.store.store import Store

_FLUSH_S = 0.5  # the buffer is on disk within this, twice as often as promised
_COMMIT_S = 2.0  # while catching up; live, every closed window is committed at once
_LIVE_S = 60.0  # a source this close to the wall clock is live
_COMMIT_WINDOWS = 3000
_SLOW_S = 60.0  # housekeeping: scores, channels, garbage
_DRAIN_S = 2.0  # at the end, for windows to be made again; a restart finds the rest
_TELL_S = 1.0  # troubles of reading go out no more often
_EXPIRE_S = 2.0  # text is kept no longer than this beyond its retention


class Engine:
    """Everything between a source's batches and the data folder. One a folder.

    Raises WarehouseLocked, WarehouseBroken, StorageFull.
    """

    def __init__(
        self,
        folder: DataFolder,
        settings: PipelineSettings,
        source: str,
        store: Store,
        alerts: AlertSettings | None = None,
        identities: Identities | None = None,
        anew: bool = False,
        optout: OptOut | None = None,
    ) -> None:
        self.state = State(folder, settings, source, store, alerts, identities, anew, optout)
        self._expired = self.state.now()
        self._flushed = self._committed = self._slow = time.monotonic()
        self._told = -math.inf
        self._opened = utc(self.state.now()).date()
        self._catching_up = CatchingUp(self.state)
        recover(self.state)

    def know(self, infos: Iterable[ChannelInfo]) -> None:
        """What the source says of its channels; they are in the tables from now on."""
        state = self.state
        meet(state, list(infos))
        state.moods.refresh([], state.intake, state.forecasts)
        tables.write_models(state)
        write_lexicon(state.store, state.intake.scorers)
        state.moods.read_recaps(state.store, state.source, state.out())
        tables.read_records(state)
        publish(state)

    def feed(self, batch: Batch) -> None:
        """Take one batch in. Raises StorageFull; call again with an empty one to retry."""
        state = self.state
        state.turn.add(receive(state, batch))
        state.turn.outcomes += state.sender.take()
        if self._catching_up.look(batch):
            self._slow = -math.inf  # health is of now, as soon as it can be
        now = time.monotonic()
        if now - self._flushed >= _FLUSH_S:
            state.buffer.flush()
            self._flushed = now
        if self._is_due(now):
            self.commit()
        state.recaps.remember(state.store)
        if now - self._slow >= _SLOW_S:
            self.housekeeping()
            state.recaps.look(state.store, state.out())
        if state.retell and now - self._told >= _TELL_S:
            self._told = now
            write_reading(state)
            publish(state)
        if abs(state.now() - self._expired) >= _EXPIRE_S:
            self.expire()
        state.settle()

    def stored(self) -> float:
        """The source's clock up to which all windows, and what was told, are in the warehouse."""
        return self.state.settled[0]

    def commit(self) -> None:
        """What was taken in is in the warehouse, and published."""
        commit(self.state)
        self._committed = time.monotonic()

    def retry(self) -> None:
        """Do again what a full disk prevented; what was taken in is still in memory."""
        self.state.buffer.expire(self.state.now())  # text goes in time all the same
        self.commit()

    def expire(self) -> None:
        """Text that has reached its retention goes, out of the buffer and out of published/."""
        state = self.state
        self._expired = now = state.now()
        state.buffer.expire(now)
        samples, oldest = state.publisher.manifest.tables["samples"], state.workspace.oldest_text()
        if any(file.rows and file.min < oldest for file in samples):
            publish(state)

    def housekeeping(self) -> None:
        """What needs doing once a minute."""
        state = self.state
        self._slow = time.monotonic()
        self.expire()
        expire_scratch(state.folder.scratch, state.buffer.retention_s)
        tidy(state.folder.inbox)
        state.publisher.collect_garbage()
        tables.write_channels(state)
        write_health(state)
        tables.write_vocabulary(state)
        tables.refresh_models(state)
        tables.write_clips(state)
        if state.forecasts.taught.is_due():
            tables.write_learnt(state)
        state.moods.read_recaps(state.store, state.source, state.out())
        tables.read_records(state)
        publish(state)
        state.store.rest()
        self._reopen()

    def _reopen(self) -> None:
        """The warehouse, once a day, at a moment when nobody reads beside."""
        today = utc(self.state.now()).date()
        if today != self._opened and not (self.state.is_at_work() or self.state.awaited):
            self.state.store.reopen()
            self._opened = today

    def finish(self) -> None:
        """The source has ended or the daemon stops: keep all there is."""
        state = self.state
        if state.importing:
            state.importing.stop()
        state.turn.outcomes += state.sender.take()
        self.commit()
        until = time.monotonic() + _DRAIN_S
        while state.late.is_busy() and time.monotonic() < until:
            state.turn.closed += state.late.step()
        if state.turn.closed:
            self.commit()
        state.troubles.clear()  # nobody reads any more
        state.recaps.remember(state.store)
        tables.write_learnt(state)
        self.housekeeping()
        state.settle()
        state.buffer.close()

    def _is_due(self, now: float) -> bool:
        turn = self.state.turn
        if not turn.closed and not turn.events:
            if turn.is_any() and now - self._committed >= _SLOW_S:
                return True
            return now - self._committed >= _COMMIT_S and has_waiting(self.state.workspace)
        if self.state.now() - self.state.clock < _LIVE_S:
            return True
        return now - self._committed >= _COMMIT_S or len(turn.closed) >= _COMMIT_WINDOWS
