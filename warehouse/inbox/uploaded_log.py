"""A chat log that was dropped on the dashboard, as it waits in the inbox beside its request.

inbox/ID/ holds the log until it is read, how far its import is, and what came of it. The log is
somebody's chat: only its owner may read it, and it goes as soon as it was read, whatever came
of that.
"""

import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from warehouse.atomic import private_file, private_folder

ACTION = "import-log"
WAITS = timedelta(hours=24)  # for a pipeline; then the log goes unread
_LONGEST = 80  # characters of a file's name
_ODD = re.compile(r"[^A-Za-z0-9._#+-]+")


@dataclass(frozen=True)
class UploadedLog:
    """inbox/ID of one log."""

    folder: Path

    @property
    def log(self) -> Path:
        """The log itself; gone once it was read."""
        return self.folder / "log"

    @property
    def progress(self) -> Path:
        """{"step", "done", "of"}: how far its import is, replaced while it goes on."""
        return self.folder / "progress.json"

    @property
    def tries(self) -> Path:
        """{"tries"}: how often its import was begun."""
        return self.folder / "tries.json"

    @property
    def outcome(self) -> Path:
        """{"result"} or {"reason", "asks"}: what came of it."""
        return self.folder / "outcome.json"

    def put(self, pieces: Iterable[bytes | memoryview]) -> None:
        """Write the log, for its owner's eyes; all of it or nothing. Raises OSError."""
        private_folder(self.folder)
        try:
            with private_file(self.log, os.O_EXCL) as file:
                for piece in pieces:
                    file.write(piece)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise


def safe_name(name: str) -> str:
    """A file's name without its folder and without what is not plain; "log" where nothing is left.

    Some formats name the channel in it: #NAME.log, NAME-2026-01-31.log.
    """
    last = re.split(r"[/\\]", name.replace("\0", ""))[-1]
    return _ODD.sub("_", last).lstrip(".-")[-_LONGEST:] or "log"
