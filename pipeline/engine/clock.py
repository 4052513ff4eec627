"""The source's clock set right: what was made for times to come goes, what was closed reopens."""

from pipeline.chat.message import Message
from pipeline.chat.text import is_filtered
from pipeline.engine.recover import load_recent, resume_forecasts
from pipeline.engine.state import State
from pipeline.windows.intake import Intake
from pipeline.windows.rebuild import scored_line
from pipeline.windows.summary import Cell
from warehouse.records import naive, utc, window_start


def turn_back(state: State, now: float) -> None:
    """The source's clock had been ahead of `now`: what was made for times to come never was.

    Raises StorageFull; it can be done again.
    """
    _undo_ahead(state, now)
    state.clock = now
    state.intake.turn_back(now)
    _reopen(state, now)
    state.late.restart()
    state.turn.turn_back(utc(window_start(now)))
    state.pending.turn_back(utc(now))


def _undo_ahead(state: State, now: float) -> None:
    """The clock had been ahead of `now`: windows it closed without chat, and forecasts, go.

    Chat stays: it was said, whenever that was.
    """
    store, source = state.store, state.source
    ahead = {"source": source, "since": naive(utc(window_start(now)))}
    made = {"source": source, "now": naive(utc(now))}
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
        store.touched(table, (tuple(row.values()) for row in rows))
    for channel in list(state.intake.tracks):
        state.forecasts.let_go(channel)
        state.alerts.let_go(channel)
        state.moods.let_go(channel, utc(now))
    load_recent(state, now)
    resume_forecasts(state, now)


def _reopen(state: State, now: float) -> None:
    """Windows that are open again have the messages they had, from the buffer."""
    intake, start = state.intake, window_start(now)
    state.buffer.flush()
    opened = {(t.channel, s) for t in intake.tracks.values() for s in t.cells}
    seen = set[str]()
    for item in state.buffer.since(start):
        if isinstance(item, Message) and item.at >= start and item.id not in seen:
            seen.update([item.id] if item.id else [])
            if (item.channel, window_start(item.at)) not in opened:
                _put_back(intake, item)


def _put_back(intake: Intake, message: Message) -> None:
    track = intake.track(message.channel)
    cell = track.cells.setdefault(window_start(message.at), Cell(reading=track.reading()))
    if is_filtered(message.text, "", message.bot):
        cell.filtered += 1
    else:
        cell.lines.append(scored_line(message, intake.scorers, intake.gate, cell.reading))
