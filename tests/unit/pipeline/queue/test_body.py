"""Bodies of the queue: what goes in comes out, and what is none is told from it."""

import random
import string
import zlib
from dataclasses import fields, replace
from typing import Any, get_args

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.chat.message import ChannelInfo, Happening, Heard, Item, Message, StreamStart, Watch
from pipeline.chat.oddities import Malformed
from pipeline.queue.body import MOST, VERSION, Body, NewerBody, pack, unpack
from pipeline.queue.packer import Packer

TEXT = st.text(st.characters(), max_size=30) | st.just("a\ud800b")  # with surrogates
TIMES = st.floats(0, 4e9, allow_nan=False)
FIELDS: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT, float: TIMES, bool: st.booleans(),
    tuple[str, ...] | None: st.none() | st.lists(TEXT, max_size=3).map(tuple),
}  # fmt: skip
ITEMS = st.one_of(
    [st.builds(kind, **{f.name: FIELDS[f.type] for f in fields(kind)}) for kind in get_args(Item)]
)


def body(**told: Any) -> Body:
    return Body("run", 7, 1, "salt", "live", 100.0, 101.0, **told)


@given(st.lists(ITEMS, max_size=8).map(tuple))
def test_every_kind_of_item_comes_out_as_it_went_in(items: tuple[Item, ...]) -> None:
    found = unpack(pack(body(items=items)))
    assert found == body(items=items) and list(map(repr, found.items)) == list(map(repr, items))


def test_all_of_a_body_comes_out_as_it_went_in() -> None:
    sent = body(
        closes=False,
        back=True,
        items=(Message("1", "a", 100.5, "77", "hi", ()), Message("2", "a", 100.5, "", "hi", None)),
        seen={"a": (1.0, 100.25)},
        chatters=(77, 2**63 - 1),
        streams=(StreamStart("a", 2.0, "s", "title", "game", "v1", True),),
        infos=(ChannelInfo("a", "12", "A", "en", 3.5),),
        troubles={"": "away"},
        malformed=3,
    )
    found = unpack(pack(sent))
    assert found == sent and found.infos[0].at == 3.5 and found.id == "run-1-7"
    assert unpack(pack(body())) == body()


@pytest.mark.parametrize(
    "change",
    [
        {"items": [["m", "1", "a", "now", "7", "hi", None, False]]},
        {"items": [["m", "1", "a", 1.0, "7", "hi"]]},
        {"items": [["?", "1"]]},
        {"items": [[]]},
        {"items": 7},
        {"seen": {"a": [1]}},
        {"seen": []},
        {"chatters": ["7"]},
        {"chatters": 7},
        {"run": 7},
        {"shard": "0"},
        {"at": None},
        {"v": 0},
        {"v": "2"},
    ],
)
def test_a_body_that_makes_no_sense_is_malformed(change: dict[str, Any]) -> None:
    told = orjson.loads(zlib.decompress(pack(body())))
    with pytest.raises(Malformed):
        unpack(zlib.compress(orjson.dumps({**told, **change})))


def test_what_is_no_body_is_malformed() -> None:
    data = pack(body(items=(Heard("a", 1.0),) * 50))
    bomb = zlib.compress(b'{"v":1,' + b" " * (32 << 20) + b"}")
    deep = zlib.compress(b"[" * 100_000)
    for bad in (b"", b"x", data[:-1], data[: len(data) // 2], bomb, deep, zlib.compress(b"7")):
        with pytest.raises(Malformed):
            unpack(bad)


def test_a_body_of_a_later_version_is_told_apart() -> None:
    with pytest.raises(NewerBody, match="version 2"):
        unpack(zlib.compress(orjson.dumps({"v": VERSION + 1})))


def test_a_second_that_is_too_long_becomes_several_bodies_that_say_the_same() -> None:
    dice, packer = random.Random(1), Packer("live", "salt")
    texts = ["".join(dice.choices(string.printable, k=400)) for _ in range(900)]
    items = tuple(Message(str(k), "a", 100.5, "7", text) for k, text in enumerate(texts))
    told = {"seen": {"a": (1.0, 100.0)}, "troubles": {"b": "away"}, "malformed": 2}
    second = packer.body(3, 100.0, 101.0, items=items, **told)
    packed = packer.pack(second)
    parts = [unpack(one.data) for one in packed]
    assert len(parts) > 4 and all(len(one.data) <= MOST for one in packed)
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert [one.id for one in packed] == [part.id for part in parts]
    assert [part.closes for part in parts] == [False] * (len(parts) - 1) + [True]
    assert tuple(item for part in parts for item in part.items) == items
    assert parts[0].seen == told["seen"] and not any(part.seen for part in parts[1:])
    assert parts[-1].troubles == {"b": "away"}
    assert sum(part.malformed for part in parts) == 2
    assert unpack(packer.pack(packer.body(3, 101.0, 102.0))[0].data).number == len(parts) + 1


def test_a_message_that_no_body_can_hold_is_left_out_and_counted() -> None:
    dice, packer = random.Random(1), Packer("live", "salt")
    huge = Message("1", "a", 100.5, "7", "".join(dice.choices(string.printable, k=200_000)))
    items = (Watch("a", 100.0), huge, Happening("a", 100.9, "raid"))
    parts = [unpack(one.data) for one in packer.pack(packer.body(0, 100.0, 101.0, items=items))]
    assert tuple(i for p in parts for i in p.items) == (items[0], items[2])
    assert sum(part.malformed for part in parts) == 1


def test_each_shard_has_numbers_of_its_own() -> None:
    packer = Packer("live", "salt")
    ids = [packer.pack(packer.body(shard, 0.0, 1.0))[0].id for shard in (0, 1, 0)]
    assert ids == [f"{packer.run}-0-1", f"{packer.run}-1-1", f"{packer.run}-0-2"]
    assert replace(packer.body(0, 0.0, 1.0)).run != Packer("live", "salt").run
