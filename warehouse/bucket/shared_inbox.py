"""The shared inbox: requests from readers' machines, which their mirrors put into the bucket.

`inbox/ID.json` with files in `inbox/ID/`, files first. Shard 0 alone lists them, and takes them
into the inbox of its folder; what came of each goes back to `inbox/done/ID.json` or
`inbox/refused/ID.json`, for the mirror of whoever asked.
"""

import re
import time
from collections import defaultdict
from collections.abc import Callable

import orjson

from warehouse.atomic import private_folder, replace_file
from warehouse.bucket.errands import Settled, is_known, load_files
from warehouse.bucket.objects import Bucket
from warehouse.inbox.requests import is_id

INBOX = "inbox"
KEPT_S = 86400.0  # outcomes, for a mirror that is down; files whose request never came
_PARTS = re.compile(
    r"inbox/(?:(done|refused)/)?([A-Za-z0-9_-]{1,64})(?:\.json|/([A-Za-z0-9_.-]{1,64}))"
)


class SharedInbox:
    """Shard 0's side of it."""

    def __init__(
        self, bucket: Bucket, settled: Settled, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._bucket, self._settled, self._clock = bucket, settled, clock
        self._seen: dict[str, float] = {}  # of these, since when each is there

    def step(self) -> None:
        """Take in what is new, answer what has ended. Raises BucketFailed."""
        requests: list[str] = []
        files: dict[str, list[str]] = defaultdict(list)
        outcomes: list[str] = []
        for found in self._bucket.list(f"{INBOX}/"):
            match = _PARTS.fullmatch(found.name)
            if match is None:
                continue
            if match[1]:
                outcomes.append(found.name)
            elif match[3]:
                files[match[2]].append(found.name)
            elif is_id(match[2]):
                requests.append(match[2])
        for request_id in requests:
            if not is_known(self._settled.inbox, request_id):
                self._take(request_id, files[request_id])
            elif place := self._settled.place(request_id):
                self._answer(request_id, place, files[request_id])
        orphans = [name for key in files.keys() - {*requests} for name in files[key]]
        self._prune([*outcomes, *orphans])

    def _take(self, request_id: str, files: list[str]) -> None:
        inbox = self._settled.inbox
        load_files(self._bucket, files, inbox, request_id)
        found = self._bucket.get(f"{INBOX}/{request_id}.json")
        private_folder(inbox.folder)
        if found is not None:  # as it is: what is no request is refused like any
            replace_file(inbox.folder / f"{request_id}.json", found[0])

    def _answer(self, request_id: str, place: str, files: list[str]) -> None:
        _, content = self._settled.inbox.read(request_id)
        self._bucket.put(f"{INBOX}/{place}/{request_id}.json", orjson.dumps(content))
        self._bucket.drop([f"{INBOX}/{request_id}.json", *files])
        self._settled.forget(request_id)

    def _prune(self, names: list[str]) -> None:
        now = self._clock()
        self._seen = {name: self._seen.get(name, now) for name in names}
        old = [name for name, since in self._seen.items() if now - since > KEPT_S]
        if old:
            self._bucket.drop(old)
