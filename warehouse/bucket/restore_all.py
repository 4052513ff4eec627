"""Restoring all shards into one empty folder: the way back to one machine, and to other shards."""

import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import orjson
import pyarrow.parquet as pq

from warehouse.atomic import private_folder
from warehouse.bucket.objects import Bucket
from warehouse.bucket.restore import (
    SAMPLES,
    PushedShard,
    aside_of,
    begins_at,
    bodies_of,
    insert,
    insert_learnt,
    lists_of,
    load_whole,
    open_shard,
    set_meta,
    told_of,
    write_bodies,
    write_lists,
)
from warehouse.config import DataFolder
from warehouse.connections import Connection, open_duckdb
from warehouse.errors import BadInput
from warehouse.published.manifest import PublishedFile, write_manifest
from warehouse.sql import migrations, quoted, scan
from warehouse.store.built import Built
from warehouse.store.foreign_rows import checked, refuse_twice
from warehouse.store.store import AWAITED, ERASED
from warehouse.tables import TABLES

_ONE = ("models", "trials", "decisions", "lexicon")  # shard 0's are everybody's


def restore_all(
    bucket: Bucket, shards: int, folder: DataFolder, is_kept: Callable[[str], bool]
) -> int:
    """Everything of all shards, of the channels that are kept, into an empty folder; its windows.

    Nothing is in force before all of it is there and was looked at. Raises BadInput for a folder
    with a warehouse or with published files, for shards of different versions, and for what is
    none of ours; WarehouseBroken for what is damaged.
    """
    if folder.warehouse.exists() or folder.published.exists():
        raise BadInput(
            f"{folder.root} has a warehouse, or what one publishes; set DLD_DATA to an empty folder"
        )
    there = [open_shard(bucket, number) for number in range(shards)]
    newest = migrations()[-1][0]
    if old := [shard.home for shard in there if shard.schema < newest]:
        raise BadInput(f"{', '.join(old)} was pushed by an older DLD; run it once with this one")
    lists, bodies = lists_of(there[0]), {i: b for s in there for i, b in bodies_of(s).items()}
    with _undone(folder), aside_of(folder) as aside, Built(folder, newest) as con:
        for shard in there:
            with told_of(shard):
                set_meta(con, shard.meta, newest)  # as it is: then it can be reckoned with
                _insert_all(con, shard, aside, shard is there[0])
        with told_of(there[0]):
            _drop_others(con, is_kept)
            _merge_terms(con)
            _refuse_twice(con)
        set_meta(con, _merged([shard.meta for shard in there], there), newest)
        ((windows,),) = con.execute("SELECT count(*) FROM windows").fetchall()
        kept = dict(con.execute("SELECT channel, channel_id FROM channels").fetchall())
        samples = [file for s in there for file in _samples(s, folder, aside, set(kept))]
        last = max((shard.manifest for shard in there), key=lambda found: found.version)
        # of no revision: all but the samples is published anew
        tables = {"samples": tuple(samples)} if samples else {}
        write_manifest(folder.manifest, last.next(-1, tables))
        write_bodies(bodies, folder, {str(i) for i in kept.values()})
        write_lists(lists, folder)
    return int(windows)


@contextmanager
def _undone(folder: DataFolder) -> Iterator[None]:
    """Where it fails, nothing of it is published."""
    with ExitStack() as undo:
        undo.callback(shutil.rmtree, folder.published, ignore_errors=True)
        yield
        undo.pop_all()


def _refuse_twice(con: Connection) -> None:
    """A channel is one shard's, so that no key comes from two. Raises BadInput."""
    for name, spec in TABLES.items():
        if spec.stored:
            refuse_twice(con, name, name)


