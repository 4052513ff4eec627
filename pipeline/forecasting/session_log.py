"""The windows of running streams as growing arrays, in the form the models read."""

from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

from models.inputs.history import STREAMS, sums
from models.inputs.sessions import Past, Session
from warehouse.records import SLOTS, WINDOW_SECONDS, Window

LONGEST = 2880  # windows, a day; of a longer stream the older half day is let go
_OTHERS = ("channel", "stream_id", "lexicons", "past")
_NAMES = [f.name for f in fields(Session) if f.name not in _OTHERS]
_COLUMNS = {"n": "n_messages", "mean": "mean_compound", "sd": "sd_compound"}


class SessionLog:
    """One stream's windows so far. Append in order; a late change replaces in place.

    past: sums of the channel's earlier streams, oldest first (models/inputs/history.py).
    """

    def __init__(self, channel: str, stream_id: str, past: Past = ()) -> None:
        self.channel, self.stream_id, self.past = channel, stream_id, past
        self.length = 0
        self._gone = np.zeros(4)  # sums of the windows let go
        self._lexicons: set[str] = set()
        self._arrays: dict[str, npt.NDArray[Any]] = {}

    def put(self, window: Window) -> bool:
        """Keep the window; True when it is the newest, False when it changes an older one."""
        start = int(window.start.timestamp())
        index, newest = self.length, False
        if self.length:
            index = (start - self._start(0)) // WINDOW_SECONDS
        if index < 0:  # older than all that is kept
            return False
        if index >= LONGEST:
            index -= self._halve()
        while self.length <= index:  # a hole becomes windows nobody observed
            self._append(start - (index - self.length) * WINDOW_SECONDS)
            newest = True
        for name in _NAMES:
            if name != "start":
                value = getattr(window, _COLUMNS.get(name, name))
                self._arrays[name][index] = np.asarray(value, dtype=float)
        self._lexicons.add(window.lexicon_version)
        return newest

    def session(self) -> Session:
        """The arrays as a Session; views, good until the next put."""
        views: dict[str, Any] = {name: self._arrays[name][: self.length] for name in _NAMES}
        start = views.pop("start").astype(np.int64)
        lexicons = tuple(sorted(self._lexicons))
        extra: dict[str, Any] = {"lexicons": lexicons, "past": self.past}
        return Session(self.channel, self.stream_id, start=start, **views, **extra)

    def with_this(self) -> Past:
        """The past of the stream that follows this one."""
        n, total, squares, total2 = (self._gone + sums(self.session())).tolist()
        return (*self.past, (n, total, squares, total2))[-STREAMS:]

    def holds_later(self, window: Window) -> bool:
        """Whether the newest window kept began after this one."""
        return self.length > 0 and self._start(self.length - 1) > window.start.timestamp()

    def indices(self, starts: list[int]) -> npt.NDArray[np.int64]:
        """Where the windows that start then are; those let go are left out."""
        indices = (np.array(starts, dtype=np.int64) - self._start(0)) // WINDOW_SECONDS
        return np.asarray(indices[indices >= 0])

    def end(self) -> int:
        """End of the newest window, epoch seconds; there is one."""
        return self._start(self.length - 1) + WINDOW_SECONDS

    def _start(self, index: int) -> int:
        return int(self._arrays["start"][index])

    def _append(self, start: int) -> None:
        if not self._arrays or self.length == len(self._arrays["start"]):
            self._grow()
        for name in _NAMES:
            empty = 0.0 if name in ("n", "n_chatters", "observed_s", "sub_n") else np.nan
            self._arrays[name][self.length] = start if name == "start" else empty
        self.length += 1

    def _grow(self) -> None:
        size = max(128, 2 * self.length)
        if self.length < LONGEST < size:  # longer only after half a day that nobody observed
            size = LONGEST
        bigger = {name: _empty(name, size) for name in _NAMES}
        for name, old in self._arrays.items():
            bigger[name][: self.length] = old
        self._arrays = bigger

    def _halve(self) -> int:
        gone = self.length // 2
        self._gone += sums(self.session().upto(gone - 1))
        for name in _NAMES:
            kept = self._arrays[name][gone : self.length].copy()
            self._arrays[name][: len(kept)] = kept
        self.length -= gone
        return gone


def _empty(name: str, size: int) -> npt.NDArray[Any]:
    """Single precision, in which the models read them; a hundred channels' days are 25 MB."""
    if name.startswith("sub_"):
        return np.full((size, SLOTS), np.nan, np.float32)
    return np.full(size, np.nan, np.float64 if name == "start" else np.float32)
