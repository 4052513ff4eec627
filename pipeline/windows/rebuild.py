"""Committed windows made again from the buffer, as they would be without somebody's messages."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pipeline.chat.message import Message
from pipeline.chat.text import is_filtered
from pipeline.scoring.by_channel import Scorers
from pipeline.scoring.scored_message import ScoredMessage, message_key
from pipeline.scoring.sign_scorer import reading_of
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
    readings: Mapping[Place, str],
) -> dict[Place, Remains]:
    """The messages left of the windows at `places` after `change`, scored; the gate learns who
    used what, from all of the buffer. readings: of the windows that are stored."""
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
            reading = readings.get(_place(item), "words")
            here.lines.append(scored_line(kept, scorers, gate, reading))
    return remains


def readings_at(store: Queries, places: Iterable[Place]) -> dict[Place, str]:
    """How the stored windows of these were read, and are to be read again."""
    rows = store.query("windows_of_places", **listed(places)).to_pylist()
    return {place_of(row): reading_of(row["lexicon_version"]) for row in rows}


def listed(places: Iterable[Place]) -> dict[str, list[str] | list[float]]:
    """Places as queries take them."""
    places = list(places)
    return {"channels": [c for c, _ in places], "starts": [float(s) for _, s in places]}


def place_of(row: Mapping[str, Any]) -> Place:
    """The place of a row of windows, or of their terms."""
    return str(row["channel"]), int(seconds(row["start"]))


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
                scorers.version(channel, start, reading_of(before.lexicon_version)),
            )
            whole = len(here.lines) + here.gone >= before.n_messages and row["source"] != "import"
            closed = Closed(window if whole else before, tuple(here.lines))
            yield closed, row["source"], whole


def _place(message: Message) -> Place:
    return message.channel, window_start(message.at)


def scored_line(
    message: Message, scorers: Scorers, gate: Gate, reading: str = "words"
) -> ScoredMessage:
    """A message of the buffer as its window, of that reading, needs it; the gate learns who used
    what."""
    is_name = partial(gate.is_name, message.channel)
    scorer = scorers.at(message.channel, message.at, reading)
    scored = scorer.score(message.text, message.emotes or (), is_name)
    chatter = int(message.chatter or 0)
    terms = [term for term, _, _ in scored.terms]
    gate.used(message.channel, int(message.at // 86400), chatter, terms)
    return ScoredMessage(message.at, chatter, message.text, scored, message_key(message.id))
