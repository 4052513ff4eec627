"""Backups asked for: written beside a running daemon's turns, or at once by a command."""

import threading
import time
from collections.abc import MutableMapping
from pathlib import Path

import duckdb

from pipeline.requests.queue import NotYet
from warehouse.atomic import private_folder
from warehouse.config import DataFolder
from warehouse.errors import AppError
from warehouse.store.backup import write_backup
from warehouse.store.store import Store

_LEFT_S = 86400  # a backup nobody fetched in a day


class BackupJob(threading.Thread):
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


def run_backup(
    folder: DataFolder, store: Store, jobs: MutableMapping[str, BackupJob] | None, request_id: str
) -> None:
    """Write DLD_DATA/backup/ID.duckdb.

    jobs: of a running daemon, by request; it is then written beside the turns, and raises NotYet
    until it is there. Raises StorageFull and WarehouseBroken as they come.
    """
    path = backup_path(folder, request_id)
    private_folder(path.parent)
    if jobs is None:
        with store.cursor() as con:
            write_backup(con, folder, path)
        return
    job = jobs.get(request_id)
    if job is None:
        _tidy(path.parent)
        job = jobs[request_id] = BackupJob(store.cursor(), folder, path)
        job.start()
    if job.is_alive():
        raise NotYet
    del jobs[request_id]
    if job.error:
        raise job.error


def backup_path(folder: DataFolder, request_id: str) -> Path:
    """Where the backup of a request is, until its command fetches it."""
    return folder.backups / f"{request_id}.duckdb"


def _tidy(folder: Path) -> None:
    for path in folder.glob("*.duckdb"):
        if path.stat().st_mtime < time.time() - _LEFT_S:
            path.unlink(missing_ok=True)
