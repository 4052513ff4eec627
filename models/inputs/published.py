"""Sessions of a data folder: the one place where models reads what is published."""

import logging
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise, product
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from models.base import Floats
from models.inputs.history import with_past
from models.inputs.sessions import SHARES, Ints, Session, lexicon_of
from warehouse.config import DataFolder
from warehouse.errors import BadInput, WarehouseBroken, WrongUsage
from warehouse.published.reader import Reader, published_identities
from warehouse.records import KEY, SLOTS, WINDOW_SECONDS, login_or_none, typed_name

logger = logging.getLogger(__name__)
MAX_WINDOWS = 7 * 24 * 120  # a week: longer than any stream; beyond it a clock has jumped
RANGES = {
    "n": (0, 1e9),
    "n_chatters": (0, 1e9),
    "observed_s": (0, WINDOW_SECONDS),
    "sd": (0, 2),
    "sub_n": (0, 1e9),
    "sub_mean": (-1, 1),
    **dict.fromkeys(SHARES, (0, 1)),
}
NEEDED = {  # never missing where another column is at least so much
    "n_chatters": ("n", 0),
    "observed_s": ("n", 0),
    "sd": ("n", 2),
    "sub_mean": ("sub_n", 1),
}
MISSING_IN_SILENCE = ("mean", "sd", *SHARES, "sub_mean")


def require_published(folder: DataFolder) -> None:
    """Raises NothingPublished, WarehouseBroken: before anything is made in a wrong folder."""
    Reader(folder).manifest()


def keys(folder: DataFolder, names: Sequence[str]) -> list[str]:
    """Keys of channels, by any of their names. Raises WrongUsage for what can be none."""
    if wrong := [name for name in names if not login_or_none(name) and not KEY.fullmatch(name)]:
        raise WrongUsage(f"{wrong[0][:60]!a} is not a login of a channel: 1 to 25 of a-z, 0-9, _")
    who = published_identities(folder)
    return [who.resolve(typed_name(name)) for name in names]


def sessions_by_channel(
    folder: DataFolder,
    only: Sequence[str] = (),
    left_out: list[str] | None = None,
    bases: Sequence[str] = ("words",),
) -> Iterator[list[Session]]:
    """Every session in the folder, a channel and basis at a time, in the order they began, each
    with the channel's past by that basis. Raises NothingPublished, BadInput.

    A stream that makes no sense is left out, with a warning, and put on the list `left_out`:
    one broken stream of a thousand must neither stop the rest nor go unseen.
    only: the channels wanted, all where none is named.
    """
    reader, found = Reader(folder), False
    refused = [] if left_out is None else left_out
    for channel, basis in product(_channels(reader, only), bases):
        table = _windows(reader, "windows_of_streams", channel=channel, basis=basis)
        if sessions := with_past(iterate_sessions(table, lambda e: refused.append(str(e)))):
            found = True
            yield sessions
    if not found and not refused:
        raise BadInput(f"no window in {folder.root} was scored by its {' or '.join(bases)}")
    if not found:
        raise BadInput(f"none of the {len(refused)} streams makes sense; the first: {refused[0]}")
    for why in refused:
        logger.warning("stream left out why=%s", why)


def _channels(reader: Reader, only: Sequence[str]) -> list[str]:
    root = reader.folder.root
    channels: list[str] = _windows(reader, "channels_with_streams")["channel"].to_pylist()
    if not channels:
        raise BadInput(f"no window in {root} belongs to a stream; import or run first")
    if unknown := sorted(set(only) - set(channels)):
        raise BadInput(f"no windows of the channels {', '.join(unknown)} in {root}")
    return sorted(set(only)) or channels


def _windows(reader: Reader, query: str, **values: str) -> pa.Table:
    try:
        return reader.query(query, **values)
    except duckdb.Error as error:
        why = str(error).splitlines()[0]
        raise WarehouseBroken(
            f"{reader.folder.published} cannot be read ({why}); "
            "start the pipeline and it is made anew"
        ) from error


def sessions_from_table(table: pa.Table) -> list[Session]:
    """Sessions in a table of `windows` rows; rows without a stream_id are left out.

    Any row order; needs the columns of the windows table that Session names.
    Raises BadInput for a missing column, a value out of range or a clock that jumps.
    """
    return list(iterate_sessions(table))


def iterate_sessions(
    table: pa.Table, refused: Callable[[BadInput], None] | None = None
) -> Iterator[Session]:
    """Sessions of the table one by one, by channel and stream_id; where another lexicon begins
    amid a stream, another session does.

    refused: told of each stream that makes no sense, which is then left out; without it the
    first one raises BadInput.
    """
    _check_columns(table)
    table = table.filter(table["stream_id"].is_valid())
    order = [("channel", "ascending"), ("stream_id", "ascending"), ("start", "ascending")]
    table = table.sort_by(order).combine_chunks()
    if not len(table):
        return
    keys = [table[k].to_numpy(zero_copy_only=False) for k in ("channel", "stream_id")]
    change = np.any([k[1:] != k[:-1] for k in (*keys, *_lexicons(table))], axis=0)
    edges = [0, *(np.flatnonzero(change) + 1), len(table)]
    for a, b in pairwise(edges):
        try:
            session = _session(table.slice(a, b - a), str(keys[0][a]), str(keys[1][a]))
        except BadInput as error:
            if refused is None:
                raise
            refused(error)
            continue
        yield session


