"""Gathering of pasts that were made channel by channel: one transaction, and one buffer."""

import shutil
from collections.abc import Iterable
from pathlib import Path

import orjson
import pyarrow as pa

from pipeline.config import PipelineSettings
from pipeline.preparing.channel_past import ChannelPast, Order
from pipeline.vocabulary.proposals import Vocabulary
from pipeline.vocabulary.stored import load_scorers
from warehouse.atomic import ASIDE, private_file, private_folder, sync
from warehouse.config import DataFolder
from warehouse.kinds import SIMULATED
from warehouse.store.store import Store

_TABLES = (
    "channels", "streams", "windows", "window_terms", "forecasts", "forecast_scores", "events",
    "alerts", "learnt",
)  # fmt: skip


def gather(
    store: Store,
    folder: DataFolder,
    settings: PipelineSettings,
    made: list[tuple[Order, ChannelPast]],
    until: float,
) -> Vocabulary:
    """All of it into the store and the buffer; the names in use. Raises StorageFull."""
    vocabulary = Vocabulary(load_scorers(settings.lexicon, store).is_known)
    meta = {"clock": str(until), "source": SIMULATED}
    for _, past in made:
        vocabulary.join(past.vocabulary)
        meta |= past.meta
    rows = store.rows("vocabulary", vocabulary.take_rows(lambda term: False, until))
    meta["company"] = orjson.dumps(vocabulary.drift.dump()).decode()
    # before the transaction: without its rows a buffer is made anew, by the next try
    _join_buffers([order.folder.buffer for order, _ in made], folder.buffer)
    store.write({**_rows(order.folder for order, _ in made), "vocabulary": rows}, meta)
    return vocabulary


def _rows(folders: Iterable[DataFolder]) -> dict[str, pa.Table]:
    parts: dict[str, list[pa.Table]] = {name: [] for name in _TABLES}
    for folder in folders:
        with Store(folder.warehouse) as store:
            for name, tables in parts.items():
                tables.append(store.table(name))
    return {name: pa.concat_tables(tables) for name, tables in parts.items()}


def _join_buffers(parts: list[Path], buffer: Path) -> None:
    """Segments of the same hour become one, whatever a try that was killed has left."""
    private_folder(buffer)
    for name in sorted({path.name for part in parts for path in part.glob("*.jsonl")}):
        aside = buffer / f"{name}{ASIDE}"
        with private_file(aside) as whole:
            for path in (part / name for part in parts):
                if path.exists():
                    with path.open("rb") as one:
                        shutil.copyfileobj(one, whole)
            sync(whole)
        aside.replace(buffer / name)
