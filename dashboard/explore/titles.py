"""Mood by category and title, and before and after each change: a section of Explore."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard import choices, data, frame, sections, tables, wording
from dashboard.charts.series import Row
from dashboard.charts.style import CONFIG, DOWN, GREY, UP, finish, named_rows
from dashboard.explore import elsewhere
from dashboard.explore.parts import NONE, Part, before_and_after, parts, summed
from dashboard.explore.view import View
from dashboard.tables import Column

COLOURS = {"positive": UP, "negative": DOWN, "neutral": GREY}
BY = {"category": "Category", "title": "Title"}
STREAMS, CHANGES, PLACES = 5000, 2000, 50
REACH = timedelta(minutes=15)
SHOWN = 15


def section(view: View) -> None:
    """Mood of what was on, and how it changed when that did."""
    by = choices.choose("Mood by", "by", BY, "category")
    streams = view.rows("dash_streams", channels=list(view.channels), limit=STREAMS)
    changes = view.rows("dash_changes", **_since_begun(view, streams), limit=CHANGES)
    pieces = parts(streams, changes, _naive(view.span.since), _naive(view.span.until))
    if not pieces:
        known = "No stream is known in this span, so nothing is known of its titles."
        elsewhere.offer(view, known, least=0)
        return
    groups = summed(pieces, _sums(view, pieces), by)
    _what_was_on(view, groups, by, len(pieces))
    inside = [c for c in changes if c["at"] >= _naive(view.span.since)]
    _around(view, inside)


def _naive(at: datetime) -> datetime:
    return wording.local(at, wording.zone(None))


def _since_begun(view: View, streams: Sequence[Row]) -> dict[str, Any]:
    """$channels, $since, $until of the changes that tell what was on: from the streams' starts."""
    reach = [s for s in streams if _overlaps(s, _naive(view.span.since), _naive(view.span.until))]
    first = min([s["started_at"] for s in reach], default=_naive(view.span.since))
    return {**view.inside, "since": min(first, _naive(view.span.since))}


def _overlaps(stream: Row, since: datetime, until: datetime) -> bool:
    end = stream["ended_at"] or until
    return bool(stream["started_at"] < until and end > since)


def _sums(view: View, pieces: Sequence[Part]) -> list[Row]:
    lists = {
        "part_channel": [p.channel for p in pieces],
        "part_since": [p.since for p in pieces],
        "part_until": [p.until for p in pieces],
    }
    span = view.hours if view.is_long else view.inside
    name = "dash_parts_hours" if view.is_long else "dash_parts"
    return view.rows(name, **lists, since=span["since"], until=span["until"])


def _what_was_on(view: View, groups: Sequence[Row], by: str, pieces: int) -> None:
    n = sum(g["n"] for g in groups)
    small = f"n = {wording.messages(n)} in {wording.count(pieces)} stretches of streams"
    sections.head(f"Mood by {by}", small, groups, sections.span_name(by, view.span), view.basis)
    if all(g[by] == NONE for g in groups):
        frame.put(frame.say(f"No stream of this span tells its {by}; imported logs seldom do."))
        return
    spoken = [g for g in groups if g["n"]]
    if not spoken:
        frame.put(frame.say("Nobody spoke in these streams."))
        return
    st.plotly_chart(dots(spoken[:SHOWN], by), key="on", config=CONFIG, alt=f"Mood by {by}")
    more = f" The {SHOWN} with most messages of {len(spoken)}; the CSV has all." if (
        len(spoken) > SHOWN) else ""  # fmt: skip
    whole = " An hour counts for what was on at its beginning." if view.is_long else ""
    st.caption(
        f"Bars are 95 % intervals of the messages that came; another stream with the same {by} may "
        f"differ by more.{whole}{more}"
    )


