"""Every query of the dashboard on a hundred million windows, with the longest spans pages give.

A dash_*.sql without a line here fails. pages_server.py: what makes it shorter.
"""

import statistics
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.benchmarks.history import CHANNELS, FIRST
from tests.benchmarks.pages_history import Ticker
from tests.benchmarks.pages_server import history
from warehouse.config import DataFolder
from warehouse.forecast_metrics import SUMMED
from warehouse.moments.decisions import HIDDEN
from warehouse.published.reader import Reader, connect_views
from warehouse.sql import query_names, sql

WARM = 7
MOST_MS = 100.0
MOST_HOURLY_MS = 1000.0
HOURLY = ("dash_terms_days",)  # asked once an hour (data.hourly), the open day's terms among them
MOST_VIEW_MS = 200.0
Asked = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def folder() -> Iterator[DataFolder]:
    with history() as found:
        yield found


def asked(end: datetime) -> list[Asked]:
    """(query, what of, its values), the newest window ending at `end`."""
    day, week = timedelta(days=1), timedelta(days=7)
    midnight = end.replace(hour=0, minute=0, second=0)
    names = [f"channel{k:02d}" for k in range(CHANNELS)]
    one, six = {"channel": "channel42"}, names[40:46]
    whole = midnight + day

    def back(channels: list[str], days: float, until: datetime = end) -> dict[str, Any]:
        since = max(FIRST, until - timedelta(days=days))
        return {"channels": channels, "since": since, "until": until}

    scores = {**back(names, 90, whole), **SUMMED}
    stream = {**one, "since": midnight - day, "until": midnight}
    spans = [midnight - day + timedelta(hours=k) for k in range(20)]
    until = [at + timedelta(minutes=5) for at in spans]
    parts = {"part_channel": ["channel42"] * 20, "part_since": spans, "part_until": until}
    around = {"place_channel": ["channel42"] * 20, "place_at": spans, "reach_s": 300}
    blocks = [midnight - timedelta(days=k) for k in range(300, 0, -1)]
    changed = {"before": whole - 14 * day, "least": 20, "limit": 12}
    ever = {"since": FIRST, "until": whole}
    zone = {"zone_from": [FIRST], "zone_offset_s": [3600]}
    found = [
        ("dash_around", "20 moments", {**around, "since": midnight - day, "until": end}),
        ("dash_changes", "six channels, a year", {**back(six, 365), "limit": 500}),
        ("dash_counts", "a channel, a day", back(six[:1], 1)),
        ("dash_counts_hours", "six channels, a year", back(six, 365, whole)),
        ("api_channels", "all", {"after": "", "limit": 1001}),
        ("api_streams", "all", {"channel": None, "id": "", "limit": 1001, **ever}),
        ("api_terms", "a channel, a year",
         {"channel": "channel00", "kind": None, "n": 1 << 62, "term": "", "limit": 1001, **ever,
          "basis": ""}),
        ("api_windows", "a channel, 1,000 of a year", {**one, "limit": 1001, **ever}),
        ("api_windows", "a channel, the newest", {**one, "limit": 1001, **ever, "since": midnight}),
        ("dash_alerts", "all channels, 90 days",
         {**back(names, 90, whole), "kinds": ["mood_drop", "silence"], "limit": 200}),
        ("dash_channels", "all", {"now": end}),
        ("dash_coverage", "all channels, 90 days", {**back(names, 90, whole), "seconds": 3600}),
        ("dash_decisions", "all", {}),
        ("dash_event_kinds", "six channels, a year", {**back(six, 365), "hidden": HIDDEN}),
        ("dash_event_times", "six channels, a year",
         {**back(six, 365), "kind": "raid", "limit": 50_000}),
        ("dash_event_windows", "300 blocks of six channels in a year",
         {"block_channel": six * 50, "block_at": blocks, "length_s": 7200, "before_s": 300,
          "after_s": 600, "since": blocks[0] - day, "until": end}),
        ("dash_events", "six channels, a year",
         {**back(six, 365), "limit": 2000, "hidden": HIDDEN}),
        ("dash_fives", "six channels, newest 20,000",
         {**back(six, 20_000 / 6 / 2880), "model": "lstm-1", "limit": 20_000}),
        ("dash_fives", "a channel, an hour",
         {**back(six[:1], 1 / 24), "model": "lstm-1", "limit": 1}),
        ("dash_forecast_times", "a channel, a week",
         {**one, "since": end - week, "until": end, "limit": 600}),
        ("dash_forecasts_at", "one", {**one, "cutoff": end - timedelta(hours=2)}),
        ("dash_gaps", "all channels, 7 days", {**back(names, 7, whole), "limit": 200}),
        ("dash_gaps", "all channels, 14 days", {**back(names, 14, whole), "limit": 200}),
        ("dash_gaps_hours", "all channels, 90 days", {**back(names, 90, whole), "limit": 200}),
        ("dash_health", "all", {}),
        ("dash_histogram", "a channel, a day", {**back(six[:1], 1), "width": 0.05, "least": 1}),
        ("dash_histogram", "six channels, 30 days", {**back(six, 30), "width": 0.05, "least": 1}),
        ("dash_histogram_hours", "six channels, a year",
         {**back(six, 365, whole), "width": 0.05, "least": 1}),
        ("dash_lag", "a week", {"since": end - week}),
        ("dash_last_events", "a day", {"since": end - day, "hidden": HIDDEN}),
        ("dash_live_forecasts", "ten minutes", {"since": end - timedelta(minutes=10)}),
        ("dash_live_terms", "5 minutes", {"since": end - timedelta(seconds=330), "limit": 6}),
        ("dash_live_windows", "60 a channel",
         {"channels": names, "source": "simulated", "since": end - timedelta(minutes=31), "k": 60}),
        ("dash_live_windows", "of a day, off air",
         {"channels": six, "source": "simulated", "since": end - day, "k": 60}),
        ("dash_losses", "all channels, 90 days", back(names, 90, whole)),
        ("dash_models", "all", {}),
        ("dash_moment_decisions", "a channel", {**one, "kinds": HIDDEN}),
        ("dash_moment_samples", "20 moments",
         {**one, "since": spans, "until": until, "limit": 3}),
        ("dash_parts", "20 parts", {**parts, "since": midnight - day, "until": end}),
        ("dash_parts_hours", "20 parts", {**parts, "since": midnight - day, "until": whole}),
        ("dash_pit", "six channels, a day",
         {**back(six, 1), "model": "lstm-1", "step": 1}),
        ("dash_recaps", "all", {"source": "simulated"}),
        ("dash_samples", "a channel, a day", {**back(six[:1], 1), "limit": 200}),
        ("dash_series", "a channel, a day", {**back(six[:1], 1), "step_s": 300, "offset_s": 3600}),
        ("dash_series", "six channels, 3 days", {**back(six, 3), "step_s": 300, "offset_s": 3600}),
        ("dash_nearest", "six channels", {**back(six, 1, whole), "least": 1}),
        ("dash_series_calendar", "six channels, a year",
         {**back(six, 365, whole), **zone, "unit": "month"}),
        ("dash_series_hours", "six channels, 60 days",
         {**back(six, 60, whole), "step_s": 3600, "offset_s": 3600}),
        ("dash_series_streams", "six channels, a year", back(six, 365, whole)),
        ("dash_skill", "all channels, 90 days", scores),
        ("dash_skill_channels", "all channels, 90 days", {**scores, "model": "lstm-1", "step": 1}),
        ("dash_skill_days", "all channels, 90 days", {**scores, "step": 1, "days": 7}),
        ("dash_skills", "a week", {"since": midnight - week}),
        ("dash_stream", "one", {"stream": f"channel42:{midnight:%Y%m%d}"}),
        ("dash_stream_categories", "a stream", stream),
        ("dash_stream_clips", "a stream", {**one, "vod": "42", "limit": 20}),
        ("dash_stream_forecasts", "a stream", stream),
        ("dash_stream_terms", "a stream", stream),
        ("dash_stream_times", "six channels", {"channels": six, "now": whole}),
        ("dash_stream_usual", "30 streams", {**one, "before": midnight, "limit": 30}),
        ("dash_stream_windows", "a stream",
         {**stream, "stream": f"channel42:{midnight - day:%Y%m%d}"}),
        ("dash_streams", "a channel", {"channels": six[:1], "limit": 500}),
        ("dash_summary", "a channel, a day", back(six[:1], 1)),
        ("dash_summary", "six channels, 30 days", back(six, 30)),
        ("dash_summary_hours", "six channels, a year", back(six, 365, whole)),
        ("dash_term_trend", "a year",
         {**back(["channel00"], 365, whole), "term": "term33"}),
        ("dash_terms", "a channel, a day", {**back(six[:1], 1), "limit": 12}),
        ("dash_terms_days", "all channels, 3 days", {**back(names, 4, whole), "limit": 300}),
        ("dash_terms_days", "all channels, 30 days", {**back(names, 31, whole), "limit": 300}),
        ("dash_terms_change", "a channel, a day",
         {**back(six[:1], 1), "before": end - 2 * day, "least": 20, "limit": 12, "unit_s": 600}),
        ("dash_terms_change_days", "six channels, a week", {**back(six, 7, whole), **changed}),
        ("dash_trials", "all", {}),
        ("identities", "all", {}),
        ("dash_lexicon", "what holds an o, used in 3 days",
         {"part": "o", "limit": 300, "channels": names, "since": whole - 4 * day, "until": whole}),
        ("dash_term_uses", "300 terms, all channels, 14 days",
         {**back(names, 14, whole), "terms": [f"new{k}" for k in range(300)]}),
        ("dash_vocabulary", "all", {}),
        ("dash_week", "a channel, a year",
         {**one, "since": FIRST, "until": whole, **zone}),
    ]  # fmt: skip
    known = set(query_names())
    return [line for line in found if line[0] in known]


