"""Work that a running engine does beside its turns: so far, backups."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from pipeline.requests.queue import NotYet
from warehouse.config import DataFolder
from warehouse.errors import AppError
from warehouse.store.backup import write_backup

if TYPE_CHECKING:
    from pipeline.requests.workspace import Site

_LEFT_S = 86400  # a backup nobody fetched in a day


class Job(threading.Thread):
    """A backup in the making, over a connection of its own. error: why it failed."""

    def __init__(self, con: duckdb.DuckDBPyConnection, folder: DataFolder, path: Path) -> None:
        super().__init__(daemon=True)
        self.con, self.folder, self.path = con, folder, path
        self.error: AppError | None = None

    def run(self) -> None:
        try:
            write_backup(self.con, self.folder, self.path)
        except AppError as exc:
            self.error = exc
        finally:
            self.con.close()


def run_backup(site: Site, request_id: str) -> None:
    """Write DLD_DATA/backup/ID.duckdb. With an engine, beside it: raises NotYet until it is
    there. Raises StorageFull and WarehouseBroken as they come."""
    folder = site.folder
    path = backup_path(folder, request_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    if site.engine is None:
        with site.store.con.cursor() as con:
            write_backup(con, folder, path)
        return
    job = site.engine.jobs.get(request_id)
    if job is None:
        _tidy(path.parent)
        job = site.engine.jobs[request_id] = Job(site.store.con.cursor(), folder, path)
        job.start()
    if job.is_alive():
        raise NotYet
    del site.engine.jobs[request_id]
    if job.error:
        raise job.error


def backup_path(folder: DataFolder, request_id: str) -> Path:
    """Where the backup of a request is, until its command fetches it."""
    return folder.backups / f"{request_id}.duckdb"


def _tidy(folder: Path) -> None:
    for path in folder.glob("*.duckdb"):
        if path.stat().st_mtime < time.time() - _LEFT_S:
            path.unlink(missing_ok=True)
