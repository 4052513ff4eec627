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
from warehouse.bucket.objects import Bucket, Listed
from warehouse.errors import AppError
from warehouse.foreign_files import LARGEST
from warehouse.inbox.requests import MOST, is_id

INBOX = "inbox"
KEPT_S = 86400.0  # outcomes, for a mirror that is down; files whose request never came
_PARTS = re.compile(
    r"inbox/(?:(done|refused)/)?([A-Za-z0-9_-]{1,64})(?:\.json|/([A-Za-z0-9_-][A-Za-z0-9_.-]{0,63}))"
)
_FILES, _BYTES = 16, 4_000_000_000  # that go with a request
_TROUBLES = 3  # of one look; then it is the bucket


class SharedInbox:
    """Shard 0's side of it."""

    def __init__(
        self, bucket: Bucket, settled: Settled, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._bucket, self._settled, self._clock = bucket, settled, clock
        self._seen: dict[str, float] = {}  # of these, since when each is there

    def step(self) -> None:
        """Take in what is new, answer what has ended: each by itself. Raises BucketFailed."""
        requests: dict[str, Listed] = {}
        files: dict[str, list[Listed]] = defaultdict(list)
        outcomes: list[str] = []
        for found in self._bucket.list(f"{INBOX}/"):
            match = _PARTS.fullmatch(found.name)
            if match is None:
                continue
            if match[1]:
                outcomes.append(found.name)
            elif match[3]:
                files[match[2]].append(found)
            elif is_id(match[2]):
                requests[match[2]] = found
        troubles: list[Exception] = []
        for request_id, found in requests.items():
            try:
                self._see_to(request_id, found, files[request_id])
            except (AppError, OSError) as exc:  # of this one, unless there are several
                troubles.append(exc)
                if len(troubles) == _TROUBLES:
                    break
        orphans = [found.name for key in files.keys() - {*requests} for found in files[key]]
        self._prune([*outcomes, *orphans])
        if troubles:
            raise troubles[0]

    def _see_to(self, request_id: str, found: Listed, files: list[Listed]) -> None:
        inbox, names = self._settled.inbox, [file.name for file in files]
        if is_known(inbox, request_id):
            if place := self._settled.place(request_id):
                self._answer(request_id, place, names)
        elif found.size > LARGEST or len(files) > _FILES or sum(f.size for f in files) > _BYTES:
            inbox.refuse(request_id, "", "it is larger than requests are, or has too many files")
        elif len(inbox.waiting()) < MOST:  # else it waits where it is
            self._take(request_id, names)

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
