"""Requests that shard 0 sends on to the other shards, and what came of them, in the bucket.

`shard-0/requests.json` lists all that are not done everywhere, oldest first, and `requests/ID/` has
the files that go with one. Each shard copies what is new to it into a folder of its own, an inbox
like any, and tells in `shard-K/done.json` what came of it. Both say how things stand, not what
happened: whoever missed something, or was ended half-way, finds it there the next time.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from warehouse.atomic import private_folder
from warehouse.bucket.objects import Bucket
from warehouse.errors import BadInput
from warehouse.inbox.parsing import request_of
from warehouse.inbox.requests import DONE, REFUSED, WAITING, InboxFolder, Request

SENT = "shard-0/requests.json"
_FILE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}")
Outcome = Mapping[str, Any]  # {"reason"} of one that was refused, {} or {"told"} of one done


@dataclass(frozen=True)
class Errand:
    """A request for some shards. files: names of those that go with it."""

    request: Request
    shards: tuple[int, ...]
    files: tuple[str, ...] = ()

    def body(self) -> dict[str, Any]:
        """As the bucket has it."""
        asked = self.request
        head = {"id": asked.id, "at": asked.at, "by": asked.by, "action": asked.action}
        return {"request": head, "body": asked.body, "shards": self.shards, "files": self.files}


def errands_of(data: bytes) -> list[Errand]:
    """Those that an object lists; what is none is left out."""
    try:
        listed = list(orjson.loads(data)["requests"])
    except (ValueError, KeyError, TypeError):
        return []
    return [errand for raw in listed if (errand := _errand(raw)) is not None]


def _errand(raw: Any) -> Errand | None:
    try:
        request = request_of(dict(raw["request"]), dict(raw["body"]))
        files = tuple(name for name in raw["files"] if is_file_name(name))
        return Errand(request, tuple(map(int, raw["shards"])), files)
    except (BadInput, ValueError, KeyError, TypeError):
        return None


def is_file_name(text: str) -> bool:
    """True for what can be the name of a file that goes with a request."""
    return bool(_FILE.fullmatch(text))


def done_of(shard: int) -> str:
    """Name of the object in which a shard tells what came of its requests."""
    return f"shard-{shard}/done.json"


class Settled:
    """Requests that ended in an inbox, once what they did is in the bucket as well: whoever takes
    over from there would not know of it. revision: of the store, now. pushed: that of the last
    push."""

    def __init__(
        self, inbox: InboxFolder, revision: Callable[[], int], pushed: Callable[[], int]
    ) -> None:
        self.inbox, self._revision, self._pushed = inbox, revision, pushed
        self._since: dict[str, int] = {}  # revision with which it was seen to have ended

    def place(self, request_id: str) -> str:
        """DONE or REFUSED; WAITING for one that has not ended, or whose end is not pushed."""
        place, _ = self.inbox.read(request_id)
        if place == WAITING and self.inbox.waits(request_id):
            return WAITING
        place = place or DONE  # what came of it is kept no longer
        since = self._since.setdefault(request_id, self._revision())
        return place if self._pushed() >= since else WAITING

    def forget(self, request_id: str) -> None:
        """It is of no interest any more."""
        self._since.pop(request_id, None)


class ErrandsOfShard:
    """Shard K's side: what it is sent, in its inbox, and what came of that."""

    def __init__(self, bucket: Bucket, shard: int, settled: Settled) -> None:
        self._bucket, self._shard, self._settled = bucket, shard, settled
        self._inbox = settled.inbox
        self._tag: str | None = None
        self._told: bytes | None = None

    def step(self) -> bool:
        """Take in what is new, tell what has ended. True while something waits. Raises
        BucketFailed."""
        found = self._get()
        if found is not None:
            errands = [e for e in errands_of(found[0]) if self._shard in e.shards]
            for errand in errands:
                self._take(errand)
            self._prune({errand.request.id for errand in errands})
            self._tag = found[1]  # last: after a failure all is looked at again
        self._tell()
        return bool(self._inbox.waiting())

    def _get(self) -> tuple[bytes, str] | None:
        try:
            return self._bucket.get(SENT, self._tag)
        except FileNotFoundError:
            return None

    def _take(self, errand: Errand) -> None:
        request = errand.request
        if is_known(self._inbox, request.id):
            return
        names = [f"requests/{request.id}/{name}" for name in errand.files]
        load_files(self._bucket, names, self._inbox, request.id)
        self._inbox.put(request)

    def _prune(self, listed: set[str]) -> None:
        for request_id in self._inbox.ended():
            if request_id not in listed:
                self._inbox.drop(request_id)
                self._settled.forget(request_id)

    def _tell(self) -> None:
        ended = [key for key in sorted(self._inbox.ended()) if self._settled.place(key)]
        body = orjson.dumps({"v": 1, "done": {key: outcome(self._inbox, key) for key in ended}})
        if body != self._told:
            self._bucket.put(done_of(self._shard), body)
            self._told = body


def outcome(inbox: InboxFolder, request_id: str) -> Outcome:
    """What came of a request that has ended."""
    place, content = inbox.read(request_id)
    if place == REFUSED:
        return {"reason": str(content.get("reason", "no reason given"))}
    return {"told": content["told"]} if "told" in content else {}


def outcomes_of(data: bytes) -> dict[str, Outcome]:
    """By request, as a shard told; none where it cannot be read."""
    try:
        told = orjson.loads(data)["done"].items()
        return {str(key): _outcome(came) for key, came in told if isinstance(came, dict)}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _outcome(came: Mapping[str, Any]) -> Outcome:
    if "reason" in came:
        return {"reason": str(came["reason"])}
    told = came.get("told")
    return {"told": [r for r in told if isinstance(r, dict)]} if isinstance(told, list) else {}


def is_known(inbox: InboxFolder, request_id: str) -> bool:
    """True if the inbox has it, waiting or over."""
    return inbox.waits(request_id) or inbox.outcome(request_id) is not None


def load_files(bucket: Bucket, names: Iterable[str], inbox: InboxFolder, request_id: str) -> None:
    """Files of a request from the bucket, before the request itself: whoever sees that has all."""
    for name in names:
        folder = inbox.files(request_id)
        private_folder(folder)  # a log is somebody's chat
        bucket.load(name, folder / name.rpartition("/")[2])
