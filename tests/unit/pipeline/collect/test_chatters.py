"""Chatters as all shards are told of them: soon, again and again, and none who opted out."""

import time
from pathlib import Path

import pytest

from pipeline.chat.message import Batch, Item, Message, Watch
from pipeline.collect import chatters
from pipeline.collect.chatters import Chatters
from pipeline.privacy.hashing import Hasher
from pipeline.queue.body import unpack
from pipeline.requests.forget import forget_chatter
from tests.helpers.build import SALT, stored
from tests.helpers.through_queue import Machine, fill, packed
from warehouse.consent import OptOut
from warehouse.records import window_start
from warehouse.shards import Shard, shard_of

NAME = "zorpy"  # who chats on one shard is a word on the other


def test_one_is_told_at_once_and_all_again_within_two_minutes() -> None:
    known = Chatters()
    for who in (1, 2, 1, 0):
        known.saw(who)
    assert known.take(set()) == (1, 2)
    for who in range(3, 303):
        known.saw(who)
    assert set(known.take(set())) >= {*range(3, 303)}
    again = [known.take(set()) for _ in range(240)]
    assert all(len(some) <= 3 for some in again)
    assert {who for some in again[:120] for who in some} >= {*range(1, 300)}
    assert {who for some in again for who in some} == {*range(1, 303)}


def test_who_opted_out_is_not_told() -> None:
    known = Chatters()
    known.saw(1)
    known.saw(2)
    assert known.take({1}) == (2,) and 1 not in known.take({1})


def test_those_seen_longest_ago_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chatters, "_MOST", 2)
    known = Chatters()
    for who in (1, 2, 1, 3):
        known.saw(who)
    known.take(set())
    assert {who for _ in range(9) for who in known.take(set())} == {1, 3}


def chat(t0: float) -> list[Batch]:
    """Three say a word in `cid` (shard 0) that is a name in `dan` (shard 1)."""
    assert [shard_of(name, 2) for name in ("cid", "dan")] == [0, 1]
    items: list[Item] = [Watch("cid", t0), Watch("dan", t0)]
    items.append(Message("n", "dan", t0 + 5, NAME, "hello all"))
    items += [
        Message(f"{k}", "cid", t0 + 1 + 2 * k, f"user{k}", f"{NAME} great plimf") for k in range(4)
    ]
    items.sort(key=lambda item: item.at)
    return [
        Batch(t0 + s, tuple(item for item in items if t0 + s - 1 <= item.at < t0 + s))
        for s in range(1, 50)
    ]


@pytest.mark.parametrize("is_hidden", [False, True])
def test_a_login_of_one_shard_is_no_term_on_another(tmp_path: Path, is_hidden: bool) -> None:
    t0 = float(window_start(time.time() - 200))
    who = Hasher(SALT).of(NAME)
    optout = OptOut({who}) if is_hidden else OptOut()
    bodies = packed(chat(t0), "live", 2, optout)
    assert (who in {c for _, b in bodies for c in unpack(b.data).chatters}) is not is_hidden
    machine = shard(tmp_path, t0, optout)
    assert {"great", "plimf"} <= terms(machine) and NAME not in terms(machine)
    machine.close()


def shard(tmp_path: Path, t0: float, optout: OptOut | None = None) -> Machine:
    """Shard 0, once it has read all there is."""
    fill(str(tmp_path), packed(chat(t0), "live", 2, optout))
    machine = Machine(tmp_path / "s0", "live", optout)
    machine.engine.state.workspace.shard = Shard(0, 2)
    machine.read(str(tmp_path), t0 + 49)
    machine.engine.commit()
    return machine


def terms(machine: Machine) -> set[str]:
    return {term for (term,) in stored(machine.store, "SELECT term FROM window_terms")}


def test_what_is_made_again_without_somebody_heeds_names_of_other_shards(tmp_path: Path) -> None:
    machine = shard(tmp_path, float(window_start(time.time() - 200)))
    forget_chatter(machine.engine.state.workspace, Hasher(SALT).of("user3"))
    assert stored(machine.store, "SELECT n_messages FROM windows") == [(3,)]
    assert "plimf" in terms(machine) and NAME not in terms(machine)
    machine.close()
