"""The models and what they were made from: a section of the Forecast accuracy page."""

import json
from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any

import streamlit as st

from dashboard import frame, tables, wording
from dashboard.charts.series import Row

_ABOUT = (
    "Candidate: trained here, not compared yet. Rejected: compared on recent streams with the "
    "version that served, and not better beyond chance. Refused: damaged, or made for other "
    "features. `python -m models promote VERSION` and `rollback` change which one serves."
)


def section(models: Sequence[Row], tz: tzinfo) -> None:
    """A table of every model, and the whole card of each that has one."""
    frame.heading("Models", "the one that serves first")
    if not models:
        st.caption("No model has been published yet.")
        return
    lines = [_line(m, tz) for m in models]
    tables.show("models", {head: tables.text(x[head] for x in lines) for head in lines[0]})
    st.caption(f"Times in {frame.zone_name(tz)}. {_ABOUT}")
    for model in models:
        details = {k: _json(model[k]) for k in ("params", "scores") if model[k]}
        if details:
            with st.expander(f"Card of {wording.literal(wording.plain(model['model'], 40))}"):
                st.json(details, expanded=2)


def _line(model: Row, tz: tzinfo) -> dict[str, str]:
    data_from, data_to = model["data_from"], model["data_to"]
    span = (
        f"{_day(data_from, tz)} to {_day(data_to, tz)}"
        if data_from and data_to
        else wording.MISSING
    )
    return {
        "Model": wording.plain(model["model"], 40),
        "Kind": wording.plain(model["kind"]),
        "Status": wording.plain(model["status"]),
        "Trained": wording.moment(model["trained_at"], tz)
        if model["trained_at"]
        else wording.MISSING,
        "On data of": span,
        "Why": wording.plain(_why(model["params"]), 200),
    }


def _why(params: str | None) -> str:
    """Why it serves, or how it compared with the one that did."""
    card = _json(params or "{}")
    for name in ("choice", "verdict"):
        choice = card.get(name) if isinstance(card, dict) else None
        if isinstance(choice, dict) and choice.get("why"):
            return str(choice["why"])
    return ""


def _day(at: datetime, tz: tzinfo) -> str:
    there = wording.aware(at).astimezone(tz)
    return f"{there.day} {there:%b %Y}"


def _json(text: str) -> Any:
    """The parsed value, or the text itself when it is not JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return wording.plain(text, 2000)