def timed(reader: Reader, query: str, values: dict[str, Any]) -> tuple[float, int]:
    """(ms, rows)."""
    if "$basis" in sql(query):
        values = {"basis": "words", **values}
    began = time.perf_counter()
    rows = reader.query(query, **values).num_rows
    return (time.perf_counter() - began) * 1000, rows


def test_every_query_takes_less_than_100_ms(folder: DataFolder) -> None:
    reader, slow = Reader(folder), []
    newest = max(file.max for file in reader.manifest().tables["windows"])
    end = datetime.fromisoformat(newest).replace(tzinfo=None) + timedelta(seconds=30)
    print(f"\n{'query':24}{'of':26}{'rows':>8}{'first ms':>10}{'warm ms':>9}{'worst':>8}")
    for query, what, values in asked(end):
        first, rows = timed(reader, query, values)
        warm = [timed(reader, query, values)[0] for _ in range(WARM)]
        usual = statistics.median(warm)
        print(f"{query:24}{what:26}{rows:8,}{first:10.0f}{usual:9.1f}{max(warm):8.0f}")
        most = MOST_HOURLY_MS if query in HOURLY else MOST_MS
        slow += [f"{query}, {what}"] if usual >= most else []
    assert not slow


def test_every_query_of_the_dashboard_is_here() -> None:
    listed = {query for query, _, _ in asked(datetime(2025, 12, 14))}
    assert {name for name in query_names() if name.startswith("dash_")} <= listed


def test_the_first_look_after_a_cycle_takes_less_than_200_ms(folder: DataFolder) -> None:
    """Views over the new manifest's files, and a first small query over them."""
    ticker, took, views = Ticker(folder), [], []
    reader = Reader(folder)
    reader.query("dash_models")
    for _ in range(5):
        manifest = ticker.tick()
        began = time.perf_counter()
        connect_views(folder.published, manifest).close()
        views.append((time.perf_counter() - began) * 1000)
        began = time.perf_counter()
        reader.query("dash_channels", now=datetime(2025, 12, 14))
        took.append((time.perf_counter() - began) * 1000)
    files = sum(map(len, manifest.tables.values()))
    print(f"\n{files} files: views {statistics.median(views):.0f} ms, "
          f"views and a first query {statistics.median(took):.0f} ms")  # fmt: skip
    assert statistics.median(took) < MOST_VIEW_MS