def dots(groups: Sequence[Row], by: str) -> go.Figure:
    """A dot and its interval a category or title, most messages on top."""
    places = list(range(len(groups)))
    figure = go.Figure(
        go.Scatter(
            x=[g["mean"] for g in groups],
            y=places,
            mode="markers+text",
            text=[wording.signed(g["mean"]) for g in groups],
            textposition="top center",
            textfont={"size": 11},
            cliponaxis=False,
            marker={
                "size": 10,
                "color": [COLOURS[wording.mood_word(g["mean"], g["n"])] for g in groups],
            },
            error_x={
                "type": "data", "array": [g["half"] or 0.0 for g in groups], "color": GREY,
                "thickness": 1.5, "width": 3,
            },
            customdata=[[_hover(g, by)] for g in groups],
            hovertemplate="%{customdata[0]}<extra></extra>",
        )
    )  # fmt: skip
    figure.add_vline(x=0, line={"color": GREY, "width": 1})
    names = [f"{wording.plotted(g[by], 50)}  ({wording.count(g['n'])})" for g in groups]
    up = named_rows(names, range=[len(groups) - 0.4, -0.8])
    across = {
        "title": "Mean mood (messages in brackets)",
        "tickformat": ".3~f",
        "nticks": 8,
        "showgrid": True,
    }
    return finish(figure, 110 + 40 * max(len(groups), 2), across, up)


def _hover(group: Row, by: str) -> str:
    band = f" ± {group['half']:.2f}" if group["half"] is not None else ""
    return (
        f"<b>{wording.plotted(group[by], 80)}</b><br>{wording.glyph(group['mean'], group['n'])} "
        f"{wording.signed(group['mean'])}{band}<br>{wording.messages(group['n'])}, "
        f"{wording.rate(group['per_minute'])} a minute<br>{group['hours']:.1f} h in "
        f"{group['parts']} stretches"
    )


def _around(view: View, changes: Sequence[Row]) -> None:
    """The mood of the quarters of an hour before and after each change."""
    newest = list(changes)[-PLACES:]
    rows = before_and_after(newest, _sums_around(view, newest))
    count = ("1 change" if len(changes) == 1 else f"{wording.count(len(changes))} changes") + (
        f", the newest {PLACES} are listed" if len(changes) > PLACES else ""
    )
    name = sections.span_name("changes", view.span)
    sections.head("When it changed", count, rows, name, view.basis)
    if not changes:
        st.caption("No change of title or category was seen in this span.")
        return
    tables.show("changes", _columns(rows, view))
    st.caption(
        "Mood of the 15 minutes before and after, n messages each; the interval is of the "
        "difference. Moods drift all the time, so a small change says little."
    )


def _sums_around(view: View, places: Sequence[Row]) -> list[Row]:
    if not places:
        return []
    ats = [p["at"] for p in places]
    return view.rows(
        "dash_around",
        place_channel=[p["channel"] for p in places],
        place_at=ats,
        reach_s=int(REACH.total_seconds()),
        since=min(ats) - 2 * REACH,
        until=max(ats) + 2 * REACH,
    )


def _columns(rows: Sequence[Row], view: View) -> dict[str, Column]:
    def side(mean: float | None, n: int) -> str:
        return (
            f"{wording.glyph(mean, n)} {wording.signed(mean)} (n = {n:,})" if n else "nobody spoke"
        )

    called = data.who().name_of
    return {
        "When": tables.text((wording.moment(t["at"], view.tz) for t in rows), 140),
        "Channel": tables.text((wording.plain(called(t["channel"])) for t in rows), 110),
        "What": tables.text((BY.get(t["kind"], wording.plain(t["kind"])) for t in rows), 80),
        "Now": tables.text((wording.plain(t["detail"], 80) for t in rows), 220),
        "Before": tables.text((side(t["mean_before"], t["n_before"]) for t in rows), 130),
        "After": tables.text((side(t["mean_after"], t["n_after"]) for t in rows), 130),
        "Difference": tables.text((_difference(t) for t in rows), 190),
    }


def _difference(line: Row) -> str:
    step, half = line["difference"], line["half"]
    if step is None or half is None:
        return wording.MISSING
    chance = ", within chance" if abs(step) <= half else ""
    return f"{wording.signed(step)} ± {half:.2f}{chance}"
