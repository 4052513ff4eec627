"""Rate limits: so many requests a minute, which may come all at once."""

import time
from collections.abc import Callable, Hashable
from functools import lru_cache
from ipaddress import ip_address

MOST_ASKERS = 25_000  # of a minute; with more, those of before are forgotten: 10 MB at most
SPAN_S = 60.0


class Limiter:
    """A leaky bucket for each asker, kept as the one time at which it will be empty.

    After a minute every bucket is empty: those of this minute and of the one before are kept.
    """

    def __init__(
        self, per_minute: int, clock: Callable[[], float] = time.monotonic, most: int = MOST_ASKERS
    ) -> None:
        """per_minute: 0 for no limit."""
        self._each_s = SPAN_S / per_minute if per_minute else 0.0
        self._clock, self._most = clock, most
        self._ends = clock() + SPAN_S
        self._empty_at: dict[Hashable, float] = {}
        self._before: dict[Hashable, float] = {}

    def wait_s(self, asker: Hashable) -> float:
        """0 for a request that may pass, and is counted; else the seconds until one may."""
        if not self._each_s:
            return 0.0
        now = self._clock()
        if now >= self._ends or len(self._empty_at) >= self._most:
            self._before, self._empty_at, self._ends = self._empty_at, {}, now + SPAN_S
        empty_at = max(self._empty_at.get(asker) or self._before.get(asker, now), now)
        over = empty_at + self._each_s - now - SPAN_S
        if over > 1e-6:  # the sum of sixty seconds is not sixty seconds
            return over
        self._empty_at[asker] = empty_at + self._each_s
        return 0.0

    def __len__(self) -> int:
        """Askers remembered."""
        return len(self._empty_at) + len(self._before)


@lru_cache(4096)
def network(address: str) -> str:
    """One asker, as limits count: an IPv4 address, or the /64 that a household gets of IPv6."""
    if ":" not in address:
        return address
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    mapped = getattr(ip, "ipv4_mapped", None)
    return str(mapped) if mapped else ip.exploded[:19]
