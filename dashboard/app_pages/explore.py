"""Explore history: any channels, any span; the timeline, and one section at a time below it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import streamlit as st

from dashboard import basis, choices, data, frame, scope, sections, time_span, url_state, wording
from dashboard.charts.series import Row, grouped
from dashboard.explore import (
    activity,
    aligned,
    elsewhere,
    risen,
    spread,
    timeline,
    titles,
    week,
    why,
)
from dashboard.explore.around import section as around
from dashboard.explore.view import View
from dashboard.stream_times import StreamTimes, aware, naive
from dashboard.time_span import Span
from warehouse.published.manifest import Manifest

MOST_CHANNELS = 6
SECTIONS = {
    "why": "What moved it",
    "terms": "Rose and fell",
    "spread": "Distributions",
    "week": "Hours of the week",
    "activity": "Mood and activity",
    "titles": "Titles and categories",
    "events": "Around events",
    "streams": "Side by side",
}
DRAWN: Mapping[str, Callable[[View], None]] = {
    "why": why.section,
    "terms": risen.section,
    "spread": spread.section,
    "week": week.section,
    "activity": activity.section,
    "titles": titles.section,
    "events": around.section,
}
# what only one section has in the address
OWN = {
    "terms": ("against", "term"),
    "week": ("of", "measure"),
    "titles": ("by",),
    "events": ("around",),
    "streams": ("streams",),
}


def draw(manifest: Manifest) -> None:
    """Controls in one row, then the chosen span."""
    end = _end(manifest)
    now = time_span.hour_of(end)
    known = data.rows("dash_channels", now=now)
    listed = [c for c in known if c["last_at"]]
    if not listed:
        frame.no_stream(manifest)
        return
    tz = frame.reader_zone()
    left, right = st.columns([5, 6], gap="medium")
    with left:
        channels = _channels(listed, known)
    of = channels or [c["channel"] for c in listed]
    streams = StreamTimes.of(data.query("dash_stream_times", channels=of, now=now))
    with right:
        usual = "newest" if data.is_import(manifest) else "24h"
        chosen = time_span.choose(streams, channels, end, tz, usual)
        _undated(streams, chosen, channels)
    if not channels:
        frame.put(frame.say("Choose a channel above."))
    readable = {c["channel"]: c["readable"] for c in listed if c["channel"] in channels}
    if channels:
        _span(View(channels, chosen, tz), streams, end, readable)


def _undated(streams: StreamTimes, span: Span, channels: Sequence[str]) -> None:
    """Say how many streams in the span have no date, or how many are left out and where."""
    since, until = naive(span.since), naive(span.until)
    inside = streams.undated & (streams.since < until) & (streams.until > since)
    left = streams.undated & (streams.until <= since)
    if channels and inside.any():
        n = wording.counted(int(inside.sum()), "stream")
        st.caption(f"Without a date: {n} of this span. They stand one a day, from 2000 on.")
    if not channels or not left.any():
        return
    own = Span(aware(streams.since[left].min()), aware(streams.until[left].max()))
    n = wording.counted(int(left.sum()), "stream")
    are = "is left out, dated" if n.startswith("1 ") else "are left out, dated from"
    there = timeline.exact(channels, own)
    st.caption(f"{n} without a date {are} {wording.day(own.since, UTC)}: [look there](?{there}).")


def _untold(summary: Sequence[Row], readable: Mapping[str, float | None]) -> Iterator[str]:
    """Channels of which no mood is told, and why."""
    by = grouped(summary)
    for channel, rows in by.items():
        parts = [_part(row) for row in rows]
        told = basis.usual(sorted(parts, key=lambda p: -p.n), readable[channel])
        name = wording.plain(data.who().name_of(channel))
        if reason := told.reason(readable[channel]):
            yield f"{name}: {reason}; it is left out."
            continue
        unread = [part for part in parts if part.why_not(readable[channel])]
        if more := basis.left_out(unread, told.basis):
            yield f"{name}: {more}, of which no mood can be told."


def _part(summary: Row) -> basis.Portion:
    return basis.Portion(summary["basis"], summary["n"], summary["signed"])


def _basis(summary: Sequence[Row]) -> str:
    """What the moods of the page are read from: that of most messages, unless somebody chooses."""
    n = {b: sum(s["n"] for s in summary if s["basis"] == b) for b in basis.TITLES}
    usual = max(n, key=lambda b: n[b])
    if not all(n.values()):
        url_state.remember(basis=None)
        return usual
    chosen = choices.choose("Mood", "basis", basis.TITLES, usual, leave_out=True)
    other = basis.left_out([basis.Portion(b, k, 0.0) for b, k in n.items()], chosen)
    st.caption(f"Averages and comparisons hold moods {basis.NAMES[chosen]} alone: {other}.")
    return chosen


def _end(manifest: Manifest) -> datetime:
    newest = data.newest(manifest)
    return time_span.window_end(newest) if newest else frame.wall()


def _channels(listed: Sequence[Row], known: Sequence[Row]) -> list[str]:
    """The channels picked, of those listed. known: those without a stream as well."""
    names = scope.named(listed)
    busiest, who = scope.busiest(listed), data.who()
    waiting = {c["channel"] for c in known} - set(names)
    asked = url_state.choices("channels", [*names, *waiting], [busiest], MOST_CHANNELS, who.resolve)
    for key in waiting.intersection(asked):
        url_state.note(f"{wording.plain(who.name_of(key))} has no stream yet, and was left out.")
    url_state.seed("channels", [key for key in asked if key in names] or [busiest])
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


def _span(
    view: View, streams: StreamTimes, end: datetime, readable: Mapping[str, float | None]
) -> None:
    if view.is_long:
        summary = view.rows("dash_summary_hours", **view.hours)
    else:
        summary = view.rows("dash_summary", **view.inside)
    for text in _untold(summary, readable):
        frame.put(frame.say(text))
    if not summary:
        frame.tiles(_length(view))
        elsewhere.offer(view, "No stream of these channels was seen in this span.", least=0)
        return
    _away(view, summary)
    told = [s for s in summary if not _part(s).why_not(readable[s["channel"]])]
    if not told:
        return
    read = _basis(told)
    mine = [s for s in told if s["basis"] == read]
    view = replace(view, basis=read, channels=[s["channel"] for s in mine])
    _summary_tiles(mine, view)
    shown = {b: [s["channel"] for s in told if s["basis"] == b] for b in basis.TITLES}
    view = timeline.section(view, shown, streams)
    section = choices.section(SECTIONS, "why", OWN)
    if section == "streams":
        aligned.section(view, end)
    elif not sum(s["n"] for s in mine):
        silent = "Nobody spoke in this span: there is a chat, but it was silent."
        elsewhere.offer(view, silent, least=1)
    else:
        DRAWN[section](view)
    sections.behind(view.queries)


def _away(view: View, summary: Sequence[Row]) -> None:
    """Say which of the channels have no stream in the span, and where their nearest are."""
    away = sorted(set(view.channels) - {s["channel"] for s in summary})
    if away:
        names = ", ".join(wording.plain(data.called(channel)) for channel in away)
        own = replace(view, channels=away)
        elsewhere.offer(own, f"No stream in this span: {names}.", least=0, key="away")


def _summary_tiles(summary: Sequence[Row], view: View) -> None:
    tiles = [_tile(s, named=len(view.channels) > 1) for s in summary]
    if len(view.channels) == 1:
        s = summary[0]
        windows = s["chat"] + s["silent"] + s["unobserved"]
        of = f"of {wording.counted(windows, 'window')} on air"
        tiles += [
            ("Messages", wording.count(s["n"]), f"{wording.rate(_rate(s))} / min observed"),
            ("Silence", wording.percent(s["silent"] / windows), f"{s['silent']:,} {of}"),
            (
                "Not observed",
                wording.percent(s["unobserved"] / windows),
                f"{s['unobserved']:,} {of}",
            ),
        ]
        if s["basis"] == "emotes":
            share = s["n_laughs"] / s["laughs_of"] if s["laughs_of"] else None
            tiles.append(("Laughter", wording.percent(share), "of messages; no part of the mood"))
    frame.tiles(*tiles, _length(view))


def _length(view: View) -> tuple[str, str, str]:
    length = wording.lasting(view.span.until - view.span.since)
    return "Span", length, view.span.text(view.tz)


def _rate(summary: Row) -> float | None:
    observed_s = summary["observed_s"]
    return float(summary["n"] * 60 / observed_s) if observed_s else None


def _tile(summary: Row, named: bool) -> tuple[str, str, str]:
    mean = summary["mean"]
    word = wording.mood_word(mean, summary["n"], summary["basis"])
    label = wording.plain(data.who().name_of(summary["channel"])) if named else "Mean mood"
    by_emotes = summary["basis"] == "emotes"
    label += " by emotes" if by_emotes else ""
    rests = f"; {basis.share(_part(summary))}" if by_emotes else ""
    return (
        label,
        f"{wording.MOODS[word]} {wording.signed(mean)}",
        f"{wording.headline(word, mean)}, n = {wording.count(summary['n'])}{rests}",
    )


frame.page("Explore history", "how it felt, when it turned, and why", draw)
