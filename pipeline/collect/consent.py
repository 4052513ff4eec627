"""Consent as `collect` obeys it: shard 0's lists, through the bucket, or the folder's own."""

import logging
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from pipeline.sources.channel_list import save_channels
from warehouse.atomic import private_folder, stamp_or_none
from warehouse.config import DataFolder
from warehouse.consent import OptOut, load_optout, save_optout
from warehouse.errors import AppError

log = logging.getLogger(__name__)

_WAIT_S = 2.0


class CollectFolder(DataFolder):
    """A data folder whose lists come from the bucket: they are not those of a shard in it."""

    @property
    def optout(self) -> Path:
        """Who is not to be read."""
        return self.root / "collect" / "optout.json"

    @property
    def channels(self) -> Path:
        """What is to be read live."""
        return self.root / "collect" / "channels.json"


class Consent:
    """bucket: where shard 0 says who opted out and what is read, and is waited for until it does so
    for the first time; None: the folder's lists are its own. Raises AppError where nobody knows who
    opted out."""

    def __init__(self, folder: DataFolder, bucket: Any | None) -> None:
        self.folder, self.bucket = folder, bucket
        self._tag: str | None = None
        self._told = ""
        private_folder(folder.optout.parent)
        self._fetch_first()
        self._stamp = stamp_or_none(folder.optout)
        self._optout = load_optout(folder.optout)

    def optout(self) -> OptOut:
        """Who is not to be read, as of the last look."""
        return self._optout

    def look(self) -> None:
        """Read again what has changed; what cannot be read is told once, and the rest holds."""
        try:
            self._fetch()
            stamp = stamp_or_none(self.folder.optout)
            if stamp != self._stamp:
                self._optout, self._stamp = load_optout(self.folder.optout), stamp
            self._told = ""
        except (AppError, OSError) as exc:
            if str(exc) != self._told:
                log.warning("who opted out stays as it was: %s", exc)
            self._told = str(exc)

    def _fetch_first(self) -> None:
        """What cannot be had now may be known from before."""
        has_told = False
        while True:
            try:
                self._fetch()
            except AppError as exc:
                if not self.folder.optout.is_file():
                    raise
                log.warning("%s; going on with the lists of before", exc)
            if self.bucket is None or self.folder.optout.is_file():
                return
            if not has_told:
                log.info("waiting for shard 0, which knows who opted out")
            has_told = True
            time.sleep(_WAIT_S)

    def _fetch(self) -> None:
        """Shard 0's lists into the folder, where they are others."""
        if self.bucket is None:
            return
        get_control = import_module("warehouse.bucket.control").get_control
        try:
            found = get_control(self.bucket, self._tag)
        except FileNotFoundError:  # shard 0 has not started yet
            return
        if found:
            control, self._tag = found
            save_optout(self.folder.optout, control.optout)
            save_channels(self.folder.channels, control.channels)
