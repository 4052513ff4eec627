"""The past of simulated chat, made in one go at a first start: a process a channel, then one
transaction. Killed before that, nothing is there but a scratch folder, and it begins anew."""

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
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
from pipeline.sources.simulation.profiles import PROFILES
from pipeline.sources.simulation.source import Simulate
from pipeline.vocabulary.proposals import Vocabulary
from pipeline.windows.intake import IntakeCounts
from warehouse.atomic import private_folder, replace_file
from warehouse.config import DataFolder
from warehouse.consent import OptOut
from warehouse.errors import StorageFull
from warehouse.published.progress import Progress
from warehouse.store.store import Store

log = logging.getLogger(__name__)

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
    processes: int = os.cpu_count() or 1,
) -> Past:
    """All that `source` says up to now, in the store and the buffer; it goes on from there.

    Raises StorageFull, and then nothing is there.
    """
    until, span_s = source.clock() // 1, source.clock() - source.start

    def tell(share: float) -> None:
        Progress("past", span_s, share).tell(folder)

    tell(0.0)
    with _scratch(folder) as scratch:
        orders = [
            Order(DataFolder(scratch / name), settings, optout, source.only(name), until)
            for name in sorted(source.names, key=lambda name: -PROFILES[name].rate)
        ]
        salt = salt_of(salt_path(folder.root), store)
        for order in orders:
            _furnish(order.folder, folder, salt)
        made = _made(orders, processes, lambda share: tell(share * _MADE))
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


def _made(orders: list[Order], processes: int, tell: Callable[[float], None]) -> list[ChannelPast]:
    """What comes of the orders, `processes` of them at a time, the first ones first."""
    context = get_context("forkserver")  # forks of one that has loaded all, and no thread
    context.set_forkserver_preload([channel_past.__name__])
    shares, made = [0.0] * len(orders), dict[int, ChannelPast]()
    waiting, running = [*enumerate(orders)], dict[Connection, tuple[int, ForkServerProcess]]()
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                n, order = waiting.pop(0)
                ours, theirs = context.Pipe(duplex=False)
                child = context.Process(target=channel_past.run, args=(order, theirs), daemon=True)
                child.start()
                theirs.close()
                running[ours] = n, child
            wait([*running])
            for pipe in [pipe for pipe in running if pipe.poll()]:
                n, child = running[pipe]
                told = _received(pipe)
                if isinstance(told, ChannelPast):
                    made[n], shares[n] = told, 1.0
                    child.join()
                    del running[pipe]
                else:
                    shares[n] = told
                tell(sum(shares) / len(shares))
    finally:
        for _, child in running.values():
            child.kill()
    return [made[n] for n in range(len(orders))]


def _received(pipe: Connection) -> ChannelPast | float:
    """Raises what the process has raised."""
    try:
        told: ChannelPast | float | Exception = pipe.recv()
    except EOFError:
        raise RuntimeError("a process that made the past ended; its log says why") from None
    if isinstance(told, Exception):
        raise told
    return told
