"""Forwarding of a reader's inbox: what is asked here goes into the bucket, for shard 0, and what
came of it comes back.

Files go first and the request last: whoever finds a request finds all of it. It may be put twice,
by a mirror that was killed; its id makes it one.
"""

import time
from collections.abc import Callable
from pathlib import Path

from warehouse.bucket.errands import is_file_name
from warehouse.bucket.objects import ABSENT, Bucket, Replaced
from warehouse.foreign_files import is_folder, is_plain, read_plain
from warehouse.inbox.requests import DONE, REFUSED, InboxFolder, Request
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
        waiting = list(self._inbox.requests())
        self._inbox.postpone(waiting)
        for request in waiting:
            if not self._bring_back(request.id) and request.id not in self._sent:
                self._send(request)
        self._sent.intersection_update(request.id for request in waiting)

    def _send(self, request: Request) -> None:
        files = self._inbox.files(request.id)
        try:
            for file in sorted(files.iterdir()) if is_folder(files) else ():
                if is_file_name(file.name) and is_plain(file):
                    self._bucket.put(f"inbox/{request.id}/{file.name}", file)
            data = read_plain(self._inbox.folder / f"{request.id}.json")
            self._bucket.put(f"inbox/{request.id}.json", data, ABSENT)
        except Replaced:  # by the one before us
            pass
        except FileNotFoundError:  # taken back meanwhile
            return
        self._sent.add(request.id)

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
