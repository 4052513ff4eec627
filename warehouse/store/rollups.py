"""Rollups: hours of windows and days of terms, made again where their rows changed.

They hold settled periods only, those before the newest window's. That one is open: every
commit changes it, so readers sum it up themselves (published/rollup_views.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa

from warehouse.records import naive
from warehouse.sql import sql
from warehouse.tables import Keys


@dataclass(frozen=True)
class Rollup:
    """A table made of others by a query.

    sources: what it is made of, tables with channel and start. column: its period's start.
    """

    name: str
    query: str
    sources: tuple[str, ...]
    column: str
    period: timedelta

    @property
    def meta(self) -> str:
        """Name in `meta` of the start of the open period."""
        return f"open_{self.name}"

    def floor(self, at: datetime) -> datetime:
        """Start of the period that holds `at`, naive UTC."""
        return at - (at - datetime.min) % self.period

    def made_of(self, conditions: str, places: Mapping[str, str] | None = None) -> str:
        """SQL of the rows that follow from the sources' rows `s` that meet the conditions.

        places: what to read a source from, where that is not the table of its name.
        """
        at = places or {}
        query = sql(self.query).rstrip().removesuffix(";")
        narrowed = ", ".join(
            f"{name} AS (SELECT s.* FROM {at.get(name, f'main.{name}')} s {conditions})"
            for name in self.sources
        )
        return f"WITH {narrowed} {query}"


ROLLUPS = (
    Rollup("window_hours", "roll_window_hours", ("windows",), "hour", timedelta(hours=1)),
    Rollup("term_days", "roll_term_days", ("window_terms", "windows"), "day", timedelta(days=1)),
)


class Rolling:
    """Keeps the rollups of an open store in step, inside its transactions.

    The temporary table `touched` (channel, start) takes the windows that a transaction's own
    queries delete or change; those that come as tables are known without it.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        con.execute("CREATE TEMP TABLE touched (channel VARCHAR, start TIMESTAMP)")
        con.execute("CREATE TEMP TABLE due (channel VARCHAR, period TIMESTAMP)")
        self.open: dict[str, datetime] = {}
        for rollup in ROLLUPS:
            for (value,) in con.execute(sql("get_meta"), {"name": rollup.meta}).fetchall():
                self.open[rollup.name] = datetime.fromisoformat(value)

    def begin(self, tables: Iterable[pa.Table]) -> None:
        """At the start of a transaction; tables: rows of windows and terms it will replace."""
        self.con.execute("DELETE FROM touched")
        for rows in tables:
            self.con.register("touching", rows.select(["channel", "start"]))
            self.con.execute("INSERT INTO touched SELECT DISTINCT channel, start FROM touching")
            self.con.unregister("touching")

    def is_needed(self, tables: Iterable[pa.Table]) -> bool:
        """True if rows reach out of the open periods; mostly they do not."""
        for rows in tables:
            if rows.num_rows:
                starts = rows.column("start").to_pylist()
                first, last = naive(min(starts)), naive(max(starts))
                if any(self._leaves(rollup, first, last) for rollup in ROLLUPS):
                    return True
        return False

    def _leaves(self, rollup: Rollup, first: datetime, last: datetime) -> bool:
        opened = self.open.get(rollup.name)
        return opened is None or not opened <= first <= last < opened + rollup.period

    def roll(self, revision: int) -> tuple[dict[str, Keys], dict[str, datetime]]:
        """Make again what the touched windows changed.

        Returns (replaced keys by rollup, starts of the open periods); both hold once the
        transaction has been committed.
        """
        ((newest,),) = self.con.execute("SELECT max(start) FROM touched").fetchall()
        replaced: dict[str, Keys] = {}
        opens = dict(self.open)
        if newest is None:
            return replaced, opens
        for rollup in ROLLUPS:
            before = opens.get(rollup.name)
            now = max(rollup.floor(newest), before or datetime.min)
            opens[rollup.name] = now
            if self._find_due(rollup, before or now, now):
                replaced[rollup.name] = self._remake(rollup, revision)
        return replaced, opens

    def _find_due(self, rollup: Rollup, before: datetime, now: datetime) -> bool:
        """Into `due`: settled periods that were touched, and those that settle now."""
        period = f"time_bucket(INTERVAL {int(rollup.period.total_seconds())} SECOND, start)"
        self.con.execute("DELETE FROM due")
        self.con.execute(
            f"INSERT INTO due SELECT DISTINCT channel, {period} FROM ("
            "SELECT channel, start FROM touched WHERE start < $now UNION ALL "
            "SELECT channel, start FROM windows WHERE start >= $before AND start < $now)",
            {"before": before, "now": now},
        )
        return self.con.execute("SELECT count(*) FROM due").fetchall() != [(0,)]

    def _remake(self, rollup: Rollup, revision: int) -> Keys:
        column, seconds = rollup.column, int(rollup.period.total_seconds())
        ((first, last),) = self.con.execute("SELECT min(period), max(period) FROM due").fetchall()
        gone = self.con.execute(
            f"DELETE FROM {rollup.name} t WHERE {column} BETWEEN $first AND $last AND EXISTS ("
            f"SELECT 1 FROM due d WHERE d.channel = t.channel AND d.period = t.{column}) "
            f"RETURNING channel, {column}",
            {"first": first, "last": last},
        ).fetchall()
        # the plain range lets DuckDB skip row groups, which the join does not
        narrowed = rollup.made_of(
            f"SEMI JOIN due d ON d.channel = s.channel "
            f"AND d.period = time_bucket(INTERVAL {seconds} SECOND, s.start) "
            f"WHERE s.start >= TIMESTAMP '{first}' AND s.start < TIMESTAMP '{last + rollup.period}'"
        )
        self.con.execute(
            f"INSERT INTO {rollup.name} BY NAME SELECT *, {revision} AS rev FROM ({narrowed})"
        )
        return sorted(set(gone))