def _insert_all(con: Connection, shard: PushedShard, aside: Path, is_first: bool) -> None:
    """Every table of a shard, a file at a time, so that no more lies on the disk."""
    for name, files in shard.manifest.tables.items():
        if not TABLES[name].stored or name == "health" or (name in _ONE and not is_first):
            continue
        for file in (file for file in files if file.rows):
            load_whole(shard, file, aside)
            if name == "vocabulary":  # the same term may come from several
                con.execute("CREATE TEMP TABLE IF NOT EXISTS terms AS FROM vocabulary LIMIT 0")
                con.execute(f"INSERT INTO terms BY NAME {checked(con, name, scan([aside]))}")
            else:
                insert(con, TABLES[name], [aside], "")
    insert_learnt(con, shard, aside)


def _drop_others(con: Connection, is_kept: Callable[[str], bool]) -> None:
    """Rows of channels that are not kept."""
    named = {n for (n,) in con.execute("SELECT channel FROM channels").fetchall()}
    for name in ("windows", "streams", "learnt"):
        named |= {n for (n,) in con.execute(f"SELECT DISTINCT channel FROM {name}").fetchall()}
    others = [name for name in named if not is_kept(name)]
    if others:
        tables = con.execute(
            "SELECT table_name FROM duckdb_columns() WHERE column_name = 'channel' AND NOT internal"
        ).fetchall()
        for (name,) in tables:
            con.execute(f"DELETE FROM {name} WHERE channel IN (SELECT unnest($o))", {"o": others})


def _merge_terms(con: Connection) -> None:
    """One row a term: of the shard that had most of it, with what all had."""
    con.execute("CREATE TEMP TABLE IF NOT EXISTS terms AS FROM vocabulary LIMIT 0")
    con.execute(
        "INSERT INTO vocabulary BY NAME SELECT * REPLACE ("
        "sum(n) OVER t AS n, (sum(n_channels) OVER t)::INTEGER AS n_channels, "
        "min(first_seen) OVER t AS first_seen, max(last_seen) OVER t AS last_seen) FROM terms "
        "WINDOW t AS (PARTITION BY term, channel) "
        "QUALIFY row_number() OVER (PARTITION BY term, channel ORDER BY n DESC) = 1"
    )


def _merged(metas: list[Mapping[str, str]], there: list[PushedShard]) -> dict[str, str]:
    """One meta of several: what each has done, and the earliest of what is open."""
    merged = {name: value for meta in reversed(metas) for name, value in meta.items()}
    for name in ("clock", "open_window_hours", "open_term_days"):
        told = [meta[name] for meta in metas if meta.get(name)]
        if told:
            merged[name] = min(told, key=float) if name == "clock" else min(told)
    drift = dict[str, object]()
    for meta in reversed(metas):
        drift |= orjson.loads(meta.get("company") or "{}")
    revision = str(max(shard.manifest.revision for shard in there))
    begins = begins_at(merged.get("clock"))
    more = {
        **begins,
        "company": orjson.dumps(drift).decode(),
        "revision": revision,
        ERASED: revision,
    }
    return {k: v for k, v in {**merged, **more}.items() if not k.startswith(AWAITED)}


def _samples(
    shard: PushedShard, folder: DataFolder, aside: Path, kept: set[str]
) -> Iterable[PublishedFile]:
    """The shard's lines of chat of the kept channels, which no warehouse holds."""
    for file in (file for file in shard.manifest.tables["samples"] if file.rows):
        load_whole(shard, file, aside)
        path = f"samples/{uuid.uuid4().hex}.parquet"
        target = folder.published / path
        private_folder(target.parent)
        with told_of(shard), open_duckdb(reach=[folder.root], scratch=folder.scratch) as con:
            rows_of = checked(con, "samples", scan([aside]), SAMPLES)
            query = f"{rows_of} WHERE list_contains($kept, channel) ORDER BY channel, start, rank"
            copy = f"COPY ({query}) TO {quoted(target)} (FORMAT parquet)"
            con.execute(copy, {"kept": sorted(kept)}).fetchall()
        rows = pq.read_metadata(target).num_rows
        if rows:
            yield PublishedFile(path, rows, file.min, file.max)
        else:
            target.unlink()
