"""Recovery after a restart: what the warehouse and the buffer know goes back into memory."""

from collections import Counter
from datetime import date, timedelta
from itertools import chain
from typing import Any

import orjson

from pipeline.chat.message import ChannelInfo, Heard, Message, StreamStart
from pipeline.chat.text import is_filtered
from pipeline.engine.state import State
from pipeline.markers.sender import EVERY_S
from pipeline.scoring.language import Readable
from pipeline.scoring.sign_scorer import reading_of
from pipeline.windows.intake import Missed
from pipeline.windows.rows import seconds, stream_row, window_of
from pipeline.windows.track import Stream, Track
from warehouse.identities import made_up_id
from warehouse.records import HORIZON, WINDOW_SECONDS, naive, utc, window_start

_EPOCH = date(1970, 1, 1)
_BACK_S = 3600.0  # of the buffer is read again
_ROWS = 1000  # of windows at a time


def recover(state: State) -> None:
    """Streams with their last windows, then every buffered item not yet in a window.

    Windows that were closed but not committed are made again from the buffer; time in which
    nobody listened shows in observed_s, since spans end with what the buffer last heard.
    """
    _know_again(state)
    state.vocabulary.load(state.store.query("vocabulary_all").to_pylist())
    state.vocabulary.drift.load(orjson.loads(state.store.meta("company") or "{}"))
    for row in state.store.query("last_streams", source=state.source).to_pylist():
        _resume(state, row)
    if state.anew:  # its streams begin again
        _end_streams(state)
        return
    for row in state.store.query("readable", source=state.source).to_pylist():
        state.intake.readable[row["channel"]] = Readable.known(row["readable"])
    state.moods.moments.load(state.store.query("last_moments")["value"].to_pylist())
    since = load_recent(state, state.clock)
    learnt = state.store.query("learnt_of", source=state.source).to_pylist()
    state.forecasts.taught.load(learnt)
    resume_forecasts(state, state.clock)
    for row in state.store.query("terms_since", since=since).to_pylist():
        state.intake.gate.admit(row["channel"], (row["day"] - _EPOCH).days, row["terms"])
    _replay_buffer(state)


def _know_again(state: State) -> None:
    """Channels by the ids that the source told; those it never told stay made up."""
    for row in state.store.query("channels_known", source=state.source).to_pylist():
        name = row["channel"]
        if row["channel_id"] != made_up_id(name) and name not in state.optout.channels:
            shown = row["display_name"] or "", row["language"] or ""
            state.infos[name] = ChannelInfo(name, row["channel_id"] or "", *shown)


def load_recent(state: State, now: float) -> date:
    """Windows of running streams, and scores since the day before, which it returns."""
    table = state.store.query("recent_windows", source=state.source)
    # as Python's rows all at once, a hundred channels' day would take 800 MB
    rows = chain.from_iterable(batch.to_pylist() for batch in table.to_batches(_ROWS))
    for window in map(window_of, rows):
        if window.start.timestamp() + WINDOW_SECONDS <= now:
            state.forecasts.saw(window)
            state.alerts.recall(window)
            state.moods.recall(window)
            if known := state.intake.readable.get(window.channel):
                known.reading = reading_of(window.lexicon_version)
    rested = naive(utc(now - state.alerts.settings.cooldown_s))
    state.alerts.resume(state.store.query("alerts_since", since=rested).to_pylist())
    just = naive(utc(now - 2 * EVERY_S))
    state.sender.resume(state.store.query("set_on_twitch", since=just).to_pylist())
    since = utc(now).date() - timedelta(days=1)
    state.forecasts.verifier.load(state.store.query("scores_since", since=since).to_pylist())
    return since


def resume_forecasts(state: State, now: float) -> None:
    """Forecasts of windows that had not closed are waited for."""
    since = naive(utc(now - 2 * HORIZON * WINDOW_SECONDS))
    model = state.forecasts.served
    rows = state.store.query("forecasts_since", since=since, model=model)
    state.forecasts.resume(rows.to_pylist())


def _resume(state: State, row: dict[str, Any]) -> None:
    track = state.intake.track(row["channel"])
    stream = Stream(
        row["stream_id"],
        row["channel"],
        seconds(row["started_at"]),
        ended_at=None if row["ended_at"] is None else seconds(row["ended_at"]),
        title=row["title"] or "",
        category=row["category"] or "",
        vod_id=row["vod_id"] or "",
        undated=row["undated"],
        said=row["said"],
    )
    track.start_stream(stream)
    del track.told[stream.stream_id]
    if row["last_start"] is not None:
        last = seconds(row["last_start"])
        track.next_start = track.closed_to = window_start(last) + WINDOW_SECONDS
        spoke = seconds(row["last_message"] or row["started_at"])
        track.last_message = max(track.last_message, spoke)


def _end_streams(state: State) -> None:
    """An earlier replay's streams ended with its last window; its tracks are of no use."""
    for track in state.intake.tracks.values():
        track.end_stream(max(track.closed_to, track.stream.started_at if track.stream else 0))
    rows = [stream_row(stream, state.source) for stream in state.intake.take_streams()]
    state.store.write({"streams": state.store.rows("streams", rows)})
    state.intake.tracks.clear()


def _replay_buffer(state: State) -> None:
    intake = state.intake
    state.intake.known_since = max(state.clock - _BACK_S, state.late.since)
    stored: Counter[tuple[str, int]] = Counter()  # messages of windows that are committed
    for item in state.buffer.since(state.intake.known_since):
        track = intake.track(item.channel)
        if isinstance(item, Message | Heard) and not track.seen:
            track.watch(item.at)  # it was watched since before this segment began
        if isinstance(item, Message) and item.at < track.closed_to:
            if intake.remember(item) and not is_filtered(item.text, "", item.bot):
                stored[item.channel, window_start(item.at)] += 1
        elif not isinstance(item, StreamStart) or _is_new(track, item):
            intake.take(item, hashed=True)
    for track in intake.tracks.values():
        track.lost()
    _find_uncounted(state, stored)


def _find_uncounted(state: State, kept: Counter[tuple[str, int]]) -> None:
    """Late messages that a crash left in the buffer alone: their windows are made again."""
    if not kept:
        return
    since = naive(utc(min(start for _, start in kept)))
    rows = state.store.query("window_counts", since=since, source=state.source)
    for row in rows.to_pylist():
        place = row["channel"], int(seconds(row["start"]))
        if kept[place] > row["n_messages"]:
            state.late.waiting[place] = Missed()


def _is_new(track: Track, item: StreamStart) -> bool:
    """Whether the warehouse may not know it yet: it is not older than what it knows."""
    return track.stream is None or item.at >= track.stream.started_at
