"""Forecasts of the daemon: which model, for whom, and how they turned out."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pipeline.window import Closed
from warehouse.config import DataFolder
from warehouse.records import Forecast, Window


class Forecasts:
    """Latest forecast by channel."""

    def __init__(self, folder: DataFolder, enabled: bool = True) -> None:
        self.latest: dict[str, Forecast] = {}

    def saw(self, window: Window) -> None:
        """A window that was committed before this run."""

    def after(
        self, closed: Iterable[Closed], session_of: Callable[[str], str | None]
    ) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
        """(forecast rows, score rows) that follow from newly closed windows."""
        return [], []

    def skill(self, channel: str) -> float | None:
        """Latent skill at step 1 over the last seven days."""
        return None
