"""Forwarding of a reader's inbox: what is asked here goes into the bucket, for shard 0, and what
came of it comes back.

Files go first and the request last: whoever finds a request finds all of it. It may be put twice,
by a mirror that was killed; its id makes it one.
"""

import time
from collections.abc import Callable
from pathlib import Path

from warehouse.bucket.objects import ABSENT, Bucket, Replaced
from warehouse.inbox.requests import DONE, REFUSED, InboxFolder, is_id
from warehouse.inbox.tidying import tidy

_EXPIRE_EVERY_S = 60.0


class ForwardedInbox:
    """The inbox of a mirrored folder. Bucket down: it waits."""

    def __init__(
        self, bucket: Bucket, inbox: Path, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._bucket, self._inbox, self._now_s = bucket, InboxFolder(inbox), now_s
        self._sent = set[str]()
        self._expire_at = now_s()

    def step(self) -> None:
        """Send what waits, bring back what ended. Raises BucketFailed, OSError."""
        if self._now_s() >= self._expire_at:
            tidy(self._inbox.folder)
            self._expire_at = self._now_s() + _EXPIRE_EVERY_S
        waiting = list(filter(is_id, self._inbox.waiting()))
        for request_id in waiting:
            if not self._bring_back(request_id) and request_id not in self._sent:
                self._send(request_id)
        self._sent.intersection_update(waiting)

    def _send(self, request_id: str) -> None:
        path = self._inbox.folder / f"{request_id}.json"
        files = self._inbox.files(request_id)
        try:
            for file in sorted(files.iterdir()) if files.is_dir() else ():
                if file.is_file() and file.name[0] != ".":
                    self._bucket.put(f"inbox/{request_id}/{file.name}", file)
            self._bucket.put(f"inbox/{request_id}.json", path.read_bytes(), ABSENT)
        except Replaced:  # by the one before us
            pass
        except FileNotFoundError:  # taken back meanwhile
            return
        self._sent.add(request_id)

    def _bring_back(self, request_id: str) -> bool:
        """True where it has ended."""
        for place in (DONE, REFUSED):
            try:
                found = self._bucket.get(f"inbox/{place}/{request_id}.json")
            except FileNotFoundError:
                continue
            if found is not None:
                self._inbox.end(request_id, place, found[0])
                return True
        return False
