"""Sessions split by whole streams, and made into training arrays."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.base import FIRST_LIVE, Floats, View
from models.inputs.features import CONTEXT, views, window_features
from models.inputs.sessions import Session
from models.inputs.targets import WINDOWS, Targets, cutoffs, targets
from warehouse.errors import BadInput

VALID_SHARE = 0.15  # of each channel's streams, its latest: for early stopping and tuning
HELD_OUT_SHARE = 0.25  # of channels, where none are named and there are enough
MIN_CHANNELS_TO_HOLD_OUT = 4
MIN_CUTOFFS = 2_000  # training cutoffs below which a model would only learn noise
FLAT = 30.0  # messages a window beyond which a weight hardly grows: mood, not sampling, errs


@dataclass(frozen=True)
class Split:
    """Whole streams: train, valid (later streams of the same channels), held_out (channels)."""

    train: list[Session]
    valid: list[Session]
    held_out: list[Session]


def split(
    sessions: Sequence[Session], seed: int, hold_out: Sequence[str] = (), draw: bool = True
) -> Split:
    """The one place that says which stream is for what; the same for the same seed.

    hold_out: channels to keep unseen; where none is named, a seeded quarter of them if `draw`.
    """
    channels = sorted({s.channel for s in sessions})
    if unknown := sorted(set(hold_out) - set(channels)):
        raise BadInput(f"no windows of the channels to hold out: {', '.join(unknown)}")
    kept_out = set(hold_out) or (_quarter(channels, seed) if draw else set())
    parts = Split([], [], [s for s in sessions if s.channel in kept_out])
    for channel in (c for c in channels if c not in kept_out):
        mine = sorted((s for s in sessions if s.channel == channel), key=lambda s: s.start[0])
        later = max(1, round(VALID_SHARE * len(mine))) if len(mine) > 2 else 0
        parts.train.extend(mine[: len(mine) - later])
        parts.valid.extend(mine[len(mine) - later :])
    return parts


def _quarter(channels: Sequence[str], seed: int) -> set[str]:
    if len(channels) < MIN_CHANNELS_TO_HOLD_OUT:
        return set()
    drawn = sorted(channels, key=lambda c: hashlib.sha256(f"{seed} {c}".encode()).digest())
    return set(drawn[: max(1, round(HELD_OUT_SHARE * len(channels)))])


@dataclass(frozen=True)
class Arrays:
    """Cutoffs of many sessions. windows: (W, F), CONTEXT - 1 rows of zeros before each session;
    rows: (k,) place of each cutoff's window in it; view: without x, which would not fit."""

    windows: NDArray[np.float32]
    rows: NDArray[np.int64]
    view: View
    targets: Targets

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def z(self) -> Floats:
        """Targets as deviations from the session mean in message sds, (k, 11); NaN if none."""
        return (self.targets.y - self.view.session_mean[:, None]) / self.view.sd[:, None]

    @property
    def mood_weight(self) -> Floats:
        """How much each target's mood counts in a fit, (k, 11); 0 where there is none."""
        weight = weights(self.view.sd, np.nan_to_num(self.targets.n))
        return np.where(np.isfinite(self.z), weight, 0.0)

    def last(self) -> NDArray[np.float32]:
        """Features at each cutoff, (k, F)."""
        return self.windows[self.rows]

    def full_view(self, part: slice) -> View:
        """The View of some cutoffs, x included."""
        places = self.rows[part, None] + np.arange(1 - CONTEXT, 1)
        some = {k: v[part] for k, v in vars(self.view).items() if k != "x"}
        return View(self.windows[places], **some)


def weights(view_sd: Floats, n: Floats) -> Floats:
    """How much a target counts, (k, 11): by its messages, as nMSE does, but not for ever."""
    return np.asarray(n / (1 + n / (FLAT * WINDOWS)) * view_sd[:, None] ** 2)


def arrays(sessions: Sequence[Session], first: int = FIRST_LIVE) -> Arrays:
    """Every cutoff from the `first` window of each session on. Raises BadInput for none."""
    windows, rows, view_parts, target_parts, length = [], [], [], [], 0
    gap = np.zeros((CONTEXT - 1, window_features(sessions[0]).shape[1]), np.float32)
    for session in sessions:
        ends = cutoffs(session, first)
        if not len(ends):
            continue
        view = views(session, ends)
        windows += [gap, window_features(session)]
        rows.append(ends + length + len(gap))
        length += len(gap) + len(session)
        view_parts.append({k: v for k, v in vars(view).items() if k != "x"})
        target_parts.append(targets(session, ends))
    return Arrays(
        np.concatenate(windows),
        np.concatenate(rows),
        View(np.zeros((0, 0, 0), np.float32), **_join(view_parts)),
        Targets(**_join([vars(t) for t in target_parts])),
    )


def _join(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {k: np.concatenate([p[k] for p in parts]) for k in parts[0]}


def check_enough(parts: Split) -> None:
    """Raises BadInput where there is too little to train on."""
    usable = sum(len(cutoffs(s, FIRST_LIVE)) for s in parts.train)
    if usable < MIN_CUTOFFS or not any(len(cutoffs(s, FIRST_LIVE)) for s in parts.valid):
        raise BadInput(
            f"too little to train on: {usable} windows of history in {len(parts.train)} streams, "
            f"{len(parts.valid)} streams to validate; at least {MIN_CUTOFFS} windows and three "
            "streams of one channel are needed (import more, or use the shipped model)"
        )
