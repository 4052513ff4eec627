"""Snapshots: what a takeover needs beside the published tables, as it was with one manifest."""

import io
from collections.abc import Mapping
from dataclasses import dataclass

import orjson
import pyarrow.parquet as pq

from pipeline.engine.state import State
from warehouse.atomic import read_file

_LISTS = ("optout", "claims", "channels")


@dataclass(frozen=True)
class Snapshot:
    """manifest: as it was written. revision: the store's, of the manifest and of all in `private`.
    purged: how often something was forgotten."""

    manifest: bytes
    revision: int
    private: Mapping[str, bytes]
    purged: int


class Snapshots:
    """Takes them, at the end of each publishing cycle. newest: None before the first."""

    def __init__(self) -> None:
        self.newest: Snapshot | None = None
        self._learnt: tuple[tuple[int, int], bytes] = (-1, -1), b""

    def take(self, state: State) -> None:
        """All of one revision: the store may not be written to meanwhile."""
        private = {"meta": _meta(state), "learnt": self._rows(state)}
        for name in _LISTS:
            path = getattr(state.folder, name)
            if path.is_file():
                private[name] = read_file(path)
        raw, revision = read_file(state.folder.manifest), state.publisher.manifest.revision
        self.newest = Snapshot(raw, revision, private, state.publisher.purged)

    def _rows(self, state: State) -> bytes:
        """What channels have taught their forecasters, as a Parquet file."""
        rows = state.store.query("learnt_all")
        mark = max(rows.column("rev").to_pylist(), default=0), rows.num_rows
        if mark != self._learnt[0]:
            file = io.BytesIO()
            pq.write_table(rows, file, compression="zstd")
            self._learnt = mark, file.getvalue()
        return self._learnt[1]


def _meta(state: State) -> bytes:
    rows = state.store.query("all_meta").to_pylist()
    return orjson.dumps({row["name"]: row["value"] for row in rows})
