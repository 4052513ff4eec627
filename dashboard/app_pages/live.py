"""Live: how every watched chat feels now, and where it seems to be going."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

import streamlit as st

from dashboard import address, charts, data, frame, live_table, words
from dashboard.config import DashboardSettings
from dashboard.live_table import STATUS
from dashboard.markup import Markup, row, span, tag
from dashboard.now import Card, cards
from dashboard.style import CONFIG
from warehouse.manifest import Manifest
from warehouse.records import utc, window_start

COLUMNS = 3
WINDOWS = 60
ON_A_PAGE = 12  # cards; a chart each
VIEWS = {"cards": "Cards", "table": "Table"}


def draw(manifest: Manifest) -> None:
    """Header line of freshness, then the cards, or one table of all channels."""
    now = frame.wall()
    clock, fresh, trouble = frame.freshness(manifest, now)
    tz = frame.reader_zone()
    if trouble:
        st.warning(trouble, icon=":material/schedule:")
    found = _found(manifest, clock, stale=fresh.startswith("updated") and bool(trouble))
    if not found:
        frame.put(
            row(
                "No channel is watched yet; the first window closes within a minute.", cls="dld-say"
            )
        )
        return
    on_air = sum(card.status != "offline" for card in found)
    text = f"{on_air} of {len(found)} channels on air · {fresh} · times in {frame.zone_name(tz)}"
    frame.put(row(text, cls="dld-fresh"))
    if _view(len(found)) == "table":
        live_table.draw(found, clock, _reach(found))
    else:
        _grid(_page(found), clock, tz)


def _reach(found: Sequence[Card]) -> float:
    return charts.reach_of([(card.windows, card.forecast) for card in found])


def _view(channels: int) -> str:
    """Cards or table, as the address says; the table first where cards would fill pages."""
    usual = "table" if channels > ON_A_PAGE else "cards"
    address.seed("view", address.choice("view", list(VIEWS), usual))
    view = st.segmented_control(
        "View",
        list(VIEWS),
        key="view",
        required=True,
        format_func=VIEWS.__getitem__,
        label_visibility="collapsed",
    )
    address.remember(view=view if view != usual else None)
    return view or usual


def _page(found: Sequence[Card]) -> Sequence[Card]:
    """The cards of one page, those on air first."""
    pages = -(-len(found) // ON_A_PAGE)
    if pages == 1:
        address.remember(page=None)
        return found
    address.seed("page", address.number("page", 1, pages, 1))
    address.keep_within("page", range(1, pages + 1), 1)
    page = st.pagination(pages, key="page")
    address.remember(page=str(page) if page > 1 else None)
    return found[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]


def _found(manifest: Manifest, clock: datetime, stale: bool) -> list[Card]:
    # whole windows, so that looks between two windows are answered from the cache
    clock = utc(window_start(clock.timestamp()))
    day, lately = clock - timedelta(days=1), clock - timedelta(minutes=5, seconds=30)
    source = manifest.source
    return cards(
        data.rows("dash_channels", now=clock),
        source,
        clock,
        {
            "windows": data.rows("dash_live_windows", source=source, since=day, k=WINDOWS),
            "terms": data.rows("dash_live_terms", since=lately, limit=6),
            "forecasts": data.rows("dash_live_forecasts", since=clock - timedelta(hours=1)),
            "events": data.rows("dash_last_events", since=day),
            "recaps": data.rows("recaps", source=source),
            "skills": data.rows("skills", since=_midnight(clock) - timedelta(days=7)),
        },
        stale,
    )


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _grid(found: Sequence[Card], clock: datetime, tz: tzinfo) -> None:
    reach = _reach(found)
    width = min(COLUMNS, len(found))
    for first in range(0, len(found), width):
        for column, card in zip(st.columns(width), found[first : first + width], strict=False):
            with column, st.container(border=True, height="stretch"):
                _draw_card(card, clock, tz, reach)


def _draw_card(card: Card, clock: datetime, tz: tzinfo, reach: float) -> None:
    frame.put(row(_head(card), *_mood(card, tz)))
    st.plotly_chart(
        charts.sparkline(card.windows, card.forecast, tz, reach),
        key=f"live-{card.channel}",
        config=CONFIG,
        alt=f"Mood of {card.name} in the last {len(card.windows)} windows of 30 seconds",
    )
    frame.put(_facts(card, clock))


def _head(card: Card) -> Markup:
    login = span(card.channel, cls="dld-login") if card.channel != card.name.lower() else ""
    pill = span(STATUS[card.status], cls=f"dld-pill {card.status}")
    return row(span(card.name, cls="dld-name"), login, pill, cls="dld-head")


def _mood(card: Card, tz: tzinfo) -> list[Markup]:
    if not card.supported:
        return _unsupported(card)
    if card.status == "offline":
        return _recap(card, tz)
    mood, said = card.mood()
    word = words.mood_word(mood)
    if card.last is not None and not card.last["n"] and not card.last["observed_s"]:
        word = "not observed"
    glyph = span(words.glyph(mood), cls=f"dld-glyph {words.mood_word(mood)}")
    at = "" if card.last is None else f" · {words.clock(card.last['start'], tz, seconds=True)}"
    return [
        row(
            glyph,
            span(words.signed(mood), cls="dld-number"),
            span(word, cls="dld-word"),
            cls="dld-mood",
        ),
        row(f"{said}{at}", cls="dld-sub"),
    ]


def _unsupported(card: Card) -> list[Markup]:
    """Instead of a mood, for chat in a language that VADER cannot read."""
    share = words.percent(card.readable)
    return [
        row(
            span(words.glyph(None), cls="dld-glyph silent"),
            span("–", cls="dld-number"),
            span("unsupported language", cls="dld-word"),
            cls="dld-mood",
        ),
        row(f"{share} of messages can be read: no mood can be told", cls="dld-sub"),
    ]


def _recap(card: Card, tz: tzinfo) -> list[Markup]:
    """The last stream in short, for a channel that is off air."""
    last = card.recap
    mood = None if last is None else last["mood"]
    said = "no stream seen yet"
    if last is not None:
        took = words.lasting(last["ended_at"] - last["started_at"])
        said = f"last stream, {words.messages(last['n'])} in {took}, ended " + words.moment(
            last["ended_at"], tz
        )
    glyph = span(words.glyph(mood), cls=f"dld-glyph {words.mood_word(mood)}")
    word = "" if mood is None else f"{words.mood_word(mood)} overall"
    return [
        row(
            glyph,
            span(words.signed(mood), cls="dld-number"),
            span(word, cls="dld-word"),
            cls="dld-mood",
        ),
        row(said, cls="dld-sub"),
    ]


def _facts(card: Card, clock: datetime) -> Markup:
    pairs: list[tuple[str, str | Markup]] = []
    if card.status != "offline" and card.supported:
        mean, n = card.lately()
        five = f"{words.glyph(mean)} {words.signed(mean)} over {words.messages(n)}"
        five = five if n else "nobody spoke (n = 0)"
        pairs += [
            ("Last 5 min", five),
            ("Rate", f"{words.rate(card.rate())} messages / min"),
            ("Why", _terms(card)),
            ("Next 5 min", _outlook(card)),
        ]
        if card.forecast:
            pairs.append(("Its record", card.record()))
    pairs += [("Last event", _event(card, clock)), ("Connection", card.connection())]
    if card.readable is not None and card.readable < 0.9:
        pairs.append(("Readable", f"{words.percent(card.readable)} of messages can be scored"))
    return row(*(span(x) for pair in pairs for x in pair), cls="dld-facts")


def _terms(card: Card) -> str | Markup:
    """Terms that moved the mood in the last windows, with their sign and count."""
    if not card.terms:
        return "no term moved the mood"
    chips = []
    for term in card.terms:
        up = term["contribution"] > 0
        sign = span("▲ " if up else "▼ ", cls="dld-up" if up else "dld-down")
        chips.append(span(sign, words.plain(term["term"]), f" {term['n']}", cls="dld-term"))
    return span(*chips)


def _outlook(card: Card) -> str | Markup:
    """The forecast's middle and band at its last step."""
    f = card.forecast
    if f is None:
        return "no forecast"
    band = f"80 %: {words.signed(min(f['q10']))} to {words.signed(max(f['q90']))}"
    return span(tag("b", f"about {words.signed(f['q50'][-1])}"), f" ({band})")


def _event(card: Card, clock: datetime) -> str:
    if card.event is None:
        return "none in a day"
    told = words.event_text(card.event["kind"], card.event["detail"])
    return f"{told} · {words.ago(clock - words.aware(card.event['at']))}"


@st.fragment(run_every=DashboardSettings().refresh_s)
def live() -> None:
    """Redrawn by itself, without a reload of the page."""
    frame.guarded(draw)


def first(manifest: Manifest) -> None:
    """The page: the part that redraws itself is all of it."""
    live()


frame.page("Live", "how every watched chat feels now", first)
