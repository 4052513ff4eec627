"""Many channels at one look: a line each, for more than fit on cards."""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from dashboard import wording
from dashboard.basis import NAMES
from dashboard.live import ahead_words
from dashboard.live.card_words import STATUS, why_not
from dashboard.live.now import Card
from warehouse.chances import CHANGE


def draw(cards: Sequence[Card], clock: datetime, reach: float) -> None:
    """The table; a click on a head sorts it. reach: the mood at a line's upper edge."""
    column = st.column_config
    st.dataframe(
        frame_of(cards, clock),
        hide_index=True,
        placeholder="",
        key="live-table",
        height=min(38 + 35 * len(cards), 900),
        column_config={
            "Mood": column.NumberColumn(format="%+.2f", width=75),
            "±": column.NumberColumn(format="%.2f", width=60, help="half the 80 % band"),
            "n": column.NumberColumn(format="localized", width=60, help="messages in 5 minutes"),
            "Half hour": column.LineChartColumn(y_min=-reach, y_max=reach, width=140),
            "Forecasts": column.TextColumn(
                help="Forecasts of the next five minutes in the last week, against guessing the "
                "stream's average; new: too few were judged yet"
            ),
            "Expected / min": column.TextColumn(
                help="messages a minute in the next five minutes, with the 80 % band"
            ),
            "Chances": column.TextColumn(
                help="of the next five minutes: a mood above the stream's usual, and a drop or a "
                f"rise of {CHANGE:g} or more against it"
            ),
            "A minute": column.NumberColumn(
                format="%.1f", width=80, help="messages a minute, over 5 windows"
            ),
        },
    )


def frame_of(cards: Sequence[Card], clock: datetime) -> pd.DataFrame:
    """A row a card; what cannot be told is missing, never 0."""
    return pd.DataFrame([_row(card, clock) for card in cards])


def _row(card: Card, clock: datetime) -> dict[str, object]:
    on = card.status != "offline" and card.supported
    five = card.five if on else None
    event, ahead = card.event, ahead_words.cells(card)
    return {
        "Channel": wording.plain(card.name, 40),
        "State": STATUS[card.status],
        "Feels": _feeling(card, on),
        "Mood": five and five.mood,
        "±": five and (five.high - five.low) / 2,
        "n": five.n if five else 0 if on and card.feels == "silent" else None,
        "Half hour": _moods(card) if card.supported else [],
        "A minute": card.rate() if on else None,
        **(ahead if on else dict.fromkeys(ahead, "")),
        "Last event": ""
        if event is None
        else f"{wording.event_text(event['kind'], event['detail'])} · "
        f"{wording.ago(clock - wording.aware(event['at']))}",
        "Connection": card.connection(),
    }


def _feeling(card: Card, on: bool) -> str:
    if not card.supported:
        return why_not(card)[0]
    if not on or card.last is None:
        return ""
    sign = wording.MOODS.get(card.feels, "")
    how = f", {NAMES['emotes']}" if card.by_emotes and card.five else ""
    return f"{sign} {wording.headline(card.feels)}{how}".strip()


def _moods(card: Card) -> list[float]:
    """Moods of the windows in which somebody spoke, of the basis of now: the line of a cell knows
    no gaps."""
    spoken = [w for w in card.windows if w["mean"] is not None]
    return [round(w["mean"], 3) for w in spoken if w["basis"] == card.told.basis]
