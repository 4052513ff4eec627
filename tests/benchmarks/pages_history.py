"""The made-up history with everything that pages show, laid out as a daemon would have left it.

Months that are over are a file each, the last one's days, the last day's hours, and the last
hour's cycles of 30 s: about a thousand files. Terms are those of channel00 for all of it, and
of every channel for the last RECENT days; forecasts for those days; text for the last one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from tests.benchmarks.history import (
    CHANNELS,
    FIRST,
    SCORES,
    TERM_ROWS,
    UNIFORM,
    WINDOWS,
    History,
    filled,
    forecasts,
)
from tests.helpers.browser import rows
from warehouse.config import DataFolder
from warehouse.published.files import time_text
from warehouse.published.manifest import Manifest, PublishedFile, read_manifest, write_manifest
from warehouse.sql import quoted
from warehouse.store.rollups import ROLLUPS
from warehouse.store.store import Store
from warehouse.tables import TABLES

RECENT = timedelta(days=8)
STEP = timedelta(seconds=30)
MONTH, DAY, HOUR, CYCLE = range(4)  # what a file is of
# every window is the same in whichever file it is made; one hour in fifty has windows missed
WINDOW_ROWS = (
    WINDOWS.replace("'live' AS source", "'simulated' AS source")
    .replace("u(i, 3) < 0.01", "u(i // 120, 3) < 0.02 AND u(i, 3) < 0.3")
    .replace("u(i // 120,", "u((i // $count) * 10000000 + ($first // 30 + i % $count) // 120,")
    .replace("u(i,", "u((i // $count) * 10000000 + $first // 30 + i % $count,")
)
ALL_TERMS = TERM_ROWS.replace("AND w.channel = 'channel00'", "").replace(
    "u(epoch(w.start)::BIGINT, k", "u(epoch(w.start)::BIGINT + hash(w.channel) % 100000, k"
)
# a channel uses some 900 terms a day; the more common ones more often
TERM_DAYS = """
SELECT channel, day, term, CASE t % 7 WHEN 0 THEN 'emote' ELSE 'word' END AS kind,
    (1 + 2000 / (t + 1))::BIGINT AS n, (1 + 1000 / (t + 1))::INTEGER AS windows,
    (u(x, 1) - 0.5) * 2000 / (t + 5) AS part, 1::BIGINT AS rev
