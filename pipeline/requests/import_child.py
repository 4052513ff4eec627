"""A child process of the daemon that imports one log, or runs a backtest, and the thread that
looks after it.

The child (pipeline.imports.sandbox) reads the log and asks for the import like anybody else.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Sequence

from warehouse.config import DataFolder
from warehouse.inbox.requests import InboxFolder
from warehouse.inbox.uploaded_log import UploadedLog

COMMAND = (sys.executable, "-m", "pipeline.imports.sandbox")
_LIMIT_S = 1800.0  # of one
_PATIENCE_S = 5.0


class ImportChild(threading.Thread):
    """The import of one log under way. It lives as long as its child, which dies with it."""

    def __init__(self, folder: DataFolder, request_id: str, command: Sequence[str]) -> None:
        super().__init__(daemon=True)
        self.folder, self.id, self.command = folder, request_id, command
        self.why = ""  # it had to be ended
        self.stopped = False  # it goes on after the next start
        self._child: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        try:
            self._child = subprocess.Popen(
                [*self.command, self.id, str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # it may quote the log
                env={**os.environ, "DLD_DATA": str(self.folder.root)},
                start_new_session=True,  # Ctrl-C is for the daemon, which ends its child
            )
            if self.stopped:
                self._child.kill()
            code = self._wait(self._child)
            self.why = f"it broke off (code {code}); the machine may be short of memory"
        except subprocess.TimeoutExpired:
            self.why = f"it took more than {_LIMIT_S / 60:.0f} minutes"
        except OSError as exc:
            self.why = f"it could not be begun: {exc.strerror}"

    def _wait(self, child: subprocess.Popen[bytes]) -> int:
        """Its exit code. It is ended after a while, but not while what it asks for waits for
        others. Raises TimeoutExpired."""
        while True:
            try:
                return child.wait(_LIMIT_S)
            except subprocess.TimeoutExpired:
                inbox = InboxFolder(self.folder.inbox)
                asked = [inbox.read(request_id)[1] for request_id in inbox.waiting()]
                if not any(request.get("action") == "import" for request in asked):
                    child.kill()
                    child.wait()
                    raise

    def stop(self) -> None:
        """End the child; its log waits for the next start."""
        self.stopped = True
        self._kill()
        self.join(_PATIENCE_S)
        UploadedLog(self.folder.inbox / self.id).tries.unlink(
            missing_ok=True
        )  # no fault of the log

    def _kill(self) -> None:
        if self._child is not None:
            self._child.kill()
