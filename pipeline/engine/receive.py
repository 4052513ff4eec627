"""A batch of a source into memory: what it says is counted, and windows whose time has come close.

Plain code without tasks or sleeping.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby

from pipeline.chat.message import (
    Batch,
    ChannelInfo,
    Item,
    Lost,
    Message,
    Retract,
    StreamEnd,
    StreamStart,
    Watch,
)
from pipeline.emotes.marking import marked
from pipeline.engine import tables
from pipeline.engine.clock import turn_back
from pipeline.engine.state import State
from pipeline.engine.turn import Turn
from pipeline.requests.claims import learn
from pipeline.windows.intake import happenings, whole
from pipeline.windows.rows import with_terms
from warehouse.published.reading import Trouble, clock_sentence
from warehouse.records import utc

log = logging.getLogger(__name__)

_LONGEST_S = 30 * 86400.0  # since a stream began: no stream is on for so long
_BACK_S = 2.0  # a step back of the clock that is followed
_WRONG_S = 60.0  # a message so far ahead of it is a mistake


def receive(state: State, batch: Batch) -> Turn:
    """Take one batch in; returns what follows from it. Raises StorageFull."""
    if batch.offset is not None:
        state.offset = batch.offset
        _compare_clocks(state)
    if batch.at is not None and batch.at < state.clock - _BACK_S:
        turn_back(state, batch.at)
    if not state.turn.closed:  # else the warehouse may not have the windows yet
        state.turn.closed += state.late.step()
    state.intake.counts.malformed += batch.malformed
    for chatter in batch.chatters:
        state.intake.gate.saw(chatter)
    told = _by_key(state, map(whole, batch.items))
    hashed = told if batch.hashed else map(state.intake.anonymous, told)
    items = [item for item in hashed if _take(state, item, batch.at)]
    state.retractions.step()
    state.late.take(is_again=state.clock <= state.stored_clock)
    state.clock = max(state.clock, batch.at or 0.0)
    if batch.troubles is not None:
        _hear(state, batch.troubles)
    return _close(state, Turn(events=happenings(items)))


def _by_key(state: State, items: Iterable[Item]) -> Iterator[Item]:
    """Items under the keys of their channels, but those of channels that are not to be read."""
    for is_info, some in groupby(items, lambda item: isinstance(item, ChannelInfo)):
        if is_info:
            yield from meet(state, [info for info in some if isinstance(info, ChannelInfo)])
            continue
        out, own = state.out(), state.workspace.shard.has
        for item in some:
            key = state.identities.resolve(item.channel)
            if not own(key):  # another shard's, which tells of it
                state.intake.counts.dropped += isinstance(item, Message)
            elif _is_told(state, item, key) and key not in out:
                yield item if item.channel == key else replace(item, channel=key)


def _is_told(state: State, item: Item, key: str) -> bool:
    """False for the end of what is read by another login now. Keeps account of those read."""
    if isinstance(item, Watch):
        state.joined.add(item.channel)
    elif isinstance(item, StreamEnd | Lost):
        login = state.identities.login_of(key)
        is_read = login != item.channel and login in state.joined
        if is_read or isinstance(item, Lost):
            state.joined.discard(item.channel)
        return not is_read
    return True


def meet(state: State, infos: Iterable[ChannelInfo]) -> list[Item]:
    """Channels that the source told of are in memory and in their table. Returns what follows
    where logins have passed on, under keys. Raises StorageFull."""
    who, own = state.identities, state.workspace.shard.has
    new = [info for info in infos if _is_new(state, info)]
    new = [info for info in new if own(who.key_then(info.channel, info.channel_id))]
    before = [who.resolve(info.channel) for info in new]
    keys = [learn(state.workspace, info) for info in new]
    out = state.out()
    for key, info in zip(keys, new, strict=True):
        if key not in out:
            state.infos[key] = replace(info, channel=key)
            state.moods.meet(key)
    read = state.joined | {info.channel for info in new}
    items = list[Item]()
    for was, key, info in zip(before, keys, new, strict=True):
        at = info.at or state.clock
        if was != key and who.login_of(was) not in read:
            items += _left(state, was, at)
        if key not in out and info.channel in state.joined:
            items += [] if state.intake.track(key).seeing else [Watch(key, at)]
    if new:
        tables.write_channels(state)
    return items


def _is_new(state: State, info: ChannelInfo) -> bool:
    key = state.identities.resolve(info.channel)
    is_known = state.infos.get(key) == replace(info, channel=key)
    return not is_known or state.identities.login_of(key) != info.channel


def _left(state: State, key: str, at: float) -> list[Item]:
    """The channel is read no longer: its login is another's."""
    track = state.intake.tracks.get(key)
    if track is None:
        return []
    if not state.identities.knows(key):  # joined, before it was known who that is
        del state.intake.tracks[key]
        return []
    track.lost(at)  # not told as an item: no connection was lost
    return [StreamEnd(key, at, left=True)]


def _take(state: State, item: Item, at: float | None) -> bool:
    """False for what changes nothing: it was told before, or cannot be. Chatters are hashes."""
    now = item.at if at is None else at  # while nobody knows what time it is, all can be
    if item.at > now + _WRONG_S:  # no window could be closed before it
        state.intake.counts.dropped += 1
        return False
    if isinstance(item, StreamStart):
        if item.at < now - _LONGEST_S:  # its windows would be without number
            state.intake.counts.malformed += 1
            return False
        if _is_over(state, item):
            return False
    if isinstance(item, Retract):
        state.retractions.add(item)
    if isinstance(item, Message) and (catalogue := state.catalogues.known(item.channel)):
        item = marked(item, catalogue)
    compound = state.intake.take(item, hashed=True)
    if compound is not None and state.buffer.takes(item):
        state.buffer.append(item, compound)
    return compound is not None


def _is_over(state: State, item: StreamStart) -> bool:
    """True for a stream of before a restart that has ended, and for one of another channel."""
    if state.anew:
        return False
    of = state.intake.channel_of(item.stream_id)
    if of is None:
        row = next(iter(state.store.query("stream", stream_id=item.stream_id).to_pylist()), None)
        of = row["channel"] if row else item.channel
        if row and of == item.channel:
            return row["ended_at"] is not None
    state.intake.counts.malformed += of != item.channel
    return of != item.channel


def _compare_clocks(state: State) -> None:
    """Say once that the machine's clock is wrong."""
    says = clock_sentence(state.clock_offset())
    if says and not state.is_off:
        log.warning("%s", says)
    state.retell = state.retell or bool(says) != state.is_off
    state.is_off = bool(says)


def _hear(state: State, troubles: Mapping[str, str]) -> None:
    """What is not read now; what was not before is so since then, for whatever reason."""
    before, now = state.troubles, utc(state.now())
    since = {what: before[what].since if what in before else now for what in troubles}
    state.troubles = {what: Trouble(says, since[what]) for what, says in troubles.items()}
    state.retell = True


def _close(state: State, turn: Turn) -> Turn:
    """Windows whose time has come, with what follows from each that closes for the first time."""
    gate = state.intake.gate
    turn.closed = [with_terms(closed, gate) for closed in state.intake.close(state.clock)]
    waiting = [*state.turn.closed, *turn.closed]
    for closed in turn.closed:
        if not closed.again:
            state.vocabulary.window(closed)
            state.alerts.saw(closed.window, state.now())
            if moment := state.moods.moments.saw(closed, waiting):
                turn.moments.append(moment)
    turn.streams = {stream.stream_id: stream for stream in state.intake.take_streams()}
    turn.alerts = state.alerts.take()
    return turn
