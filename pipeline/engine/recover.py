"""After a restart: what the warehouse and the buffer know goes back into memory."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from pipeline.chat.message import ChannelInfo, Heard, Message, StreamStart
from pipeline.chat.text import is_filtered
from pipeline.scoring.language import Readable
from pipeline.windows.intake import Intake, Missed
from pipeline.windows.rebuild import scored_line
from pipeline.windows.rows import seconds, stream_row, window_of
from pipeline.windows.summary import Cell
from pipeline.windows.track import Stream, Track
from warehouse.records import HORIZON, WINDOW_SECONDS, utc, window_start

if TYPE_CHECKING:
    from pipeline.engine.engine import Engine

_EPOCH = date(1970, 1, 1)
_BACK_S = 3600.0  # of the buffer is read again
_READ = 500  # messages that a share from before the restart counts as


def recover(engine: Engine) -> None:
    """Streams with their last windows, then every buffered item not yet in a window.

    Windows that were closed but not committed are made again from the buffer; time in which
    nobody listened shows in observed_s, since spans end with what the buffer last heard.
    """
    _know_again(engine)
    engine.intake.vocabulary.load(engine.store.query("vocabulary_all").to_pylist())
    engine.intake.vocabulary.drift.load(orjson.loads(engine.store.meta("company") or "{}"))
    for row in engine.store.query("last_streams", source=engine.source).to_pylist():
        _resume(engine, row)
    if engine.source == "replay":  # it tells everything anew, from its start
        _end_streams(engine)
        return
    for row in engine.store.query("readable", source=engine.source).to_pylist():
        engine.intake.readable[row["channel"]] = Readable(row["readable"], _READ)
    since = _load_recent(engine, engine.clock)
    _resume_forecasts(engine)
    for row in engine.store.query("terms_since", since=since).to_pylist():
        engine.intake.gate.admit(row["channel"], (row["day"] - _EPOCH).days, row["terms"])
    _replay_buffer(engine)


def _know_again(engine: Engine) -> None:
    """Channels by the ids that the source told; those it never told stay made up."""
    for row in engine.store.query("channels_known", source=engine.source).to_pylist():
        name, made_up = row["channel"], engine.channel_id(row["channel"])
        if row["channel_id"] != made_up and name not in engine.optout.channels:
            engine.infos[name] = ChannelInfo(**{k: v or "" for k, v in row.items()})


def _load_recent(engine: Engine, now: float) -> date:
    """Windows of running streams, and scores since the day before, which it returns."""
    rows = engine.store.query("recent_windows", source=engine.source).to_pylist()
    for window in map(window_of, rows):
        if window.start.timestamp() + WINDOW_SECONDS <= now:
            engine.forecasts.saw(window)
            engine.alerts.recall(window)
            engine.mood(window.channel).windows.append(window)
    rested = _naive(now - engine.alerts.settings.cooldown_s)
    engine.alerts.resume(engine.store.query("alerts_since", since=rested).to_pylist())
    since = utc(now).date() - timedelta(days=1)
    engine.forecasts.verifier.load(engine.store.query("scores_since", since=since).to_pylist())
    return since


def _resume_forecasts(engine: Engine) -> None:
    """What channels taught, and forecasts of windows that had not closed."""
    forecasts, store = engine.forecasts, engine.store
    forecasts.taught.load(store.query("learnt_of", source=engine.source).to_pylist())
    since = _naive(engine.clock - 2 * HORIZON * WINDOW_SECONDS)
    rows = store.query("forecasts_since", since=since, model=forecasts.served)
    forecasts.resume(rows.to_pylist())


def undo_ahead(engine: Engine, now: float) -> None:
    """The clock had been ahead of `now`: windows it closed without chat, and forecasts, go.

    Chat stays: it was said, whenever that was. Raises StorageFull; it can be done again.
    """
    store, source = engine.store, engine.source
    ahead = {"source": source, "since": _naive(window_start(now))}
    made = {"source": source, "now": _naive(now)}
    windows = store.query("windows_ahead", **ahead).to_pylist()
    forecasts = store.query("forecasts_ahead", **made).to_pylist()
    store.write(
        {},
        before=[
            ("touch_ahead", ahead),
            ("clear_windows_ahead", ahead),
            ("clear_forecasts_ahead", made),
        ],
    )
    for table, rows in (("windows", windows), ("forecasts", forecasts)):  # published, they go too
        store.replaced.setdefault(table, []).extend(tuple(row.values()) for row in rows)
    for channel in list(engine.intake.tracks):
        engine.forecasts.let_go(channel)
        engine.alerts.let_go(channel)
        engine.mood(channel).windows.clear()
    _load_recent(engine, now)


def reopen(engine: Engine, now: float) -> None:
    """Windows that are open again have the messages they had, from the buffer."""
    intake, start = engine.intake, window_start(now)
    engine.buffer.flush()
    opened = {(t.channel, s) for t in intake.tracks.values() for s in t.cells}
    seen = set[str]()
    for item in engine.buffer.items_since(start):
        if isinstance(item, Message) and item.at >= start and item.id not in seen:
            seen.update([item.id] if item.id else [])
            if (item.channel, window_start(item.at)) not in opened:
                _put_back(intake, item)


def _put_back(intake: Intake, message: Message) -> None:
    cell = intake.track(message.channel).cells.setdefault(window_start(message.at), Cell())
    if is_filtered(message.text, "", message.bot):
        cell.filtered += 1
    else:
        cell.lines.append(scored_line(message, intake.scorers, intake.gate))


def _naive(at: float) -> datetime:
    """Epoch seconds as a TIMESTAMP of the warehouse."""
    return utc(at).replace(tzinfo=None)


def _resume(engine: Engine, row: dict[str, Any]) -> None:
    track = engine.intake.track(row["channel"])
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


def _end_streams(engine: Engine) -> None:
    """An earlier replay's streams ended with its last window; its tracks are of no use."""
    for track in engine.intake.tracks.values():
        track.end_stream(max(track.closed_to, track.stream.started_at if track.stream else 0))
    told = [s for t in engine.intake.tracks.values() for s in t.told.values()]
    rows = [stream_row(stream, engine.source) for stream in told]
    engine.store.write({"streams": engine.store.rows("streams", rows)})
    engine.intake.tracks.clear()


def _replay_buffer(engine: Engine) -> None:
    intake = engine.intake
    engine.known_since = engine.clock - _BACK_S
    stored: Counter[tuple[str, int]] = Counter()  # messages of windows that are committed
    for item in engine.buffer.items_since(engine.known_since):
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
    _find_uncounted(engine, stored)


def _find_uncounted(engine: Engine, kept: Counter[tuple[str, int]]) -> None:
    """Late messages that a crash left in the buffer alone: their windows are made again."""
    if not kept:
        return
    since = _naive(min(start for _, start in kept))
    rows = engine.store.query("window_counts", since=since, source=engine.source)
    for row in rows.to_pylist():
        place = row["channel"], int(seconds(row["start"]))
        if kept[place] > row["n_messages"]:
            engine.late.waiting[place] = Missed()


def _is_new(track: Track, item: StreamStart) -> bool:
    """Whether the warehouse may not know it yet: it is not older than what it knows."""
    return track.stream is None or item.at >= track.stream.started_at
