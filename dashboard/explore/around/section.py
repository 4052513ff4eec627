"""Mood and activity around events, beside random moments: a section of Explore."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import streamlit as st

from dashboard import choices, frame, sections, wording
from dashboard.charts.series import Row
from dashboard.charts.style import CONFIG
from dashboard.explore.around import picture, words
from dashboard.explore.around.moments import (
    AFTER,
    BEFORE,
    BLOCK,
    MOST,
    Events,
    Ints,
    Neighbourhood,
    blocks_of,
    events_of,
    place_of,
    series_of,
)
from dashboard.explore.around.study import DRAWS, FEWEST, MINUTES, Study, study
from dashboard.explore.view import View
from warehouse.moments.decisions import HIDDEN
from warehouse.records import WINDOW_SECONDS

SEED = 1
MOST_EVENTS = 50_000
# not of the stream: found or set by somebody who looked at the chat, or by the line to Twitch
APART_FROM = [*HIDDEN, "moment", "marker", "twitch_marker", "twitch_clip", "twitch_failed",
              "connection_lost"]  # fmt: skip


def section(view: View) -> None:
    """Choose a kind of event; a sentence, and the picture of what came before and after."""
    counted = view.rows("dash_event_kinds", **view.inside, hidden=APART_FROM)
    kinds = {str(row["kind"]): int(row["n"]) for row in counted}
    if not kinds:
        frame.put(frame.say("No raid, sub, gift or other event is known in this span."))
        return
    kind = choices.choose("Around", "around", options(kinds), _usual(kinds))
    found, counts = _studied(view, kind, kinds[kind])
    name = words.noun(kind, 2)
    small = f"n = {wording.count(found.n)}" if found else ""
    table = _table(found, kind) if found else []
    file = sections.span_name("events", view.span)
    sections.head(f"Around {name}", small, table, file, view.basis)
    if not found:
        places = counts.moments - counts.near - counts.undrawn - counts.unseen - counts.silent
        frame.put(frame.say(words.too_few(kind, counts, places)))
        st.caption(words.left_out(kind, counts))
        return
    frame.put(frame.say(f"{words.sentence(kind, found)} {words.already(found)}".strip()))
    st.plotly_chart(
        picture.figure(found, name[0].upper() + name[1:]),
        key="around-events",
        config=CONFIG,
        alt=f"Activity and mood in the minutes around {name}",
    )
    st.caption(_about(kind, found, counts))


def options(kinds: dict[str, int]) -> dict[str, str]:
    """Labels of the kinds as Markdown, those first that the product knows, in its order."""
    order = [kind for kind in wording.EVENTS if kind in kinds]
    order += [kind for kind in kinds if kind not in order]
    called = {kind: wording.literal(wording.event_kind(kind)) for kind in order}
    return {kind: f"{name} ({wording.count(kinds[kind])})" for kind, name in called.items()}


def _usual(kinds: dict[str, int]) -> str:
    return next((k for k in options(kinds) if kinds[k] >= FEWEST), next(iter(options(kinds))))


def _studied(view: View, kind: str, n: int) -> tuple[Study | None, words.Counts]:
    """The study of a kind of which there are n events, and what became of them."""
    times = view.table("dash_event_times", **view.inside, kind=kind, limit=MOST_EVENTS)
    events = events_of(times)
    alone = np.flatnonzero(events.alone())
    dice = np.random.default_rng(SEED)
    chosen = np.sort(dice.choice(alone, min(MOST, len(alone)), replace=False))
    places = _places(view, events, chosen) if len(chosen) else []
    spoken = sum(bool(place.moments[..., 0].any()) for place in places)
    counts = words.Counts(
        events=n,
        newest=len(times),
        moments=len(events.first),
        near=len(events.first) - len(alone),
        undrawn=len(alone) - len(chosen),
        unseen=len(chosen) - len(places),
        silent=len(places) - spoken,
    )
    return study(places, SEED), counts


def _places(view: View, events: Events, chosen: Ints) -> list[Neighbourhood]:
    """The chosen events with the moments beside each; only the windows of these are read."""
    blocks = blocks_of(events, chosen)
    at = [_time(first) for _, first in blocks]
    margin = timedelta(seconds=WINDOW_SECONDS * (BLOCK + AFTER))
    table = view.table(
        "dash_event_windows",
        block_channel=[channel for channel, _ in blocks],
        block_at=at,
        length_s=WINDOW_SECONDS * BLOCK,
        before_s=WINDOW_SECONDS * BEFORE,
        after_s=WINDOW_SECONDS * AFTER,
        since=min(at) - timedelta(seconds=WINDOW_SECONDS * BEFORE),
        until=max(at) + margin,
    )
    series = series_of(table, events.channels)
    found = (place_of(events, int(event), series) for event in chosen)
    return [place for place in found if place]


def _time(window: int) -> datetime:
    """Start of a window by its number, naive UTC."""
    return datetime.fromtimestamp(window * WINDOW_SECONDS, UTC).replace(tzinfo=None)


def _table(found: Study, kind: str) -> Sequence[Row]:
    """A row a minute and what it is compared with."""
    return [
        {
            "kind": kind,
            "minute": int(minute),
            "events": found.n,
            "n": int(found.messages[k]),
            **_cells("activity", found.activity, k),
            **_cells("mood", found.mood, k),
        }
        for k, minute in enumerate(MINUTES)
    ]


def _cells(name: str, curve: Any, k: int) -> dict[str, float | bool | None]:
    def known(value: float) -> float | None:
        return None if np.isnan(value) else float(value)

    return {
        name: known(curve.value[k]),
        f"{name}_low": known(curve.value[k] - curve.half[k]),
        f"{name}_high": known(curve.value[k] + curve.half[k]),
        f"{name}_random_low": known(curve.low[k]),
        f"{name}_random_high": known(curve.high[k]),
        f"{name}_beyond_chance": bool(curve.beyond[k]),
    }


def _about(kind: str, found: Study, counts: words.Counts) -> str:
    parts = (
        "Each event counts alike. Usual: a quarter of an hour or more away from them, in the same "
        f"two hours of the same streams. Grey: {wording.count(DRAWS)} averages of as many random "
        "moments from there, 19 of 20 of which stay in the band in all minutes of both plots; "
        "filled dots leave it.",
        words.unseen(found),
        words.left_out(kind, counts),
        "Other things may happen with them: none of this says that they bring it about.",
    )
    return " ".join(part for part in parts if part)
