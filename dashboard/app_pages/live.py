"""Live: how every watched chat feels now, and where it seems to be going."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

import streamlit as st

from dashboard import choices, data, frame, url_state
from dashboard.charts.series import Row
from dashboard.health import keeping, unread
from dashboard.live import ahead_words, card_picture, card_words, imported, live_table
from dashboard.live.now import Card, channel_cards
from dashboard.markup import row
from warehouse.moments.decisions import HIDDEN
from warehouse.published.manifest import Manifest
from warehouse.published.reading import Trouble
from warehouse.records import utc, window_start

REFRESH_S = 5  # between looks for news
COLUMNS = 3
WINDOWS = 60
DAY, HALF_HOUR = timedelta(days=1), timedelta(minutes=31)
LATELY = timedelta(minutes=5, seconds=30)
ON_A_PAGE = 12  # cards
VIEWS = {"cards": "Cards", "table": "Table"}


def draw(manifest: Manifest) -> None:
    """Header line of freshness, then the cards, or one table of all channels."""
    if data.is_import(manifest):
        imported.draw()
        return
    now = frame.wall()
    off_s = keeping.clock_offset_s(manifest)
    clock, fresh, trouble = frame.freshness(manifest, now, timedelta(seconds=off_s))
    tz = frame.reader_zone()
    if trouble:
        st.warning(trouble, icon=":material/schedule:")
    # whole windows, so that looks between two windows are answered from the cache
    at = utc(window_start(clock.timestamp()))
    stale = fresh.startswith("updated") and bool(trouble)
    troubles = unread.troubles()
    unread.banner(troubles, tz)
    unread.clock_line(off_s)
    cards = [_with_trouble(card, troubles, tz) for card in _cards(manifest, at, stale)]
    if not cards:
        soon = "" if troubles else "; the first window closes within a minute"
        frame.put(frame.say(f"No channel is watched yet{soon}."))
        unread.lines(troubles, (), tz)
        return
    on_air = sum(card.status != "offline" for card in cards)
    text = f"{on_air} of {len(cards)} channels on air · {fresh} · times in {frame.zone_name(tz)}"
    frame.put(row(text, cls="dld-fresh"))
    unread.lines(troubles, [card.channel for card in cards], tz)
    reach = card_picture.reach_of([(card.windows, card.forecast) for card in cards])
    if _view(len(cards)) == "table":
        live_table.draw(cards, clock, reach)
    else:
        _grid(_page(cards), clock, tz, reach)


def _with_trouble(card: Card, troubles: Mapping[str, Trouble], tz: tzinfo) -> Card:
    mine = troubles.get(card.channel)
    return replace(card, trouble=unread.line(mine, tz)) if mine else card


def _view(channels: int) -> str:
    """Cards or table, as the address says; the table first where cards would fill pages."""
    usual = "table" if channels > ON_A_PAGE else "cards"
    return choices.choose("View", "view", VIEWS, usual, hidden=True, leave_out=True)


def _page(cards: Sequence[Card]) -> Sequence[Card]:
    """The cards of one page, those on air first."""
    pages = -(-len(cards) // ON_A_PAGE)
    if pages == 1:
        url_state.remember(page=None)
        return cards
    url_state.seed("page", url_state.number("page", 1, pages, 1))
    url_state.keep_within("page", range(1, pages + 1), 1)
    page = st.pagination(pages, key="page")
    url_state.remember(page=str(page) if page > 1 else None)
    return cards[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]


def _cards(manifest: Manifest, clock: datetime, stale: bool) -> list[Card]:
    source = manifest.source
    listed = data.rows("dash_channels", now=clock)
    called = data.who().name_of
    channels = [{**c, "login": called(c["channel"])} for c in listed]
    rows: dict[str, Sequence[Row]] = {
        "windows": _windows([c for c in channels if c["source"] == source], source, clock),
        "terms": data.rows("dash_live_terms", since=clock - LATELY, limit=6),
        # older ones were made for windows that are history by now
        "forecasts": data.rows("dash_live_forecasts", since=clock - timedelta(minutes=10)),
        "events": data.rows("dash_last_events", since=clock - DAY, hidden=HIDDEN),
        "recaps": data.rows("dash_recaps", source=source),
        "skills": data.rows("dash_skills", since=_midnight(clock) - timedelta(days=7)),
    }
    return channel_cards(channels, source, clock, rows, stale)


def _windows(channels: Sequence[Row], source: str, clock: datetime) -> Sequence[Row]:
    """The last half hour's; of channels that are off air the last there were within a day.

    A stream that has just ended has some in both: its last half hour is asked for whole.
    """
    of = {"source": source, "k": WINDOWS}
    on_air = [c["channel"] for c in channels if c["on_air"]]
    rows = data.rows("dash_live_windows", channels=on_air, since=clock - HALF_HOUR, **of)
    recent = {row["channel"] for row in rows}
    without = [c["channel"] for c in channels if c["channel"] not in recent]
    if without:
        rows += data.rows("dash_live_windows", channels=without, since=clock - DAY, **of)
    return rows


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _grid(cards: Sequence[Card], clock: datetime, tz: tzinfo, reach: float) -> None:
    width = min(COLUMNS, len(cards))
    for first in range(0, len(cards), width):
        for column, card in zip(st.columns(width), cards[first : first + width], strict=False):
            with column, st.container(border=True, height="stretch"):
                _draw_card(card, clock, tz, reach)


def _draw_card(card: Card, clock: datetime, tz: tzinfo, reach: float) -> None:
    frame.put(row(card_words.head(card), *card_words.mood(card, tz)))
    if card.windows:
        forecast = card.forecast if card.supported else None
        frame.put(card_picture.picture(card.name, card.shown, forecast, tz, reach))
    if ahead := ahead_words.facts(card):
        frame.put(ahead)
    frame.put(card_words.facts(card, clock))


@frame.by_itself(REFRESH_S)
def live() -> None:
    """Redrawn by itself, without a reload of the page."""
    frame.guarded(draw)


def first(manifest: Manifest) -> None:
    """The page: the part that redraws itself is all of it."""
    live()


frame.page("Live", "how every watched chat feels now", first, of_logs=imported.ABOUT)
