"""Health of the daemon, in the table `health`: once in ten minutes a row a name, the newest
replaced each minute, a week of them kept.

Counts are since the daemon began. `detail` is JSON where a value has parts.
"""

import time
from datetime import datetime, timedelta

from pipeline.engine.state import State
from pipeline.requests.upkeep import Detailed, Parts, detailed_rows, upkeep
from warehouse.published.reading import NAME, told
from warehouse.records import naive, utc

EVERY_S = 600
KEPT = timedelta(days=7)


def write_health(state: State) -> None:
    """What came in so far, how far the source is behind the wall clock, what is on disk."""
    off = state.clock_offset()
    here = time.time()  # whose rows are in the order in which they were told, by any clock
    now, at = here + off, utc(here - here % EVERY_S)
    _prune(state, at)
    plain = {
        **vars(state.intake.counts),
        **state.catalogues.health(),
        "lag_s": None if "" in state.troubles else max(0.0, now - state.clock),
        "began_at": state.began_at + off,
        "retention_h": state.settings.retention_h,
        **(state.bucket_health() if state.bucket_health else {}),
    }
    rows: list[Parts] = [{"name": k, "at": at, "value": v} for k, v in plain.items()]
    rows += detailed_rows(_detailed(state), at)
    state.store.write({"health": state.store.rows("health", rows)})
    write_reading(state)


def write_reading(state: State) -> None:
    """Why something is not read, as of now; and how wrong the machine's clock is."""
    now = time.time()
    off = state.clock_offset()
    at = utc(now - now % EVERY_S)
    detail = told({state.identities.resolve(what): t for what, t in state.troubles.items()})
    rows: list[Parts] = [
        {"name": NAME, "at": at, "value": float(len(state.troubles)), "detail": detail},
        {"name": "told_at", "at": at, "value": now},
        {"name": "clock_offset_s", "at": at, "value": off},
    ]
    state.store.write({"health": state.store.rows("health", rows)})
    state.retell = False


def _detailed(state: State) -> Detailed:
    told = state.webhook.health()
    return {
        **upkeep(state.workspace, state.intake.scorers.base.version, state.forecasts.served),
        "webhook": (told.get("sent", 0), told),
        **{name: pair for gauge in state.gauges for name, pair in gauge().items()},
    }


def _prune(state: State, at: datetime) -> None:
    """Rows of more than a week ago go, once a day."""
    day = at.replace(hour=0, minute=0)
    if state.store.meta("health_from") == day.isoformat():
        return
    before = {"before": naive(day - KEPT)}
    months = state.store.query("health_months", **before)["month"].to_pylist()
    kept = {"health_from": day.isoformat()}
    state.store.write({}, kept, [("clear_health", before)] if months else [])
    state.store.touched("health", months=months)
