"""Sessions of made-up windows for the tests of models/."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.inputs.sessions import SHARES, Session
from warehouse.config import DataFolder
from warehouse.published.manifest import Manifest, PublishedFile, write_manifest
from warehouse.records import Window, utc

START = 1_700_000_010  # a multiple of 30


def make_session(
    length: int = 120, seed: int = 0, rate: float = 12.0, channel: str = "alpha", stream: str = "a1"
) -> Session:
    """A drifting mood sampled by Poisson(rate) messages a window, some of them silent."""
    rng = np.random.default_rng(seed)
    mood = 0.05 + 0.1 * np.sin(np.arange(length) / 9)
    sub_n = rng.poisson(rate / 6, (length, 6)).astype(float)
    n = sub_n.sum(1)
    noise = rng.normal(0, 0.3, (length, 6)) / np.sqrt(np.maximum(sub_n, 1))
    sub_mean = np.where(sub_n > 0, np.clip(mood[:, None] + noise, -1, 1), np.nan)
    total = np.nansum(sub_n * np.nan_to_num(sub_mean), 1)
    silent = np.where(n > 0, 1.0, np.nan)
    mean = total / np.maximum(n, 1) * silent
    return Session(
        channel=channel,
        stream_id=stream,
        start=START + 30 * np.arange(length, dtype=np.int64),
        n=n,
        n_chatters=np.ceil(n * 0.8),
        observed_s=np.full(length, 30.0),
        mean=mean,
        sd=np.where(n > 1, 0.3, np.nan),
        share_positive=0.3 * silent,
        share_negative=0.1 * silent,
        share_scored=0.4 * silent,
        share_emote=np.full(length, np.nan),
        sub_n=sub_n,
        sub_mean=sub_mean,
        lexicons=("full-1",),
    )


def with_values(session: Session, **columns: object) -> Session:
    """A copy of the session with some of its arrays replaced."""
    return Session(**{**vars(session), **columns})  # type: ignore[arg-type]


def windows_of(session: Session) -> list[Window]:
    """The session's windows as the daemon closes them."""
    columns = {name: getattr(session, name) for name in ("observed_s", *SHARES)}
    names = {"n": "n_messages", "n_chatters": "n_chatters"}
    counts = {name: getattr(session, of).astype(int) for of, name in names.items()}
    moods = {"mean_compound": session.mean, "sd_compound": session.sd}
    return [
        Window(
            session.channel, utc(float(session.start[i])), session.stream_id,
            n_filtered=0, n_late=0, lexicon_version="full-1",
            sub_n=tuple(session.sub_n[i].astype(int).tolist()),
            sub_mean=tuple(map(_known, session.sub_mean[i])),
            **{name: int(values[i]) for name, values in counts.items()},
            **{name: _known(values[i]) for name, values in {**columns, **moods}.items()},
        )
        for i in range(len(session))
    ]  # fmt: skip


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def as_table(*sessions: Session) -> pa.Table:
    """The sessions as rows of the windows table."""
    return pa.concat_tables([_table(s) for s in sessions])


def _table(s: Session) -> pa.Table:
    def missing(values: np.ndarray) -> pa.Array:
        return pa.array(values, pa.float64(), from_pandas=True)

    shares = ("share_positive", "share_negative", "share_scored", "share_emote")
    slots = [[None if np.isnan(v) else v for v in row] for row in s.sub_mean]
    return pa.table(
        {
            "channel": [s.channel] * len(s),
            "stream_id": [s.stream_id] * len(s),
            "start": pa.array(s.start * 1_000_000).cast(pa.timestamp("us")),
            "observed_s": s.observed_s,
            "n_messages": s.n.astype(np.int32),
            "n_chatters": s.n_chatters.astype(np.int32),
            "mean_compound": missing(s.mean),
            "sd_compound": missing(s.sd),
            **{k: missing(getattr(s, k)) for k in shares},
            "sub_n": pa.array(s.sub_n.astype(int).tolist(), pa.list_(pa.int32())),
            "sub_mean": pa.array(slots, pa.list_(pa.float64())),
            "lexicon_version": ["full-1"] * len(s),
            "basis": [s.basis] * len(s),
        }
    )


def publish(folder: DataFolder, *sessions: Session) -> None:
    """Put the sessions' windows where readers find them."""
    folder.published.mkdir(parents=True, exist_ok=True)
    table = as_table(*sessions)
    pq.write_table(table, folder.published / "windows.parquet")
    files = (PublishedFile("windows.parquet", len(table)),)
    manifest = Manifest(1, 1, datetime.now(UTC), "replay", {"windows": files})
    write_manifest(folder.manifest, manifest)


def days_of(channel: str, streams: int, length: int) -> list[Session]:
    """One stream a day."""
    made = (
        make_session(length, i, channel=channel, stream=f"{channel}{i}") for i in range(streams)
    )
    return [with_values(s, start=s.start + 86_400 * i) for i, s in enumerate(made)]
