"""Claims: which folder writes a shard, and how another takes over when that one is silent.

The manifest in the bucket tells its writer; before there is one, the sign of life does. Whoever
finds another's stands by as long as that one writes, or says that it lives; then it takes what is
in the bucket into its own folder and puts its own id, with the tag it saw: the one before is told
so by its next push or sign of life.
"""

import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import orjson

from warehouse.atomic import private_folder, read_file, replace_file
from warehouse.bucket.objects import ABSENT, Bucket, BucketFailed, BucketRefused, Replaced
from warehouse.bucket.push import ALIVE, MANIFEST, shard_folder
from warehouse.bucket.restore import restore_shard
from warehouse.config import DataFolder
from warehouse.errors import BadInput
from warehouse.published.manifest import parse_manifest
from warehouse.store.store import Store, schema_numbers

log = logging.getLogger(__name__)

REPLACED = "replaced"
SILENT_S = 25.0  # a writer that neither pushes nor touches for so long is taken for dead
LOOK_S = 2.0


@dataclass(frozen=True)
class Held:
    """The manifest as it is in the bucket; raw is empty where a writer has begun and has put none
    yet. alive: the tag of the sign of life."""

    raw: bytes
    tag: str
    writer: str
    revision: int
    alive: str


class Claims:
    """The claim of one shard by one folder. now_s: a monotonic clock."""

    def __init__(
        self,
        bucket: Bucket,
        shard: int,
        folder: DataFolder,
        now_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.bucket, self.shard, self.folder = bucket, shard, folder
        self.now_s, self.sleep = now_s, sleep
        self.home = shard_folder(shard)
        self.place = {"bucket": bucket.address, "shard": shard}
        self._path = folder.root / "writer.json"
        self._is_blind = False  # the bucket did not answer

    def take(self) -> tuple[str, str]:
        """(tag, writer id) of the manifest that is this folder's to write from now on.

        Raises BadInput for a folder with a history that is not the shard's, BucketRefused for
        wrong credentials, and what restoring raises.
        """
        while True:
            held, writer = self._look(), self._writer()
            if held is None:
                held = Held(b"", ABSENT, writer or "", -1, ABSENT)
            elif held.writer == writer and (not held.raw or self._is_current(held.revision)):
                return held.tag, writer
            elif writer is None and self.folder.warehouse.exists():
                raise BadInput(
                    f"{self.folder.root} has windows, and {self.bucket.address}/{self.home} is "
                    "another folder's; set DLD_DATA to an empty folder"
                )
            elif held.writer != writer:
                held = self._wait(held)
            tag = self._take_over(held, writer) if held.raw else self._begin(held, writer)
            if tag is not None:
                return tag, self._writer() or ""

    def _begin(self, held: Held, writer: str | None) -> str | None:
        """Claim a shard without a manifest; None where another was quicker."""
        writer = writer or uuid4().hex
        try:
            self.bucket.put(f"{self.home}/{ALIVE}", writer.encode(), held.alive)
        except Replaced:
            return None
        self._keep(writer)
        return ABSENT

    def _take_over(self, held: Held, writer: str | None) -> str | None:
        """The manifest's tag once it is ours; None where another was quicker."""
        began, writer = self.now_s(), writer or self._keep(uuid4().hex)
        self._put_aside()
        restore_shard(self.bucket, self.shard, held.raw, self.folder)
        body = {**orjson.loads(held.raw), "writer": writer}
        try:
            tag = self.bucket.put(f"{self.home}/{MANIFEST}", orjson.dumps(body), held.tag)
        except Replaced:
            log.info("shard %d was written meanwhile", self.shard)
            return None
        log.info("shard %d taken over in %.1f s", self.shard, self.now_s() - began)
        return tag

    def _wait(self, seen: Held) -> Held:
        """Stand by until the writer is silent; the manifest as it then is."""
        log.info("shard %d is written by another process; standing by", self.shard)
        since = self.now_s()
        while self.now_s() - since < SILENT_S:
            self.sleep(LOOK_S)
            self._is_blind = False
            now = self._look(seen) or seen
            if now != seen or self._is_blind:
                seen, since = now, self.now_s()
        log.info("the writer of shard %d is silent; taking over", self.shard)
        return seen

    def _look(self, seen: Held | None = None) -> Held | None:
        """The manifest, None where there is none; waits for a bucket that does not answer."""
        while True:
            try:
                return self._get(seen)
            except BucketRefused:
                raise
            except BucketFailed as exc:
                if not self._is_blind:
                    log.error("waiting: %s", exc)
                self._is_blind = True
                self.sleep(LOOK_S)

    def _get(self, seen: Held | None) -> Held | None:
        name = f"{self.home}/{MANIFEST}"
        try:
            found = self.bucket.get(name, seen.tag if seen else None)
            raw, tag = found or (seen.raw, seen.tag) if seen else found or (b"", "")
        except FileNotFoundError:
            raw, tag = b"", ABSENT
        try:
            alive = self.bucket.get(f"{self.home}/{ALIVE}") or (b"", "")
        except FileNotFoundError:
            alive = b"", ABSENT
        if not raw:
            writer = alive[0].decode(errors="replace").partition(" ")[0]
            return Held(raw, tag, writer, -1, alive[1]) if alive[1] else None
        revision = parse_manifest(raw, Path(name)).revision
        return Held(raw, tag, str(orjson.loads(raw).get("writer", "")), revision, alive[1])

    # -- the folder ------------------------------------------------------------------------

    def _writer(self) -> str | None:
        """This folder's id as a writer of this shard; None where it is none."""
        try:
            kept = orjson.loads(read_file(self._path))
            return str(kept["id"]) if {**kept, **self.place} == kept else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _keep(self, writer: str) -> str:
        private_folder(self.folder.root)
        replace_file(self._path, orjson.dumps({"id": writer, **self.place}))
        return writer

    def _is_current(self, revision: int) -> bool:
        """False where the folder has less than the bucket: a volume put back, or emptied."""
        path = self.folder.warehouse
        if not path.is_file():
            return False
        have, newest = schema_numbers(path)
        with Store(path) as store:
            is_part = bool(store.awaited())
            return store.revision >= revision and not (is_part and have < newest)

    def _put_aside(self) -> None:
        """Room for what is restored. The warehouse stays until it is replaced again, or somebody
        is forgotten; text is told again by the queue."""
        for path in self.folder.root.glob(f"{self.folder.warehouse.name}*"):
            path.replace(self.folder.root / path.name.replace("warehouse", REPLACED, 1))
            log.warning("another has written this shard since: %s is put aside", path.name)
        for place in (self.folder.published, self.folder.buffer):
            shutil.rmtree(place, ignore_errors=True)
