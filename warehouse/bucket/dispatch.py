"""Dispatch of requests by shard 0: what it sends on, and what it has to know of the others."""

import io
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.bucket.errands import (
    SENT,
    Errand,
    Outcome,
    Settled,
    done_of,
    errands_of,
    is_known,
    load_files,
    outcomes_of,
)
from warehouse.bucket.objects import Bucket
from warehouse.bucket.push import MANIFEST, shard_folder
from warehouse.errors import WarehouseBroken
from warehouse.inbox.requests import Request
from warehouse.published.manifest import parse_manifest

FRESH_S = 10.0  # rows of other shards are as good as new


class Dispatcher:
    """Shard 0's side. Turns call `send`, `told` and `rows`, which wait for nothing; `step`, which
    asks the bucket, goes beside them."""

    def __init__(
        self,
        bucket: Bucket,
        shards: int,
        settled: Settled,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.others = range(1, shards)
        self.ready = False  # every request that waits was looked at since the start
        self._bucket, self._settled, self._clock = bucket, settled, clock
        self._errands: dict[str, Errand] = {}
        self._folders: dict[str, Path] = {}  # of files that go with one
        self._sent: bytes | None = None
        self._came: dict[int, dict[str, Outcome]] = {}  # by shard and request
        self._tags: dict[int, str] = {}
        self._asked: set[str] = set()  # tables
        self._rows: dict[str, tuple[float, list[dict[str, Any]]]] = {}

    # -- in turns ----------------------------------------------------------------------------

    def send(self, request: Request, shards: Collection[int], files: Path | None = None) -> None:
        """It is to be done by the shards. files: the folder of those that go with it."""
        if request.id in self._errands:
            return
        names = sorted(path.name for path in files.glob("*.parquet")) if files else []
        if files:
            self._folders[request.id] = files
        self._errands[request.id] = Errand(request, tuple(sorted(shards)), tuple(names))

    def told(self, request_id: str) -> dict[int, Outcome]:
        """What came of it, by shard, of those that have told."""
        shards = self._errands[request_id].shards
        came = {shard: self._came.get(shard, {}).get(request_id) for shard in shards}
        return {shard: outcome for shard, outcome in came.items() if outcome is not None}

    def missing(self, request_id: str) -> list[int]:
        """Shards that are waited for."""
        there = self.told(request_id)
        return [shard for shard in self._errands[request_id].shards if shard not in there]

    def waiting(self) -> dict[int, int]:
        """Requests that are waited for, by shard."""
        listed = list(self._errands.values())
        missing = [s for e in listed if self._settled.inbox.waits(e.request.id)
                   for s in self.missing(e.request.id)]  # fmt: skip
        return {shard: missing.count(shard) for shard in sorted(set(missing))}

    def rows(self, table: str) -> list[dict[str, Any]] | None:
        """What the other shards publish in a small table; None until they were asked just now."""
        at, rows = self._rows.get(table, (0.0, None))
        if rows is None or self._clock() - at > FRESH_S:
            self._asked.add(table)
            return None
        return rows

    # -- beside them -------------------------------------------------------------------------

    def step(self) -> bool:
        """Send what is new, hear what was done. True while something is waited for. Raises
        BucketFailed."""
        if self._sent is None:
            self._begin()
        if self.ready:
            self._send()
        if self._errands:
            self._hear()
        for table in sorted(self._asked):
            rows = self._published(table)
            self._rows[table] = self._clock(), rows
            self._asked.discard(table)
        return bool(self._errands)

    def _begin(self) -> None:
        """What was sent before, by another machine perhaps, is waited for as well."""
        inbox = self._settled.inbox
        try:
            found = self._bucket.get(SENT)
        except FileNotFoundError:
            found = b"", ""
        data = found[0] if found else b""
        listed = {errand.request.id: errand for errand in errands_of(data)}
        for errand in listed.values():
            request = errand.request
            if not is_known(inbox, request.id):
                names = [f"requests/{request.id}/{name}" for name in errand.files]
                load_files(self._bucket, names, inbox, request.id)
                inbox.put(request)
        self._drop_files(lambda request_id: request_id not in listed)
        self._sent = data

    def _send(self) -> None:
        errands = list(self._errands.values())
        ended = {e.request.id for e in errands if self._settled.place(e.request.id)}
        errands = [errand for errand in errands if errand.request.id not in ended]
        for errand in errands:
            self._put_files(errand)
        errands.sort(key=lambda e: (e.request.time, e.request.id))
        body = orjson.dumps({"v": 1, "requests": [errand.body() for errand in errands]})
        if body != self._sent:
            self._bucket.put(SENT, body)
            self._sent = body
        if any(self._errands[key].files for key in ended):  # last: what is listed has its files
            self._drop_files(ended.__contains__)
        for key in ended:
            del self._errands[key]
            self._settled.forget(key)

    def _put_files(self, errand: Errand) -> None:
        folder = self._folders.get(errand.request.id)
        if folder:
            for name in errand.files:
                self._bucket.put(f"requests/{errand.request.id}/{name}", folder / name)
        self._folders.pop(errand.request.id, None)

    def _drop_files(self, is_over: Callable[[str], bool]) -> None:
        """Files of requests that are over, also those that an ended process left."""
        names = [found.name for found in self._bucket.list("requests/")]
        self._bucket.drop(name for name in names if is_over(name.split("/")[1]))

    def _hear(self) -> None:
        for shard in self.others:
            try:
                found = self._bucket.get(done_of(shard), self._tags.get(shard))
            except FileNotFoundError:
                continue
            if found is not None:
                self._came[shard], self._tags[shard] = outcomes_of(found[0]), found[1]

    def _published(self, table: str) -> list[dict[str, Any]]:
        return [row for shard in self.others for row in self._of(shard, table)]

    def _of(self, shard: int, table: str) -> list[dict[str, Any]]:
        """What a shard publishes; nothing of one that has not begun."""
        home = shard_folder(shard)
        try:
            found = self._bucket.get(f"{home}/{MANIFEST}")
        except FileNotFoundError:
            return []
        tables = parse_manifest(found[0], Path(home, MANIFEST)).tables if found else {}
        rows: list[dict[str, Any]] = []
        for file in tables.get(table, ()):
            data = self._bucket.get(f"{home}/{file.path}")
            rows += _rows_in(data[0], f"{home}/{file.path}") if data else []
        return rows


def _rows_in(data: bytes, name: str) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = pq.read_table(io.BytesIO(data)).to_pylist()
        return rows
    except pa.ArrowException as exc:
        raise WarehouseBroken(f"{name} in the bucket is damaged") from exc
