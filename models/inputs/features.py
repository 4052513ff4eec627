"""Windows -> features: the one code path of training, backtest and daemon.

Every feature of a window is made from that window and earlier ones of its session. Sums reach
back over the whole session, kernels over KERNEL windows, so that the last CONTEXT windows'
features can be made alone and come out the same; of what is older, its sums are enough.
Deviations are from the session's running mean, in units of its message sd, and shrunk by the
messages they rest on (n / (n + k)): silence and unobserved windows rest on none, so they say
nothing instead of zero.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any, TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models.base import FIRST_LIVE, Floats, View
from models.inputs import history
from models.inputs.sessions import SHARES, SUMS, Session
from warehouse.errors import BadInput
from warehouse.records import SLOTS, WINDOW_SECONDS

T = TypeVar("T", bound=np.generic)
FEATURES_VERSION = 2  # raise it with any change here: old weights are then refused
CONTEXT = 16  # windows a model looks at
KERNEL = 128  # windows a moving average reaches back
_TOGETHER = 50_000  # windows whose arrays are in memory at a time: of 100 days they take 60 MB
SLOT_KERNEL = 10  # ... one of 5-second slots
HALF_LIVES = (0.5, 1, 2, 4, 8, 16, 32, 64)  # windows
SLOT_HALF_LIVES = (0.5, 1, 2, 4, 8)  # 5-second slots
SHARE_HALF_LIVES = (1, 4)
RATE_HALF_LIVES = (1, 2, 8, 32)  # all of these are among HALF_LIVES
EWMA_HALF_LIFE = 32  # of the EWMA baseline: the best on the training streams
RATE_HALF_LIFE = 8  # of the recent message rate
PAST_N = 100.0  # messages that earlier streams are shrunk by
PAST_FADES = (100.0, 1_000.0, float("inf"))  # messages of this stream that outweigh its past
PRIOR_VARIANCE, PRIOR_N = 0.085, 20.0  # of message scores, until the session shows its own
MOVES = 0.02  # of the message variance: how far moods move beside sampling error
LIMIT = 8.0  # features are clipped to -8..8

MEAN_NAMES = tuple(f"mean_{h}_{k}" for h in HALF_LIVES for k in (5, 40))
SLOT_NAMES = tuple(f"slots_{h}_{k}" for h in SLOT_HALF_LIVES for k in (1, 5, 20))
SHARE_NAMES = tuple(f"{s}_{h}" for s in SHARES for h in SHARE_HALF_LIVES)
RATE_NAMES = ("count", *(f"rate_{h}" for h in RATE_HALF_LIVES), "count_spike")
SCATTER_HALF_LIVES = (8, 32)
STATE_NAMES = (
    "session_mean",
    "message_sd",
    "session_age",
    "session_n",
    "noise",
    "scatter",
    *(f"scatter_{h}" for h in SCATTER_HALF_LIVES),
)
PAST_NAMES = (
    *(f"past_{h:g}_{k:g}" for h in history.HALF_LIVES for k in PAST_FADES),
    "burst",
    "past_burst",
    "has_past",
)
SLOT_COUNTS = tuple(f"slot_count{i}" for i in range(SLOTS))
OTHER_NAMES = (
    "window",
    *(f"slot{i}" for i in range(SLOTS)),
    *SLOT_COUNTS,
    "repeats",
    "spread",
    "silent",
    "unobserved",
    "present",
)
GROUPS = {  # for ablations, and to tune which of them pay
    "means": MEAN_NAMES,
    "slots": (*SLOT_NAMES, *(n for n in OTHER_NAMES if n.startswith("slot"))),
    "shares": SHARE_NAMES,
    "rates": RATE_NAMES,
    "past": PAST_NAMES,
    "state": STATE_NAMES,
    "shape": ("repeats", "spread"),
}
NAMES = (
    *MEAN_NAMES,
    *SLOT_NAMES,
    *SHARE_NAMES,
    *RATE_NAMES,
    *STATE_NAMES,
    *PAST_NAMES,
    *OTHER_NAMES,
)


def enough(session: Session) -> bool:
    """Whether a session can be forecast live: six windows, and someone has spoken."""
    return len(session) >= FIRST_LIVE and bool(np.any(session.n > 0) or session.of_before("n"))


def before(session: Session) -> tuple[float, ...]:
    """BEFORE of the session's windows, for when they are let go; it has some."""
    s = _Stack([session], 1)
    last = s.last_n, s.last_n * s.last, s.last_rate
    return tuple(float(value[0, 0]) for value in (*(s.sums[name] for name in SUMS), *last))


