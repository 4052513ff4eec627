"""Reads of what is published, cached by the version of the manifest they were made from.

All of them see just what `access` allows whoever is looking, by the views they read through.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import streamlit as st

from dashboard import access, config
from warehouse.config import DataFolder
from warehouse.identities import Identities
from warehouse.kinds import shown_source
from warehouse.published.manifest import Manifest
from warehouse.published.progress import Progress
from warehouse.published.reader import Reader
from warehouse.published.rollup_views import series_query

HOUR_S = 3600
T = TypeVar("T")


Allowed = tuple[str, ...] | None  # the channels that may be seen, None for all


@lru_cache(maxsize=64)
def _reader(root: str, allowed: Allowed) -> Reader:
    return Reader(DataFolder(Path(root)), allowed)


def allowed() -> Allowed:
    """What whoever is looking may see: a part of the key of all that is cached from queries.

    Raises NotAuthorised without a login where one is needed.
    """
    return access.current().channels


def manifest() -> Manifest:
    """The manifest in force. Raises NothingPublished."""
    return _reader(str(config.folder().root), None).manifest()  # which parses it once


def is_published() -> bool:
    """True if there is a manifest, good or bad."""
    return config.folder().manifest.exists()


def coming() -> Progress | None:
    """What comes before live chat, and how far it is; None where chat is live."""
    return Progress.read(config.folder())


@st.cache_resource(show_spinner=False, max_entries=300)  # tables never change: no copies
def _query(
    root: str, allowed: Allowed, version: int, name: str, values: tuple[tuple[str, Any], ...]
) -> pa.Table:
    return _reader(root, allowed).query(name, **{k: _value(v) for k, v in values})


def query(name: str, **values: Any) -> pa.Table:
    """Result of a named query; aware times become UTC, lists become tuples, for the cache's key."""
    root = str(config.folder().root)
    key = tuple((k, _key(v)) for k, v in sorted(values.items()))
    return _query(root, allowed(), manifest().version, name, key)


@st.cache_resource(show_spinner=False, max_entries=100)
def _hourly(
    root: str, allowed: Allowed, at: datetime, name: str, values: tuple[tuple[str, Any], ...]
) -> pa.Table:
    return _reader(root, allowed).query(name, **{k: _value(v) for k, v in values})


def hourly(name: str, at: datetime, **values: Any) -> pa.Table:
    """As `query`, kept for the hour of data that `at` lies in: for long sums, whose last minutes
    do not matter. What is published meanwhile is not looked at."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    key = tuple((k, _key(v)) for k, v in sorted(values.items()))
    return _hourly(str(config.folder().root), allowed(), hour, name, key)


def series(
    channels: list[str], since: datetime, until: datetime, step_s: int, offset_s: int
) -> pa.Table:
    """Columns of dash_series for [since, until); of a long span from the hours' sums."""
    name, values = series_values(channels, since, until, step_s, offset_s)
    return query(name, **values)


def series_values(
    channels: list[str], since: datetime, until: datetime, step_s: int, offset_s: int
) -> tuple[str, dict[str, Any]]:
    """Name and values of the query for a series.

    Buckets of full hours are widened to begin and end with one: the first and last point of a
    long span then stand for a whole hour, and a year is read in a hundredth of its rows.
    """
    if step_s % HOUR_S == 0:
        hour = timedelta(hours=1)
        since = since.replace(minute=0, second=0, microsecond=0)
        until = -((since - until) // hour) * hour + since
    values: dict[str, Any] = {"channels": channels, "since": since, "until": until}
    name = series_query(since, until, step_s, offset_s)
    return name, {**values, "step_s": step_s, "offset_s": offset_s}


def rows(name: str, **values: Any) -> list[dict[str, Any]]:
    """Result of a named query as dictionaries; times in them are naive UTC."""
    records: list[dict[str, Any]] = query(name, **values).to_pylist()
    return records


def _key(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)  # columns are TIMESTAMP
    return value


def _value(key: Any) -> Any:
    return list(key) if isinstance(key, tuple) else key


def who() -> Identities:
    """What channels are called: their keys are for queries, names for people and addresses."""
    return access.identities()


def called(channel: str) -> str:
    """What people call the channel with this key."""
    return who().name_of(channel)


def json_object(text: str | None) -> dict[str, Any]:
    """The object in a column of JSON; {} for none, or for what cannot be read."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def by_name(by_key: Mapping[str, T]) -> dict[str, T]:
    """The same of each channel, under what people call it."""
    name_of = who().name_of
    return {name_of(key): value for key, value in by_key.items()}


def source(manifest: Manifest) -> str:
    """Where the chat is from: simulated, replay or live, as the manifest says; "import" where no
    daemon has ever read any, and all there is are logs."""
    if manifest.source != "replay":
        return manifest.source
    found = {row["source"] for row in rows("sources")}
    if not found and any(row["name"] == "lag_s" for row in rows("dash_health")):
        return manifest.source  # a daemon has just begun
    return shown_source(manifest.source, found or {"import"})


def is_import(manifest: Manifest) -> bool:
    """True for a folder of imported logs alone."""
    return source(manifest) == "import"


def newest(manifest: Manifest) -> datetime | None:
    """Start of the newest window published, aware; None when there is none."""
    return manifest.newest("windows")
