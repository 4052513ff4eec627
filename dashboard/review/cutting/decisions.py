"""Decisions on a channel's moments: those published, and over them what was asked for just now."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from dashboard import data, inbox
from dashboard.charts.series import Row
from dashboard.review.record.decided import Decisions, folded
from warehouse.errors import BadInput, NotAuthorised
from warehouse.moments.decisions import DECISIONS, HIDDEN

_ASKED = "moments_asked"  # session: rows as the pipeline will write them, until they are published
_TROUBLE = "moments_trouble"  # session: why something could not be asked for


def of_channel(channel: str) -> Decisions:
    """All decisions on a channel's moments."""
    published = data.rows("dash_moment_decisions", channel=channel, kinds=HIDDEN)
    known = {row["event_id"].rpartition(":")[2] for row in published}
    return folded([*published, *_waiting(channel, known)])


def _waiting(channel: str, known: set[str]) -> list[Row]:
    """Rows that were asked for in this visit and are not published; refused ones are told.

    known: ids of requests whose decisions are published."""
    waiting = []
    for row in st.session_state.get(_ASKED, ()):
        answer = inbox.answer(row["id"])
        if answer and answer != inbox.GONE:
            trouble(f"A decision was refused: {answer}")
        elif row["id"] not in known and not answer:
            waiting.append(row)
    st.session_state[_ASKED] = waiting
    return [row for row in waiting if row["channel"] == channel]


def ask(channel: str, at: datetime, decision: str, **added: Any) -> None:
    """Put a decision in; the page shows it from now on. What goes wrong is told by `troubles`.

    added: seconds and text, of a range."""
    body = {"channel": channel, "decision": decision, "start": at.isoformat(), **added}
    try:
        request_id = inbox.ask("moment", body)
    except (BadInput, NotAuthorised) as exc:
        trouble(str(exc))
        return
    row = {
        "id": request_id,
        "channel": channel,
        "at": at.astimezone(UTC).replace(tzinfo=None),
        "kind": DECISIONS[decision],
        "detail": json.dumps(added),
    }
    st.session_state[_ASKED] = [*st.session_state.get(_ASKED, ()), row]


def trouble(text: str) -> None:
    """Say something that went wrong, on the next page drawn."""
    st.session_state.setdefault(_TROUBLE, []).append(text)


def troubles() -> Sequence[str]:
    """What went wrong since they were last told."""
    texts: list[str] = st.session_state.pop(_TROUBLE, [])
    return list(dict.fromkeys(texts))
