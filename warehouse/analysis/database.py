"""A DuckDB file of views over what is published, for every program that opens DuckDB.

The views read the manifest each time they are asked, so that they follow it: they hold no row and
no name of a file.
"""

import glob
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import duckdb

from warehouse.analysis.dictionary import entries
from warehouse.analysis.schema_columns import SHARD_HEALTH, columns
from warehouse.atomic import private_file
from warehouse.config import DataFolder
from warehouse.connections import Connection, open_duckdb
from warehouse.errors import BadInput, WarehouseBroken
from warehouse.published.manifest import Manifest, read_manifest
from warehouse.published.shard_views import MERGED, health_of_all, shard_of_file
from warehouse.store.rollups import ROLLUPS, Rollup
from warehouse.tables import TABLES

FILES = "published_files"  # the view of the manifest
MARK = "Files of the DLD manifest in force; made by python -m warehouse open"
_FORM = {"storage_compatibility_version": "v1.0.0"}  # what older programs open, too
_OLDEST = "TIMESTAMP '0001-01-01'"
_MANIFEST = "MAP(VARCHAR, STRUCT(path VARCHAR, rows BIGINT, min VARCHAR, max VARCHAR)[])"
_SHARD = r"coalesce(try_cast(regexp_extract({}, 'shard-(\d+)/[^/]+/[^/]+$', 1) AS INTEGER), 0)"


def write_database(folder: DataFolder, out: Path) -> int:
    """Write the views to `out`, in the place of an earlier such file; their number.

    Raises NothingPublished, WarehouseBroken, BadInput for an `out` that is somebody else's,
    OSError.
    """
    manifest = read_manifest(folder.manifest)
    if out.exists():
        _check_ours(out)
    aside = out.with_name(f".{out.name}.{uuid4().hex}")
    views = _Views(folder.published.absolute(), manifest).all()
    try:
        private_file(aside).close()  # OSError where none can be
        aside.unlink()
        with _written(), open_duckdb(aside, reach=[folder.published], config=_FORM) as con:
            con.begin()
            with _made():
                for name, query in views.items():
                    con.execute(f"CREATE VIEW {name} AS {query}").fetchall()
                _describe(con)
            con.commit()
            con.execute("CHECKPOINT").fetchall()  # DuckDB's own, at the end, fails in silence
        aside.replace(out)
    finally:
        for left in (aside, aside.with_name(f"{aside.name}.wal")):
            left.unlink(missing_ok=True)
    return len(views)


@contextmanager
def _written() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as exc:
        raise OSError(str(exc).splitlines()[0][:200]) from exc


@contextmanager
def _made() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as exc:  # the queries are ours, so that a file lacks what they ask for
        raise WarehouseBroken(
            f"what is published is damaged: {str(exc).splitlines()[0][:200]}; remove that file and "
            "restart the pipeline, which makes it anew"
        ) from exc


def _check_ours(out: Path) -> None:
    """Raises BadInput unless the file holds nothing but what an earlier call wrote."""
    query = f"""SELECT count(*) FILTER (comment = {_text(MARK)}), (SELECT count(*) FROM
        duckdb_tables()) FROM duckdb_views() WHERE NOT internal"""
    try:
        with open_duckdb(out, read_only=True) as con:
            marked, tables = con.execute(query).fetchall()[0]
    except (duckdb.Error, OSError) as exc:
        raise BadInput(
            f"{out} is there already, and no file of this command, or open elsewhere; name another"
        ) from exc
    if not marked or tables:
        raise BadInput(f"{out} is there already, with other things in it; name another file")


def _describe(con: Connection) -> None:
    """The dictionary as comments, which programs show beside tables and columns."""
    con.execute(f"COMMENT ON VIEW {FILES} IS {_text(MARK)}").fetchall()
    for entry in entries():
        what = f'COLUMN {entry.table}."{entry.column}"' if entry.column else f"VIEW {entry.table}"
        null = f" NULL: {entry.missing}." if entry.missing else ""
        con.execute(f"COMMENT ON {what} IS {_text(entry.about + null)}").fetchall()


def _text(words: str) -> str:
    return f"'{_quotes(words)}'"