def views(session: Session, ends: NDArray[np.int64]) -> View:
    """What was known when each window `ends` (indices into the session) closed."""
    if len(ends) and not 0 <= ends.min() <= ends.max() < len(session):
        raise BadInput(f"cutoffs must be windows 0..{len(session) - 1} of the session")
    columns = _columns([session], len(session))
    padded = np.pad(columns.pop("x")[0], ((CONTEXT - 1, 0), (0, 0)))
    x = sliding_window_view(padded, CONTEXT, axis=0).swapaxes(1, 2)[ends]
    return View(x, **{k: v[0, ends] for k, v in columns.items()})


def now(sessions: Sequence[Session]) -> View:
    """What is known of each session after its last window; sessions must be `enough`."""
    if short := [s.channel for s in sessions if not enough(s)]:
        raise BadInput(f"too little chat to forecast yet: {', '.join(short)}")
    if not sessions:
        raise BadInput("no session to forecast")
    length = max(CONTEXT, *map(len, sessions))
    together = max(1, _TOGETHER // length)
    few = [sessions[i : i + together] for i in range(0, len(sessions), together)]
    parts = [_columns(some, CONTEXT, length) for some in few]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return View(columns.pop("x"), **{k: v[:, -1] for k, v in columns.items()})


def window_features(session: Session) -> NDArray[np.float32]:
    """Every window's features, (T, F) float32: what training reads."""
    x: NDArray[np.float32] = _columns([session], len(session))["x"][0]
    return x


def _columns(sessions: Sequence[Session], keep: int, length: int = 0) -> dict[str, Any]:
    """Features (B, keep, F) and View statistics (B, keep) of the last `keep` windows. length: of
    the longest session, if it is not among these."""
    s = _Stack(sessions, keep, length)
    x = np.stack(
        [*s.means(), *s.slots(), *s.shares(), *s.rates(), *s.state(), *s.past(), *s.others()], -1
    )
    x = np.clip(x, -LIMIT, LIMIT) * s.tail(s.present)[..., None]
    return {
        "x": x.astype(np.float32),
        "session_mean": s.mu,
        "ewma": s.average(EWMA_HALF_LIFE),
        "last": s.last,
        "last_n": s.last_n,
        "sd": s.sigma,
        "rate": s.rate(RATE_HALF_LIFE),
        "session_rate": s.session_rate,
        "last_rate": s.last_rate,
    }


class _Stack:
    """B sessions side by side, aligned at their last window; zeros before each began."""

    def __init__(self, sessions: Sequence[Session], keep: int, length: int = 0) -> None:
        self.sessions, self.keep = sessions, keep
        self.length = max(keep, length, *(len(s) for s in sessions))
        self.present = self._pad(lambda s: np.ones(len(s)))
        self.n = self._pad(lambda s: s.n)
        self.seen = self._pad(lambda s: s.observed_s / WINDOW_SECONDS)
        self.total = self.n * self._pad(lambda s: s.mean)  # sum of the window's scores
        self.sd = self._pad(lambda s: s.sd)
        self.told = [self._told(name) for name in SHARES]
        self.sums = {name: self._running(name, full) for name, full in self._summed().items()}
        self._session_sums()
        self._last_window()
        self._recent_sums()
        self._slot_arrays()

    def _pad(self, column: Callable[[Session], Floats], filler: float = 0.0) -> Floats:
        """A column of every session, (B, length); `filler` where it is missing."""
        out = np.full((len(self.sessions), self.length), np.nan)
        for row, session in zip(out, self.sessions, strict=True):
            row[self.length - len(session) :] = column(session)
        return np.nan_to_num(out, copy=False) if filler == 0 else out

    def _told(self, name: str) -> tuple[Floats, Floats]:
        """Messages of windows whose share is known, and those of them that it counts."""
        share = self._pad(lambda s: getattr(s, name), np.nan)
        counted = self.n * np.isfinite(share)
        return counted, counted * np.nan_to_num(share, copy=False)

    def _summed(self) -> dict[str, Floats]:
        """What is summed over the whole session, of each window: SUMS, (B, length)."""
        more = np.maximum(self.n - 1, 0)
        self.spoke = np.where(self.n > 0, 1.0, 0.0)
        self.squares: Floats = self.total * _ratio(self.total, self.n)
        values = [self.present, self.n, self.total, self.seen, more, self.sd**2 * more]
        values += [self.spoke, self.squares, self.n**2, self.n * self.total]
        return dict(zip(SUMS, chain(values, *self.told), strict=True))

    def _before(self, name: str) -> Floats:
        """One of BEFORE, (B, 1)."""
        return np.array([[session.of_before(name)] for session in self.sessions])

    def _session_sums(self) -> None:
        """Of each session so far, after each of its last `keep` windows: (B, keep)."""
        self.n_so_far = self.sums["n"]
        self.mu = _ratio(self.sums["total"], self.n_so_far)
        squares = self.sums["within"] + PRIOR_VARIANCE * PRIOR_N
        self.sigma = np.sqrt(squares / (self.sums["freedom"] + PRIOR_N))
        self.session_rate = _ratio(self.n_so_far, self.sums["seen"])

    def _last_window(self) -> None:
        """The last window with messages, and the last observed one, carried forward."""
        rows = np.arange(len(self.n))[:, None]
        spoke, watched = self._latest(self.n > 0), self._latest(self.seen > 0)
        n, total, seen = self.n[rows, spoke], self.total[rows, spoke], self.seen[rows, watched]
        self.last_n = np.where(n > 0, n, self._before("last_n"))
        self.last = _ratio(np.where(n > 0, total, self._before("last_total")), self.last_n)
        rate = _ratio(self.n[rows, watched], seen)
        self.last_rate = np.where(seen > 0, rate, self._before("last_rate"))

    def _latest(self, is_so: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Place of the latest window that is so, (B, keep); 0 where there is none yet."""
        places = np.where(is_so, np.arange(self.length), 0)
        return self.tail(np.maximum.accumulate(places, 1))

    def _running(self, name: str, full: Floats) -> Floats:
        """Sums from each session's start to each of its last `keep` windows, (B, keep)."""
        before = full[:, : self.length - self.keep].sum(1, keepdims=True) + self._before(name)
        return np.asarray(before + np.cumsum(self.tail(full), 1))

    def tail(self, full: NDArray[T]) -> NDArray[T]:
        return full[:, self.length - self.keep :]

    def smooth(self, full: Floats, half_lives: Sequence[float]) -> Floats:
        """Sums of `full` over the last KERNEL windows, halved every half-life: (B, keep, H)."""
        need = self.keep + KERNEL - 1
        padded = np.pad(full[:, -need:], ((0, 0), (max(need - full.shape[1], 0), 0)))
        return _convolve(padded, half_lives, KERNEL)

    def _recent_sums(self) -> None:
        """Halving sums of messages, scores and observed windows: (B, keep, HALF_LIVES)."""
        self.n_sums = self.smooth(self.n, HALF_LIVES)
        self.total_sums = self.smooth(self.total, HALF_LIVES)
        self.seen_sums = self.smooth(self.seen, HALF_LIVES)

    def average(self, half_life: float) -> Floats:
        """n-weighted moving average of the means; the session's mean where nobody spoke."""
        i = HALF_LIVES.index(half_life)
        n, total = self.n_sums[..., i], self.total_sums[..., i]
        return np.where(n > 0, _ratio(total, n), self.mu)

    def rate(self, half_life: float) -> Floats:
        """Messages per observed window, recently; the session's rate where nobody watched."""
        i = HALF_LIVES.index(half_life)
        n, seen = self.n_sums[..., i], self.seen_sums[..., i]
        return np.where(seen > 0, _ratio(n, seen), self.session_rate)

    def means(self) -> list[Floats]:
        return self._deviations(self.n_sums, self.total_sums, (5, 40))

    def _deviations(self, n: Floats, total: Floats, shrink: Sequence[int]) -> list[Floats]:
        """Means above the session's, in message sds, one a half-life and shrinkage."""
        mu, unit = self.mu[..., None], self.sigma[..., None]
        above = (total - n * mu) / unit * 4
        return _columns_of(np.stack([above / (n + k) for k in shrink], -1))

    def slots(self) -> list[Floats]:
        n, total = (
            _convolve(v.reshape(len(v), -1), SLOT_HALF_LIVES, SLOT_KERNEL * SLOTS, SLOTS)
            for v in (self.slot_n, self.slot_total)
        )
        return self._deviations(n, total, (1, 5, 20))

    def _slot_arrays(self) -> None:
        """Counts and score sums of 5-second slots: (B, keep + SLOT_KERNEL - 1, 6)."""
        windows = self.keep + SLOT_KERNEL - 1
        self.slot_n = np.zeros((len(self.sessions), windows, SLOTS))
        mean = np.zeros_like(self.slot_n)
        for i, s in enumerate(self.sessions):
            size = min(len(s), windows)
            self.slot_n[i, windows - size :] = s.sub_n[-size:]
            mean[i, windows - size :] = s.sub_mean[-size:]
        self.slot_total = self.slot_n * np.nan_to_num(mean, copy=False)

    def shares(self) -> list[Floats]:
        out: list[Floats] = []
        for name, (counted, part) in zip(SHARES, self.told, strict=True):
            usual = _ratio(self.sums[f"{name}_sum"], self.sums[f"{name}_n"])[..., None]
            n, hits = self.smooth(counted, SHARE_HALF_LIVES), self.smooth(part, SHARE_HALF_LIVES)
            out += _columns_of(((hits - n * usual) / (n + 10) * 4)[..., None])
        return out

    def rates(self) -> list[Floats]:
        usual = np.log1p(self.session_rate)
        recent = [np.log1p(self.rate(h)) - usual for h in RATE_HALF_LIVES]
        now = np.log1p(self.tail(_ratio(self.n, self.seen)))
        spike = np.where(self.tail(self.seen) > 0, now - usual - recent[2], 0.0)
        return [np.log1p(self.rate(RATE_HALF_LIFE)) / 3 - 1, *recent, spike]

    def state(self) -> list[Floats]:
        return [
            self.mu * 5,
            self.sigma * 5 - 1.5,
            np.log1p(self.sums["windows"]) / 3 - 1.3,
            np.log1p(self.n_so_far) / 3 - 2,
            np.sqrt(1 / (self.rate(RATE_HALF_LIFE) + 1) + MOVES),
            *self.scatter(),
        ]

    def scatter(self) -> list[Floats]:
        """Log of how much more window means scatter than samples of one mood would, 0 if not:
        over the session, then recently. The F statistic of windows as groups, shrunk."""
        sums = [(self.sums["spoke"], self.sums["squares"], self.n_so_far, self.mu)]
        windows, totals = (self.smooth(v, SCATTER_HALF_LIVES) for v in (self.spoke, self.squares))
        for i, half_life in enumerate(SCATTER_HALF_LIVES):
            n = self.n_sums[..., HALF_LIVES.index(half_life)]
            sums.append((windows[..., i], totals[..., i], n, self.average(half_life)))
        return [
            np.log((np.maximum(square - n * mu**2, 0) / self.sigma**2 + 10) / (w + 10))
            for w, square, n, mu in sums
        ]

    def past(self) -> list[Floats]:
        """How far the channel's earlier streams lie from this one's mean, in message sds."""
        sums = np.array([history.weighed(s.past) for s in self.sessions])[:, None, :]
        mu, unit, n = self.mu, self.sigma, self.n_so_far
        out = []
        for i in range(len(history.HALF_LIVES)):
            past_n, past_total = sums[..., 2 * i], sums[..., 2 * i + 1]
            above = (past_total - past_n * mu) / (past_n + PAST_N) / unit * 4
            out += [above if np.isinf(k) else above * k / (n + k) for k in PAST_FADES]
        burst = _ratio(self.sums["n_total"], self.sums["n2"]) - mu
        ones = np.ones_like(mu)
        return [*out, burst / unit * 4, sums[..., -2] * ones / unit * 4, sums[..., -1] * ones]

    def others(self) -> list[Floats]:
        n, mu, unit = self.tail(self.n), self.mu, self.sigma
        slot_n, slot_total = (v[:, SLOT_KERNEL - 1 :] for v in (self.slot_n, self.slot_total))
        mood = (slot_total - slot_n * mu[..., None]) / (slot_n + 3) / unit[..., None] * 3
        count = np.log1p(slot_n) - np.log1p(n / SLOTS)[..., None]
        chatters = self.tail(self._pad(lambda s: s.n_chatters))
        spread = np.where(n > 1, self.tail(self.sd) / unit - 1, 0.0) * n / (n + 3)
        return [
            (self.tail(self.total) - n * mu) / (n + 5) / unit * 4,
            *_columns_of(mood[..., None]),
            *_columns_of(count[..., None]),
            np.where(n > 0, (_ratio(chatters, n) - 0.8) * 3, 0.0),
            spread,
            ((n == 0) & (self.tail(self.seen) > 0)) * 1.0,
            1.0 - self.tail(self.seen),
            np.ones_like(n),
        ]


def _convolve(full: Floats, half_lives: Sequence[float], reach: int, step: int = 1) -> Floats:
    """Halving sums over the last `reach` values at every step-th place: (B, places, H).

    full: (B, reach - 1 + ...): the values before the first place lead it.
    """
    kernels = 0.5 ** (np.arange(reach)[::-1, None] / np.asarray(half_lives))
    places = sliding_window_view(full, reach, axis=1)[:, ::step]
    flat = np.ascontiguousarray(places).reshape(-1, reach)  # BLAS wants it in one piece
    return np.asarray((flat @ kernels).reshape(*places.shape[:2], len(half_lives)))


def _ratio(a: Floats, b: Floats) -> Floats:
    """a / b, and 0 where b is 0: callers weigh such windows by 0 or replace them."""
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)


def _columns_of(values: Floats) -> list[Floats]:
    """(B, keep, h, k) as h * k arrays (B, keep), in that order."""
    flat = values.reshape(*values.shape[:2], -1)
    return [flat[..., i] for i in range(flat.shape[-1])]
