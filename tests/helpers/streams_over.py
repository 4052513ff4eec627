"""A channel whose streams are over, published: for tests of what is told of them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.helpers.browser import published
from tests.helpers.browser.rows import Row, channel, stream, term, window
from warehouse.config import DataFolder

BEGAN = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTES = 40
ENDED = BEGAN + timedelta(minutes=MINUTES)
NAME = "demo:20261122T120000"
BURST = 50  # windows into the stream
WINDOW = timedelta(seconds=30)


def write(
    root: Path, source: str = "live", past: int = 4, mood: float = 0.2, **more: Any
) -> DataFolder:
    """A stream of 40 minutes with a burst of laughter in it, and some before it of mood .01, .02
    ... more: of the stream's row."""
    on = {"source": source}
    row = {**stream("demo", BEGAN, ENDED, vod_id="123", **on), "stream_id": NAME, **more}
    streams, windows = [row], _chat(row, mood)
    for k in range(past):
        began = BEGAN - timedelta(days=k + 1)
        before = stream("demo", began, began + timedelta(minutes=5), **on)
        streams.append(before)
        windows += [
            window(
                "demo", began + i * WINDOW, 20, 0.01 * (k + 1), stream_id=before["stream_id"], **on
            )
            for i in range(10)
        ]
    terms = [
        *(term("demo", BEGAN + k * WINDOW, "KEKW", 1, 0.01) for k in range(0, 80, 9)),
        *(term("demo", BEGAN + k * WINDOW, "KEKW", 60, 0.1) for k in (BURST, BURST + 1)),
    ]
    tables = {
        "channels": [channel("demo", **on)], "streams": streams, "windows": windows,
        "window_terms": terms,
    }  # fmt: skip
    return published.write(root, tables, source)


def _chat(of: Row, mood: float) -> list[Row]:
    loud = (BURST, BURST + 1)
    return [
        window(
            "demo", BEGAN + k * WINDOW, 100 if k in loud else 20 + k % 3, mood + 0.02 * (k % 2),
            stream_id=of["stream_id"], n_laughs=60 if k in loud else 1, source=of["source"],
        )
        for k in range(2 * MINUTES)
    ]  # fmt: skip
