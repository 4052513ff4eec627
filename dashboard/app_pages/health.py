"""Data health: gaps, delays, what is stored, and what raised an alert."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any

import streamlit as st

from dashboard import data, frame, nearest, scope, wording
from dashboard.charts.series import Row
from dashboard.health import alerts, coverage, imported, keeping, shards, unread
from dashboard.health.keeping import Health
from warehouse.published.manifest import Manifest
from warehouse.published.reading import Trouble
from warehouse.records import WINDOW_SECONDS

PERIODS = {"1": "1 day", "7": "7 days", "30": "30 days", "90": "90 days"}
EARLIER = timedelta(days=7)


def draw(manifest: Manifest) -> None:
    """Controls, key figures, alerts, then what was seen and what is kept."""
    if data.is_import(manifest):
        imported.draw()
        return
    newest = data.newest(manifest)
    health = keeping.newest()
    end = frame.wall() if newest is None else newest + timedelta(seconds=30)
    listed = data.rows("dash_channels", now=end)
    channels, since, until = _choose(listed, end)
    inside = {"channels": channels, "since": since, "until": until}
    tz = frame.reader_zone()
    troubles = unread.troubles()
    unread.banner(troubles, tz)
    unread.lines(troubles, (), tz)
    unread.clock_line(keeping.clock_offset_s(manifest))
    offset = until.astimezone(tz).utcoffset() or timedelta()
    days = data.rows("dash_coverage", **inside, seconds=int(offset.total_seconds()))
    losses = {r["channel"]: r for r in data.rows("dash_losses", **inside)}
    lost = sum(r["losses"] for r in losses.values())
    _figures(manifest, health, days, lost, troubles.get(""))
    frame.heading("Alerts", "newest first")
    alerts.section(channels, since, until, manifest.source, PERIODS)
    if days:
        _coverage(channels, since, until, days)
    else:
        nothing = "No stream was on in this period: there was nothing to see."
        nearest.wider(nothing, PERIODS, "back", partial(_has_streams, inside))
    chosen = [c for c in listed if c["channel"] in channels]
    if chosen:
        coverage.by_channel(chosen, days, losses)
    if data.allowed() is None:  # what is kept is of all channels together
        if imports := imported.told():
            imported.section(imports)
        shards.section(tz)
        _upkeep(health, end)


def _choose(listed: Sequence[Row], end: datetime) -> tuple[list[str], datetime, datetime]:
    names = [c["channel"] for c in listed]
    picked, period = scope.choose(names, PERIODS, "of", "back")
    # whole days, so that looks within one are answered from the cache
    until = datetime.combine(end.date(), time(), UTC) + timedelta(days=1)
    return picked or names, until - timedelta(days=int(period)), until


def _has_streams(inside: Mapping[str, Any], back: str) -> bool:
    """True if a stream was on in the period that ends as this one does."""
    values = {**inside, "since": inside["until"] - timedelta(days=int(back)), "seconds": 0}
    return bool(data.query("dash_coverage", **values).num_rows)


def _figures(
    manifest: Manifest,
    health: Health,
    days: Sequence[Row],
    losses: int,
    trouble: Trouble | None,
) -> None:
    n = sum(d["n"] for d in days)
    filtered, late = sum(d["filtered"] for d in days), sum(d["late"] for d in days)
    windows, seen_s = sum(d["windows"] for d in days), sum(d["observed_s"] for d in days)
    share = seen_s / (WINDOW_SECONDS * windows) if windows else None
    frame.tiles(
        ("Lag", *((wording.MISSING, "nothing is read") if trouble else _lag(manifest, health))),
        ("Messages", wording.count(n), "that count, in this period"),
        ("Observed", coverage.share_text(share) or wording.MISSING,
         f"n = {wording.counted(windows, 'window')} on air"),
        ("Filtered", wording.percent(filtered / (n + filtered) if n + filtered else None, 1),
         f"{wording.count(filtered)} of {wording.count(n + filtered)}"),
        ("Late", wording.percent(late / n if n else None, 2),
         f"{wording.count(late)} of {wording.count(n)}"),
        ("Connection lost", *_lost(losses, trouble)),
    )  # fmt: skip


def _lost(losses: int, trouble: Trouble | None) -> tuple[str, str]:
    """How often, and whether there is one."""
    if trouble is None:
        return wording.count(losses), "times in this period"
    since = wording.clock(trouble.since, frame.reader_zone())
    return "now", f"since {since}, and {wording.count(losses)} times in this period"


def _lag(manifest: Manifest, health: Health) -> tuple[str, str]:
    """How far behind the clock, and when that was told."""
    lag_s, told_at = keeping.value(health, "lag_s"), keeping.value(health, "told_at")
    if lag_s is None or told_at is None:
        return wording.MISSING, "not told yet"
    age = "told " + wording.ago(max(timedelta(), frame.wall() - wording.at_second(told_at)))
    if manifest.source == "replay":
        return wording.MISSING, f"a replay has its own clock; {age}"
    return wording.seconds(lag_s), age


def _coverage(
    channels: Sequence[str], since: datetime, until: datetime, days: Sequence[Row]
) -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        coverage.by_day(days)
    with right:
        coverage.gaps(channels, since, until)


def _upkeep(health: Health, end: datetime) -> None:
    tz = frame.reader_zone()
    left, right = st.columns([3, 2], gap="large")
    with left:
        keeping.storage(health)
        keeping.lag(end - EARLIER, tz)
    with right:
        keeping.counted(health, tz)
        keeping.versions(health)


frame.page(
    "Data health", "gaps, delays, alerts, and what is stored", draw,
    of_logs="what imports read and skipped, and what is stored",
)  # fmt: skip
