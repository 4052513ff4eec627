"""Read-only queries over what is published: no locks, no writer needed.

One manifest is one consistent state; the views of a connection lie over its files alone.
"""

import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from warehouse.atomic import Stamp
from warehouse.config import DataFolder
from warehouse.connections import Config, Connection, open_duckdb
from warehouse.errors import AppError, WarehouseBroken
from warehouse.identities import Identities
from warehouse.published.channel_views import visible
from warehouse.published.earlier_files import NEW_TABLES, Later, later_by_shard, with_later
from warehouse.published.folder import Published, PublishedFolder
from warehouse.published.manifest import Manifest, PublishedFile, nothing_published, parse_manifest
from warehouse.published.rollup_views import view
from warehouse.published.shard_views import (
    Files,
    by_shard,
    health_by_shard,
    health_of_all,
    merged,
    shard_of_file,
)
from warehouse.sql import scan, sql
from warehouse.store.rollups import ROLLUPS
from warehouse.tables import TABLES

_DAMAGE = (
    OSError,
    duckdb.IOException,
    duckdb.InvalidInputException,
    duckdb.SerializationException,
    duckdb.InternalException,
    duckdb.PermissionException,  # a link out of the folder
    duckdb.FatalException,
)


@contextmanager
def damage_told(kinds: tuple[type[Exception], ...] = _DAMAGE) -> Iterator[None]:
    """Raises WarehouseBroken for what DuckDB says of a damaged file. kinds: any error of DuckDB's,
    where the query is ours and only the file can be wrong."""
    try:
        yield
    except duckdb.OutOfMemoryException:  # no file is to be removed for that
        raise
    except kinds as exc:
        raise WarehouseBroken(
            f"what is published is damaged: {str(exc).splitlines()[0][:200]}; remove that file "
            "and restart the pipeline, which makes it anew"
        ) from exc


class Reader:
    """Named queries over the published tables of one data folder. Safe to share by threads.

    channels: all that can be read of them is what somebody may see who sees these; None for all.
    """

    def __init__(self, folder: DataFolder, channels: Collection[str] | None = None) -> None:
        self.folder, self.channels = folder, channels
        self._lock = threading.Lock()
        self._version = -1
        self._con: Connection | None = None
        self._idle: list[Connection] = []  # of that connection
        self._published: Published = PublishedFolder(folder.published)
        self._read: tuple[Stamp, Manifest] | None = None  # what was read last

    def manifest(self) -> Manifest:
        """The manifest in force; read again when the file is another. Raises NothingPublished,
        WarehouseBroken."""
        path = self.folder.manifest
        try:
            return self._manifest(path)
        except FileNotFoundError as exc:
            raise nothing_published(path) from exc
        except OSError as exc:  # another user's, mostly
            raise WarehouseBroken(
                f"{path} cannot be read ({exc.strerror}): let the user of this process read it"
            ) from exc

    def _manifest(self, path: Path) -> Manifest:
        read = self._read
        changed = self._published.get_if_changed(path.name, read[0] if read else None)
        if changed is not None:
            read = self._read = (changed[1], parse_manifest(changed[0], path))
        assert read is not None  # what has no stamp has changed
        return read[1]

    def query(self, name: str, **values: Any) -> pa.Table:
        """Result of queries/NAME.sql with its $values. Raises NothingPublished."""
        return self.run(sql(name), values)

    def run(self, text: str, values: dict[str, Any] | None = None) -> pa.Table:
        """Result of a query text over the published tables, by one manifest."""
        try:
            return self._run(text, values)
        except _DAMAGE:  # or a file left while we planned: take the newer manifest
            self._version = -1
        with damage_told():
            return self._run(text, values)

    def _run(self, text: str, values: dict[str, Any] | None) -> pa.Table:
        cursor, idle = self._cursor()
        try:
            rows = cursor.sql(text, params=values or None).to_arrow_table()
        except BaseException:
            cursor.close()
            raise
        idle.append(cursor)
        return rows

    def _cursor(self) -> tuple[Connection, list[Connection]]:
        """A cursor over the manifest in force, and where to put it when it is idle again.

        Cursors are kept: the first query of a new one takes 13 ms longer.
        """
        manifest = self.manifest()
        with self._lock:
            if self._con is None or manifest.version != self._version:
                self._con = connect_views(self.folder.published, manifest, self.channels)
                self._version, self._idle = manifest.version, []
            return (self._idle.pop() if self._idle else self._con.cursor()), self._idle


