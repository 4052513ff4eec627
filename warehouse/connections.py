"""Connections to DuckDB, each shut in: it reaches the files it is for, and nothing else.

Whatever lies in a file from elsewhere, by this connection it reads and writes no other file,
loads no extension, speaks to nobody, and cannot change that: DuckDB's own locks hold.
"""

import glob
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb

Connection = duckdb.DuckDBPyConnection
Config = Mapping[str, str | bool | int | float | list[str]]
OWN_CONFIG = "current_transaction_invalidation_policy"  # 1.5 sets it around several statements
_HALF_MB = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2_000_000  # half of it
_FLUSH = "1MB"
# of the daemon: freed memory beyond this goes back to the system, 20 MB after a day
GIVES_BACK: Config = {
    "allocator_flush_threshold": _FLUSH,
    "allocator_bulk_deallocation_flush_threshold": _FLUSH,
}
_LOCKS: Config = {
    "allowed_configs": [OWN_CONFIG],
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "memory_limit": f"{_HALF_MB}MB",  # 1.5 knows no shares
    "max_temp_directory_size": "16GB",
}


def open_duckdb(
    database: Path | None = None,
    *,
    reach: Iterable[Path] = (),
    scratch: Path | None = None,
    read_only: bool = False,
    keep_footers: bool = False,
    config: Config | None = None,
) -> Connection:
    """A connection to the database, else to one in memory, that goes by UTC.

    reach: files and folders beside it that may be read and written; DuckDB makes no difference
    between the two. scratch: where it spills, else beside the database. keep_footers: of Parquet
    files that never change. config: of DuckDB, beside the locks.
    """
    spill: Config = {} if database and not scratch else {"temp_directory": str(scratch or "")}
    con = duckdb.connect(  # noqa: TID251
        str(database or ":memory:"), read_only, {**_LOCKS, **spill, **(config or {})}
    )
    try:
        con.execute("SET GLOBAL TimeZone = 'UTC'")  # or aware values are stored shifted
        con.execute("SET enable_progress_bar = false")  # it goes to stdout, after two seconds
        con.execute(f"SET parquet_metadata_cache = {keep_footers}")
        places = _texts(reach)
        for lock in ("allowed_paths", "allowed_directories"):
            con.execute(f"SET {lock} = [{places}]")
        con.execute("SET enable_external_access = false")
        con.execute("SET lock_configuration = true")
    except BaseException:
        con.close()
        raise
    return con


def _texts(paths: Iterable[Path]) -> str:
    """The paths as SQL texts, as they are and as patterns that mean them alone (sql.scan)."""
    plain = [str(form) for path in paths for form in (path.absolute(), path.resolve())]
    both = dict.fromkeys([*plain, *map(glob.escape, plain)])
    return ", ".join("'" + text.replace("'", "''") + "'" for text in both)
