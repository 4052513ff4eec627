"""Live: how every watched chat feels now, and where it seems to be going."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

import streamlit as st

from dashboard import card_words, charts, data, frame, wall, words
from dashboard.config import DashboardSettings
from dashboard.markup import Markup, row
from dashboard.now import Card, cards
from dashboard.series import Row
from dashboard.style import CONFIG
from warehouse.config import data_folder
from warehouse.manifest import Manifest
from warehouse.records import utc, window_start

COLUMNS = 3
WINDOWS = 60
DAY, HALF_HOUR = timedelta(days=1), timedelta(minutes=31)
LATELY = timedelta(minutes=5, seconds=30)
PLOTTED = 12  # cards with charts to hover over; more of them are one drawing, or nothing is quick


def draw(manifest: Manifest) -> None:
    """Header line of freshness, then the cards."""
    now = frame.wall()
    clock, fresh, trouble = frame.freshness(manifest, now)
    tz = frame.reader_zone()
    if trouble:
        st.warning(trouble, icon=":material/schedule:")
    # whole windows, so that looks between two windows are answered from the cache
    at = utc(window_start(clock.timestamp()))
    stale = fresh.startswith("updated") and bool(trouble)
    told = f"{fresh} · times in {frame.zone_name(tz)}"
    known = data.rows("dash_channels", now=at)
    if sum(c["source"] == manifest.source for c in known) > PLOTTED:
        _wall(manifest, at, tz, stale, told)
        return
    found = _found(manifest, at, stale)
    if not found:
        frame.put(
            row(
                "No channel is watched yet; the first window closes within a minute.", cls="dld-say"
            )
        )
        return
    frame.put(row(f"{_on_air(found)} · {told}", cls="dld-fresh"))
    _grid(found, clock, tz)


def _on_air(found: Sequence[Card]) -> str:
    on_air = sum(card.status != "offline" for card in found)
    return f"{on_air} of {len(found)} channels on air"


def _wall(manifest: Manifest, at: datetime, tz: tzinfo, stale: bool, told: str) -> None:
    """Many channels: what is drawn is the same for all readers of a time zone."""
    root = str(data_folder().root)
    on_air, drawn = _drawn(root, manifest.version, at, frame.zone_name(tz), stale)
    frame.put(row(f"{on_air} · {told}", cls="dld-fresh"))
    frame.put(Markup(drawn))


@st.cache_data(show_spinner=False, max_entries=16)
def _drawn(root: str, version: int, at: datetime, zone: str, stale: bool) -> tuple[str, str]:
    found = _found(data.manifest(), at, stale)
    return _on_air(found), wall.wall(found, at, words.zone(zone)).text


def _found(manifest: Manifest, clock: datetime, stale: bool) -> list[Card]:
    source, known = manifest.source, data.rows("dash_channels", now=clock)
    found: dict[str, Sequence[Row]] = {
        "windows": _windows([c["channel"] for c in known if c["source"] == source], source, clock),
        "terms": data.rows("dash_live_terms", since=clock - LATELY, limit=6),
        # older ones were made for windows that are history by now
        "forecasts": data.rows("dash_live_forecasts", since=clock - timedelta(minutes=10)),
        "events": data.rows("dash_last_events", since=clock - DAY),
        "recaps": data.rows("dash_recaps", source=source),
        "skills": data.rows("dash_skills", since=_midnight(clock) - timedelta(days=7)),
    }
    return cards(known, source, clock, found, stale)


def _windows(channels: Sequence[str], source: str, clock: datetime) -> Sequence[Row]:
    """The last half hour's; of channels that are off air the last there were within a day."""
    of = {"source": source, "k": WINDOWS}
    rows = data.rows("dash_live_windows", channels=channels, since=clock - HALF_HOUR, **of)
    seen = {row["channel"] for row in rows}
    gone = [channel for channel in channels if channel not in seen]
    if gone:
        rows += data.rows("dash_live_windows", channels=gone, since=clock - DAY, **of)
    return rows


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _grid(found: Sequence[Card], clock: datetime, tz: tzinfo) -> None:
    reach = charts.reach_of([(card.windows, card.forecast) for card in found])
    width = min(COLUMNS, len(found))
    for first in range(0, len(found), width):
        for column, card in zip(st.columns(width), found[first : first + width], strict=False):
            with column, st.container(border=True, height="stretch"):
                _draw_card(card, clock, tz, reach)


def _draw_card(card: Card, clock: datetime, tz: tzinfo, reach: float) -> None:
    frame.put(row(card_words.head(card), *card_words.mood(card, tz)))
    st.plotly_chart(
        charts.sparkline(card.windows, card.forecast, tz, reach),
        key=f"live-{card.channel}",
        config=CONFIG,
        alt=f"Mood of {card.name} in the last {len(card.windows)} windows of 30 seconds",
    )
    frame.put(card_words.facts(card, clock))


@st.fragment(run_every=DashboardSettings().refresh_s)
def live() -> None:
    """Redrawn by itself, without a reload of the page."""
    frame.guarded(draw)


def first(manifest: Manifest) -> None:
    """The page: the part that redraws itself is all of it."""
    live()


frame.page("Live", "how every watched chat feels now", first)
