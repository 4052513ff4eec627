"""The chapter of moments: which of them, in what order, and for each what can be done with it."""

from datetime import datetime
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import choices, data, frame, inbox, url_state, wording
from dashboard.markup import away, row, span, tag
from dashboard.review import sentences
from dashboard.review.cutting import clip_button, decisions, vod_player
from dashboard.review.record.decided import Decisions, Own
from dashboard.review.record.viewers_clips import MOST, Clip, clips
from dashboard.review.session import Session, lines
from dashboard.review.session_list import Place, moment
from dashboard.review.session_marks import Ranked
from warehouse.moments.cuts import Cut, cut
from warehouse.moments.placed import PlacedMoment
from warehouse.moments.words import NAMES

FIRST = 10  # listed at once
ORDERS = {"rank": "Best first", "time": "In order of time"}
BUTTONS = {"keep": "Keep", "drop": "Drop"}
ICONS = {"keep": ":material/check: Keep", "drop": ":material/close: Drop"}


def cut_of(one: PlacedMoment, lead_s: int, length_s: float) -> Cut:
    """From where to where the moment is cut out of its stream."""
    return cut(one.at_s, one.until_s, lead_s, length_s=length_s)


def best(of: Session, decided: Decisions, lead_s: int) -> list[tuple[int, Cut]]:
    """Ranks and cuts of the first moments that nobody dropped."""
    ranked = [(k, one) for k, one in enumerate(of.moments, 1) if decided.of(one) != "drop"]
    return [(rank, cut_of(one, lead_s, of.length_s)) for rank, one in ranked[:FIRST]]


def clips_of(of: Session) -> list[Clip]:
    """What viewers clipped of the stream, the most viewed first."""
    channel, vod = of.stream["channel"], of.stream["vod_id"]
    rows = data.rows("dash_stream_clips", channel=channel, vod=vod, limit=MOST) if vod else []
    return clips(rows)


def filtered(of: Session, decided: Decisions) -> Ranked:
    """Moments with their ranks, as the controls want them, dropped ones last."""
    ranked = list(enumerate(of.moments, 1))
    if not ranked:
        return []
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        picked = set(_kinds(of))
        order = choices.choose("Order", "sort", ORDERS, "rank", hidden=True, leave_out=True)
    wanted = [(r, f) for r, f in ranked if not picked or picked & {f.moment.kind, *f.moment.also}]
    if order == "time":
        wanted.sort(key=lambda x: x[1].at_s)
    return sorted(wanted, key=lambda x: decided.of(x[1]) == "drop")


def _kinds(of: Session) -> list[str]:
    there = [kind for f in of.moments for kind in (f.moment.kind, *f.moment.also)]
    kinds = [kind for kind in sentences.KINDS if kind in there]
    url_state.seed("kinds", url_state.choices("kinds", list(sentences.KINDS), [], 9))
    st.session_state["kinds"] = [k for k in st.session_state["kinds"] if k in kinds]
    picked = st.pills(
        "Kinds",
        kinds,
        key="kinds",
        selection_mode="multi",
        format_func={k: f"{NAMES[k]} ({there.count(k)})" for k in kinds}.__getitem__,
        label_visibility="collapsed",
    )
    url_state.remember(kinds=",".join(picked))
    return picked


def chapter(of: Session, moments: Ranked, decided: Decisions, lead_s: int) -> None:
    """The list, with buttons where they can do something. moments: as they are to be listed."""
    told = st.container()
    _listing(of, moments, decided, lead_s)
    clip_button.watch()
    for text in decisions.troubles():  # those of the buttons among them
        told.error(wording.plain(text, 400), icon=":material/lock:")


