"""Explore history: any channels, any span; the timeline, and one section at a time below it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import streamlit as st

from dashboard import choices, data, frame, scope, sections, time_span, url_state, wording
from dashboard.charts.series import Row
from dashboard.explore import activity, aligned, risen, spread, timeline, titles, week, why
from dashboard.explore.view import View
from dashboard.live import now
from warehouse.published.manifest import Manifest

MOST_CHANNELS = 6
SECTIONS = {
    "why": "What moved it",
    "terms": "Rose and fell",
    "spread": "Distributions",
    "week": "Hours of the week",
    "activity": "Mood and activity",
    "titles": "Titles and categories",
    "streams": "Side by side",
}
DRAWN: Mapping[str, Callable[[View], None]] = {
    "why": why.section,
    "terms": risen.section,
    "spread": spread.section,
    "week": week.section,
    "activity": activity.section,
    "titles": titles.section,
}
# what only one section has in the address
OWN = {
    "terms": ("against", "term"),
    "week": ("of", "measure"),
    "titles": ("by",),
    "streams": ("streams",),
}


def draw(manifest: Manifest) -> None:
    """Controls in one row, then the chosen span."""
    end = _end(manifest)
    listed = [c for c in data.rows("dash_channels", now=time_span.hour_of(end)) if c["last_at"]]
    if not listed:
        frame.no_stream(manifest)
        return
    tz = frame.reader_zone()
    left, right = st.columns([5, 6], gap="medium")
    with left:
        channels = _channels(listed)
    with right:
        usual = "all" if data.is_import(manifest) else "24h"
        chosen = time_span.choose(listed, channels, end, tz, usual)
    if not channels:
        frame.put(frame.say("Choose a channel above."))
    readable = {c["channel"]: c["readable"] for c in listed if c["channel"] in channels}
    for channel, share in readable.items():
        if not now.is_supported(share):
            frame.put(frame.say(_unsupported(channel, share)))
    supported = [c for c in channels if now.is_supported(readable[c])]
    if supported:
        _span(View(supported, chosen, tz), end)


def _unsupported(channel: str, share: float) -> str:
    name = wording.plain(data.who().name_of(channel))
    return (
        f"{name}: unsupported language. {wording.percent(share)} of its messages "
        "can be read, so its mood cannot be told and is left out."
    )


def _end(manifest: Manifest) -> datetime:
    newest = data.newest(manifest)
    return time_span.window_end(newest) if newest else frame.wall()


def _channels(listed: Sequence[Row]) -> list[str]:
    names = scope.named(listed)
    busiest, who = scope.busiest(listed), data.who()
    asked = url_state.choices("channels", list(names), [busiest], MOST_CHANNELS, who.resolve)
    url_state.seed("channels", asked)
    st.session_state["channels"] = [c for c in st.session_state["channels"] if c in names]
    picked: list[str] = st.multiselect(
        "Channels",
        list(names),
        key="channels",
        max_selections=MOST_CHANNELS,
        format_func=names.__getitem__,
        placeholder="Choose channels",
    )
    url_state.remember(channels=",".join(map(who.name_of, picked)))
    return picked


def _span(view: View, end: datetime) -> None:
    if view.is_long:
        summary = view.rows("dash_summary_hours", **view.hours)
    else:
        summary = view.rows("dash_summary", **view.inside)
    _summary_tiles(summary, view)
    if not summary:
        frame.put(frame.say("Nothing was observed in this span. Choose another one above."))
        return
    timeline.section(view)
    section = choices.section(SECTIONS, "why", OWN)
    if section == "streams":
        aligned.section(view, end)
    elif not sum(s["n"] for s in summary):
        frame.put(frame.say("Nobody spoke in this span: there is a chat, but it was silent."))
    else:
        DRAWN[section](view)
    sections.behind(view.queries)


def _summary_tiles(summary: Sequence[Row], view: View) -> None:
    tiles = [_tile(s, named=len(view.channels) > 1) for s in summary]
    if len(view.channels) == 1 and summary:
        s = summary[0]
        windows = s["chat"] + s["silent"] + s["unobserved"]
        of = f"of {windows:,} windows on air"
        tiles += [
            ("Messages", wording.count(s["n"]), f"{wording.rate(_rate(s))} / min observed"),
            ("Silence", wording.percent(s["silent"] / windows), f"{s['silent']:,} {of}"),
            (
                "Not observed",
                wording.percent(s["unobserved"] / windows),
                f"{s['unobserved']:,} {of}",
            ),
        ]
    length = wording.lasting(view.span.until - view.span.since)
    tiles.append(("Span", length, view.span.text(view.tz)))
    frame.tiles(*tiles)


def _rate(summary: Row) -> float | None:
    observed_s = summary["observed_s"]
    return float(summary["n"] * 60 / observed_s) if observed_s else None


def _tile(summary: Row, named: bool) -> tuple[str, str, str]:
    mean = summary["mean"]
    label = wording.plain(data.who().name_of(summary["channel"])) if named else "Mean mood"
    return (
        label,
        f"{wording.glyph(mean)} {wording.signed(mean)}",
        f"{wording.mood_word(mean)}, n = {wording.count(summary['n'])}",
    )


frame.page("Explore history", "how it felt, when it turned, and why", draw)
