"""A made-up year of a hundred channels as published files, straight from SQL."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from warehouse.chances import EVENTS
from warehouse.config import DataFolder
from warehouse.published.files import ROWS_A_GROUP, time_text
from warehouse.published.manifest import Manifest, PublishedFile, write_manifest
from warehouse.sql import quoted
from warehouse.store.rollups import ROLLUPS
from warehouse.store.store import Store
from warehouse.tables import TABLES

FIRST = datetime(2025, 1, 1)
CHANNELS = 100
TERMS = 20  # rows of a window

# u(k): uniform 0..1 of the row and k, the same on every machine
UNIFORM = "CREATE OR REPLACE MACRO u(i, k) AS hash(i * 64 + k) / 18446744073709551616.0"
# $first, $count: windows of each channel from the epoch second $first on. One in twelve is
# silent; sizes per window are those of real chat, where half of the slots are empty.
WINDOWS = """
WITH base AS (
    SELECT i, printf('channel%02d', i // $count) AS channel,
        make_timestamp(($first + 30 * (i % $count)) * 1000000) AS start,
        CASE WHEN u(i, 0) < 0.08 THEN 0 ELSE 1 + floor(-12 * ln(1 - u(i, 1)))::INTEGER END AS n
    FROM range($channels * $count) r(i)
), mood AS (
    SELECT *, CASE WHEN n > 0 THEN 0.15 * sin(i // $count) + (u(i, 2) - 0.5) * 0.8 END AS mean
    FROM base
)
SELECT channel, start, channel || ':' || strftime(start, '%Y%m%d') AS stream_id,
    CASE WHEN u(i, 3) < 0.01 THEN 12.5 ELSE 30 END::DOUBLE AS observed_s,
    n AS n_messages, (n * 3 + 3) // 4 AS n_chatters, (u(i, 4) * 2)::INTEGER AS n_filtered,
    0 AS n_late, mean AS mean_compound,
    CASE WHEN n > 1 THEN 0.2 + 0.3 * u(i, 5) END::DOUBLE AS sd_compound,
    CASE WHEN n > 0 THEN floor(u(i, 6) * n) / n END AS share_positive,
    CASE WHEN n > 0 THEN floor(u(i, 7) * n * 0.5) / n END AS share_negative,
    CASE WHEN n > 0 THEN floor(u(i, 8) * n) / n END AS share_scored,
    CASE WHEN n > 0 THEN floor(u(i, 9) * n) / n END AS share_emote,
    [n, 0, 0, n // 2, 0, n // 3] AS sub_n,
    [mean, NULL, NULL, u(i, 10), NULL, u(i, 11)]::DOUBLE[] AS sub_mean,
    'full-1' AS lexicon_version, NULL::DOUBLE AS readable, 'words' AS basis, n // 5 AS n_laughs,
    n // 9 AS n_capitals,
    'live' AS source, 1::BIGINT AS rev
FROM mood
"""
TERM_ROWS = """
SELECT w.channel, w.start, printf('term%d', CASE WHEN k = 0 THEN 0 ELSE
        floor(exp(u(epoch(w.start)::BIGINT, k) * 5))::INTEGER * 32 + k END) AS term,
    CASE k WHEN 0 THEN 'rest' WHEN 1 THEN 'emote' ELSE 'word' END AS kind,
    1 + (u(epoch(w.start)::BIGINT, k + 20) * 4)::INTEGER AS n,
    (u(epoch(w.start)::BIGINT, k + 40) - 0.5) / 20 AS contribution, 1::BIGINT AS rev
FROM windows w, range($terms) t(k)
WHERE w.n_messages > 0 AND w.channel = 'channel00'
"""
SCORES = """
SELECT printf('channel%02d', c) AS channel, $day::DATE + d::INTEGER AS day, m AS model,
    s::INTEGER AS step, 2000 AS targets, 20000::BIGINT AS n, 20000 * u(x, 1) AS squared_error,
    20000 * u(x, 2) AS absolute_error, 20000 * u(x, 3) AS crps, 20000 * u(x, 4) AS width80,
    1600 AS hits80, 1900 AS hits95, 30000 * u(x, 5) AS width95, 2600::BIGINT AS counts,
    9000 * u(x, 6) AS volume_error, 2000 AS volume_hits80, 'words' AS basis, 1::BIGINT AS rev
FROM (
    SELECT c, d, m, s, hash(c, d, m, s) >> 8 AS x
    FROM range($channels) a(c), range($days) b(d), range(11) e(s),
        (SELECT unnest(['session_mean', 'last_value', 'ewma', 'ridge', 'lstm-1']) AS m)
)
"""
# $rows forecasts of a hundred channels, one after another in time
FORECASTS = """
SELECT printf('channel%02d', i % 100) AS channel,
    make_timestamp(1735689600000000 + 30000000 * (i // 100)) AS cutoff, 'lstm-1' AS model,
    {ten}, 'words' AS basis, {five}, 1::BIGINT AS rev
FROM range($rows) r(i) ORDER BY {order}
"""


def forecasts(rows: int, digits: tuple[int, int], order: str) -> str:
    """SQL of made-up forecasts, rounded to (band, volume) decimals, in an order of columns."""
    mid = "0.2 * (u(i, 1) - 0.5) + 0.02 * u(i, 10 + k)"
    arrays = {
        name: f"round({mid} + {z} * (0.1 + 0.3 * u(i, 2)) * (1 + 0.01 * k), {digits[0]})"
        for name, z in (("q025", -1.96), ("q10", -1.28), ("q50", 0), ("q90", 1.28), ("q975", 1.96))
    }
    volumes = {
        f"volume_{name}": f"round(30 * u(i, 3) * exp({z} * (0.4 + 0.02 * k)), {digits[1]})"
        for name, z in (("q10", -1.28), ("q50", 0), ("q90", 1.28))
    }
    both = arrays | volumes
    ten = ", ".join(f"[{value} FOR k IN range(10)] AS {name}" for name, value in both.items())
    one = {f"five_{name}": f"[{value} FOR k IN [0]][1]" for name, value in both.items()}
    one |= {"usual": f"round(0.2 * (u(i, 4) - 0.5), {digits[0]})"}
    one |= {f"chance_{event}": f"round(u(i, {5 + k}), 3)" for k, event in enumerate(EVENTS)}
    five = ", ".join(f"{value} AS {name}" for name, value in one.items())
    text = FORECASTS.format(ten=ten, five=five, order=order)
    return filled(text, {"$rows": rows})


class History:
    """Writes the months of `count` windows a channel below `folder`, and their manifest."""

    def __init__(self, folder: DataFolder, count: int, say: Callable[[str], None]) -> None:
        self.folder, self.count, self.say = folder, count, say
        self.until = FIRST + timedelta(seconds=30 * count)
        self.files: dict[str, list[PublishedFile]] = {name: [] for name in TABLES}

    def write(self) -> None:
        self._empty_tables()
        with duckdb.connect(config={"temp_directory": str(self.folder.root / "tmp")}) as con:
            con.execute("SET TimeZone='UTC'")
            con.execute(UNIFORM)
            for at, after in self.months():
                self._month(con, at, after)
                self.say(f"{at:%Y-%m} made")
        tables = {name: tuple(files) for name, files in self.files.items()}
        manifest = Manifest(1, 1, datetime.now().astimezone(), "simulated", tables)
        write_manifest(self.folder.manifest, manifest)

    def months(self) -> Iterator[tuple[datetime, datetime]]:
        """[from, to) of every month that is in it."""
        at = FIRST
        while at < self.until:
            after = min((at.replace(day=1) + timedelta(days=32)).replace(day=1), self.until)
            yield at, after
            at = after

    @staticmethod
    def values(at: datetime, after: datetime) -> dict[str, object]:
        """What WINDOWS and TERM_ROWS ask for, for the span."""
        seconds = (at - datetime(1970, 1, 1)) // timedelta(seconds=1)
        count = (after - at) // timedelta(seconds=30)
        return {"$first": seconds, "$count": count, "$channels": CHANNELS, "$terms": TERMS}

    def bytes(self, table: str) -> int:
        """Size of the table's files."""
        return sum((self.folder.published / f.path).stat().st_size for f in self.files[table])

    def rows(self, table: str) -> int:
        return sum(file.rows for file in self.files[table])

    def _month(self, con: duckdb.DuckDBPyConnection, at: datetime, after: datetime) -> None:
        values = self.values(at, after)
        windows = self._copy(con, "windows", at, filled(WINDOWS, values))
        con.execute(f"CREATE OR REPLACE VIEW windows AS FROM {quoted(windows)}")
        terms = f"{filled(TERM_ROWS, values)} ORDER BY w.start, term"
        path = self._copy(con, "window_terms", at, terms)
        con.execute(f"CREATE OR REPLACE VIEW window_terms AS FROM {quoted(path)}")
        for rollup in ROLLUPS:
            rolled = f"SELECT *, 1::BIGINT AS rev FROM ({rollup.made_of('')})"
            order = ", ".join(TABLES[rollup.name].order)
            self._copy(con, rollup.name, at, f"{rolled} ORDER BY {order}")
        days = {"$day": f"'{at:%Y-%m-%d}'", "$days": -((at - after) // timedelta(days=1))}
        scores = filled(SCORES, {**days, "$channels": CHANNELS})
        self._copy(con, "forecast_scores", at, f"{scores} ORDER BY channel, day, model, step")

    def _copy(self, con: duckdb.DuckDBPyConnection, table: str, at: datetime, query: str) -> Path:
        name = f"{table}/{at:%Y-%m}.parquet"
        path = self.folder.published / name
        path.parent.mkdir(parents=True, exist_ok=True)
        how = f"FORMAT parquet, ROW_GROUP_SIZE {ROWS_A_GROUP}"  # as compaction writes
        con.execute(f"COPY ({query}) TO {quoted(path)} ({how})").fetchall()
        time = TABLES[table].time
        ((rows, first, last),) = con.execute(
            f'SELECT count(*), min("{time}"), max("{time}") FROM {quoted(path)}'
        ).fetchall()
        self.files[table].append(PublishedFile(name, rows, time_text(first), time_text(last)))
        return path

    def _empty_tables(self) -> None:
        """The other tables, as an empty warehouse has them."""
        with Store(self.folder.root / "empty.duckdb") as store:
            for name in ("streams", "channels", "models"):
                path = self.folder.published / name / "empty.parquet"
                path.parent.mkdir(parents=True, exist_ok=True)
                store.cursor().execute(f"COPY {name} TO {quoted(path)} (FORMAT parquet)").fetchall()
                self.files[name].append(PublishedFile(f"{name}/empty.parquet", 0))
        self.files = {name: files for name, files in self.files.items() if name in _USED}


_USED = {
    "channels", "streams", "models", "windows", "window_terms", "window_hours", "term_days",
    "forecast_scores",
}  # fmt: skip


def filled(text: str, values: dict[str, object]) -> str:
    """COPY takes no parameters in its query on every version."""
    for name in sorted(values, key=len, reverse=True):
        text = text.replace(name, str(values[name]))
    return text
