"""Windows of a data folder, split and made into training arrays."""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.base import FIRST_LIVE, Floats, View
from models.forecasters.ridge import weights
from models.inputs.features import CONTEXT, views, window_features
from models.inputs.history import with_past
from models.inputs.sessions import Session, iterate_sessions
from warehouse.config import DataFolder
from warehouse.errors import BadInput, WarehouseBroken
from warehouse.published.reader import Reader
from warehouse.records import HORIZON, WINDOW_SECONDS

logger = logging.getLogger(__name__)
VALID_SHARE = 0.15  # of each channel's streams, its latest: for early stopping and tuning
HELD_OUT_SHARE = 0.25  # of channels, where none are named and there are enough
MIN_CHANNELS_TO_HOLD_OUT = 4
MIN_CUTOFFS = 2_000  # training cutoffs below which a model would only learn noise


def require_published(folder: DataFolder) -> None:
    """Raises NothingPublished, WarehouseBroken: before anything is made in a wrong folder."""
    Reader(folder).manifest()


def sessions_by_channel(
    folder: DataFolder, only: Sequence[str] = (), left_out: list[str] | None = None
) -> Iterator[list[Session]]:
    """Every session in the folder, a channel at a time, in the order they began, each with the
    channel's past. Raises NothingPublished, BadInput.

    A stream that makes no sense is left out, with a warning, and put on the list `left_out`:
    one broken stream of a thousand must neither stop the rest nor go unseen.
    only: the channels wanted, all where none is named.
    """
    reader, found = Reader(folder), False
    refused = [] if left_out is None else left_out
    for channel in _channels(reader, only):
        table = _windows(reader, "windows_of_streams", channel=channel)
        if sessions := with_past(iterate_sessions(table, lambda e: refused.append(str(e)))):
            found = True
            yield sessions
    if not found:
        raise BadInput(f"none of the {len(refused)} streams makes sense; the first: {refused[0]}")
    for why in refused:
        logger.warning("stream left out why=%s", why)


def _channels(reader: Reader, only: Sequence[str]) -> list[str]:
    root = reader.folder.root
    known: list[str] = _windows(reader, "channels_with_streams")["channel"].to_pylist()
    if not known:
        raise BadInput(f"no window in {root} belongs to a stream; import or run first")
    if unknown := sorted(set(only) - set(known)):
        raise BadInput(f"no windows of the channels {', '.join(unknown)} in {root}")
    return sorted(set(only)) or known


def _windows(reader: Reader, query: str, **values: str) -> pa.Table:
    try:
        return reader.query(query, **values)
    except duckdb.Error as error:
        why = str(error).splitlines()[0]
        raise WarehouseBroken(
            f"{reader.folder.published} cannot be read ({why}); "
            "start the pipeline and it is made anew"
        ) from error


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
class Targets:
    """What happened after k cutoffs, (k, 10) each; NaN where it was not wholly observed.

    y: mean_compound, NaN in silence too. sd: its sd_compound, NaN below two messages.
    n: n_messages, 0 in silence.
    """

    y: Floats
    sd: Floats
    n: Floats


def targets(session: Session, ends: NDArray[np.int64]) -> Targets:
    """Steps 1..10 after the windows `ends`; step 1 is window end + 1."""
    at = ends[:, None] + np.arange(1, HORIZON + 1)
    inside = at < len(session)
    at = np.minimum(at, len(session) - 1)
    seen = inside & (session.observed_s[at] >= WINDOW_SECONDS)
    return Targets(*(np.where(seen, v[at], np.nan) for v in (session.mean, session.sd, session.n)))


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
        """Targets as deviations from the session mean in message sds, (k, 10); NaN if none."""
        return (self.targets.y - self.view.session_mean[:, None]) / self.view.sd[:, None]

    @property
    def mood_weight(self) -> Floats:
        """How much each target's mood counts in a fit, (k, 10); 0 where there is none."""
        known = weights(self.view.sd, np.nan_to_num(self.targets.n))
        return np.where(np.isfinite(self.z), known, 0.0)

    def last(self) -> NDArray[np.float32]:
        """Features at each cutoff, (k, F)."""
        return self.windows[self.rows]

    def full_view(self, part: slice) -> View:
        """The View of some cutoffs, x included."""
        places = self.rows[part, None] + np.arange(1 - CONTEXT, 1)
        some = {k: v[part] for k, v in vars(self.view).items() if k != "x"}
        return View(self.windows[places], **some)


def arrays(sessions: Sequence[Session], first: int = FIRST_LIVE) -> Arrays:
    """Every cutoff from the `first` window of each session on. Raises BadInput for none."""
    windows, rows, seen, found, length = [], [], [], [], 0
    gap = np.zeros((CONTEXT - 1, window_features(sessions[0]).shape[1]), np.float32)
    for session in sessions:
        ends = cutoffs(session, first)
        if not len(ends):
            continue
        view = views(session, ends)
        windows += [gap, window_features(session)]
        rows.append(ends + length + len(gap))
        length += len(gap) + len(session)
        seen.append({k: v for k, v in vars(view).items() if k != "x"})
        found.append(targets(session, ends))
    return Arrays(
        np.concatenate(windows),
        np.concatenate(rows),
        View(np.zeros((0, 0, 0), np.float32), **_join(seen)),
        Targets(**_join([vars(t) for t in found])),
    )


def cutoffs(session: Session, first: int) -> NDArray[np.int64]:
    """Indices of the windows after which a forecast can be judged; the session has spoken."""
    ends = np.arange(first - 1, len(session) - 1)
    return ends[np.cumsum(session.n)[ends] > 0] if len(ends) else ends


def _join(parts: Sequence[dict[str, Floats]]) -> dict[str, Floats]:
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