def published_identities(folder: DataFolder) -> Identities:
    """Who every published channel is; nobody where nothing is published that can be read."""
    try:
        return Identities(Reader(folder).query("identities").to_pylist())
    except (AppError, duckdb.Error):
        return Identities()


def published_sources(folder: DataFolder) -> dict[str, list[str]]:
    """Channels by where their chat came from; none where nothing is published that can be read."""
    try:
        rows = Reader(folder).query("sources").to_pylist()
    except (AppError, duckdb.Error):
        return {}
    return {row["source"]: row["channels"] for row in rows}


def connect_views(
    published: Path,
    manifest: Manifest,
    channels: Collection[str] | None = None,
    reach: Collection[Path] = (),
    config: Config | None = None,
) -> Connection:
    """An in-memory connection with a view a table over the manifest's files; with channels given,
    over what of them may be seen. reach, config: beside it, as `open_duckdb` takes them."""
    scratch = published.parent / "scratch"
    reach = [published, *reach]
    con = open_duckdb(reach=reach, scratch=scratch, keep_footers=True, config=config)
    rollups = {rollup.name: rollup for rollup in ROLLUPS}
    later = later_by_shard(con, published, manifest)
    for table, files in manifest.tables.items():
        if table == "health":
            _create_health(con, published, files, channels)
        elif table not in rollups:
            column = TABLES[table].time if table in TABLES else None
            rows = _rows(published, table, files, column, later)
            if table == "channels":  # as published before logins were known to change
                rows += " UNION ALL BY NAME SELECT NULL::VARCHAR AS login WHERE false"
            _create(con, table, merged(table, rows, files), channels)
    for table in NEW_TABLES.keys() - manifest.tables.keys():
        _create(con, table, f"SELECT {NEW_TABLES[table]} WHERE false", channels)
    for table in rollups.keys() & manifest.tables.keys():  # they may read the windows' views
        _create(con, table, view(rollups[table], published, manifest, later), channels)
    return con


def _rows(
    published: Path, table: str, files: Files, column: str | None, later: Mapping[int | None, Later]
) -> str:
    """SQL of the files' rows, with the columns that came later; shard by shard only while those
    differ, since one scan is faster."""
    each = {shard: later[shard].get(table) for shard in map(shard_of_file, files)}
    if len({*each.values()}) == 1:
        return with_later(table, by_age(published, files, column), later[next(iter(each))])
    return " UNION ALL BY NAME ".join(
        with_later(table, by_age(published, of, column), later[shard])
        for shard in each
        if (of := tuple(file for file in files if shard_of_file(file) == shard))
    )


def _create_health(
    con: Connection,
    published: Path,
    files: tuple[PublishedFile, ...],
    channels: Collection[str] | None,
) -> None:
    """The view, and `shard_health`, with the shard that told each row."""
    each = health_by_shard(published, files)
    _create(con, "shard_health", each, channels)
    several = len(by_shard(files)) > 1
    rows = health_of_all(each) if several else by_age(published, files, TABLES["health"].time)
    _create(con, "health", rows, channels)


def _create(con: Connection, table: str, query: str, channels: Collection[str] | None) -> None:
    rows = query if channels is None else visible(table, query, channels)
    con.execute(f"CREATE VIEW {table} AS {rows}").fetchall()


def by_age(published: Path, files: tuple[PublishedFile, ...], column: str | None) -> str:
    """SQL of the files' rows: today's, this month's and all before, each with its span of time.

    A query of the last minutes then leaves out the months without a look into their files, and
    one of last month the many small files of today: both take half as long.
    """
    newest = max((file.max for file in files if file.rows), default="")
    month, day = f"{newest[:7]}-01", newest[:10]
    ages: dict[str, list[PublishedFile]] = {}
    for file in files:
        ages.setdefault(_span(file, month, day, f'"{column}"'), []).append(file)
    if column is None or len(ages) == 1:
        return f"SELECT * FROM {scan(published / file.path for file in files)}"
    return " UNION ALL BY NAME ".join(
        f"SELECT * FROM {scan(published / file.path for file in aged)}{span}"
        for span, aged in ages.items()
        if any(file.rows for file in aged)
    )


def _span(file: PublishedFile, month: str, day: str, column: str) -> str:
    """The condition that all rows of a file meet; '' for one that reaches over the bounds."""
    if file.max[:10] < month:
        return f" WHERE {column} < TIMESTAMP '{month}'"
    if file.min[:10] >= day:
        return f" WHERE {column} >= TIMESTAMP '{day}'"
    if file.min[:10] >= month and file.max[:10] < day:
        return f" WHERE {column} >= TIMESTAMP '{month}' AND {column} < TIMESTAMP '{day}'"
    return ""
