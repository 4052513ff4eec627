"""One machine, and collect with a queue and a shard: the same tables, row for row."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.chat.anonymous import OPTED_OUT
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
from pipeline.chat.placement import place
from pipeline.chat.table import ChatTable
from pipeline.engine import engine
from pipeline.privacy.hashing import Hasher
from pipeline.queue.body import unpack
from pipeline.sources.replay import Replay
from pipeline.sources.simulation.source import Simulate
from tests.helpers.build import SALT, chat_rows, parquet
from tests.helpers.through_queue import Machine, fill, packed
from warehouse.consent import OptOut
from warehouse.records import window_start

HIDDEN = "chatter5"


@pytest.fixture(autouse=True)
def commits(monkeypatch: pytest.MonkeyPatch) -> None:
    """At each batch that closes a window: which terms are stored depends on it."""
    monkeypatch.setattr(engine, "_COMMIT_S", 0.0)


@pytest.fixture
def t0() -> float:
    return float(window_start(time.time() - 400))


def story(t0: float) -> list[Item]:
    """Three channels in which everything happens that there is."""
    items: list[Item] = [
        ChannelInfo("demo", "42", "Demo", "en", t0),
        StreamStart("demo", t0, "s1", "A title", "Chess"),
        Watch("demo", t0),
        ChannelInfo("other", "43", "Other", "en", t0 + 1),
        Watch("other", t0 + 1),
        Watch("gone", t0 + 1),
    ]
    for k in range(200):
        name, who = ("demo", "other", "gone")[k % 3], f"chatter{k % 11}"
        text = ("great stream", "terrible Kappa", f"lol {who}!", "!command", "so \ud83d sad")[k % 5]
        marks = (None, (), ("Kappa",) if "Kappa" in text else ())[k % 3]
        said = Message(f"m{k}", name, t0 + 2 + k, who.title(), text, marks, k % 29 == 0)
        items += [said, Heard(name, said.at)]
    items += [
        Message("bot", "demo", t0 + 33, "NightBot", "hello all"),
        Message("", "demo", t0 + 34, "", "nobody said this"),
        Happening("demo", t0 + 10, "raid", "ann with 4", "e1:raid"),
        Happening("demo", t0 + 70, "title", "Another \ud800 title", "e2:title"),
        Happening("other", t0 + 71, "cheer", "100 bits"),
        Retract("demo", t0 + 40, message_id="m4"),
        Retract("demo", t0 + 41, message_id="m100000"),
        Retract("other", t0 + 50, chatter="Chatter7"),
        Retract("gone", t0 + 120),
        Lost("demo", t0 + 61),
        Watch("demo", t0 + 65),
        StreamEnd("demo", t0 + 80),
        StreamStart("demo", t0 + 88, "s2"),
        StreamEnd("demo", t0 + 170),
        ChannelInfo("demo2", "42", "Demo", "en", t0 + 95),  # it has another login
        Watch("demo2", t0 + 95.5),
        Message("r1", "demo2", t0 + 97, "ann", "great name"),
        ChannelInfo("demo", "77", "Newcomer", "en", t0 + 110),  # and that is another's
        Watch("demo", t0 + 110.5),
        Message("r2", "demo", t0 + 111, "bob", "terrible name"),
        StreamEnd("gone", t0 + 150, left=True),
    ]
    return sorted(items, key=lambda item: item.at)


def live(t0: float) -> Iterator[Batch]:
    """A second each; some things come late, some twice, and for a while nobody knows the time."""
    waiting = story(t0)
    late = [i for i in waiting if isinstance(i, Message) and i.id in ("m30", "m60", "m90", "m93")]
    yield Batch(None, (), {"": "not connected"})
    for second in range(1, 300):
        at = t0 + second
        items = [i for i in waiting if i.at < at and i not in late]
        waiting = [i for i in waiting if i not in items]
        again = [i for i in items[:3] if isinstance(i, Message | Happening | StreamStart)]
        came = [i for i in late if i.at + (37, 50, 100)[second % 3] < at] if second % 7 == 0 else []
        late = [i for i in late if i not in came]
        troubles = {60: {"other": "not allowed"}, 80: {}}.get(second)
        is_sure = not 130 < second < 140
        yield Batch(at if is_sure else None, (*items, *came, *again), troubles, second == 90)


def replayed(root: Path) -> Replay:
    table = [*chat_rows(n=90), *chat_rows(stream="2", date="2026-01-02", n=30)]
    table += chat_rows("other", "x", n=60)
    read = ChatTable(parquet(root / "chat.parquet", table), root / "scratch")
    return Replay(read, place(read.streams([], []), False))


def told(source: Any, until: float = 1e12) -> list[Batch]:
    """All that a source tells, its channels first."""

    async def all_of_it() -> list[Batch]:
        batches: list[Batch] = []
        async for batch in source.batches():
            if batch.at > until:
                break
            batches.append(batch)
        first = replace(batches[0], items=(*source.channels(), *batches[0].items))
        return [first, *batches[1:]]

    return asyncio.run(all_of_it())


def different(one: dict[str, list[str]], other: dict[str, list[str]]) -> dict[str, list[str]]:
    """Rows that only one of them has, by table."""
    rows = {name: sorted({*one[name]} ^ {*other[name]}) for name in one}
    return {name: some for name, some in rows.items() if some or one[name] != other[name]}


def both(
    tmp_path: Path, kind: str, batches: list[Batch], optout: OptOut | None = None
) -> tuple[dict[str, list[str]], dict[str, list[str]], Machine, Machine]:
    one = Machine(tmp_path / "one", kind, optout, anew=kind == "replay")
    one.tell(batches)
    fill(str(tmp_path), packed(batches, kind, optout=optout))
    other = Machine(tmp_path / "other", kind, optout)
    other.read(str(tmp_path), max(batch.at or 0.0 for batch in batches))
    found = one.tables(), other.tables()
    one.close()
    other.close()
    return *found, one, other


def test_live_chat_comes_to_the_same_tables(tmp_path: Path, t0: float) -> None:
    batches = list(live(t0))
    optout = OptOut({Hasher(SALT).of(HIDDEN)}, {"gone2"})
    one, other, by, through = both(tmp_path, "live", batches, optout)
    assert different(one, other) == {}
    assert by.engine.state.intake.counts == through.engine.state.intake.counts
    assert by.troubles == through.troubles
    assert one["windows"] and len(one["published samples"]) > 10 and len(one["streams"]) > 4
    assert by.engine.state.intake.counts.late > 0 and by.engine.state.intake.counts.retracted > 3


def test_a_replay_comes_to_the_same_tables(tmp_path: Path) -> None:
    one, other, *_ = both(tmp_path, "replay", told(replayed(tmp_path)))
    assert different(one, other) == {} and len(one["windows"]) > 30 and len(one["streams"]) == 3


def test_simulated_chat_comes_to_the_same_tables(tmp_path: Path) -> None:
    end = float(window_start(1_764_480_600))  # the simulator tells events in the minutes before
    source = Simulate(now=end, past_days=0.4 / 24, clock=lambda: end)
    one, other, *_ = both(tmp_path, "simulated", told(source, end))
    assert different(one, other) == {} and len(one["windows"]) > 70 and one["events"]


def test_who_opted_out_is_in_no_body(tmp_path: Path, t0: float) -> None:
    batches, who = list(live(t0)), Hasher(SALT).of(HIDDEN)
    optout = OptOut({who}, {"gone"}, {"43": ""})
    one, other, *_ = both(tmp_path, "live", batches, optout)
    assert different(one, other) == {} and one["windows"]
    bodies = [unpack(body.data) for _, body in packed(batches, "live", optout=optout)]
    items = [item for body in bodies for item in body.items]
    said = [item for item in items if isinstance(item, Message)]
    assert {i.channel for i in items if not isinstance(i, ChannelInfo)} == {"demo", "demo2"}
    assert {channel for body in bodies for channel in body.seen} == {"demo", "demo2"}
    texts = {item.text for item in said if int(item.chatter) == OPTED_OUT}
    assert texts == {""} and str(who) not in {item.chatter for item in said}
    assert not {item.id for item in said if item.text == ""} & {f"m{k}" for k in range(200)}


def test_no_body_names_a_chatter(t0: float) -> None:
    bodies = [unpack(body.data) for _, body in packed(live(t0), "live")]
    names = [i.chatter for b in bodies for i in b.items if isinstance(i, Message | Retract)]
    assert len(set(names)) > 10 and all(not name or name.isdigit() for name in names)
