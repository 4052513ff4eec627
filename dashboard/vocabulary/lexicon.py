"""The whole lexicon, to be looked up: what every word, emote and emoji weighs."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard import data, frame, tables, wording
from dashboard.charts.series import Row
from warehouse.published.manifest import Manifest

MOST = 300
Over = dict[str, Any]  # channels, since, until
NOWHERE: Over = {"channels": [], "since": wording.EPOCH, "until": wording.EPOCH}
ORIGINS = {
    "vader": "VADER",
    "rated": "rated for Twitch",
}


def section(manifest: Manifest, part: str, over: Over | None) -> None:
    """What holds `part`, the whole of it at first, with what was decided instead. over: what its
    uses are of; None where nobody said anything yet."""
    frame.heading("The whole lexicon", "what each weighs; those used most in the period first")
    if "lexicon" not in manifest.tables:
        frame.put(frame.say("It is published as soon as the pipeline runs again."))
        return
    rows = data.rows("dash_lexicon", part=part, limit=MOST, **(over or NOWHERE))
    if not rows:
        text = (
            f"“{wording.plain(part, 50)}” is in no entry." if part else "It is not published yet."
        )
        frame.put(frame.say(text))
        return
    _table(rows)
    total = rows[0]["found"]
    more = f" The first {MOST} are shown; search above for others." if total > MOST else ""
    st.caption(f"n = {total:,} entries.{more}")


def _table(rows: Sequence[Row]) -> None:
    columns = {
        "Term": tables.text((wording.plain(r["term"], 60) for r in rows), 130),
        "Valence": tables.text((valence_text(r["valence"]) for r in rows), 80),
        **(_decided(rows) if any(r["decided"] is not None for r in rows) else {}),
        "Uses": tables.number(
            (r["n"] for r in rows),
            width=75,
            about="in the period above; –: not among the most said of any day",
        ),
        "Kind": tables.text((r["kind"] for r in rows), 75),
        "From": tables.text(
            (ORIGINS.get(r["origin"], wording.plain(r["origin"])) for r in rows), 125
        ),
    }
    tables.show("lexicon", columns)


def _decided(rows: Sequence[Row]) -> dict[str, tables.Column]:
    of = (valence_text(r["decided"]) if r["decided"] is not None else "" for r in rows)
    return {"Decided": tables.text(of, 80, "instead, for all channels")}


def valence_text(valence: float | None) -> str:
    """▲ +1.9, ▼ −2.3, ● 0.0: the sign is never told by colour."""
    if valence is None:
        return wording.MISSING
    value = round(valence, 1)
    return f"{'▲' if value > 0 else '▼' if value < 0 else '●'} {wording.signed(value, 1)}"
