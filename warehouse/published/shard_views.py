"""Views over several shards, whose files lie below published/shard-K/: what readers see as one.

Most tables are just laid together: a channel is in one shard. What several shards tell of the same
thing is merged here.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from warehouse.published.manifest import Manifest, PublishedFile
from warehouse.sql import scan

Files = tuple[PublishedFile, ...]
_PLACE = "shard-"
_TROUBLES = '[{"channel":"VARCHAR","since":"VARCHAR","says":"VARCHAR"}]'  # reading.py
_STORAGE = '{"tables":"MAP(VARCHAR, BIGINT[])","warehouse":"BIGINT","buffer":"BIGINT"}'


def shard_of_file(file: PublishedFile) -> int | None:
    """The shard whose the file is; None for a folder's own."""
    place = file.path.partition("/")[0]
    return int(place.removeprefix(_PLACE)) if place.startswith(_PLACE) else None


def by_shard(files: Files) -> dict[int | None, Files]:
    """Those of each shard that has rows; all together where none has."""
    found: dict[int | None, Files] = {}
    for file in files:
        if file.rows:
            shard = shard_of_file(file)
            found[shard] = (*found.get(shard, ()), file)
    return found or {None: files}


def manifests_by_shard(manifest: Manifest) -> dict[int, Manifest]:
    """What each shard published, without the tables of which it has no row."""
    of_tables = {name: by_shard(files) for name, files in manifest.tables.items()}
    shards = sorted({s for found in of_tables.values() for s in found if s is not None})
    return {
        shard: replace(manifest, tables={n: f[shard] for n, f in of_tables.items() if shard in f})
        for shard in shards
    }


def merged(table: str, rows: str, files: Files) -> str:
    """SQL of the rows as one whole. rows: SQL of the files'."""
    several = len(by_shard(files)) > 1
    return MERGED[table](rows) if several and table in MERGED else rows


def health_by_shard(published: Path, files: Files) -> str:
    """SQL of `health` with a column more: the shard that told it, 0 on one machine."""
    return " UNION ALL BY NAME ".join(
        f"SELECT *, {shard or 0} AS shard FROM {scan(published / f.path for f in found)}"
        for shard, found in sorted(by_shard(files).items(), key=str)
    )


def _channels(rows: str) -> str:
    """A login of today is one channel's: of whoever was renamed to it, and not of whoever had it
    when they were first met, in another shard, which does not hear of that."""
    first = "row_number() OVER (PARTITION BY login ORDER BY channel = login, channel) = 1"
    return f"SELECT * REPLACE (CASE WHEN {first} THEN login END AS login) FROM ({rows})"


def _vocabulary(rows: str) -> str:
    """A term's uses add up; its valence is told by the decision, else by who saw it most."""
    return f"""
        SELECT * REPLACE (
            (sum(n) OVER t)::BIGINT AS n, (sum(n_channels) OVER t)::INTEGER AS n_channels,
            min(first_seen) OVER t AS first_seen, max(last_seen) OVER t AS last_seen,
            least(50, sum(n_chatters) OVER t)::INTEGER AS n_chatters,
            (sum(n_scored) OVER t)::BIGINT AS n_scored)
        FROM ({rows}) WINDOW t AS (PARTITION BY term, channel)
        QUALIFY row_number() OVER (
            PARTITION BY term, channel ORDER BY decided_at DESC NULLS LAST, n DESC) = 1"""


def _alerts(rows: str) -> str:
    """What several shards noticed of a term in all channels is one alert, as it was first told."""
    first = 'row_number() OVER (PARTITION BY alert_id ORDER BY "at") = 1'
    return f"SELECT * FROM ({rows}) QUALIFY channel IS NOT NULL OR {first}"


MERGED: dict[str, Callable[[str], str]] = {
    "channels": _channels,
    "vocabulary": _vocabulary,
    "alerts": _alerts,
}


def health_of_all(by_shard_rows: str) -> str:
    """SQL of `health` as if one daemon had told it: of each shard what it told last then, in twenty
    minutes; counts and bytes add up, of a lag the worst counts."""
    keys = 'SELECT DISTINCT name, "at" FROM told'
    tables = (
        "map_from_entries(list_transform("
        "list_distinct(flatten(list_transform(parts, lambda p: map_keys(p.tables)))), "
        "lambda k: (k, list_transform([1, 2], lambda i: list_sum(list_transform(parts, "
        "lambda p: coalesce(p.tables[k][i], 0)))::BIGINT))))"
    )
    return f"""
        WITH told AS ({by_shard_rows}),
        each AS (
            SELECT k.name, k."at", h.shard, h.value, h.detail, h.rev
            FROM (FROM ({keys}), (SELECT DISTINCT shard FROM told)) k
            ASOF JOIN told h ON h.shard = k.shard AND h.name = k.name AND h."at" <= k."at"
            WHERE h."at" > k."at" - INTERVAL 20 MINUTE
        ), summed AS (
            SELECT name, "at", CASE
                WHEN name IN ('lag_s', 'retention_h', 'told_at', 'versions') THEN max(value)
                WHEN name = 'began_at' THEN min(value)
                WHEN name = 'clock_offset_s' THEN arg_max(value, abs(value))
                ELSE sum(value) END AS value,
                arg_min(detail, shard) AS detail, max(rev) AS rev,
                list(from_json(CASE WHEN name = 'reading' THEN detail END,
                    '{_TROUBLES}') ORDER BY shard) AS troubles,
                list(from_json(CASE WHEN name = 'storage' THEN detail END,
                    '{_STORAGE}') ORDER BY shard) AS parts
            FROM each GROUP BY name, "at"
        )
        SELECT name, "at", value, CASE
            WHEN name = 'reading' THEN to_json(flatten(troubles))::VARCHAR
            WHEN name = 'storage' THEN to_json({{'tables': {tables},
                'warehouse': list_sum(list_transform(parts, lambda p: p.warehouse)),
                'buffer': list_sum(list_transform(parts, lambda p: p.buffer))}})::VARCHAR
            ELSE detail END AS detail, rev
        FROM summed"""
