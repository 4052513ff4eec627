"""Channels that have viewers: those of whose tokens somebody asked lately.

The workers share it as the times of empty files, DLD_DATA/ebs/viewers/CHANNEL_ID; those of other
machines come, where there are some, into viewers_elsewhere beside it.
"""

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from warehouse.atomic import private_file, private_folder

log = logging.getLogger(__name__)

LASTS_S = 600.0  # a channel has viewers for so long after one asked
TOUCH_S = 30.0  # a channel's file is touched no more often


class Audience:
    """Channels with viewers, as one worker saw them and as all of them did."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder, self._clock = folder, clock
        self._elsewhere = folder.with_name(f"{folder.name}_elsewhere")
        self._new: set[str] = set()
        self._touched: dict[str, float] = {}
        self._has_warned = False

    def saw(self, channel_id: str) -> None:
        """A viewer of a channel that is published asked."""
        self._new.add(channel_id)

    def keep(self) -> None:
        """Tell the other workers."""
        now = self._clock()
        due = [c for c in self._new if now - self._touched.get(c, -TOUCH_S) >= TOUCH_S]
        self._new.clear()
        for channel_id in due:
            self._touched[channel_id] = now
            self._touch(self._folder / channel_id, now)

    def _touch(self, path: Path, now: float) -> None:
        try:
            private_folder(self._folder)
            private_file(path).close()
            os.utime(path, (now, now))
        except OSError as exc:
            if not self._has_warned:
                log.warning("viewers cannot be noted in %s: %s", self._folder, exc.strerror)
            self._has_warned = True

    def watched(self) -> set[str]:
        """Ids of the channels that have viewers; files of those that had are removed."""
        now, channels = self._clock(), set[str]()
        for file in (*_files(self._folder), *_files(self._elsewhere)):
            if _age_s(file, now) < LASTS_S:
                channels.add(file.name)
            else:
                Path(file).unlink(missing_ok=True)
        # where no file could be written, this worker's own will do
        channels |= {c for c, at in self._touched.items() if now - at < LASTS_S}
        self._touched = {c: at for c, at in self._touched.items() if c in channels}
        return channels


def _files(folder: Path) -> list["os.DirEntry[str]"]:
    try:
        return list(os.scandir(folder))
    except OSError:
        return []


def _age_s(file: "os.DirEntry[str]", now: float) -> float:
    try:
        return now - file.stat().st_mtime
    except OSError:
        return float("inf")
