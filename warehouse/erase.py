"""Rows that are to be forgotten: out of every table, and out of the file's free pages."""

import os
from collections.abc import Iterable
from pathlib import Path

import duckdb

from warehouse.config import DataFolder
from warehouse.connections import open_duckdb
from warehouse.errors import StorageFull
from warehouse.published.publisher import Publisher
from warehouse.published.reader import connect_views, damage_told
from warehouse.sql import quoted, sql
from warehouse.store.store import ERASED, Store, is_full
from warehouse.tables import TABLES, Keys, TableSpec


def erase_channel(store: Store, channel: str, login: str | None = None) -> None:
    """Delete the channel's rows from every table that has such a column, in one transaction.
    login: of today, if it is not the key.

    The months they were in are published anew. Identifiers come from the catalogue.
    """
    months = {"alerts": store.query("alert_months", channel=channel)["month"].to_pylist()}
    of = {"channel": channel}
    months["health"] = store.query("reading_months", **of)["month"].to_pylist()
    with store.transaction() as (con, revision):
        tables = [name for (name,) in con.execute(sql("tables_by_channel")).fetchall()]
        for spec in (TABLES[name] for name in tables if name in TABLES and TABLES[name].time):
            rows = con.execute(_months(spec), of).fetchall()
            months.setdefault(spec.name, []).extend(month for (month,) in rows)
        con.execute(sql("forget_sole_alerts"), of)
        con.execute(sql("forget_sole_proposals"), of)
        con.execute(sql("forget_reading"), of)
        con.execute(sql("forget_use"), {**of, "rev": revision})
        for name in tables:
            con.execute(f'DELETE FROM "{name}" WHERE channel = $channel', of)
        con.execute(sql("forget_moment"), of)
        con.execute(sql("forget_raids"), {**of, "login": login or channel, "rev": revision})
        lists = {"names": [ERASED, "scrub"], "contents": [str(revision), "due"]}
        con.execute(sql("set_meta"), lists)
    for table, stale in months.items():
        store.touched(table, months=stale)


def _months(spec: TableSpec) -> str:
    return (
        f"SELECT DISTINCT strftime(\"{spec.time}\", '%Y-%m') FROM {spec.name} "
        "WHERE channel = $channel"
    )


def erase_terms(store: Store, terms: Iterable[str]) -> None:
    """The terms were somebody's name: their part goes to the window's rest; what was proposed
    of them and decided on them goes, and moments do not name them."""
    named = {"terms": sorted(terms)}
    if not named["terms"]:
        return
    months = store.query("forget_term_months", **named).column("month").to_pylist()
    alerts = store.query("alert_months", channel="").column("month").to_pylist()
    store.write(
        {},
        {"scrub": "due"},
        before=[
            ("touch_terms", named),
            ("forget_term_rest", named),
            ("forget_terms", named),
            ("forget_vocabulary", named),
            ("forget_term_alerts", named),
            ("forget_term_moments", named),
            ("forget_last_moments", named),
            ("forget_decisions", named),
        ],
    )
    for table in ("window_terms", "term_days", "events"):
        store.touched(table, months=months)
    store.touched("alerts", months=alerts)


def sample_keys(folder: DataFolder, publisher: Publisher, channel: str) -> Keys:
    """(channel, start) of every window of the channel that has published lines."""
    with damage_told((duckdb.Error,)), connect_views(folder.published, publisher.manifest) as con:
        rows = con.execute(sql("samples_of"), {"channel": channel}).fetchall()
    return [(channel, start) for (start,) in rows]


def scrub(path: Path) -> bool:
    """Write a closed database anew after an erasure: pages of deleted rows keep their bytes.

    True if it was done: nothing is done while it is open, or where nothing was erased. Raises
    StorageFull; the old file then stays. It is never done to an open store: DuckDB would hand
    out the old file again under its name.
    """
    if not path.is_file():
        return False
    for left in path.parent.glob(f".{path.name}.*"):  # of a crash
        left.unlink(missing_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with open_duckdb(
        reach=[path.parent], scratch=path.parent / "scratch", config={"threads": 2}
    ) as con:
        try:
            con.execute(f"ATTACH {quoted(path)} AS old")
            if con.execute(_DUE).fetchall() != [("due",)]:
                return False
        except duckdb.Error:  # open elsewhere, or to be told about by who opens it
            return False
        try:
            con.execute("CHECKPOINT old")
            con.execute(f"ATTACH {quoted(aside)} AS fresh")
            con.execute("COPY FROM DATABASE old TO fresh")
            con.execute("UPDATE fresh.meta SET value = 'done' WHERE name = 'scrub'")
            con.execute("DETACH fresh")
            aside.replace(path)  # while the lock of the old one is held
        except (duckdb.Error, OSError) as exc:
            raise _refused(exc, path) from exc
        finally:
            aside.unlink(missing_ok=True)
    return True


_DUE = "SELECT value FROM old.meta WHERE name = 'scrub'"


def _refused(exc: Exception, path: Path) -> Exception:
    if isinstance(exc, OSError) or is_full(exc):
        return StorageFull(f"no space left to write {path} anew; free some and it goes on")
    return exc