FROM (
    SELECT printf('channel%02d', c) AS channel, $day::DATE + d::INTEGER AS day,
        'term' || ((t * 7 + c * (t // 300)) % 5000) AS term, t, (c * 1000 + d) * 1000 + t AS x
    FROM range(1, $channels) a(c), range($days) b(d), range(900) e(t)
    UNION ALL
    SELECT printf('channel%02d', c), $day::DATE + d::INTEGER, '*', 0, c * 1000 + d
    FROM range(1, $channels) a(c), range($days) b(d)
)
"""
EVENTS = """
SELECT printf('event%d-%d-%d', c, d, k) AS event_id, printf('channel%02d', c) AS channel,
    $day::DATE::TIMESTAMP + to_seconds(d * 86400 + (u((c * 1000 + d) * 64 + k, 1) * 86399)::BIGINT)
        AS "at",
    ['raid', 'sub', 'gift', 'cheer', 'title', 'category', 'connection_lost', 'sub'][k + 1] AS kind,
    ['friend', 'tier 1', '5', '100', 'A title', 'Chess', NULL, 'tier 1'][k + 1] AS detail,
    1::BIGINT AS rev
FROM range($channels) a(c), range($days) b(d), range(8) e(k)
"""
ALERTS = """
SELECT printf('alert%d-%d', c, d) AS alert_id, printf('channel%02d', c) AS channel,
    $day::DATE::TIMESTAMP + to_seconds(d * 86400 + (u(c * 1000 + d, 2) * 86399)::BIGINT) AS "at",
    'mood_drop' AS kind,
    '{"z": -4.2, "n": 84, "seconds": 180, "usual": 0.12, "mood": -0.19, "source": "simulated"}'
        AS detail, 1::BIGINT AS rev
FROM range($channels) a(c), range($days) b(d)
"""
LAG = """
SELECT 'lag_s' AS name, $day::DATE::TIMESTAMP + to_minutes(d * 1440 + 10 * k) AS "at",
    u(d * 144 + k, 3) * 2 AS value, NULL::VARCHAR AS detail, 1::BIGINT AS rev
FROM range($days) b(d), range(144) e(k)
"""
SAMPLES = """
SELECT channel, start, k::INTEGER AS rank, 'line ' || k || ' of what they say LUL' AS text,
    u(hash(channel, start, k) >> 8, 1) * 2 - 1 AS compound
FROM windows, range(3) r(k) WHERE n_messages > 0
"""
VOCABULARY = """
SELECT 'new' || i AS term, CASE WHEN i % 3 = 0 THEN '' ELSE printf('channel%02d', i % 100) END
        AS channel, CASE WHEN i % 2 = 0 THEN 'emote' ELSE 'word' END AS kind, 'twitch' AS provider,
    $until::TIMESTAMP - to_hours(i % 500) AS first_seen, $until::TIMESTAMP AS last_seen,
    1 + (u(i, 1) * 5000)::BIGINT AS n, 1 + i::INTEGER % 9 AS n_channels, u(i, 2) * 6 - 3 AS valence,
    u(i, 2) * 6 - 3.5 AS valence_low, u(i, 2) * 6 - 2.5 AS valence_high,
    'with LUL 61 % of the time' AS evidence, 12 AS n_chatters, 400::BIGINT AS n_scored,
    0.1::DOUBLE AS mean_compound, 0.4::DOUBLE AS sd_compound, 0.01::DOUBLE AS impact,
    ['proposed', 'accepted', 'rejected'][1 + i % 3] AS status, NULL::VARCHAR AS decided_by,
    NULL::TIMESTAMP AS decided_at, NULL::DOUBLE AS in_force, 34 AS impact_windows, 1::BIGINT AS rev
FROM range(1500) r(i)
"""
LEXICON = """
SELECT 'full-1' AS version, 'word' || i AS term, 'word' AS kind, u(i, 1) * 8 - 4 AS valence,
    'vader' AS origin, 1::BIGINT AS rev
FROM range(12000) r(i)
"""
DECISIONS = """
SELECT 'decision' || i AS decision_id, 'new' || i AS term, '' AS channel,
    $until::TIMESTAMP - to_hours(i) AS "at", 'somebody' AS "by", 'accept' AS decision,
    1.5 AS valence, 'emote' AS kind, $until::TIMESTAMP - to_hours(i) AS from_start,
    NULL::VARCHAR AS undoes, NULL::VARCHAR AS before, 1::BIGINT AS rev
FROM range(300) r(i)
"""


class Pages(History):
    """History with everything, ending `count` windows after FIRST."""

    def __init__(self, folder: DataFolder, count: int, say: Callable[[str], None]) -> None:
        super().__init__(folder, count, say)
        self.files = {name: [] for name in TABLES}

    def write(self) -> None:
        self.folder.published.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(config={"temp_directory": str(self.folder.root / "tmp")}) as con:
            con.execute("SET TimeZone='UTC'; SET preserve_insertion_order=false")
            con.execute(UNIFORM)
            for at, after, of in self.spans():
                self._span(con, at, after, of)
                if of != CYCLE:
                    self.say(f"{at:%Y-%m-%d %H:%M} made")
            con.execute("SET preserve_insertion_order=true")
            self._small(con)
        tables = {name: tuple(files) for name, files in self.files.items()}
        manifest = Manifest(1, 1, datetime.now(UTC), "simulated", tables)
        write_manifest(self.folder.manifest, manifest)

    def spans(self) -> Iterator[tuple[datetime, datetime, int]]:
        """(from, to, what it is of) for every file of a long table, oldest first."""
        end = self.until
        loose = max(FIRST, (end - timedelta(minutes=65)).replace(minute=0))
        day, month = (
            max(FIRST, t) for t in (loose.replace(hour=0), end.replace(day=1, hour=0, minute=0))
        )
        at = FIRST
        while at < end:
            after, of = end, CYCLE
            if at < min(month, day):
                after, of = (at.replace(day=1) + timedelta(days=32)).replace(day=1), MONTH
            elif at < day:
                after, of = at + timedelta(days=1), DAY
            elif at < loose:
                after, of = at + timedelta(hours=1), HOUR
            else:
                after = at + STEP
            yield at, min(after, end), of
            at = min(after, end)

    def _span(self, con: duckdb.DuckDBPyConnection, at: datetime, after: datetime, of: int) -> None:
        values = self.values(at, after)
        path = self._copy(con, "windows", at, filled(WINDOW_ROWS, values))
        con.execute(f"CREATE OR REPLACE VIEW windows AS FROM {quoted(path)}")
        recent = at >= self.until - RECENT
        terms = filled(ALL_TERMS if recent else TERM_ROWS, values)
        path = self._copy(con, "window_terms", at, f"{terms} ORDER BY w.channel, w.start, term")
        con.execute(f"CREATE OR REPLACE VIEW window_terms AS FROM {quoted(path)}")
        self._rollups(con, at, after, of, recent)
        if recent:
            for each, query in self._forecasts(at, after):
                self._copy(con, "forecasts", each, query)
        if of in (HOUR, CYCLE):
            self._copy(con, "samples", at, f"{SAMPLES} ORDER BY channel, start, rank")
        if of in (MONTH, DAY) or at.hour == at.minute == at.second == 0:
            self._days(con, at, after)

    def _rollups(
        self, con: duckdb.DuckDBPyConnection, at: datetime, after: datetime, of: int, recent: bool
    ) -> None:
        """Those of settled periods; the reader adds the open ones."""
        for rollup in ROLLUPS:
            order = ", ".join(TABLES[rollup.name].order)
            rolled = f"SELECT *, 1::BIGINT AS rev FROM ({rollup.made_of('')})"
            if rollup.name == "term_days" and not recent:  # the others' terms are not there
                days = {"$day": f"'{at:%Y-%m-%d}'", "$days": -((at - after) // timedelta(days=1))}
                more = filled(TERM_DAYS, {**days, "$channels": CHANNELS})
                rolled = f"{rolled} UNION ALL BY NAME ({more})"
            if of <= (DAY if rollup.name == "term_days" else HOUR):
                self._copy(con, rollup.name, at, f"SELECT * FROM ({rolled}) ORDER BY {order}")
            elif rollup.name == "window_hours" and at.minute == at.second == 0:
                self._open_hour(con, at, order)

    def _open_hour(self, con: duckdb.DuckDBPyConnection, at: datetime, order: str) -> None:
        """An hour that is over although its cycles are still single files."""
        after = at + timedelta(hours=1)
        if after >= self.until:
            return
        con.execute(
            f"CREATE OR REPLACE VIEW windows AS {filled(WINDOW_ROWS, self.values(at, after))}"
        )
        rollup = next(r for r in ROLLUPS if r.name == "window_hours")
        made = f"SELECT *, 1::BIGINT AS rev FROM ({rollup.made_of('')}) ORDER BY {order}"
        self._copy(con, rollup.name, at, made)

    def _forecasts(self, at: datetime, after: datetime) -> Iterable[tuple[datetime, str]]:
        """Forecasts of the span's windows, by day."""
        while at < after:
            end = min(after, at + timedelta(days=1))
            count = (end - at) // STEP * CHANNELS
            text = forecasts(count, (4, 2), "channel, cutoff")
            first = (at - datetime(1970, 1, 1)) // timedelta(microseconds=1) + 30_000_000
            yield at, text.replace("1735689600000000", str(first))
            at = end

    def _days(self, con: duckdb.DuckDBPyConnection, at: datetime, after: datetime) -> None:
        """What is told by day; of the last one all, though it has only begun."""
        days = {"$day": f"'{at:%Y-%m-%d}'", "$days": max(1, -((at - after) // timedelta(days=1)))}
        past = f"WHERE \"at\" < TIMESTAMP '{self.until}' ORDER BY"
        made = {
            "forecast_scores": f"{SCORES} ORDER BY channel, day, model, step",
            "events": f'SELECT * FROM ({EVENTS}) {past} channel, "at"',
            "alerts": f'SELECT * FROM ({ALERTS}) {past} "at"',
            "health": f'SELECT * FROM ({LAG}) {past} name, "at"',
        }
        for table, text in made.items():
            self._copy(con, table, at, filled(text, {**days, "$channels": CHANNELS}))

    def _small(self, con: duckdb.DuckDBPyConnection) -> None:
        """The tables that are one file, and what the daemon tells of itself now."""
        end = {"$until": f"'{self.until}'"}
        self._copy(con, "vocabulary", self.until, filled(VOCABULARY, end))
        self._copy(con, "lexicon", self.until, LEXICON)
        self._copy(con, "decisions", self.until, filled(DECISIONS, end))
        names = [f"channel{k:02d}" for k in range(CHANNELS)]
        told = [row for row in rows.health(self.until) if row["name"] != "lag_s"]
        streams = [row for name in names for row in self._streams(name)]
        self._rows(con, "channels", [rows.channel(name) for name in names])
        self._rows(con, "streams", streams)
        self._rows(con, "models", rows.models())
        self._rows(con, "trials", rows.trials())
        self._rows(con, "health", told)
        for table in [name for name, files in self.files.items() if not files]:
            self._rows(con, table, [])  # each is listed

    def _streams(self, name: str) -> Iterator[Mapping[str, Any]]:
        """A stream a day; the last one is on air."""
        at = FIRST
        while at < self.until:
            end = at + timedelta(days=1)
            of = {"stream_id": f"{name}:{at:%Y%m%d}", "vod_id": "123", "title": f"Day {at:%j}"}
            yield rows.stream(name, at, end if end < self.until else None, **of)
            at = end

    def _rows(
        self, con: duckdb.DuckDBPyConnection, table: str, found: Iterable[Mapping[str, Any]]
    ) -> None:
        with Store(self.folder.root / f"{table}.duckdb") as store:
            made = store.rows(table, list(found))
        (self.folder.root / f"{table}.duckdb").unlink()
        con.register("made", made)
        kept = "*" if "rev" in made.column_names else "*, 1::BIGINT AS rev"
        name = self.until if TABLES[table].time is None else self.until + STEP
        self._copy(con, table, name, f"SELECT {kept} FROM made")
        con.unregister("made")

    def _copy(self, con: duckdb.DuckDBPyConnection, table: str, at: datetime, query: str) -> Any:
        """As History's, named by the moment; small tables have no times."""
        spec = TABLES[table]
        name = f"{table}/{at:%Y-%m-%dT%H%M%S}.parquet"
        path = self.folder.published / name
        path.parent.mkdir(parents=True, exist_ok=True)
        con.execute(f"COPY ({query}) TO {quoted(path)} (FORMAT parquet)").fetchall()
        times = f'min("{spec.time}"), max("{spec.time}")' if spec.time else "NULL, NULL"
        ((n, first, last),) = con.execute(
            f"SELECT count(*), {times} FROM {quoted(path)}"
        ).fetchall()
        self.files[table].append(PublishedFile(name, n, time_text(first), time_text(last)))
        return path


class Ticker:
    """Publishes the next window of all channels, as a daemon does every 30 s."""

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        self.manifest = read_manifest(folder.manifest)
        last = max(file.max for file in self.manifest.tables["windows"])
        self.at = datetime.fromisoformat(last).replace(tzinfo=None) + STEP
        self.con = duckdb.connect(config={"threads": 1})
        self.con.execute("SET TimeZone='UTC'")
        self.con.execute(UNIFORM)

    def tick(self) -> Manifest:
        """One cycle: a file of windows, terms, forecasts and samples, and the manifest."""
        made = Pages(self.folder, 0, lambda _: None)
        made.until = self.at + STEP
        made._span(self.con, self.at, made.until, CYCLE)
        tables = dict(self.manifest.tables)
        for name in ("windows", "window_terms", "forecasts", "samples"):
            tables[name] = (*tables[name], *made.files[name])
        self.manifest = self.manifest.next(self.manifest.revision + 1, tables)
        write_manifest(self.folder.manifest, self.manifest)
        self.at += STEP
        return self.manifest
