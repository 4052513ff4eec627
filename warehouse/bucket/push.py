"""Pushes: what a shard's folder publishes, as objects below BUCKET/shard-K/.

The manifest goes last and with the tag that was seen: whoever reads it finds all it names, and a
writer that was replaced meanwhile is told. Everything else never changes under its name. Beside the
tables the manifest names `bodies`, the object with what the EBS serves, and the `private` ones,
which a takeover needs and readers do not.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson

from warehouse.atomic import read_file
from warehouse.bucket.objects import Bucket, BucketFailed, Replaced
from warehouse.config import DataFolder
from warehouse.errors import NothingPublished
from warehouse.published.folder import PublishedFolder, read_bodies
from warehouse.published.manifest import Manifest, nothing_published, parse_manifest

MANIFEST = "manifest.json"
ALIVE = "alive"
TRAINED = "trained/"  # models of shard 0, which others take (trained.py)
TOUCH_S = 10.0  # without a push so long, those who stand by are told that this writer lives
_LIVES_S = 600.0  # of one step: what takes longer hangs
AT_ONCE = 8  # objects on their way: each waits for the network most of its time
LINGER_S = 600.0  # objects that left stay for mirrors that still load them
_LIST_EVERY_S = 3600.0
_SHORT_S = {"samples": 0.0, "bodies": 60.0, "private": 60.0}  # text goes at once


def shard_folder(shard: int) -> str:
    """Where a shard's objects lie, below the bucket's address."""
    return f"shard-{shard}"


class Pusher:
    """The one writer of a shard's objects. For one thread at a time, beside the daemon's turns;
    `touch` may come from another.

    tag: of the manifest when it was claimed; ABSENT where there was none. writer: the id of the
    folder that writes, which the manifest tells. retention_s: of text, which the manifest tells
    for mirrors that the writer does not reach. now_s: a monotonic clock.
    """

    def __init__(
        self,
        bucket: Bucket,
        shard: int,
        folder: DataFolder,
        tag: str,
        writer: str,
        retention_s: float = 86400.0,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tag = tag
        self._bucket, self._home, self._folder = bucket, shard_folder(shard), folder
        self._writer, self._retention_s, self._now_s = writer, retention_s, now_s
        self._there = set[str]()  # names of objects below the shard's folder
        self._list_at = float("-inf")  # when they are asked for anew
        self._leaving: dict[str, float] = {}  # names by when they may go
        self._pushed = b""
        self._fence = threading.Lock()  # of what is put with the tag that was seen, and the tag
        self._unsure = set[bytes]()  # digests of manifests that may have been put: no answer came

    def push(
        self, private: Mapping[str, bytes], raw: bytes = b"", at_once: bool = False
    ) -> Manifest:
        """Push what published/ says now; returns its manifest. What is there is not put again.

        private: objects by name (`learnt`, `meta`), letters only. raw: the manifest that they go
        with, where the one in the folder may be newer. at_once: what left is deleted now, be it
        in use or not.
        Raises Replaced where another is the writer now; BucketFailed, and NothingPublished where
        a file has been lost and will be published anew: push again.
        """
        try:
            return self._push(private, raw, at_once)
        except BucketFailed:
            self._list_at = self._now_s()  # what was on its way may be there or not
            raise

    def _push(self, private: Mapping[str, bytes], raw: bytes, at_once: bool) -> Manifest:
        self._list()
        raw, manifest = self._upload_tables(raw)
        named: dict[str, Any] = {
            "writer": self._writer,
            "retention_s": self._retention_s,
            "bodies": self._upload("bodies", self._bodies()),
            "private": {k: self._upload(f"private/{k}", v) for k, v in private.items()},
        }
        self._swap(orjson.dumps({**orjson.loads(raw), **named}))
        self._leave(manifest.paths() | {named["bodies"], *named["private"].values()}, at_once)
        return manifest

    def touch(self) -> None:
        """Tell those who stand by that this writer lives, without a push. Raises Replaced."""
        with self._fence:
            self._check()
            self._bucket.put(f"{self._home}/{ALIVE}", f"{self._writer} {self._now_s()}".encode())

    @contextmanager
    def living(self) -> Iterator[None]:
        """Meanwhile they are told so again and again: what takes long is no silence."""
        over = threading.Event()
        telling = threading.Thread(target=self._tell_until, args=[over], daemon=True)
        telling.start()
        try:
            yield
        finally:
            over.set()
            telling.join()

    def _tell_until(self, over: threading.Event) -> None:
        for _ in range(int(_LIVES_S / TOUCH_S)):
            if over.wait(TOUCH_S):
                return
            with suppress(BucketFailed, Replaced):  # the next push finds out, too
                self.touch()

    def _check(self) -> None:
        """Raises Replaced where another has taken the shard over: it may have been frozen."""
        try:
            found = self._bucket.get(f"{self._home}/{MANIFEST if self.tag else ALIVE}", self.tag)
        except FileNotFoundError:
            return
        if found and not self._is_ours(found[0]):
            raise Replaced(f"{self._bucket.address}/{self._home} was written by another")

    def _is_ours(self, data: bytes) -> bool:
        """Of the sign of life, before there is a manifest, or of one that may have been put."""
        return data.startswith(self._writer.encode()) or _digest(data) in self._unsure

    def _list(self) -> None:
        """Know what is there; what other writers left half done is to go, too."""
        if self._now_s() >= self._list_at:
            listed = self._bucket.list(f"{self._home}/")
            names = {found.name.partition(f"{self._home}/")[2] for found in listed}
            self._there = {n for n in names if "/" in n and not n.startswith(TRAINED)}
            self._list_at = self._now_s() + _LIST_EVERY_S

    def _upload_tables(self, given: bytes) -> tuple[bytes, Manifest]:
        """The manifest in force, once all its files are there. Files may go meanwhile: then there
        is a newer one."""
        path = self._folder.manifest
        raw = b""
        while True:
            last, raw = raw, given or self._read(path)
            try:
                manifest = parse_manifest(raw, path)
                self._upload_files(manifest.paths() - self._there)
                return raw, manifest
            except FileNotFoundError as exc:
                if raw == last:
                    raise NothingPublished(f"a file that {path} names was lost") from exc

    def _read(self, path: Path) -> bytes:
        try:
            return read_file(path)
        except FileNotFoundError as exc:
            raise nothing_published(path) from exc

    def _upload_files(self, paths: Collection[str]) -> None:
        if paths:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(self._upload_file, sorted(paths)))

    def _upload_file(self, path: str) -> None:
        self._bucket.put(f"{self._home}/{path}", self._folder.published / path)
        self._there.add(path)

    def _upload(self, name: str, data: bytes) -> str:
        """The object's name, which tells its content: the same is not put twice."""
        path = f"{name}/{_digest(data).hex()}"
        if path not in self._there:
            self._bucket.put(f"{self._home}/{path}", data)
            self._there.add(path)
        return path

    def _bodies(self) -> bytes:
        latest = PublishedFolder(self._folder.latest)
        bodies = {name.removesuffix(".json"): body for name, body in read_bodies(latest)}
        return orjson.dumps(bodies)

    def _swap(self, data: bytes) -> None:
        """Put the manifest if it is another. A try whose answer was lost may have put one: then
        what is there is ours, and its tag is taken."""
        if data == self._pushed:
            return
        with self._fence:
            self._put_manifest(data)
        self._pushed = data

    def _put_manifest(self, data: bytes) -> None:
        name = f"{self._home}/{MANIFEST}"
        try:
            self._unsure.add(_digest(data))
            self.tag = self._bucket.put(name, data, self.tag)
        except Replaced:
            try:
                found = self._bucket.get(name)
            except FileNotFoundError:  # somebody emptied the bucket
                found = None
            if found is None or _digest(found[0]) not in self._unsure:
                raise
            self.tag = found[1] if found[0] == data else self._bucket.put(name, data, found[1])
        self._unsure.clear()

    def _leave(self, needed: set[str], at_once: bool) -> None:
        """Delete what left the manifest, each in its time."""
        now, left = self._now_s(), self._there - needed
        self._leaving = {name: self._leaving.get(name, now + _linger_s(name)) for name in left}
        due = [name for name, at in self._leaving.items() if at <= now or at_once]
        if due:
            self._bucket.drop(f"{self._home}/{name}" for name in due)
            self._there.difference_update(due)


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def _linger_s(name: str) -> float:
    return _SHORT_S.get(name.partition("/")[0], LINGER_S)
