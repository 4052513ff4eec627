"""Chat that is stored already, as an import has to know it: streams, and seconds of windows."""

import time
from collections.abc import Collection, Iterable
from datetime import UTC
from typing import Any

import duckdb

from pipeline.chat.table import Placed, StoredStream
from warehouse.config import DataFolder
from warehouse.errors import AppError, NothingPublished
from warehouse.published.manifest import read_manifest
from warehouse.published.reader import Reader

_MANY = 1_000_000  # streams
_WHOLE = (1 << 30) - 1
_PATIENCE_S = 20.0  # until a running daemon has published what it took in


class StoredChat:
    """Published streams and windows, by the keys of channels; none where nothing is published."""

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        self.reader = Reader(folder)
        self.known: list[StoredStream] = []

    def streams(self, channels: Collection[str]) -> list[StoredStream]:
        """The streams of the channels; one that is going on ends now."""
        rows = self._query("dash_streams", channels=sorted(channels), limit=_MANY)
        self.known = [
            StoredStream(
                row["channel"],
                row["stream_id"],
                _seconds(row["started_at"]),
                _seconds(row["ended_at"]) if row["ended_at"] else time.time(),
                row["vod_id"] or "",
                bool(row["undated"]),
                row["source"] == "import",
            )
            for row in rows
        ]
        return self.known

    def seconds(self, channel: str, starts: Iterable[int]) -> dict[int, int]:
        """The seconds that are covered of the channel's imported windows at `starts`."""
        rows = self._query("windows_covered", channel=channel, starts=[float(s) for s in starts])
        return {int(_seconds(r["start"])): _WHOLE if r["covered"] is None else r["covered"]
                for r in rows}  # fmt: skip

    def moved(self, placed: Iterable[Placed]) -> list[str]:
        """Imported streams that begin at another time than they did."""
        before = {s.stream_id: s.started_at for s in self.known if s.is_import}
        return sorted(
            {
                p.stream_id
                for p in placed
                if (p.stream.is_named or p.host is None)
                and abs(before.get(p.stream_id, p.started_at) - p.started_at) > 1
            }
        )

    def start_of(self, channel: str, video: str) -> float | None:
        """When a video began, epoch seconds; None unknown."""
        found = (s for s in self.streams([channel]) if s.vod_id == video and not s.undated)
        return next((s.started_at for s in found), None)

    def await_revision(self, revision: object) -> None:
        """Wait until what was taken in is published: the next log has to know of it."""
        until = time.monotonic() + _PATIENCE_S
        while isinstance(revision, int) and time.monotonic() < until:
            try:
                if read_manifest(self.folder.manifest).revision >= revision:
                    return
            except AppError:
                return
            time.sleep(0.1)

    def _query(self, name: str, **values: Any) -> list[dict[str, Any]]:
        try:
            rows: list[dict[str, Any]] = self.reader.query(name, **values).to_pylist()
        except (NothingPublished, duckdb.BinderException):  # or by an older DLD
            return []
        return rows


def _seconds(at: Any) -> float:
    return float(at.replace(tzinfo=UTC).timestamp())
