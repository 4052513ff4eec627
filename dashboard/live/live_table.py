"""Many channels at one look: a line each, for more than fit on cards."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

import streamlit as st

from dashboard import tables, wording
from dashboard.basis import NAMES
from dashboard.live import ahead_words
from dashboard.live.card_words import STATUS, why_not
from dashboard.live.now import Card
from dashboard.tables import Column
from warehouse.chances import CHANGE

FORECASTS = (
    "Forecasts of the next five minutes in the last week, against guessing the stream's average; "
    "new: too few were judged yet"
)
EXPECTED = "messages a minute in the next five minutes, with the 80 % band"
CHANCES = (
    "of the next five minutes: a mood above the stream's usual, and a drop or a rise of "
    f"{CHANGE:g} or more against it"
)


def draw(cards: Sequence[Card], clock: datetime, reach: float) -> None:
    """The table; a click on a head sorts it. reach: the mood at a line's upper edge."""
    tables.show("live-table", columns(cards, clock, reach), 900, 24)


def columns(cards: Sequence[Card], clock: datetime, reach: float) -> dict[str, Column]:
    """A cell a card in each; what cannot be told is missing, never 0."""
    on = [card if card.status != "offline" and card.supported else None for card in cards]
    fives = [card.five if card else None for card in on]
    ahead = [ahead_words.cells(card) if card else {} for card in on]

    def _ahead(name: str, width: int, about: str | None = None) -> Column:
        return tables.text((told.get(name, "") for told in ahead), width, about)

    half_hour = st.column_config.LineChartColumn(y_min=-reach, y_max=reach, width=80)
    return {
        "Channel": tables.text((wording.plain(card.name, 40) for card in cards), 120),
        "State": tables.text(map(_state, cards), 72, "✕: not read, or not observed lately"),
        "Feels": tables.text(map(_feeling, cards), 105),
        "Mood": tables.signed((five and five.mood for five in fives), 2, 52),
        "±": tables.number(
            (five and (five.high - five.low) / 2 for five in fives),
            partial(wording.fixed, digits=2), 45, "half the 80 % band",
        ),
        "n": tables.number(map(_said, on), width=52, about="messages in 5 minutes"),
        "Half hour": Column([_moods(c) if c.supported else [] for c in cards], config=half_hour),
        "A minute": tables.number(
            (card.rate() if card else None for card in on), wording.rate, 66,
            "messages a minute, over 5 windows",
        ),
        "Next 5 min": _ahead("Next 5 min", 168),
        "Forecasts": _ahead("Forecasts", 95, FORECASTS),
        "Chances": _ahead("Chances", 244, CHANCES),
        "Expected / min": _ahead("Expected / min", 105, EXPECTED),
        "Last event": tables.text((_event(card, clock) for card in cards), 170),
    }  # fmt: skip


def _state(card: Card) -> str:
    """The status; why nothing is seen, where it is not."""
    told = card.connection()
    return told if told.startswith("✕") else STATUS[card.status]


def _said(card: Card | None) -> int | None:
    if card is None:
        return None
    return card.five.n if card.five else 0 if card.feels == "silent" else None


def _event(card: Card, clock: datetime) -> str:
    if card.event is None:
        return ""
    text = wording.event_text(card.event["kind"], card.event["detail"])
    return f"{text} · {wording.ago(clock - wording.aware(card.event['at']))}"


def _feeling(card: Card) -> str:
    if not card.supported:
        return why_not(card)[0]
    if card.status == "offline" or card.last is None:
        return ""
    sign = wording.MOODS.get(card.feels, "")
    how = f", {NAMES['emotes']}" if card.by_emotes and card.five else ""
    return f"{sign} {wording.headline(card.feels, card.five and card.five.mood)}{how}".strip()


def _moods(card: Card) -> list[float]:
    """Moods of the windows in which somebody spoke, of the basis of now: the line of a cell knows
    no gaps."""
    spoken = [w for w in card.windows if w["mean"] is not None]
    return [round(w["mean"], 3) for w in spoken if w["basis"] == card.told.basis]
