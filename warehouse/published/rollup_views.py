"""Rollups as readers see them: settled periods as published, the open one summed up on the spot."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from warehouse.published.earlier_files import Later, with_later
from warehouse.published.manifest import Manifest, PublishedFile
from warehouse.published.shard_views import manifests_by_shard
from warehouse.records import iso
from warehouse.sql import scan
from warehouse.store.rollups import Rollup


def view(
    rollup: Rollup, published: Path, manifest: Manifest, later: Mapping[int | None, Later]
) -> str:
    """SQL of the whole rollup: what is in its files, and the open period from the windows; of each
    shard its own, which may have begun another period. later: columns its files lack, by shard."""
    shards = manifests_by_shard(manifest)
    whole = _view(rollup, published, manifest, later[next(iter(shards or later))])
    if len(shards) < 2:
        return whole
    each = [
        f"({_view(rollup, published, of, later[shard])})"
        for shard, of in shards.items()
        if all(name in of.tables for name in rollup.sources)
    ]
    return " UNION ALL BY NAME ".join(each) or whole


def _view(rollup: Rollup, published: Path, manifest: Manifest, later: Later) -> str:
    """SQL of one folder's rollup. Only files that reach into the open period are read for it: to
    look into all of a year's takes longer than the rollup. Where nothing is settled yet, all is
    summed up.
    """
    files = manifest.tables.get(rollup.name, ())
    last = max((file.max for file in files if file.rows), default=None)
    if last is None:
        tables = manifest.tables
        all_of = {name: _scan(published, name, tables[name], later) for name in rollup.sources}
        return f"SELECT *, 0::BIGINT AS rev FROM ({rollup.made_of('', all_of)})"
    settled = f"SELECT * FROM {_scan(published, rollup.name, files, later)}"
    start = datetime.fromisoformat(last).replace(tzinfo=None) + rollup.period
    since = iso(start.replace(tzinfo=UTC))
    open_files = {
        name: [file for file in manifest.tables[name] if file.rows and file.max >= since]
        for name in rollup.sources
    }
    if not all(open_files.values()):
        return settled
    places = {name: _scan(published, name, found, later) for name, found in open_files.items()}
    opened = rollup.made_of(f"WHERE s.start >= TIMESTAMP '{start}'", places)
    return f"{settled} UNION ALL BY NAME SELECT *, 0::BIGINT AS rev FROM ({opened})"


def _scan(published: Path, table: str, files: Iterable[PublishedFile], later: Later) -> str:
    rows = scan(published / file.path for file in files)
    return f"({with_later(table, f'FROM {rows}', later)})" if table in later else rows


def series_query(since: datetime, until: datetime, step_s: int, offset_s: int) -> str:
    """Name of the query for a series: from the hours' sums where the buckets are full hours."""
    hours = all(at.minute == at.second == at.microsecond == 0 for at in (since, until))
    full = hours and step_s % 3600 == 0 and offset_s % 3600 == 0
    return "dash_series_hours" if full else "dash_series"
