"""Comparison of simulated with real chat: the same figures measured on both.

    python -m tests.benchmarks.simulation.compare

With DLD_TEST_DATA set it puts the real channels' range beside each simulated channel; real
chat is the table data/chat.parquet under it. Only figures come out, never text.
"""

import asyncio
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.chat.message import Item, Message, StreamEnd, StreamStart
from pipeline.sources.simulation.profiles import BUSY, MEDIUM, QUIET
from pipeline.sources.simulation.source import Simulate
from tests.benchmarks.simulation.figures import Line, Stream, figures

NOW = 1_767_268_800.0  # 2026-01-01 12:00 UTC; any fixed time gives the same table every run
DAYS = 15
MESSAGES_A_CHANNEL = 40_000
SIZES = {QUIET: (0, 6), MEDIUM: (6, 25), BUSY: (25, 100)}  # mean messages in 30 s
Table = dict[str, dict[str, float]]
"""Figures by name, by channel."""


def main() -> None:
    """Print one Markdown table: a figure a row, a simulated channel a column or two."""
    simulated = measured(simulated_streams())
    root = os.environ.get("DLD_TEST_DATA")
    real = measured(real_streams(Path(root) / "data" / "chat.parquet")) if root else {}
    heads = [head for name in SIZES for head in ((f"real, as {name}", name) if real else (name,))]
    print("| figure | " + " | ".join(heads) + " |")
    print("|---" * (len(heads) + 1) + "|")
    for figure in simulated[BUSY]:
        cells = []
        for name in SIZES:
            cells += [_range(real, name, figure)] if real else []
            cells.append(_short(simulated[name][figure]))
        print(f"| {figure} | " + " | ".join(cells) + " |")


def _range(real: Table, name: str, figure: str) -> str:
    """The lowest and highest of the real channels of that size."""
    low, high = SIZES[name]
    alike = [own for own in real.values() if low <= own["messages a window, mean"] < high]
    values = [own[figure] for own in alike if np.isfinite(own[figure])]
    return f"{_short(min(values))} .. {_short(max(values))}" if values else "unknown"


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.2g}"


def measured(streams: Iterator[Stream]) -> Table:
    """Figures of every channel."""
    by_channel: dict[str, list[Stream]] = defaultdict(list)
    for stream in streams:
        by_channel[stream.channel].append(stream)
    return {channel: figures(own) for channel, own in by_channel.items()}


def simulated_streams(now: float = NOW, days: float = DAYS, seed: int = 1) -> Iterator[Stream]:
    """The whole streams of the simulated past."""
    starts: dict[str, float] = {}
    lines: dict[str, list[Line]] = defaultdict(list)
    for item in asyncio.run(_past(Simulate(seed, now, days, clock=lambda: now), now)):
        if isinstance(item, StreamStart):
            starts[item.channel], lines[item.channel] = item.at, []
        elif isinstance(item, StreamEnd) and starts[item.channel] >= now - days * 86400:
            hours = (item.at - starts[item.channel]) / 3600
            yield Stream(item.channel, hours, lines[item.channel])
        elif isinstance(item, Message) and not (item.bot or item.text.startswith("!")):
            line = (item.at - starts[item.channel], item.chatter, item.text, bool(item.emotes))
            lines[item.channel].append(line)


async def _past(source: Simulate, now: float) -> list[Item]:
    items: list[Item] = []
    async for batch in source.batches():
        items.extend(batch.items)
        if batch.at >= now:
            break
    return items


def real_streams(table: Path, messages: int = MESSAGES_A_CHANNEL) -> Iterator[Stream]:
    """Evenly spaced whole streams of every channel, about so many messages of each."""
    chat = pq.read_table(table)
    for channel in sorted(pc.unique(chat["channel"]).to_pylist()):
        own = chat.filter(pc.equal(chat["channel"], channel))
        streams = sorted(pc.unique(own["stream"]).to_pylist())
        keep = max(1, min(len(streams), messages * len(streams) // own.num_rows))
        for i in np.linspace(0, len(streams) - 1, keep).astype(int):
            yield _real_stream(channel, own.filter(pc.equal(own["stream"], streams[i])))


def _real_stream(channel: str, rows: Any) -> Stream:
    columns = [rows[c].to_pylist() for c in ("t", "user", "text", "emotes", "bot")]
    lines = [
        (t, user, text, None if emotes is None else bool(emotes))
        for t, user, text, emotes, bot in zip(*columns, strict=True)
        if not (bot or text.startswith("!"))
    ]
    return Stream(channel, max(columns[0]) / 3600, sorted(lines, key=lambda line: line[0]))


if __name__ == "__main__":
    main()
