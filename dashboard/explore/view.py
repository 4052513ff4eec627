"""The view of a section of Explore: channels, a span, and the queries made about them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

import pyarrow as pa

from dashboard import data, wording
from dashboard.charts.series import Row, grouped
from dashboard.time_span import Span
from warehouse.sql import sql

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONG = timedelta(days=3)  # longer: sums of hours answer, which are a hundredth of the rows
TERM_SPAN = timedelta(days=2)  # of all channels together; longer: sums of days answer


@dataclass(frozen=True)
class View:
    """Channels in a span, told in a zone, by the moods that were read from `basis`, in steps of
    `step` (of steps.STEPS). queries: (name, values) of all that was read."""

    channels: Sequence[str]
    span: Span
    tz: tzinfo
    basis: str = "words"
    step: str = "30s"
    queries: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def is_long(self) -> bool:
        """True where hours stand for windows."""
        return self.span.until - self.span.since > LONG

    @property
    def by_days(self) -> bool:
        """True where terms come from sums of whole days of UTC."""
        return (self.span.until - self.span.since) * len(self.channels) > TERM_SPAN

    @property
    def inside(self) -> dict[str, Any]:
        """$channels, $since and $until of a query."""
        return self._in(self.span)

    @property
    def hours(self) -> dict[str, Any]:
        """The same, widened to full hours."""
        return self._in(widened(self.span, HOUR))

    @property
    def days(self) -> dict[str, Any]:
        """The same, widened to full days of UTC."""
        return self._in(widened(self.span, DAY))

    def _in(self, span: Span) -> dict[str, Any]:
        return {"channels": list(self.channels), "since": span.since, "until": span.until}

    def table(self, name: str, **values: Any) -> pa.Table:
        """Result of a named query, which is remembered."""
        if "$basis" in sql(name):
            values = {"basis": self.basis, **values}
        self.queries.append((name, values))
        return data.query(name, **values)

    def rows(self, name: str, **values: Any) -> list[Row]:
        """Result of a named query as dictionaries."""
        records: list[Row] = self.table(name, **values).to_pylist()
        return records

    def series(
        self, channels: Sequence[str], span: Span, step_s: int, offset_s: int
    ) -> dict[str, list[Row]]:
        """Rows of dash_series by channel, oldest first; channels without any are left out."""
        table = self.series_table(channels, span, step_s, offset_s)
        by = grouped(table.to_pylist())
        return {c: by[c] for c in channels if c in by}

    def series_table(
        self, channels: Sequence[str], span: Span, step_s: int, offset_s: int, **basis: str
    ) -> pa.Table:
        """Columns of dash_series."""
        name, values = data.series_values(list(channels), span.since, span.until, step_s, offset_s)
        return self.table(name, **values, **basis)


def widened(span: Span, unit: timedelta) -> Span:
    """The span from the beginning of a unit of UTC to the end of one."""
    until = floor(span.until, unit)
    return Span(floor(span.since, unit), until if until == span.until else until + unit)


def floor(at: datetime, unit: timedelta) -> datetime:
    """The beginning of the unit of UTC that holds `at`."""
    return at - (at - wording.EPOCH) % unit
