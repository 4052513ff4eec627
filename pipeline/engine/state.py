"""The daemon's memory: what turns change, and what a restart brings back."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import Any

from pipeline.alerts import Alert, Alerts, Webhook
from pipeline.chat.message import ChannelInfo
from pipeline.config import AlertSettings, PipelineSettings, RecapSettings, salt_path
from pipeline.emotes import catalogues_for
from pipeline.engine.turn import Turn
from pipeline.forecasting.forecasts import Forecasts
from pipeline.forecasting.pending import Pending
from pipeline.forecasting.stored import past_streams
from pipeline.imports.scratch import sweep
from pipeline.markers import MarkerSender, ViewersClips
from pipeline.privacy.hashing import Hasher, salt_of
from pipeline.recap.recaps import Recaps
from pipeline.requests.backup import BackupJob
from pipeline.requests.clips import PastClip
from pipeline.requests.import_child import ImportChild
from pipeline.requests.moves import settle_moves
from pipeline.requests.workspace import Workspace
from pipeline.scoring.by_channel import Scorers
from pipeline.scoring.scored_message import ScoredMessage
from pipeline.serving.live_moments import LiveMoments
from pipeline.serving.moods import Moods
from pipeline.vocabulary.found import Found
from pipeline.vocabulary.proposals import Vocabulary
from pipeline.vocabulary.stored import load_scorers
from pipeline.windows.buffer import Buffer
from pipeline.windows.intake import Intake
from pipeline.windows.item_log import ItemLog
from pipeline.windows.late import Late
from pipeline.windows.retractions import Retractions
from pipeline.windows.term_gate import Gate
from warehouse.config import DataFolder
from warehouse.consent import OptOut, settled_optout
from warehouse.identities import Identities, made_up_id
from warehouse.inbox.tidying import tidy
from warehouse.published.manifest import PublishedFile
from warehouse.published.publisher import Publisher
from warehouse.published.reading import Trouble
from warehouse.records import Window
from warehouse.store.store import Store


class State:
    """All that a daemon on one data folder has in memory; `Running` to requests.

    turn: what was taken in and is yet to be committed. pending: what was forecast from it.
    clock: the source's, epoch seconds, never backwards but by a correction. offset: what makes
    monotonic time the source's, None while that is not known, or the machine's clock is as good.
    identities: who is who; everything else here goes by their keys. infos: channels as the source
    told of them. joined: logins that the source has now. barred: channels claimed by a streamer
    whose they are not. troubles: why something is not read; retell: they are to be told at once.
    tell_terms: takes alerts of new terms where several shards may find one; None: the webhook.
    gauges: more for `health`, (value, parts) by name.
    jobs: backups under way, by request. importing: the one log that is read beside.
    anew: the source tells everything again, from its start.
    merged: results of compaction, (table, paths of the parts, merged file), put in at a turn.
    stored_clock: of the last commit before this run. awaited: files whose rows are still in the
    bucket alone, after a takeover.
    settled: the clock up to which all that was told is committed, and the revision it is in.
    keep: called at the end of each publishing cycle, where there is a bucket; bucket_health: how
    that does, for the health page.
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
        self.anew = anew
        self.folder, self.settings, self.source, self.store = folder, settings, source, store
        self.offset: float | None = None
        self.is_off = False  # the machine's clock is wrong, and that was told
        self.catalogues = catalogues_for(folder.root, source == "live" and settings.emotes)
        self.identities = identities or Identities(store.query("identities").to_pylist())
        scorers = load_scorers(settings.lexicon, store)
        hasher = Hasher(salt_of(salt_path(folder.root), store))
        self.optout = optout or settled_optout(folder.optout, store)
        gate = Gate(scorers.knows, hasher.of, self.optout.chatters)
        self.intake = Intake(scorers, hasher, gate)
        self.vocabulary = Vocabulary(scorers.is_known, self.catalogues.provider)
        self.buffer: ItemLog = Buffer(folder.buffer, settings.retention_h * 3600, self.now)
        self.clock = self.stored_clock = self._last_clock()
        self.buffer.expire(self.now())  # what became too old while nobody ran
        sweep(folder)  # text of imports that were killed
        tidy(folder.inbox)
        since = float(store.meta("buffer_from") or 0)
        self.late = Late(self.buffer, store, self.intake, source, since)
        self.retractions = Retractions(self.buffer, self.late, self.intake)
        self.publisher = Publisher(folder, store, source)
        settle_moves(store, self.buffer, self.optout, folder, self.publisher)
        past_of = partial(past_streams, store)
        self.forecasts = Forecasts(folder, enabled=settings.forecast, past_of=past_of)
        self.models_seen: tuple[object, ...] = ()
        moments = LiveMoments(store, gate, self.channel_id)
        self.moods = Moods(self.channel_id, moments, self.identities.name_of)
        rules = alerts or AlertSettings()
        self.alerts = Alerts(rules, source)
        self.webhook = Webhook(rules, source, clock=self.now, name_of=self.identities.name_of)
        self.sender = MarkerSender(folder.root, source, self.now, self.identities.name_of)
        self.viewers_clips = ViewersClips(folder.root, source, self.now, self.identities.name_of)
        self.recaps = Recaps(
            folder, RecapSettings(), source, rules.simulated, self.now, self.identities.name_of
        )
        self.turn, self.pending = Turn(), Pending()
        self.merged: list[tuple[str, set[str], PublishedFile]] = []
        self.infos: dict[str, ChannelInfo] = {}
        self.joined: set[str] = set()
        self.barred: set[str] = set()
        self.troubles: dict[str, Trouble] = {}
        self.retell = False
        self.tell_terms: Callable[[Iterable[Alert]], None] | None = None
        self.gauges: list[Callable[[], Mapping[str, tuple[float, Mapping[str, Any]]]]] = [
            self.sender.gauge,
            self.recaps.gauge,
        ]
        self.jobs: dict[str, BackupJob] = {}
        self.importing: ImportChild | None = None
        self.began_at = time.time()
        self.awaited: Collection[str] = store.awaited()
        self.settled = self.clock, -1
        self.keep: Callable[[State], None] | None = None
        self.bucket_health: Callable[[], dict[str, float]] | None = None
        self.workspace = Workspace(
            folder, settings, store, self.publisher, self.buffer, hasher, self.optout,
            self.identities, self,
        )  # fmt: skip

    def _last_clock(self) -> float:
        """The clock of this source at its last commit; 0 for one that starts over."""
        if self.anew or self.store.meta("source") != self.source:
            return 0.0
        return float(self.store.meta("clock") or 0)

    def now(self) -> float:
        """The source's time now, epoch seconds; by the machine's clock while that is not known."""
        return time.time() if self.offset is None else time.monotonic() + self.offset

    def clock_offset(self) -> float:
        """Seconds that the machine's clock is behind the source's; below 0 it is ahead."""
        return 0.0 if self.offset is None else self.now() - time.time()

    # -- channels ----------------------------------------------------------------------------

    def out(self) -> set[str]:
        """Channels that are not to be read."""
        return self.optout.channels | self.barred

    def rooms(self) -> dict[str, str]:
        """Twitch's id of each channel that told it; asked from beside the turns."""
        infos = list(self.infos.values())
        return {info.channel: info.channel_id for info in infos if info.channel_id}

    def channel_id(self, channel: str) -> str:
        """Twitch's id of the channel, or a made-up one of eleven digits, longer than any of
        Twitch's, where it is not known."""
        info = self.infos.get(channel)
        told = info and info.channel_id  # of a simulated one it is in no list of Twitch's
        return self.identities.id_of(channel) or told or made_up_id(channel)

    # -- requests reach in here (requests/workspace.py: Running) -----------------------------

    @property
    def scorers(self) -> Scorers:
        """The scorers in use."""
        return self.intake.scorers

    @property
    def chatters(self) -> Collection[int]:
        """Hashes of those who were seen lately, on whichever shard."""
        return self.intake.gate.chatters

    @property
    def served(self) -> str:
        """The name of the model that forecasts, '' for none."""
        return self.forecasts.served

    def past_clip(self, asked: PastClip, is_first: bool) -> tuple[str, str] | None:
        """What came of a clip that somebody asked for; None while Twitch makes it."""
        return self.sender.past_clip(asked, is_first)

    def is_at_work(self) -> bool:
        """True while something is done beside the turns."""
        child = self.importing
        return any(j.is_alive() for j in self.jobs.values()) or bool(child and child.is_alive())

    def settle(self) -> None:
        """All that was told is committed and published, unless something waits."""
        late, back = self.late, self.retractions
        if not (self.turn.is_any() or late.is_busy() or back.waiting):
            self.settled = self.clock, self.publisher.manifest.revision

    def forget_channel(self, channel: str) -> list[str]:
        """Nothing of the channel is in memory, nor in what is yet to be committed; returns
        new emotes that only it used."""
        only = self.vocabulary.forget_channel(channel)
        self.intake.forget_channel(channel)
        self.intake.scorers.forget_channel(channel)
        self.late.forget_channel(channel)
        self.forecasts.forget_channel(channel)
        self.alerts.forget_channel(channel)
        self.webhook.forget_channel(channel)
        self.sender.forget_channel(channel)
        self.viewers_clips.forget_channel(channel)
        self.recaps.forget_channel(channel)
        self.catalogues.forget_channel(channel)
        self.moods.forget_channel(channel)
        self.infos.pop(channel, None)
        for name in [n for n in self.troubles if n and self.identities.resolve(n) == channel]:
            del self.troubles[name]
        self.retell = True  # its rows of before are gone
        self.turn.forget_channel(channel)
        return only

    def forget_terms(self, terms: list[str]) -> None:
        """Terms that were somebody's name are neither proposed nor told."""
        self.moods.moments.forget_terms(terms)
        self.vocabulary.drop(terms)
        self.sender.forget_terms(terms)
        self.webhook.forget_terms()

    def forget_chatter(
        self,
        who: int,
        change: Callable[[ScoredMessage], ScoredMessage | None],
        remade: Iterable[Window],
    ) -> None:
        """Messages in memory go through `change`; `remade` are the windows without them."""
        self.vocabulary.forget(who)
        self.intake.forget(who, change)
        for window in remade:
            self.forecasts.changed(window)
            self.moods.replace(window)
            track = self.intake.tracks.get(window.channel)
            held = track and track.done.get(int(window.start.timestamp()))
            if held:
                held.cell.filtered = window.n_filtered

    def decided(self, row: Mapping[str, Any]) -> None:
        """A person decided on a term: its row of the vocabulary as it is now."""
        self.vocabulary.decided(row)

    def found(self, found: Found) -> None:
        """Names that an import found count with those of live chat."""
        self.vocabulary.add([name.sighting() for name in found.names], found.said, found.mood)