def _check_columns(table: pa.Table) -> None:
    needed = {"channel", "stream_id", "start", "observed_s", "n_messages", "n_chatters"}
    needed |= {"mean_compound", "sd_compound", *SHARES, "sub_n", "sub_mean"}
    if missing := sorted(needed - set(table.column_names)):
        raise BadInput(f"windows table lacks the columns {', '.join(missing)}")


def _lexicons(table: pa.Table) -> list[Any]:
    """The lexicon of every row, where the table tells."""
    if "lexicon_version" not in table.column_names:
        return []
    column = table["lexicon_version"].fill_null("").combine_chunks().dictionary_encode()
    names = np.array([lexicon_of(name) for name in column.dictionary.to_pylist()])
    return [names[column.indices.to_numpy()]]


def _session(rows: pa.Table, channel: str, stream_id: str) -> Session:
    where = f"{channel}/{stream_id}"
    try:
        seconds = rows["start"].cast(pa.timestamp("us")).cast(pa.int64())
        raw = _columns(rows)
    except pa.ArrowException as error:
        raise BadInput(f"{where}: a column of another type than windows have ({error})") from error
    if seconds.null_count:
        raise BadInput(f"{where}: a window without a start")
    start = seconds.to_numpy() // 1_000_000
    _check(where, start, raw)
    at = (start - start[0]) // WINDOW_SECONDS
    full: dict[str, Any] = {k: _spread(v, at, _filler(k)) for k, v in raw.items()}
    grid = np.arange(start[0], start[-1] + 1, WINDOW_SECONDS, dtype=np.int64)
    return Session(channel, stream_id, grid, **full, **_scored_by(rows))


def _scored_by(rows: pa.Table) -> dict[str, Any]:
    """Lexicons and basis, as far as the table tells."""
    found: dict[str, Any] = {}
    if "lexicon_version" in rows.column_names:
        found["lexicons"] = tuple(sorted(rows["lexicon_version"].unique().to_pylist()))
    if "basis" in rows.column_names:
        found["basis"] = rows["basis"][0].as_py()
    return found


def _columns(rows: pa.Table) -> dict[str, Floats]:
    names = {"n": "n_messages", "mean": "mean_compound", "sd": "sd_compound"}
    names |= {k: k for k in ("n_chatters", "observed_s", *SHARES)}
    out = {k: _floats(rows[v]) for k, v in names.items()}
    for k in ("sub_n", "sub_mean"):
        values = _floats(rows[k].combine_chunks().flatten())
        if len(values) != len(rows) * SLOTS:
            raise BadInput(f"{k} must hold {SLOTS} values in every window")
        out[k] = values.reshape(len(rows), SLOTS)
    out["sub_n"] = np.nan_to_num(out["sub_n"])
    return out


def _floats(column: Any) -> Floats:
    values = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return np.asarray(values, dtype=np.float64)


def _filler(name: str) -> float:
    return np.nan if name in MISSING_IN_SILENCE else 0.0


def _spread(values: Floats, at: Ints, filler: float) -> Floats:
    """The values at grid places `at`; holes become windows nobody observed."""
    out = np.full((int(at[-1]) + 1, *values.shape[1:]), filler)
    out[at] = values
    return out


def _check(where: str, start: Ints, raw: dict[str, Floats]) -> None:
    step = np.diff(start)
    if np.any(start % WINDOW_SECONDS) or np.any(step <= 0):
        raise BadInput(f"{where}: windows must start at distinct multiples of 30 s")
    if (start[-1] - start[0]) // WINDOW_SECONDS >= MAX_WINDOWS:
        raise BadInput(f"{where}: windows span more than a week; the clock jumped or ids repeat")
    n, mean = raw["n"], raw["mean"]
    if not np.all(np.isfinite(n)) or np.any(n < 0) or np.any((n > 0) != np.isfinite(mean)):
        raise BadInput(f"{where}: a window has messages but no mean, or a mean but no messages")
    if np.any(np.abs(mean[n > 0]) > 1):
        raise BadInput(f"{where}: mean_compound outside -1..1")
    for name, (low, high) in RANGES.items():
        _check_range(f"{where}: {name}", raw[name], low, high)
    for name, (rests_on, least) in NEEDED.items():
        if np.any(np.isnan(raw[name]) & (raw[rests_on] >= least)):
            raise BadInput(f"{where}: {name} is missing (null or NaN) in a window that has it")


def _check_range(what: str, values: Floats, low: float, high: float) -> None:
    """Raises BadInput for a value outside low..high; NaN is NEEDED's affair."""
    if np.any(outside := (values < low) | (values > high)):
        raise BadInput(f"{what} is {values[outside][0]:g}, outside {low:g}..{high:g}")
