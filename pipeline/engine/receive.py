"""A batch of a source into memory: what it says is counted, and windows whose time has come close.

Plain code without tasks or sleeping.
"""

import time
from collections.abc import Iterable, Mapping

from pipeline.chat.message import Batch, ChannelInfo, Item, Message, Retract
from pipeline.emotes.marking import marked
from pipeline.engine import tables
from pipeline.engine.clock import turn_back
from pipeline.engine.state import State
from pipeline.engine.turn import Turn
from pipeline.requests.claims import learn
from pipeline.windows.intake import happenings, whole
from warehouse.published.reading import Trouble
from warehouse.records import utc

_WRONG_S = 3600.0  # a step back of the clock, or a message ahead of it, that is a mistake


def receive(state: State, batch: Batch) -> Turn:
    """Take one batch in; returns what follows from it. Raises StorageFull."""
    if batch.at < state.clock - _WRONG_S:
        turn_back(state, batch.at)
    if not state.turn.closed:  # else the warehouse may not have the windows yet
        state.turn.closed += state.late.step()
    new = [info for info in batch.infos if state.infos.get(info.channel) != info]
    if new:
        learn(state.workspace, new)
    out = state.out()
    items = [whole(item) for item in batch.items if item.channel not in out]
    for item in items:
        _take(state, item, batch.at)
    state.retractions.step()
    state.late.take()
    if new:
        meet(state, new)
    state.clock = max(state.clock, batch.at)
    if batch.troubles is not None:
        _hear(state, batch.troubles)
    return _close(state, Turn(events=happenings(items)))


def meet(state: State, infos: Iterable[ChannelInfo]) -> None:
    """Channels that the source told of are in memory and in their table. Raises StorageFull."""
    out = state.out()
    for info in infos:
        if info.channel not in out:
            state.infos[info.channel] = info
            state.moods.meet(info.channel)
    tables.write_channels(state)


def _take(state: State, item: Item, now: float) -> None:
    if item.at > now + _WRONG_S:  # no window could be closed before it
        state.intake.counts.dropped += 1
        return
    if isinstance(item, Retract):
        state.retractions.add(item)
    if isinstance(item, Message) and (catalogue := state.catalogues.known(item.channel)):
        item = marked(item, catalogue, state.intake.scorers.at(item.channel, item.at))
    compound = state.intake.take(item)
    if compound is not None and state.buffer.takes(item):
        kept = state.intake.anonymous(item) if isinstance(item, Message) else item
        state.buffer.append(kept, compound)


def _hear(state: State, troubles: Mapping[str, str]) -> None:
    """What is not read now; what was not before is so since then, for whatever reason."""
    before, now = state.troubles, utc(time.time())
    since = {what: before[what].since if what in before else now for what in troubles}
    state.troubles = {what: Trouble(says, since[what]) for what, says in troubles.items()}
    state.retell = True


def _close(state: State, turn: Turn) -> Turn:
    """Windows whose time has come, with what follows from each that closes for the first time."""
    turn.closed = state.intake.close(state.clock)
    for closed in turn.closed:
        if not closed.again:
            state.vocabulary.window(closed)
            state.alerts.saw(closed.window, time.time())
    turn.streams = {stream.stream_id: stream for stream in state.intake.take_streams()}
    turn.alerts = state.alerts.take()
    return turn