class _Views:
    """SQL of each view. published: an absolute path."""

    def __init__(self, published: Path, manifest: Manifest) -> None:
        self.published = published
        found = {shard_of_file(file) for files in manifest.tables.values() for file in files}
        self.is_sharded = found != {None}
        self.shards = [f"/shard-{k}" if k is not None else "" for k in sorted(found, key=str)]
        self.tables = manifest.tables.keys()  # an earlier version's lacks some

    def all(self) -> dict[str, str]:
        """By name, in an order in which each can be made."""
        rollups = {rollup.name: rollup for rollup in ROLLUPS}
        views = {FILES: self._files(), SHARD_HEALTH: self._shard_health()}
        for table in TABLES:
            if table in rollups:
                rows = self._rollup(rollups[table])
            elif table == "health" and self.is_sharded:
                rows = health_of_all(f"FROM {SHARD_HEALTH}")
            else:
                rows = self._rows(table)
                rows = MERGED[table](rows) if self.is_sharded and table in MERGED else rows
            views[table] = f"SELECT {_columns(table)} FROM ({rows})"
        return views

    def _pattern(self, table: str, shard: str) -> str:
        """A pattern of the table's files, those that left the manifest among them."""
        return f"'{_quotes(glob.escape(str(self.published)))}{shard}/{table}/*.parquet'"

    def _files(self) -> str:
        """The manifest as rows, a file each."""
        manifest = f"'{_quotes(glob.escape(str(self.published / 'manifest.json')))}'"
        return f"""
            SELECT t.key AS "table", '{_quotes(str(self.published))}/' || f.path AS file,
                {_SHARD.format("f.path")} AS shard, f.rows AS rows,
                nullif(f.min, '')::TIMESTAMP AS min, nullif(f.max, '')::TIMESTAMP AS max
            FROM (
                SELECT t.key, unnest(t.value) AS f FROM (
                    SELECT unnest(map_entries(from_json(
                        json_extract(content, '$.tables'), '"{_MANIFEST}"'))) AS t
                    FROM read_text({manifest}))) t"""

    def _listed(self, table: str) -> str:
        """SQL of `listed`, the table's files in force; it has to stand before what reads them.

        DuckDB plans from left to right, and lists a folder as it plans: what `there` has is among
        the files that are read. Of a manifest that is newer than that a file may not be: better
        an error than rows that are missing.
        """
        there = " UNION ALL ".join(
            f"SELECT file FROM glob({self._pattern(table, shard)})" for shard in self.shards
        )
        late = "error('published anew while this was read: ask again, or write this file anew')"
        return f"""
            there AS MATERIALIZED ({there}),
            listed AS MATERIALIZED (
                SELECT CASE WHEN file IN (FROM there) THEN file ELSE {late} END AS file,
                    shard, rows, max
                FROM {FILES} WHERE "table" = '{table}')"""

    def _rows(self, table: str, more: str = "") -> str:
        """Rows of the files in force."""
        nothing = f"SELECT {_nothing(table)} WHERE false"
        if table not in self.tables:
            return nothing
        return f"""
            WITH {self._listed(table)}
            SELECT {_values(table)}{more} FROM ({nothing} UNION ALL BY NAME
                SELECT r.* FROM listed l JOIN {self._read(table)} r ON r.filename = l.file)"""

    def _read(self, table: str) -> str:
        every = self._pattern(table, "/shard-*" if self.is_sharded else "")
        return f"read_parquet({every}, filename = true, union_by_name = true)"

    def _shard_health(self) -> str:
        return self._rows("health", f", {_SHARD.format('filename')} AS shard")

    def _rollup(self, rollup: Rollup) -> str:
        """What is settled, and the open period of each shard from the windows."""
        places = {name: self._opened(rollup, name) for name in rollup.sources}
        opened = rollup.made_of("", places)
        return f"""
            SELECT * FROM ({self._rows(rollup.name)})
            UNION ALL BY NAME SELECT *, 0::BIGINT AS rev FROM ({opened})"""

    def _opened(self, rollup: Rollup, source: str) -> str:
        """Rows of the source in the open period; files that end before it are not read."""
        period = f"INTERVAL {int(rollup.period.total_seconds())} SECOND"
        return f"""(
            WITH {self._listed(source)}, since AS (
                SELECT shard, max(max) + {period} AS since FROM {FILES}
                WHERE "table" = '{rollup.name}' AND rows > 0 GROUP BY shard),
            opened AS MATERIALIZED (
                SELECT file, coalesce(since, {_OLDEST}) AS since
                FROM listed LEFT JOIN since USING (shard)
                WHERE rows > 0 AND max >= coalesce(since, {_OLDEST}))
            SELECT {_values(source)} FROM (SELECT {_nothing(source)} WHERE false
                UNION ALL BY NAME SELECT r.* FROM opened l
                JOIN {self._read(source)} r ON r.filename = l.file AND r.start >= l.since))"""


def _columns(table: str) -> str:
    return ", ".join(f'"{name}"' for of, name in columns() if of == table)


def _nothing(table: str) -> str:
    """The columns with their types: files of an earlier version lack some."""
    return ", ".join(
        f'NULL::{c.type} AS "{name}"' for (of, name), c in columns().items() if of == table
    )


def _values(table: str) -> str:
    """The columns, what an earlier version did not know as the schema's migrations have it."""
    return ", ".join(
        f'"{name}"' if c.default == "NULL" else f'coalesce("{name}", {c.default}) AS "{name}"'
        for (of, name), c in columns().items()
        if of == table
    )


def _quotes(text: str) -> str:
    return text.replace("'", "''")
