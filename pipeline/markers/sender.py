"""Sender of markers and clips to Twitch: a bounded queue, and a task beside the turns.

Chat is never kept waiting. Nothing is tried twice but what Twitch asked to wait with: of what went
unanswered nobody knows whether it was done. A trouble is told once, until it is over or another.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from importlib import import_module
from pathlib import Path
from threading import RLock
from typing import Any

from pipeline.markers.jobs import CLIP, FAILED, KINDS, MARKER, Job, NotDone, Row, live_job, past_job
from pipeline.requests.clips import PastClip
from pipeline.serving.live_moments import LiveMoment
from warehouse.config import ConsentSettings
from warehouse.identities import real_id

log = logging.getLogger(__name__)

MOST = 50  # jobs that wait
EVERY_S = 120.0  # a marker and a clip at most, a channel
STALE_S = 60.0  # since it was found: a marker would lie too far behind it
PATIENT_S = 600.0  # is who asked for a clip
REST_S = 600.0  # after a refusal, before the channel is tried again
LOOK_S, READY_S = 5.0, 60.0  # between looks for a clip that Twitch makes, and until it is given up
_IDLE_S, _STUMBLED_S = 0.5, 60.0


class MarkerSender:
    """source: of the daemon's chat; live moments of another than `live` are never sent. clock: of
    Twitch, epoch seconds. name_of: what people call the channel with a key."""

    def __init__(
        self,
        root: Path,
        source: str,
        clock: Callable[[], float] = time.time,
        name_of: Callable[[str], str] = str,
        consent: ConsentSettings | None = None,
    ) -> None:
        self.consent, self._root = consent or ConsentSettings(), root
        self.is_live, self.clock, self.name_of = source == "live", clock, name_of
        self.is_on = bool(self.consent.markers or self.consent.clips)
        self.monotonic: Callable[[], float] = time.monotonic
        self.counts = {"markers": 0, "clips": 0, "failed": 0, "left_out": 0}
        self.troubles: dict[tuple[str, str], str] = {}  # (channel, what) to why, as told
        self._lock = RLock()  # turns put jobs in and take outcomes out, in another thread
        self._jobs: list[Job] = []
        self._busy: Job | None = None
        self._set_at: dict[tuple[str, str], float] = {}  # (channel, what) to when, by the clock
        self._rests: dict[tuple[str, str], float] = {}  # to when it may be tried again
        self._outcomes: list[Row] = []
        self._past: dict[str, tuple[str, str] | None] = {}  # request to (kind of event, detail)

    # -- what turns ask --------------------------------------------------------------------

    def put(self, moments: Iterable[LiveMoment]) -> None:
        """Moments that were found live, and are stored: the strongest of a channel first."""
        if not (self.is_on and self.is_live):
            return
        with self._lock:
            for moment in sorted(moments, key=lambda m: -m.score):
                login, channel_id = self.name_of(moment.channel), real_id(moment.channel_id)
                if self.consent.may_mark(login, channel_id):
                    self._add(live_job(MARKER, moment, channel_id))
                if self.consent.may_clip(login, channel_id):
                    self._add(live_job(CLIP, moment, channel_id))

    def resume(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """What was set just before a restart: rows of `set_on_twitch`."""
        whats = {KINDS[what]: what for what in (MARKER, CLIP)}
        self._set_at |= {(r["channel"], whats[r["kind"]]): self.clock() for r in rows}

    def past_clip(self, asked: PastClip, is_first: bool) -> tuple[str, str] | None:
        """Kind and detail of the event that came of a request; None while it is under way.

        is_first: false where the request was begun before: then nothing is asked again.
        """
        with self._lock:
            if asked.request_id in self._past:
                told = self._past[asked.request_id]
                if told is not None:
                    del self._past[asked.request_id]
                return told
            if not is_first:
                return FAILED, (
                    "the pipeline ended while Twitch was asked; look under your clips on Twitch "
                    "whether it is there, before you ask again"
                )
            self._past[asked.request_id] = None
            self._jobs.append(past_job(asked, self.clock()))
        return None

    def take(self) -> list[Row]:
        """Events of what came of moments since the last call."""
        with self._lock:
            outcomes, self._outcomes = self._outcomes, []
        return outcomes

    def forget_channel(self, channel: str) -> None:
        """Nothing that waits of the channel is sent, nor told."""
        with self._lock:
            self._jobs = [job for job in self._jobs if job.channel != channel]
            self._outcomes = [row for row in self._outcomes if row["channel"] != channel]
            if self._busy and self._busy.channel == channel:
                self._busy = None
            for kept in (self.troubles, self._set_at, self._rests):
                for key in [key for key in kept if key[0] == channel]:
                    kept.pop(key, None)

    def forget_terms(self, terms: Iterable[str]) -> None:
        """Terms that were somebody's name are in no words that wait."""
        gone = set(terms)
        with self._lock:
            for job in [*self._jobs, *([self._busy] if self._busy else [])]:
                if not gone.isdisjoint(job.words.split()):
                    job.words = ""

    def gauge(self) -> dict[str, tuple[float, Mapping[str, Any]]]:
        """For `health`: what was set, and what is wrong by channel."""
        if not (self.is_on or self._past):
            return {}
        done = self.counts["markers"] + self.counts["clips"]
        with self._lock:
            troubles = list(self.troubles.items())
        wrong = {f"{self.name_of(channel)} {what}": why for (channel, what), why in troubles}
        return {"twitch": (done, {**self.counts, "waiting": len(self._jobs), "troubles": wrong})}

    def _add(self, job: Job) -> None:
        key, now = (job.channel, job.what), self.clock()
        is_early = now < max(self._set_at.get(key, 0.0) + EVERY_S, self._rests.get(key, 0.0))
        if is_early or len(self._jobs) >= MOST or now > job.found_at + STALE_S:
            self.counts["left_out"] += 1
            return
        self._set_at[key] = now
        self._jobs.append(job)

    # -- the task --------------------------------------------------------------------------

    async def keep(self) -> None:
        """Send what waits, until cancelled. Whatever happens here, chat goes on being read."""
        while self.is_on:
            try:
                wait_s = await self.step()
            except Exception as exc:
                # without its text, which may quote an answer
                log.error("twitch: a mistake of ours (%s); going on", type(exc).__name__)
                if self._busy:
                    self._failed(self._busy, "a mistake of ours; the pipeline's log has a line")
                wait_s = _STUMBLED_S
            await asyncio.sleep(wait_s)

    async def step(self) -> float:
        """Do the first job that is due; returns seconds to wait before the next step."""
        job = self._next()
        if job is None:
            return _IDLE_S
        was_made, refused = job.clip_id, None
        try:
            address = await self._asking.do(job, self.name_of(job.channel))
        except NotDone as exc:
            refused = exc
        if job.clip_id != was_made:
            job.until = self.monotonic() + READY_S
        if self._busy is not job:  # its channel was forgotten meanwhile
            return 0.0
        if refused:
            self._stopped(job, refused)
        else:
            self._went_on(job, address)
        return 0.0

    @cached_property
    def _asking(self) -> Any:
        """Loaded by whoever asks: markers/asking.py: Asking."""
        return import_module("pipeline.markers.asking").Asking(self._root, self.clock)

    def _next(self) -> Job | None:
        with self._lock:
            now = self.monotonic()
            due = (job for job in self._jobs if job.due <= now)
            self._busy = min(due, key=lambda job: job.due, default=None)
            if self._busy:
                self._jobs.remove(self._busy)
            return self._busy

    def _went_on(self, job: Job, address: str) -> None:
        key = job.channel, job.what
        if address:
            self.counts["markers" if job.what == MARKER else "clips"] += 1
            with self._lock:
                was_wrong = self.troubles.pop(key, None)
            if was_wrong:
                log.info("twitch: %s channel=%s works again", job.what, self.name_of(job.channel))
            self._tell(job, KINDS[job.what], address)
        elif self.monotonic() < job.until:
            self._again(job, LOOK_S)
        else:
            self._failed(job, "Twitch began to make the clip, and it never became ready")

    def _stopped(self, job: Job, exc: NotDone) -> None:
        """A request was refused, or not answered."""
        wait_s = exc.wait_s
        if job.clip_id and self.monotonic() < job.until:  # it is being made: only the look failed
            self._again(job, max(LOOK_S, wait_s))
        elif wait_s and self.clock() + wait_s < job.found_at + (PATIENT_S if job.past else STALE_S):
            self._again(job, wait_s)
        else:
            self._failed(job, str(exc))

    def _again(self, job: Job, wait_s: float) -> None:
        with self._lock:
            job.due = self.monotonic() + wait_s
            self._jobs.append(job)

    def _failed(self, job: Job, why: str) -> None:
        """Tell it, unless it is what was told before."""
        key = job.channel, job.what
        self.counts["failed"] += 1
        with self._lock:
            self._rests[key] = self.clock() + REST_S
            is_news, self.troubles[key] = self.troubles.get(key) != why, why
        if is_news:
            log.warning("twitch: no %s channel=%s: %s", job.what, self.name_of(job.channel), why)
        if is_news or job.past:
            self._tell(job, FAILED, why)

    def _tell(self, job: Job, kind: str, detail: str) -> None:
        with self._lock:
            if job.past:
                self._past[job.past.request_id] = kind, detail
            else:
                self._outcomes.append(job.event(kind, detail))
