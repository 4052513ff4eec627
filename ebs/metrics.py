"""What Prometheus may know: counts and times by route and status, nothing about anyone."""

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5)


class Metrics:
    """A registry of its own for each app: two apps in one process do not clash."""

    def __init__(self, tokens: Callable[[], int]) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._requests = Counter(
            "dld_ebs_requests",
            "Requests answered.",
            ["route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "dld_ebs_request_seconds",
            "Seconds from a request's first byte to its answer.",
            buckets=BUCKETS,
            registry=self.registry,
        )
        Gauge(
            "dld_ebs_cached_tokens", "Verified tokens remembered.", registry=self.registry
        ).set_function(tokens)
        self._known: dict[tuple[str, int], Counter] = {}

    def count(self, route: str, status: int, seconds: float) -> None:
        """`route`: a route's template or "other", so that strangers cannot add series."""
        counter = self._known.get((route, status))
        if counter is None:
            counter = self._known[route, status] = self._requests.labels(route, str(status))
        counter.inc()
        self._seconds.observe(seconds)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)
