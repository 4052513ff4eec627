"""Every error DLD raises on purpose: what is wrong, which value, what to do."""

import sys
import traceback
from pathlib import Path


class AppError(Exception):
    """Base of them all; its message is safe to show: no token, no chat, no name of a chatter.

    exit_code: of the command that it ends.
    """

    exit_code = 1


class BadInput(AppError):
    """A file, argument or request that cannot be used as it is."""


class WrongUsage(BadInput):
    """An argument of a command that can never be right, as typer's own refusals are."""

    exit_code = 2


class NothingPublished(AppError):
    """The pipeline has not published what was asked for."""


class WarehouseLocked(AppError):
    """Another process owns this data folder."""


class WarehouseBroken(AppError):
    """The database cannot be opened: damaged, or made by a newer DLD."""


class StorageFull(AppError):
    """The disk under the data folder refuses to take more."""


class ProcessKilled(AppError):
    """The system ended a process that was to make something."""


class ModelUnusable(AppError):
    """Weights that are missing, damaged or made for other features."""


class NotAuthorised(AppError):
    """A token that is missing, wrong or expired."""


class PackageMissing(AppError):
    """A library that only some commands need, and that is not installed."""


def place_of(exc: BaseException) -> str:
    """A fault of ours by its kind and place: its message may quote chat, or a name."""
    trace = traceback.extract_tb(exc.__traceback__)
    at = f" at {Path(trace[-1].filename).name}:{trace[-1].lineno}" if trace else ""
    what = exc.strerror if isinstance(exc, OSError) else None
    return f"{what or type(exc).__name__}{at}"


def fail(exc: AppError | OSError) -> int:
    """Say in one line on stderr what ended a command; returns its exit code."""
    reason = str(exc)
    if isinstance(exc, OSError) and exc.filename:
        reason = f"{exc.strerror}: {exc.filename}"
    print(f"error: {' '.join(reason.split())}", file=sys.stderr)
    return exc.exit_code if isinstance(exc, AppError) else 1
