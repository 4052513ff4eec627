"""Two shards as they really run: a collector, JetStream, an S3 store, two daemons, a mirror."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.helpers.build import rows
from tests.helpers.ports import free_port
from tests.machines.installs import Install, until
from tests.machines.servers import KEYS, nats_process, s3_store
from warehouse.shards import shard_of


@pytest.fixture
def install(tmp_path: Path) -> Iterator[Install]:
    with ExitStack() as stack:
        port = free_port()
        stack.enter_context(nats_process(tmp_path / "nats", port))
        address = stack.enter_context(s3_store(tmp_path / "s3"))
        (tmp_path / "salt").write_bytes(b"0123456789abcdef")
        found = Install(
            tmp_path,
            {
                **KEYS, "DLD_SHARDS": "2", "DLD_QUEUE_URL": f"nats://127.0.0.1:{port}",
                "DLD_BUCKET_URL": "s3://dld-test/shards", "DLD_BUCKET_ENDPOINT": address,
                "DLD_SALT_FILE": str(tmp_path / "salt"),
            },
        )  # fmt: skip
        try:
            yield found
        finally:
            for name in list(found.running):
                found.kill(name)


def channels(install: Install) -> dict[int, str]:
    """One that is on air, by shard, as readers see them."""
    found = rows(install.reader, "SELECT DISTINCT channel FROM windows WHERE n_messages > 0")
    by_shard = {shard_of(channel, 2): channel for (channel,) in found}
    return by_shard if len(by_shard) == 2 else {}


def test_what_a_reader_asks_is_done_by_both_shards_and_waits_for_one_that_is_down(
    install: Install,
) -> None:
    for number in (0, 1):
        install.shard(number)
    install.start("collector", "pipeline", "collect", "--source", "simulate")
    install.start("reader", "warehouse", "mirror")
    on_air = until(lambda: channels(install))

    body = {"decision": "change", "term": "zorpHype", "valence": 2.0, "kind": "emote"}
    decided = install.ask("vocabulary", **body)
    marked = install.ask("marker", channel=on_air[1], text="here")
    until(lambda: install.answer(decided) == install.answer(marked) == "")
    told = "SELECT channel FROM events WHERE kind = 'marker'"
    until(lambda: rows(install.reader, told) == [(on_air[1],)])
    assert rows(install.reader, "SELECT term, status FROM vocabulary WHERE n = 0") == [
        ("zorpHype", "accepted")
    ]

    install.kill("s1")
    gone = install.ask("opt-out", channel=on_air[1])
    time.sleep(15)
    assert install.answer(gone) is None
    install.shard(1)
    until(lambda: install.answer(gone) == "")
    query = f"SELECT channel_id FROM channels WHERE channel = '{on_air[1]}'"
    ((channel_id,),) = rows(install.reader, query)
    until(lambda: not (install.reader.latest / f"{channel_id}.json").exists())