def _listing(of: Session, moments: Ranked, decided: Decisions, lead_s: int) -> None:
    listed = _listed(moments, decided)
    for own in decided.own:
        _own(of, own)
    if not of.moments:
        text = "Nothing stood out: the chat went on as it does all the time, or it was too thin"
        frame.put(frame.say(f"{text} to tell. That is a finding too."))
        return
    may_clip = clip_button.is_allowed(of)
    place = Place(of.stream["vod_id"], partial(cut_of, lead_s=lead_s, length_s=of.length_s))
    for (rank, one), samples in zip(listed, lines(of, [f for _, f in listed]), strict=True):
        mark = decided.of(one)
        left, right = _item(str(rank))
        with left:
            frame.put(moment(rank, one, samples, place, mark))
        with right:
            _play(of, f"moment {rank}", place.cut(one).in_s)
            _decide(of.stream["channel"], decided.place(one), rank, mark)
            if may_clip and one.moment.kind != "silence":
                clip_button.button(of, rank, one, place.cut(one))


def _item(key: str) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Places of an item of the list: for its words, and for its buttons."""
    left, right = st.container(key=f"moment-{key}").columns([8, 3], gap="small")
    return left, right.container(
        horizontal=True, horizontal_alignment="right", vertical_alignment="center", gap="small"
    )


def _listed(moments: Ranked, decided: Decisions) -> Ranked:
    """The first ones, or all; what was dropped always, so that it can be taken back."""
    open_ = [(rank, one) for rank, one in moments if decided.of(one) != "drop"]
    dropped = moments[len(open_) :]
    return moments if _wants_all(len(open_)) else [*open_[:FIRST], *dropped]


def _wants_all(n: int) -> bool:
    """Whether more than the first are listed; the address follows."""
    if n <= FIRST:
        return False
    url_state.seed("all", url_state.number("all", 0, 1, 0) == 1)
    wants = st.toggle(f"List all {n}", key="all")
    url_state.remember(all="1" if wants else None)
    return wants


def _decide(channel: str, at: datetime, rank: int, mark: str) -> None:
    """Keep, drop; pressed again, neither."""
    if not inbox.can_ask():
        return
    key = f"decide-{channel}-{at:%Y%m%dT%H%M%S}"
    st.session_state[key] = mark or None  # what is decided, whatever was pressed before
    st.segmented_control(
        f"Keep or drop moment {rank}",
        list(BUTTONS),
        key=key,
        format_func=ICONS.__getitem__,
        label_visibility="collapsed",
        on_change=_decided,
        args=(channel, at, key),
    )


def _decided(channel: str, at: datetime, key: str) -> None:
    decisions.ask(channel, at, st.session_state[key] or "clear")


def _play(of: Session, what: str, at_s: int) -> None:
    """A button that seeks the player, where there is a video."""
    stream = of.stream
    if sentences.vod_link(stream["vod_id"], 0):
        st.button(
            "Play", key=f"play-{what}-{at_s}", icon=":material/play_arrow:",
            help=f"In Twitch's player above, from {sentences.elapsed(at_s)}",
            on_click=vod_player.seek, args=(stream["stream_id"], at_s),
        )  # fmt: skip


def _own(of: Session, own: Own) -> None:
    """A range that somebody added, and the way to take it away."""
    at_s = own.at_s(of.since)
    ends = f"{sentences.elapsed(at_s)} to {sentences.elapsed(at_s + own.seconds)}"
    when, link = f"{ends} ({own.seconds} s)", sentences.vod_link(of.stream["vod_id"], at_s)
    left, right = _item(f"own-{at_s}")
    with left:
        head = row(
            tag("b", wording.plain(own.text, 120) or "Your range"),
            away(link, when, cls="dld-at") if link else span(when, cls="dld-at"),
            span("yours", cls="dld-pill keep"),
            cls="dld-moment-head",
        )
        frame.put(row(span("+", cls="dld-rank"), row(head), cls="dld-moment"))
    with right:
        _play(of, "range", at_s)
        if inbox.can_ask():
            channel = of.stream["channel"]
            st.button(
                "Remove", key=f"remove-{own.at:%Y%m%dT%H%M%S%f}", icon=":material/delete:",
                on_click=decisions.ask, args=(channel, own.at, "drop"),
            )  # fmt: skip
