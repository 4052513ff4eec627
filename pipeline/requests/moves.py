"""Moves of channels to other keys by a migration: what lies beside the warehouse follows."""

from dataclasses import replace

from pipeline.windows.item_log import ItemLog
from warehouse.config import DataFolder
from warehouse.consent import OptOut, save_optout
from warehouse.erase import sample_keys
from warehouse.published.publisher import Publisher
from warehouse.store.store import Store


def settle_moves(
    store: Store, buffer: ItemLog, optout: OptOut, folder: DataFolder, publisher: Publisher
) -> None:
    """The buffer and the list of who opted out have the keys of now; lines published under the
    old ones go, or they would outlive a forgetting. It can be done again."""
    rows = store.query("moved_channels").to_pylist()
    keys = {row["name"].removeprefix("moved "): row["value"] for row in rows}
    if not keys:
        return
    buffer.rewrite(lambda i: replace(i, channel=keys[i.channel]) if i.channel in keys else i)
    if moved := optout.channels & keys.keys():
        optout.channels.update(keys[name] for name in moved)
        optout.channels.difference_update(moved)
        save_optout(folder.optout, optout, store)
    lines = [place for old in keys for place in sample_keys(folder, publisher, old)]
    publisher.publish(drop_samples_of=lines)
    store.write({}, dict.fromkeys((row["name"] for row in rows), ""))
