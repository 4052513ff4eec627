"""Committed windows made again from the buffer, as they would be without somebody's messages."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from pipeline.chat.message import Message
from pipeline.chat.text import is_filtered
from pipeline.scoring.by_channel import Scorers
from pipeline.scoring.scored_message import ScoredMessage, message_key
from pipeline.windows.item_log import ItemLog, Place
from pipeline.windows.rows import seconds, window_of
from pipeline.windows.summary import Cell, summarise
from pipeline.windows.term_gate import Gate
from pipeline.windows.track import Closed
from warehouse.records import window_start
from warehouse.sql import Queries


@dataclass(slots=True)
class Remains:
    """A window's messages that stay. gone, gone_filtered: numbers of those that are to go."""

    lines: list[ScoredMessage] = field(default_factory=list)
    filtered: int = 0
    gone: int = 0
    gone_filtered: int = 0


def recount(
    buffer: ItemLog,
    places: set[Place],
    change: Callable[[Message], Message | None],
    scorers: Scorers,
    gate: Gate,
) -> dict[Place, Remains]:
    """The messages left of the windows at `places` after `change`, scored; the gate learns who
    used what, from all of the buffer."""
    channels = {channel for channel, _ in places}
    remains: dict[Place, Remains] = defaultdict(Remains)
    for item in buffer.since(0):
        if not isinstance(item, Message):
            continue
        here = remains[_place(item)] if _place(item) in places else Remains()
        kept = change(item)
        filtered = is_filtered(item.text, "", item.bot)
        if kept is None:
            here.gone += not filtered
            here.gone_filtered += filtered
            continue
        gate.saw(int(kept.chatter or 0))
        if filtered:
            here.filtered += 1
        elif kept.channel in channels:
            here.lines.append(scored_line(kept, scorers, gate))
    return remains


def remade(
    remains: dict[Place, Remains], store: Queries, scorers: Scorers
) -> Iterable[tuple[Closed, str, bool]]:
    """(window, its source, whether it is whole) of each of these windows that the warehouse has.

    Not whole: the buffer has lost messages that were counted; the numbers stay as they are.
    """
    by_channel: dict[str, list[int]] = defaultdict(list)
    for channel, start in remains:
        by_channel[channel].append(start)
    for channel, starts in by_channel.items():
        rows = store.query("windows_at", channel=channel, starts=[float(s) for s in starts])
        for row in rows.to_pylist():
            start = int(seconds(row["start"]))
            here, before = remains[channel, start], window_of(row)
            filtered = max(here.filtered, before.n_filtered - here.gone_filtered)
            cell = Cell(here.lines, filtered, before.n_late)
            window = summarise(
                channel,
                start,
                cell,
                before.stream_id,
                before.observed_s,
                scorers.version(channel, start),
            )
            whole = len(here.lines) + here.gone >= before.n_messages and row["source"] != "import"
            closed = Closed(window if whole else before, tuple(here.lines))
            yield closed, row["source"], whole


def _place(message: Message) -> Place:
    return message.channel, window_start(message.at)


def scored_line(message: Message, scorers: Scorers, gate: Gate) -> ScoredMessage:
    """A message of the buffer as its window needs it; the gate learns who used what."""
    is_name = partial(gate.is_name, message.channel)
    scorer = scorers.at(message.channel, message.at)
    scored = scorer.score(message.text, message.emotes or (), is_name)
    chatter = int(message.chatter or 0)
    terms = [term for term, _, _ in scored.terms]
    gate.used(message.channel, int(message.at // 86400), chatter, terms)
    return ScoredMessage(message.at, chatter, message.text, scored, message_key(message.id))
