"""At least once: whatever a source tells again, in another order, at another time or after a
restart, the tables are those of a source that told it once."""

import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pipeline.chat.message import (
    Batch,
    ChannelInfo,
    Happening,
    Heard,
    Item,
    Lost,
    Message,
    Retract,
    StreamEnd,
    StreamStart,
    Watch,
)
from pipeline.config import AlertSettings
from pipeline.engine.engine import Engine
from tests.helpers import build
from warehouse.config import DataFolder
from warehouse.records import window_start
from warehouse.store.store import Store

TABLES = ("windows", "window_terms", "streams", "events", "alerts", "channels")
SEEN = ("windows", "window_terms", "streams", "events", "alerts")


def story(t0: float) -> list[Item]:
    """Two streams of a channel and chat of another, each kind of item in them."""
    items: list[Item] = [
        ChannelInfo("demo", "42", "Demo"),
        StreamStart("demo", t0, "s1", "A title"),
        Watch("demo", t0),
        Watch("other", t0 + 1),
        StreamStart("other", t0 + 1, "o1"),
    ]
    for k in range(30):
        name, who = ("demo", "other")[k % 3 == 0], f"chatter{k % 7}"
        text = ("great stream", "terrible", "lol what", "!command")[k % 4]
        items.append(Message(f"m{k}", name, t0 + 2 + k * 4, who, text))
        if k % 5 == 0:
            items += [Heard(name, t0 + 2 + k * 4) for name in ("demo", "other")]
    items += [
        Happening("demo", t0 + 10, "raid", "ann with 4", "e1:raid"),
        Happening("demo", t0 + 70, "title", "Another title", "e2:title"),
        Retract("demo", t0 + 40, message_id="m4"),
        Retract("other", t0 + 50, chatter="chatter6"),
        Lost("demo", t0 + 61),
        Watch("demo", t0 + 65),
        StreamEnd("demo", t0 + 80),
        StreamStart("demo", t0 + 88, "s2"),
        StreamEnd("demo", t0 + 118),
    ]
    return sorted(items, key=lambda item: item.at or t0)


def again(item: Item, chance: random.Random) -> Item:
    """The item as it may be told a second time: what has an identity, with another time."""
    if isinstance(item, Message | Happening | StreamStart):
        return replace(item, at=item.at + chance.choice([-30.0, -1.0, 0.0, 0.5, 20.0]))
    if isinstance(item, Watch):
        return replace(item, at=item.at + chance.choice([-3.0, 0.0, 1.0]))
    return item


Told = list[tuple[Item, bool]]  # with whether it is told for the first time


def told_once(items: Sequence[Item]) -> Told:
    return [(item, True) for item in items]


def told_twice(items: Sequence[Item], chance: random.Random) -> Told:
    """Every item at its place, and some of those before it once more."""
    told: Told = []
    for number, item in enumerate(items):
        known = [i for i in items[:number] if not isinstance(i, Watch | Lost | ChannelInfo)]
        more = [item, *chance.sample(known, min(3, len(known)))]
        told += [(item, True), *((again(i, chance), False) for i in more)]
    return told


def batches(told: Told, t0: float) -> Iterator[Batch]:
    """A second each, or a few, as first tellings come."""
    clock, waiting = t0, list[Item]()
    for item, is_first in told:
        if is_first and item.at - clock > 3:
            yield Batch(clock, tuple(waiting))
            waiting, clock = [], item.at
        waiting.append(item)
    yield Batch(t0 + 200, tuple(waiting))


def tables(root: Path, told: Told, t0: float, stops: set[int]) -> dict[str, Any]:
    """What is stored and what is published in the end. stops: batches after which it restarts."""
    folder = DataFolder(root)
    all_of_it = list(batches(told, t0))
    rules = AlertSettings(_env_file=None)
    with Store(folder.warehouse) as store:
        engine = Engine(folder, build.settings(), "live", store, rules)
        for number, batch in enumerate(all_of_it):
            engine.feed(batch)
            if number in stops:  # a live source joins its channels anew
                engine.finish()
                engine = Engine(folder, build.settings(), "live", store, rules)
                engine.feed(Batch(batch.at, (Watch("demo", batch.at), Watch("other", batch.at))))
        engine.finish()
        found = {
            name: sorted(map(repr, build.stored(store, f"SELECT * EXCLUDE (rev) FROM {name}")))
            for name in TABLES
        }
        for name in SEEN:
            shown = build.rows(folder, f"SELECT * EXCLUDE (rev) FROM {name}")
            assert sorted(map(repr, shown)) == found[name]
    return found


@settings(max_examples=4, phases=[Phase.generate])
@given(st.randoms(use_true_random=False), st.booleans())
def test_what_is_told_twice_is_stored_as_if_told_once(
    chance: random.Random, restarts: bool
) -> None:
    t0 = float(window_start(time.time() - 240))
    items = story(t0)
    with tempfile.TemporaryDirectory() as folder:
        stops = {chance.randrange(2, 25)} if restarts else set()
        once = tables(Path(folder) / "once", told_once(items), t0, stops)
        twice = tables(Path(folder) / "twice", told_twice(items, chance), t0, stops)
    for name in TABLES:
        assert twice[name] == once[name], name
    assert len(once["streams"]) == 3 and len(once["events"]) == 3


def test_what_cannot_be_is_counted_and_changes_nothing(folder: DataFolder, store: Store) -> None:
    t0 = float(window_start(time.time() - 60))
    engine = Engine(folder, build.settings(), "live", store)
    title = "nul \x00 and \ud800"
    items = (
        ChannelInfo("demo", "42", title),
        StreamStart("demo", t0, "s1", title),
        Watch("demo", t0),
        Happening("demo", t0, "title", title, title),
        Message(title, "demo", t0 + 1, title, title, (title,)),
        StreamStart("other", t0, "s1"),  # it is demo's
        StreamStart("other", -62_135_596_800.0, "s2"),  # in the year 1
        StreamStart("other", 253_402_300_799.0, "s3"),  # in the year 9999
        Happening("demo", 253_402_300_799.0, "raid", "o", "e2"),
    )
    engine.feed(Batch(t0 + 36, items))
    engine.finish()
    assert build.rows(folder, "SELECT stream_id, channel FROM streams") == [("s1", "demo")]
    assert build.rows(folder, "SELECT kind FROM events") == [("title",)]
    assert build.rows(folder, "SELECT channel, n_messages FROM windows") == [("demo", 1)]
    counts = engine.state.intake.counts
    assert (counts.malformed, counts.dropped) == (2, 2)
