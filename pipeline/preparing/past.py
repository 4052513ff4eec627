"""The past of simulated chat, made in one go at a first start: a process a channel, then one
transaction. Killed before that, nothing is there but a scratch folder, and it begins anew."""

import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import active_children, get_context
from multiprocessing.connection import Connection, wait
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.config import PipelineSettings, salt_path
from pipeline.engine.commit import publish
from pipeline.engine.state import State
from pipeline.preparing import channel_past
from pipeline.preparing.channel_past import ChannelPast, Order
from pipeline.preparing.gathering import gather
from pipeline.privacy.hashing import salt_of
from pipeline.sources.simulation.source import Simulate
from pipeline.vocabulary.proposals import Vocabulary
from pipeline.windows.intake import IntakeCounts
from warehouse.atomic import private_folder, replace_file
from warehouse.config import DataFolder
from warehouse.consent import OptOut
from warehouse.errors import AppError, ProcessKilled, StorageFull
from warehouse.published.progress import Progress
from warehouse.store.store import Store

log = logging.getLogger(__name__)

_LOOK_S = 0.2  # how often it is told how far they are
_MADE = 0.9  # of the whole, when all channels are made and yet to be put together


@dataclass(frozen=True)
class Past:
    """All that an engine is to know of the past beside what is in its folder."""

    vocabulary: Vocabulary
    channels: list[ChannelPast]

    def adopt(self, state: State) -> None:
        """The engine's memory is as if it had read it all."""
        state.vocabulary.resume(self.vocabulary)
        counts = [vars(made.counts) for made in self.channels]
        # not added: those of open windows have just been read again from the buffer
        state.intake.counts = IntakeCounts(
            **{name: sum(count[name] for count in counts) for name in counts[0]}
        )
        for lines in self._lines():
            state.publisher.publish(lines, state.workspace.oldest_text())
        publish(state)

    def _lines(self) -> Iterator[pa.Table]:
        """Lines to be published, by the hour: a file is gone when the first of it is too old."""
        lines = pa.concat_tables(part for made in self.channels for part in made.samples)
        hours = pc.floor_temporal(lines["start"], unit="hour")
        for hour in sorted(hours.unique().to_pylist()):
            yield lines.filter(pc.equal(hours, hour))


def make_past(
    folder: DataFolder,
    settings: PipelineSettings,
    store: Store,
    optout: OptOut,
    source: Simulate,
) -> Past:
    """All that `source` says up to now, in the store and the buffer; it goes on from there.

    Raises StorageFull or ProcessKilled, and then nothing is there.
    """
    until, span_s = source.clock() // 1, source.clock() - source.start

    def tell(share: float) -> None:
        Progress("past", span_s, share).tell(folder)

    tell(0.0)
    with _scratch(folder) as scratch:
        orders = [
            Order(DataFolder(scratch / name), settings, optout, source.only(name), until)
            for name in source.names
        ]
        salt = salt_of(salt_path(folder.root), store)
        for order in orders:
            _furnish(order.folder, folder, salt)
        made = _made(orders, lambda share: tell(share * _MADE))
        vocabulary = gather(store, folder, settings, [*zip(orders, made, strict=True)], until)
    source.start = until
    log.info("the past is made channels=%d", len(made))
    return Past(vocabulary, made)


@contextmanager
def _scratch(folder: DataFolder) -> Iterator[Path]:
    """A folder that no kill outlives: the next one removes it."""
    path = folder.scratch / "past"
    shutil.rmtree(path, ignore_errors=True)
    try:
        private_folder(path)
        yield path
    except OSError as exc:
        raise StorageFull(
            f"cannot write below {path}: {exc.strerror}; make it possible and start again"
        ) from exc
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _furnish(own: DataFolder, folder: DataFolder, salt: bytes) -> None:
    private_folder(own.root)
    replace_file(own.root / "salt", salt)
    if folder.models.is_dir():
        own.models.symlink_to(folder.models)


def _made(orders: list[Order], tell: Callable[[float], None]) -> list[ChannelPast]:
    """What comes of the orders, all at a time. Raises StorageFull, ProcessKilled."""
    made: dict[Connection, ChannelPast] = {}
    try:
        coming = {_begun(order): order for order in orders}
        while len(made) < len(coming):
            ready = wait(coming.keys() - made.keys(), _LOOK_S)
            made |= {pipe: _received(pipe) for pipe in coming if pipe in ready}
            shares = [1.0 if pipe in made else _share(coming[pipe]) for pipe in coming]
            tell(sum(shares) / len(shares))
        return [made[pipe] for pipe in coming]
    finally:
        for child in active_children():
            child.kill()


def _begun(order: Order) -> Connection:
    """A process of its own; where it sends what it has made."""
    context = get_context("spawn")  # forks no thread of this process, and leaves no server of forks
    ours, theirs = context.Pipe(duplex=False)
    with theirs:
        context.Process(target=channel_past.run, args=(order, theirs), daemon=True).start()
    return ours


def _share(order: Order) -> float:
    told = Progress.read(order.folder)
    return told.share if told else 0.0


def _received(pipe: Connection) -> ChannelPast:
    """Raises what the process has raised."""
    try:
        told: ChannelPast | AppError = pipe.recv()
    except EOFError:
        raise ProcessKilled(
            "a process that prepared the example chat was killed, most likely for want of "
            "memory; free some and start again"
        ) from None
    if isinstance(told, AppError):
        raise told
    return told
