"""The whole lexicon, to be looked up: what every word, emote and emoji weighs."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard import data, frame, wording
from dashboard.charts.series import Row
from warehouse.published.manifest import Manifest

MOST = 300
HEIGHT = 460
ORIGINS = {
    "vader": "VADER",
    "rated": "rated for Twitch",
}


def section(manifest: Manifest, part: str) -> None:
    """What holds `part`, the whole of it at first, with what was decided instead."""
    frame.heading("The whole lexicon", "before decisions, and what was decided for all channels")
    if "lexicon" not in manifest.tables:
        frame.put(frame.say("It is published as soon as the pipeline runs again."))
        return
    rows = data.rows("dash_lexicon", part=part, limit=MOST)
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
    table = pd.DataFrame(
        {
            "Term": [wording.plain(r["term"], 60) for r in rows],
            "Valence": [valence_text(r["valence"]) for r in rows],
            "Decided": [
                valence_text(r["decided"]) if r["decided"] is not None else "" for r in rows
            ],
            "Kind": [r["kind"] for r in rows],
            "From": [ORIGINS.get(r["origin"], wording.plain(r["origin"])) for r in rows],
        }
    )
    st.dataframe(
        table, hide_index=True, key="lexicon", height=HEIGHT if len(rows) > 12 else "content"
    )


def valence_text(valence: float | None) -> str:
    """▲ +1.9, ▼ −2.3, ● 0.0: the sign is never told by colour."""
    if valence is None:
        return wording.MISSING
    value = round(valence, 1)
    return f"{'▲' if value > 0 else '▼' if value < 0 else '●'} {wording.signed(value, 1)}"
