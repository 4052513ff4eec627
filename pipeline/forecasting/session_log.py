"""The newest windows of running streams as arrays, in the form the models read."""

from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

from models.inputs.features import before
from models.inputs.history import STREAMS, sums
from models.inputs.sessions import Past, Session, lexicon_of
from warehouse.mood_now import SPAN_S, is_told
from warehouse.records import SLOTS, WINDOW_SECONDS, Window

KEPT = 384  # windows; then the older half is let go, and what is left is all that kernels reach
_OTHERS = ("channel", "stream_id", "lexicons", "past", "before", "basis")
_NAMES = [f.name for f in fields(Session) if f.name not in _OTHERS]
_COLUMNS = {"n": "n_messages", "mean": "mean_compound", "sd": "sd_compound"}


class SessionLog:
    """One stream's newest windows by one basis, and the sums of those before. Append in order; a
    late change replaces in place. While the stream is read by another basis, this one has a hole.
    Where another lexicon begins, which is another measure, the log begins anew.

    past: sums of the channel's earlier streams, oldest first (models/inputs/history.py).
    """

    def __init__(self, channel: str, stream_id: str, past: Past = ()) -> None:
        self.channel, self.stream_id, self.past = channel, stream_id, past
        self.length = 0
        self._before: tuple[float, ...] = ()
        self._lexicons: dict[str, None] = {}  # in the order they came
        self._arrays = {name: _empty(name) for name in _NAMES}

    def put(self, window: Window) -> bool:
        """Keep the window; True when it is the newest, False when it changes an older one."""
        start = int(window.start.timestamp())
        if self._is_measured_anew(window):
            self.length, self._before = 0, ()
            self._lexicons.clear()
        index, newest = self._index(start), False
        if index < 0:  # older than all that is kept
            return False
        while self.length <= index:  # a hole becomes windows nobody observed
            if self.length == KEPT:
                index -= self._halve()
            self._append(start - (index - self.length) * WINDOW_SECONDS)
            newest = True
        for name in _NAMES:
            if name != "start":
                value = getattr(window, _COLUMNS.get(name, name))
                self._arrays[name][index] = np.asarray(value, dtype=float)
        self._lexicons[window.lexicon_version] = None
        return newest

    def has_room(self, window: Window) -> bool:
        """Whether the window can be put without letting others go."""
        is_within = self._index(int(window.start.timestamp())) < KEPT
        return is_within and not self._is_measured_anew(window)

    def _is_measured_anew(self, window: Window) -> bool:
        """Whether it is the newest, and the first that another lexicon scored."""
        if not self.length or self._index(int(window.start.timestamp())) < self.length:
            return False
        return lexicon_of(next(iter(self._lexicons))) != lexicon_of(window.lexicon_version)

    def session(self) -> Session:
        """The arrays as a Session; views, good until the next put."""
        views: dict[str, Any] = {name: self._arrays[name][: self.length] for name in _NAMES}
        start = views.pop("start").astype(np.int64)
        lexicons = tuple(self._lexicons)
        extra: dict[str, Any] = {"past": self.past, "before": self._before}
        return Session(
            self.channel, self.stream_id, start=start, lexicons=lexicons, **views, **extra
        )

    def with_this(self) -> Past:
        """The past of the stream that follows this one."""
        return (*self.past, sums(self.session()))[-STREAMS:]

    def holds_later(self, window: Window) -> bool:
        """Whether the newest window kept began after this one."""
        return self.length > 0 and self._start(self.length - 1) > window.start.timestamp()

    def indices(self, starts: list[int]) -> npt.NDArray[np.int64]:
        """Where the windows that start then are; those let go are left out."""
        indices = (np.array(starts, dtype=np.int64) - self._start(0)) // WINDOW_SECONDS
        return np.asarray(indices[indices >= 0])

    def is_told(self, ends: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Whether an emote mood is told at these windows, by the ten minutes before their ends."""
        session = self.session()
        signed = np.round(np.nan_to_num(session.n * session.share_scored))
        first = np.maximum(0, ends + 1 - SPAN_S // WINDOW_SECONDS)
        sums = [np.append(0, of.cumsum()) for of in (signed, session.n)]
        spans = [of[ends + 1] - of[first] for of in sums]
        return np.array([is_told(*pair) for pair in zip(*spans, strict=True)], bool)

    def end(self) -> int:
        """End of the newest window, epoch seconds; there is one."""
        return self._start(self.length - 1) + WINDOW_SECONDS

    def _start(self, index: int) -> int:
        return int(self._arrays["start"][index])

    def _index(self, start: int) -> int:
        return (start - self._start(0)) // WINDOW_SECONDS if self.length else 0

    def _append(self, start: int) -> None:
        for name in _NAMES:
            empty = 0.0 if name in ("n", "n_chatters", "observed_s", "sub_n") else np.nan
            self._arrays[name][self.length] = start if name == "start" else empty
        self.length += 1

    def _halve(self) -> int:
        gone = self.length // 2
        self._before = before(self.session().upto(gone - 1))
        for values in self._arrays.values():
            values[: self.length - gone] = values[gone : self.length].copy()
        self.length -= gone
        return gone


def _empty(name: str) -> npt.NDArray[Any]:
    """Single precision, in which the models read them; a hundred channels' are 4 MB."""
    if name.startswith("sub_"):
        return np.full((KEPT, SLOTS), np.nan, np.float32)
    return np.full(KEPT, np.nan, np.float64 if name == "start" else np.float32)
