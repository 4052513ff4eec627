"""Data health of a folder of imported logs: what was read and skipped, and what is kept."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import data, frame, wording
from dashboard.basis import read_as
from dashboard.charts.series import Row
from dashboard.health import keeping
from dashboard.markup import row, span

MOST = 100  # imports


def draw() -> None:
    """Key figures, imports, channels, and what is kept."""
    channels, imports = data.rows("dash_imported"), told()
    _figures(channels)
    section(imports)
    _by_channel(channels)
    if data.allowed() is None:  # what is kept is of all channels together
        health = keeping.newest()
        left, right = st.columns([3, 2], gap="large")
        with left:
            keeping.storage(health, of_logs=True)
        with right:
            keeping.versions(health)


def told() -> Sequence[Row]:
    """The newest imports, as each told of itself."""
    return data.rows("dash_imports", limit=MOST)


def _figures(channels: Sequence[Row]) -> None:
    n, filtered = (sum(c[k] for c in channels) for k in ("n", "filtered"))
    kinds = ("streams", "undated", "placed")
    streams, undated, placed = (sum(c[k] for c in channels) for k in kinds)
    hours = sum(c["observed_s"] for c in channels) / 3600
    frame.tiles(
        ("Streams", wording.count(streams), f"of {wording.count(len(channels))} channels"),
        ("Messages", wording.count(n), "that count"),
        ("Covered", f"{wording.rate(hours)} h", "by logs; what none covers was not observed"),
        ("Filtered", wording.percent(filtered / (n + filtered) if n + filtered else None, 1),
         f"{wording.count(filtered)} of {wording.count(n + filtered)}: bots, commands"),
        ("Without a date", wording.count(undated), f"of {wording.count(streams)} streams"),
        ("Laid elsewhere", wording.count(placed), "streams whose date was another’s"),
    )  # fmt: skip


def section(rows: Sequence[Row]) -> None:
    """What each import read, and what they skipped."""
    frame.heading("Imports", "newest first")
    if not rows:
        frame.put(frame.say("The next import tells here what it read, and what it skipped."))
        return
    each = [data.json_object(r["detail"]) for r in rows]
    zone = str(frame.reader_zone())
    columns = ("files", "failed", "streams", "messages", "filtered", "windows")
    named = {"files": "Files", "failed": "Not read", "messages": "Messages (n)"}
    table = pd.DataFrame(
        {
            "When": frame.local_times((r["at"] for r in rows), zone),
            **{named.get(k, k.capitalize()): [t.get(k) for t in each] for k in columns},
            "Skipped": [_lines(_skipped(t)) for t in each],
        }
    )
    localized = st.column_config.NumberColumn(format="localized")
    st.dataframe(
        table,
        hide_index=True,
        key="imports",
        height="content" if len(table) <= 8 else 320,
        column_config={
            "When": st.column_config.DatetimeColumn(format="D MMM YYYY, HH:mm", help=f"in {zone}"),
            **dict.fromkeys(("Messages (n)", "Filtered", "Windows"), localized),
            "Skipped": st.column_config.TextColumn(help="lines that are no chat, or unreadable"),
        },
    )
    skipped: Counter[str] = Counter()
    for one in each:
        skipped.update(_skipped(one))
    if skipped:
        frame.heading("Skipped", "lines, by reason, over these imports")
        pairs = [(wording.plain(k, 80), wording.count(n)) for k, n in skipped.most_common()]
        frame.put(row(*(span(x) for pair in pairs for x in pair), cls="dld-facts wide"))


def _by_channel(channels: Sequence[Row]) -> None:
    frame.heading("By channel", "messages that count, and those that did not")
    if not channels:
        frame.put(frame.say("No stream was imported yet."))
        return
    zone = str(frame.reader_zone())
    table = pd.DataFrame(
        {
            "Channel": [wording.plain(data.called(c["channel"])) for c in channels],
            "Streams": [c["streams"] for c in channels],
            "First": frame.local_times((c["first_at"] for c in channels), zone),
            "Last": frame.local_times((c["last_at"] for c in channels), zone),
            "Hours": [round(c["observed_s"] / 3600, 1) for c in channels],
            "Messages (n)": [c["n"] for c in channels],
            "Filtered": [c["filtered"] for c in channels],
            "Readable": [wording.percent(c["readable"]) for c in channels],
            "Mood": [read_as(c["readable"]) for c in channels],
            "Without a date": [c["undated"] for c in channels],
            "Laid elsewhere": [c["placed"] for c in channels],
        }
    )
    date = st.column_config.DatetimeColumn(format="D MMM YYYY")
    number = st.column_config.NumberColumn(format="localized")
    st.dataframe(
        table,
        hide_index=True,
        key="by-channel",
        height="content" if len(table) <= 12 else 460,
        column_config={
            **dict.fromkeys(("First", "Last"), date),
            **dict.fromkeys(("Messages (n)", "Filtered", "Hours"), number),
            "Readable": st.column_config.TextColumn(
                help="share of messages that can be scored; below 50 % no mood is told"
            ),
        },
    )


def _skipped(told: dict[str, Any]) -> dict[str, int]:
    found = told.get("skipped")
    pairs = found.items() if isinstance(found, dict) else ()
    return {str(k): n for k, n in pairs if isinstance(n, int)}


def _lines(skipped: dict[str, int]) -> str:
    return wording.count(sum(skipped.values()))
