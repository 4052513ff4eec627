"""Metrics for Prometheus: counts and times by route and status, nothing about anyone.

With several workers each writes its numbers to files below DLD_DATA (PROMETHEUS_MULTIPROC_DIR,
set by `python -m ebs` before this is imported), and whichever is asked tells the sum.
"""

import os
import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from warehouse.inbox.requests import read_object

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5)
SHARED = "PROMETHEUS_MULTIPROC_DIR"
LIVE_GAUGE = re.compile(r"gauge_live[a-z]+_(\d+)\.db")


class Newest(Collector):
    """Age of the newest published body, looked up for each scrape."""

    def __init__(self, age_s: Callable[[], float | None]) -> None:
        self._age_s = age_s

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily(
            "dld_ebs_newest_body_age_seconds", "Seconds since a body was last published."
        )
        age_s = self._age_s()
        if age_s is not None:
            family.add_metric([], age_s)
        yield family


class Mirrored(Collector):
    """State of the mirror that keeps the folder, and ages of its shards; nothing without one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def collect(self) -> Iterator[GaugeMetricFamily]:
        behind = GaugeMetricFamily(
            "dld_ebs_mirror_behind_seconds", "Seconds since all of the bucket was shown here."
        )
        ages = GaugeMetricFamily(
            "dld_ebs_shard_age_seconds", "Seconds since a shard published.", labels=["shard"]
        )
        state, now = read_object(self._path), time.time()
        try:
            behind.add_metric([], state["behind_s"] + max(0.0, now - _epoch(state["at"])))
            for told in state["shards"]:
                if "published_at" in told:
                    age_s = max(0.0, now - _epoch(told["published_at"]))
                    ages.add_metric([str(int(told["shard"]))], age_s)
        except (KeyError, TypeError, ValueError):  # no mirror, or one of another version
            pass
        yield from (behind, ages)


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


class Metrics:
    """A registry of its own for each app: two apps in one process do not clash."""

    def __init__(
        self, newest_age_s: Callable[[], float | None], mirror: Path = Path("mirror.json")
    ) -> None:
        """mirror: the file that a mirror tells its state in."""
        self.registry = registry = CollectorRegistry()
        self._looked_up = Newest(newest_age_s), Mirrored(mirror)
        self._shared = os.environ.get(SHARED, "")
        if not self._shared:
            ProcessCollector(registry=registry)
            PlatformCollector(registry=registry)
            for collector in self._looked_up:
                registry.register(collector)
        self._requests = Counter(
            "dld_ebs_requests", "Requests answered.", ["route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "dld_ebs_request_seconds",
            "Seconds from a request's first byte to its answer.",
            ["route"],
            buckets=BUCKETS,
            registry=registry,
        )
        self._tokens = Counter(
            "dld_ebs_tokens", "Tokens that passed: remembered or verified.", ["from"],
            registry=registry,
        )  # fmt: skip
        self._cached = self._gauge("dld_ebs_cached_tokens", "Verified tokens remembered.")
        self._watched = self._gauge("dld_ebs_watched_channels", "Channels a viewer asked for.")
        self._is_broadcaster = self._gauge("dld_ebs_broadcasters", "Workers that broadcast: 1.")
        self._broadcasts = Counter(
            "dld_ebs_broadcasts", "Broadcasts by what became of them.", ["outcome"],
            registry=registry,
        )  # fmt: skip
        self._series: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        self._cache_seen = (0, 0)

    def _gauge(self, name: str, what: str) -> Gauge:
        return Gauge(name, what, registry=self.registry, multiprocess_mode="livesum")

    def count(self, route: str, status: int, seconds: float) -> None:
        """`route`: a route's template or "other", so that strangers cannot add series."""
        series = self._series.get((route, status))
        if series is None:
            series = self._requests.labels(route, str(status)), self._seconds.labels(route)
            self._series[route, status] = series
        series[0].inc()
        series[1].observe(seconds)

    def cache(self, size: int, hits: int, misses: int) -> None:
        """The token cache's size, and what it has counted since the start."""
        self._cached.set(size)
        seen_hits, seen_misses = self._cache_seen
        self._tokens.labels("cache").inc(hits - seen_hits)
        self._tokens.labels("signature").inc(misses - seen_misses)
        self._cache_seen = hits, misses

    def broadcast(self, outcome: str) -> None:
        """sent, retried, refused, too_large, superseded or stale."""
        self._broadcasts.labels(outcome).inc()

    def broadcaster(self, is_one: bool, watched: int) -> None:
        """is_one: this worker broadcasts; watched: to so many channels."""
        self._is_broadcaster.set(is_one)
        self._watched.set(watched if is_one else 0)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        if not self._shared:
            return generate_latest(self.registry)
        _forget_dead(Path(self._shared))
        registry = CollectorRegistry()
        MultiProcessCollector(registry, self._shared)  # type: ignore[no-untyped-call]
        for collector in self._looked_up:
            registry.register(collector)
        return generate_latest(registry)


def newest_age_s(latest: Path) -> float | None:
    """Seconds since the youngest file of the folder was written; None where there is none."""
    try:
        with os.scandir(latest) as files:
            times = [file.stat().st_mtime for file in files if file.name.endswith(".json")]
    except OSError:
        return None
    return max(0.0, time.time() - max(times)) if times else None


def _forget_dead(folder: Path) -> None:
    """Gauges of workers that are gone count for nothing."""
    for path in folder.glob("gauge_live*.db"):
        match = LIVE_GAUGE.fullmatch(path.name)
        if match and not Path(f"/proc/{match[1]}").exists() and Path("/proc/self").exists():
            mark_process_dead(int(match[1]), str(folder))  # type: ignore[no-untyped-call]
