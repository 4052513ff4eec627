"""The first page of a folder of imported logs: what is in it, and where to look at it."""

from collections.abc import Sequence
from datetime import tzinfo
from urllib.parse import urlencode

import streamlit as st

from dashboard import data, frame, wording
from dashboard.basis import NAMES, Portion, left_out, share
from dashboard.charts.series import Row
from dashboard.markup import Markup, link, row, span

ABOUT = "past chat, from the logs that were imported"
COLUMNS = 3
MOST = 24  # cards
PAGES = (
    ("review", "Session review", "what stood out in one stream"),
    ("explore?span=all", "Explore history", "how all of it felt, when it turned, and why"),
    ("vocabulary", "Vocabulary", "what its words and emotes mean, and which are new"),
    ("accuracy", "Forecast accuracy", "how well its mood could have been foreseen"),
    ("health", "Data health", "what was read, and what was skipped"),
)


def draw() -> None:
    """What there is in a sentence, ways into it, and a card a channel."""
    channels = data.rows("dash_imported")
    if not channels:
        more = "Drop a log on the page Bring your own, or: python -m pipeline import FILE"
        frame.put(frame.say(f"Nothing was imported yet. {more}"))
        return
    frame.put(
        frame.say(f"{sentence(channels)}, {wording.messages(sum(c['n'] for c in channels))}.")
    )
    pairs = [(link(address, name), about) for address, name, about in PAGES]
    frame.put(row(*(span(x) for pair in pairs for x in pair), cls="dld-facts wide"))
    tz = frame.reader_zone()
    frame.heading("Channels", f"those with the most messages first; times in {frame.zone_name(tz)}")
    _cards(channels[:MOST], tz)
    if len(channels) > MOST:
        st.caption(f"{len(channels) - MOST} more are under Explore history.")


def sentence(channels: Sequence[Row]) -> str:
    """96 streams of 2 channels, 2016 to 2022."""
    streams = sum(c["streams"] for c in channels)
    what = "1 stream" if streams == 1 else f"{streams:,} streams"
    of = "1 channel" if len(channels) == 1 else f"{len(channels):,} channels"
    return f"{what} of {of}, {years(channels)}"


def years(channels: Sequence[Row]) -> str:
    """2016 to 2022; 2021; dates unknown."""
    dated = [c for c in channels if c["first_at"] is not None]
    if not dated:
        return "dates unknown"
    first, last = min(c["first_at"].year for c in dated), max(c["last_at"].year for c in dated)
    span_ = f"{first} to {last}" if first < last else f"{first}"
    undated = sum(c["undated"] for c in channels)
    return f"{span_} ({undated:,} without a date)" if undated else span_


def _cards(channels: Sequence[Row], tz: tzinfo) -> None:
    width = min(COLUMNS, len(channels))
    for first in range(0, len(channels), width):
        for column, one in zip(st.columns(width), channels[first : first + width], strict=False):
            with column, st.container(border=True, height="stretch"):
                frame.put(row(*card(one, tz)))


def card(channel: Row, tz: tzinfo) -> list[Markup]:
    """A channel: its mood over all, its span, and links to its newest stream and all of it."""
    called = data.called(channel["channel"])
    name = wording.plain(channel["display_name"], 40) or called
    part = Portion(channel["basis"], channel["n_basis"], channel["signed"])
    why = part.why_not(channel["readable"])
    mood = None if why else channel["mean"]
    label = wording.mood_word(mood, part.n, part.basis)
    word = f"{wording.headline(label, mood)} overall" if mood is not None else "no mood can be told"
    by_emotes = part.basis == "emotes" and mood is not None
    badge = span(NAMES["emotes"], cls="dld-pill odd") if by_emotes else ""
    glyph = span(wording.MOODS[label], cls=f"dld-glyph {label}")
    number = span(wording.signed(mood), cls="dld-number")
    pairs: list[tuple[str, str | Markup]] = [
        ("Streams", wording.count(channel["streams"])),
        ("Span", _span(channel, tz)),
        ("Covered", f"{wording.rate(channel['observed_s'] / 3600)} hours"),
        ("Newest", link(_address("review", stream=channel["newest"]), _newest(channel, tz))),
        ("History", link(_address("explore", channels=called, span="all"), "all of it")),
    ]
    other = Portion("", channel["n"] - part.n, 0.0)
    said = (
        f"n = {wording.messages(channel['n'])}",
        part.reason(channel["readable"]),
        share(part) if by_emotes else "",
        left_out([other], part.basis),
    )
    return [
        row(span(name, cls="dld-name"), cls="dld-head"),
        row(glyph, number, span(word, cls="dld-word"), badge, cls="dld-mood"),
        row("; ".join(text for text in said if text), cls="dld-sub"),
        row(*(span(x) for pair in pairs for x in pair), cls="dld-facts"),
    ]


def _span(channel: Row, tz: tzinfo) -> str:
    if channel["first_at"] is None:
        return "dates unknown"
    first, last = (wording.day(channel[name], tz) for name in ("first_at", "last_at"))
    return first if first == last else f"{first} to {last}"


def _newest(channel: Row, tz: tzinfo) -> str:
    dated = channel["last_at"] is not None and channel["newest_at"] <= channel["last_at"]
    return wording.moment(channel["newest_at"], tz) if dated else "date unknown"


def _address(page: str, **values: str) -> str:
    return f"{page}?{urlencode(values)}"
