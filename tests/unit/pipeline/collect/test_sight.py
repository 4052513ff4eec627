"""Sight of channels: what whoever reads a shard later is told, also when a login passes on."""

from pathlib import Path

import pytest

from pipeline.chat.message import Batch, ChannelInfo, Heard, Item, Message, StreamStart, Watch
from pipeline.engine import engine
from pipeline.queue.body import unpack
from tests.helpers.through_queue import Machine, fill, packed
from tests.unit.pipeline.queue.test_equal import different
from warehouse.records import window_start
from warehouse.shards import Shard, shard_of

T0 = float(window_start(1_790_000_000.0))


def moving(t0: float) -> list[Batch]:
    """`dan` (shard 1) takes the login of `cid` (shard 0), whose id is known."""
    assert [shard_of(name, 2) for name in ("cid", "dan")] == [0, 1]
    items: list[Item] = [
        ChannelInfo("cid", "5", "Cid", "en", t0), StreamStart("cid", t0, "s5"), Watch("cid", t0),
        ChannelInfo("dan", "9", "Dan", "en", t0), StreamStart("dan", t0, "s9"), Watch("dan", t0),
        ChannelInfo("cid", "9", "Dan", "en", t0 + 40),
    ]  # fmt: skip
    for second in range(1, 100):
        name = "cid" if second > 40 else ("cid", "dan")[second % 2]
        items += [Message(f"m{second}", name, t0 + second, f"user{second % 7}", "great", ())]
        items += [Heard(name, t0 + second)]
    items.sort(key=lambda item: item.at)
    return [
        Batch(t0 + s, tuple(item for item in items if t0 + s - 1 <= item.at < t0 + s))
        for s in range(1, 140)
    ]


def test_a_login_that_passes_to_a_channel_of_another_shard_counts_for_that_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_COMMIT_S", 0.0)
    batches = moving(T0)
    one = Machine(tmp_path / "one", "live")
    one.tell(batches)
    whole = one.tables()
    one.close()
    fill(str(tmp_path), packed(batches, "live", 2))
    parts = []
    for number in range(2):
        machine = Machine(tmp_path / f"s{number}", "live")
        machine.engine.state.workspace.shard = Shard(number, 2)
        machine.read(str(tmp_path), T0 + 139, number)
        parts.append(machine.tables())
        machine.close()
    both = {name: sorted(parts[0][name] + parts[1][name]) for name in whole}
    names = ("windows", "window_terms", "streams", "events", "channels")
    assert different({n: whole[n] for n in names}, {n: both[n] for n in names}) == {}
    assert not any("'cid'" in row and "m" in row for row in parts[1]["windows"])
    assert len(parts[1]["windows"]) > 2 and len(parts[0]["windows"]) > 0


def test_the_shard_that_had_the_login_is_told_under_a_name_that_nobody_else_has() -> None:
    bodies = [(shard, unpack(body.data)) for shard, body in packed(moving(T0), "live", 2)]
    told = [i for shard, b in bodies if shard == 0 for i in b.items if i.channel == "cid~5"]
    assert [type(item).__name__ for item in told] == ["ChannelInfo"]
    after = [b for shard, b in bodies if shard == 0 and b.start >= T0 + 42]
    assert after and not any(b.items or b.seen or b.streams for b in after)
    seen = {login for shard, b in bodies if shard == 1 and b.start > T0 + 45 for login in b.seen}
    assert seen == {"cid"}
