"""Data health of a folder of imported logs: what was read and skipped, and what is kept."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard import data, frame, sections, tables, wording
from dashboard.basis import read_as
from dashboard.charts.series import Row
from dashboard.health import keeping
from dashboard.health.coverage import READABLE
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
            keeping.versions(health, of_logs=True)


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
    if not rows:
        frame.heading("Imports")
        frame.put(frame.say("The next import tells here what it read, and what it skipped."))
        return
    each = [data.json_object(r["detail"]) for r in rows]
    named = {"files": "Files", "failed": "Not read", "streams": "Streams", "messages": "Messages",
             "filtered": "Filtered", "windows": "Windows"}  # fmt: skip
    skips = [sum(_skipped(t).values()) for t in each]
    figures = [
        {"at": r["at"], **{k: t.get(k) for k in named}, "skipped": n}
        for r, t, n in zip(rows, each, skips, strict=True)
    ]
    sections.head("Imports", "newest first", figures, "imports")
    columns = {
        "When": tables.times((r["at"] for r in rows), "D MMM YYYY, HH:mm", 140),
        **{head: tables.number([t.get(k) for t in each], width=80) for k, head in named.items()},
        "Skipped": tables.number(skips, width=80, about="lines that are no chat, or unreadable"),
    }  # fmt: skip
    tables.show("imports", columns, 320, 8)
    skipped: Counter[str] = Counter()
    for one in each:
        skipped.update(_skipped(one))
    if skipped:
        frame.heading("Skipped", "lines, by reason, over these imports")
        pairs = [(wording.plain(k, 80), wording.count(n)) for k, n in skipped.most_common()]
        frame.put(row(*(span(x) for pair in pairs for x in pair), cls="dld-facts wide"))


def _by_channel(channels: Sequence[Row]) -> None:
    said = "messages that count, and those that did not"
    sections.head("By channel", said, channels, "channels")
    if not channels:
        frame.put(frame.say("No stream was imported yet."))
        return
    columns = {
        "Channel": tables.text((wording.plain(data.called(c["channel"])) for c in channels), 130),
        "Streams": tables.number((c["streams"] for c in channels), width=75),
        "First": tables.times((c["first_at"] for c in channels), "D MMM YYYY", 100),
        "Last": tables.times((c["last_at"] for c in channels), "D MMM YYYY", 100),
        "Hours": tables.number((c["observed_s"] / 3600 for c in channels), wording.rate, 70),
        "Messages": tables.number((c["n"] for c in channels), width=85),
        "Filtered": tables.number((c["filtered"] for c in channels), width=80),
        "Readable": tables.text((wording.percent(c["readable"]) for c in channels), 80, READABLE),
        "Mood": tables.text((read_as(c["readable"]) for c in channels), 85),
        "Undated": tables.number(
            (c["undated"] for c in channels), width=75, about="streams without a date"
        ),
        "Laid elsewhere": tables.number(
            (c["placed"] for c in channels), width=105, about="since their date was another’s"
        ),
    }
    tables.show("by-channel", columns)


def _skipped(told: dict[str, Any]) -> dict[str, int]:
    found = told.get("skipped")
    pairs = found.items() if isinstance(found, dict) else ()
    return {str(k): n for k, n in pairs if isinstance(n, int)}
