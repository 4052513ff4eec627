"""The button that asks for a clip of a moment on Twitch, where the channel's streamer allows it."""

from dataclasses import asdict, dataclass

import streamlit as st
from pydantic import ValidationError

from dashboard import data, inbox
from dashboard.review import sentences
from dashboard.review.cutting import decisions
from dashboard.review.session import Session
from warehouse.config import ConsentSettings
from warehouse.errors import BadInput, NotAuthorised
from warehouse.moments.cuts import Cut
from warehouse.moments.placed import PlacedMoment
from warehouse.moments.words import name

_ASKED = "clips_asked"  # session: ids of requests, by ClipOf
HELP = "Twitch cuts it from the VOD, at most 60 s, on the channel; its title is the moment's name."


@dataclass(frozen=True)
class ClipOf:
    """A clip to be asked for. at_s, in_s, out_s: seconds from the stream's start."""

    channel: str
    stream_id: str
    at_s: int
    in_s: int
    out_s: int
    title: str


def is_allowed(of: Session) -> bool:
    """True for a real stream that is over, of a channel that DLD_CLIPS names."""
    stream = of.stream
    over = stream["ended_at"] is not None and stream["source"] not in ("simulated", "replay")
    if not over or not sentences.vod_link(stream["vod_id"], 0) or not inbox.can_ask():
        return False
    who = data.who()
    try:
        consent = ConsentSettings()
    except ValidationError:  # the pipeline does not start with them, and says why
        return False
    return consent.may_clip(who.name_of(stream["channel"]), who.id_of(stream["channel"]))


def button(of: Session, rank: int, one: PlacedMoment, cut: Cut) -> None:
    """Asks once a visit and cut; what was set is listed below the moments."""
    title = name(one.moment, one.reasons)
    stream = of.stream
    clip = ClipOf(stream["channel"], stream["stream_id"], one.at_s, cut.in_s, cut.out_s, title)
    state = _state(clip)
    st.button(
        {"": "Make clip on Twitch", "waits": "Clip asked for", "done": "Clip made"}[state],
        key=f"clip-{rank}-{cut.in_s}", icon=":material/content_cut:", disabled=bool(state),
        help=HELP, on_click=_ask, args=(clip,),
    )  # fmt: skip


def _state(clip: ClipOf) -> str:
    """'' where nothing was asked, or it was refused, which is told once; waits; done."""
    asked: dict[ClipOf, str] = st.session_state.setdefault(_ASKED, {})
    if clip not in asked:
        return ""
    answer = inbox.answer(asked[clip])
    if answer and answer != inbox.GONE:
        del asked[clip]
        decisions.trouble(f"No clip of {clip.title}: {answer}")
        return ""
    return "waits" if answer is None else "done"


def watch() -> None:
    """Draws the page anew once something that was asked for has an answer."""
    asked: dict[ClipOf, str] = st.session_state.get(_ASKED, {})
    if waiting := tuple(i for i in asked.values() if inbox.answer(i) is None):
        _watch(waiting)


@st.fragment(run_every=3)
def _watch(waiting: tuple[str, ...]) -> None:
    if any(inbox.answer(request) is not None for request in waiting):
        st.rerun()


def _ask(clip: ClipOf) -> None:
    try:
        st.session_state.setdefault(_ASKED, {})[clip] = inbox.ask("clip", asdict(clip))
    except (BadInput, NotAuthorised) as exc:
        decisions.trouble(str(exc))
