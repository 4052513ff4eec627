"""After a restart: what the warehouse and the buffer know goes back into memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pipeline.message import Message, StreamStart
from pipeline.window import Stream
from warehouse.records import WINDOW_SECONDS, Window, utc, window_start

if TYPE_CHECKING:
    from pipeline.engine import Engine


def recover(engine: Engine) -> None:
    """Open streams with their last windows, then every buffered item not yet in a window.

    Windows that were closed but not committed are made again from the buffer; time in which
    nobody listened shows in observed_s, since spans end with what the buffer last heard.
    """
    for row in engine.store.query("open_streams", source=engine.source).to_pylist():
        _resume(engine, row)
    for row in engine.store.query("recent_windows", source=engine.source).to_pylist():
        engine.forecasts.saw(window_of(row))
        engine.mood(row["channel"]).windows.append(window_of(row))
    since = utc(engine.clock).date() - timedelta(days=1)
    engine.forecasts.verifier.load(engine.store.query("scores_since", since=since).to_pylist())
    _replay_buffer(engine)


def _resume(engine: Engine, row: dict[str, Any]) -> None:
    track = engine.intake.track(row["channel"])
    stream = Stream(
        row["stream_id"],
        row["channel"],
        seconds(row["started_at"]),
        title=row["title"] or "",
        category=row["category"] or "",
        vod_id=row["vod_id"] or "",
        undated=row["undated"],
        said=row["said"],
    )
    track.start_stream(stream)
    engine.streams[stream.stream_id] = stream
    if row["last_start"] is not None:
        track.next_start = window_start(seconds(row["last_start"])) + WINDOW_SECONDS
        track.last_message = max(
            track.last_message, seconds(row["last_message"] or row["started_at"])
        )


def _replay_buffer(engine: Engine) -> None:
    committed = {c: t.next_start for c, t in engine.intake.tracks.items()}
    for item in engine.buffer.items_since(engine.clock - 3600):
        since = committed.get(item.channel)
        if isinstance(item, Message):
            if since is None or item.at >= since:
                engine.intake.take(item, hashed=True)
        elif not (isinstance(item, StreamStart) and item.at < engine.clock):
            engine.intake.take(item, hashed=True)
    for track in engine.intake.tracks.values():
        track.lost()


def seconds(at: datetime) -> float:
    """A TIMESTAMP of the warehouse, UTC without saying so, as seconds since the epoch."""
    return at.replace(tzinfo=UTC).timestamp()


def window_of(row: dict[str, Any]) -> Window:
    """A row of `windows` as a record."""
    names = Window.__slots__
    values = {name: row[name] for name in names}
    values["start"] = row["start"].replace(tzinfo=UTC)
    values["sub_n"] = tuple(row["sub_n"])
    values["sub_mean"] = tuple(row["sub_mean"])
    return Window(**values)
