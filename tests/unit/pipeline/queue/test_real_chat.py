"""Real chat of several channels at once through two shards: what one machine makes of it."""

from itertools import groupby
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline.chat.message import Batch, ChannelInfo, Heard, Item, Message, StreamStart, Watch
from pipeline.engine import engine
from tests.helpers.through_queue import Machine, fill, packed
from tests.unit.pipeline.queue.test_equal import different
from warehouse.records import window_start
from warehouse.shards import Shard, shard_of

T0 = float(window_start(1_790_000_000.0))
SPAN_S = 300
ALIKE = ("windows", "window_terms", "window_hours", "term_days", "streams", "channels", "events")


def chat(path: Path) -> tuple[list[Batch], set[str]]:
    """Minutes of a stream of each channel, as if all were on air at once; the channels."""
    names = ["channel", "stream", "t", "user", "text", "emotes", "bot"]
    table = pq.read_table(path, columns=names, filters=[("t", "<", float(SPAN_S))])
    first = dict[str, str]()
    items = list[Item]()
    for number, row in enumerate(table.to_pylist()):
        name = row["channel"]
        if first.setdefault(name, row["stream"]) == row["stream"]:
            marks = None if row["emotes"] is None else tuple(row["emotes"].split())
            at = T0 + row["t"]
            said = Message(f"m{number}", name, at, row["user"], row["text"], marks, row["bot"])
            items += [said, Heard(name, at)]
    for k, name in enumerate(first):
        items += [ChannelInfo(name, str(k + 1), name, "en", T0), Watch(name, T0)]
        items += [StreamStart(name, T0, f"s{k}")]
    items.sort(key=lambda item: (item.at, not isinstance(item, ChannelInfo)))
    batches = [
        Batch(T0 + second + 1, tuple(some))
        for second, some in groupby(items, lambda item: int(item.at - T0))
    ]
    return [*batches, Batch(T0 + SPAN_S + 60)], {*first}


@pytest.mark.data
def test_two_shards_make_of_real_chat_what_one_machine_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chat_parquet: Path
) -> None:
    monkeypatch.setattr(engine, "_COMMIT_S", 0.0)
    batches, channels = chat(chat_parquet)
    assert {shard_of(name, 2) for name in channels} == {0, 1}
    one = Machine(tmp_path / "one", "live", lexicon="full")
    one.tell(batches)
    whole = one.tables()
    one.close()
    fill(str(tmp_path), packed(batches, "live", 2))
    parts = []
    for number in range(2):
        machine = Machine(tmp_path / f"s{number}", "live", lexicon="full")
        machine.engine.state.workspace.shard = Shard(number, 2)
        machine.read(str(tmp_path), T0 + SPAN_S + 60, number)
        parts.append(machine.tables())
        machine.close()
    both = {name: sorted(parts[0][name] + parts[1][name]) for name in ALIKE}
    assert different({name: whole[name] for name in ALIKE}, both) == {}
    assert all(len(part["windows"]) > 20 and len(part["window_terms"]) > 100 for part in parts)
