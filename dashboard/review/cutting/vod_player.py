"""The stream's video beside its chart: Twitch's player, of which nothing is loaded until asked for.

Source: https://dev.twitch.tv/docs/embed/video-and-clips/ (parent, video with a "v", time, at least
400 x 300). Twitch shows it on pages with https and on localhost, and takes no address of numbers
for a parent.
"""

from ipaddress import ip_address
from urllib.parse import SplitResult, urlencode, urlsplit

import streamlit as st

from dashboard import frame
from dashboard.config import PLAYER
from dashboard.markup import Markup, link, row
from dashboard.review import sentences

OPEN = "vod-open"  # session: whether it is wanted
_AT = "vod-at"  # session: (stream, second that was asked for)
HEIGHT = 340


def toggle(vod_id: str | None) -> bool:
    """The switch, off at first; whether the player is to be drawn."""
    known = sentences.vod_link(vod_id, 0) is not None
    wanted = st.toggle(
        "Play the VOD here",
        key=OPEN,
        disabled=not known,
        help="Twitch's own player. DLD asks Twitch for nothing before you switch it on."
        if known
        else "The VOD of this stream is not known.",
    )
    return wanted and known


def seek(stream_id: str, at_s: int) -> None:
    """Callback of a moment's button: play from that second, with the player opened."""
    st.session_state[OPEN] = True
    st.session_state[_AT] = (stream_id, at_s)


def player(stream_id: str, vod_id: str) -> None:
    """Twitch's player where a moment's button wants it, else at the beginning, and still."""
    url = urlsplit(st.context.url or "http://localhost")
    if instead := refusal(url):
        frame.put(instead)
        return
    of, at_s = st.session_state.get(_AT, ("", 0))
    at_s, plays = (at_s, True) if of == stream_id else (0, False)
    with st.container(key="vod"):
        st.iframe(
            address(vod_id, url.hostname or "", at_s, plays),
            height=HEIGHT,
            alt=f"Twitch's player with the VOD, at {sentences.elapsed(at_s)}",
        )


def address(vod_id: str, host: str, at_s: int, plays: bool) -> str:
    """Of the player, for a page of that host."""
    at = f"{at_s // 3600}h{at_s // 60 % 60}m{at_s % 60}s"
    query = {"video": f"v{vod_id}", "parent": host, "time": at, "autoplay": str(plays).lower()}
    return f"{PLAYER}/?{urlencode(query)}"


def refusal(url: SplitResult) -> Markup | None:
    """Why Twitch plays nothing on a page at that address, and what to do; None where it does."""
    host = url.hostname or ""
    if host == "localhost" or (url.scheme == "https" and not _is_number(host)):
        return None
    if _is_number(host) and ip_address(host).is_loopback:
        there = url._replace(
            netloc=f"localhost:{url.port}" if url.port else "localhost",
            query=urlencode(st.query_params.to_dict()),
        )
        why = "Twitch's player takes no page that is opened by a number: "
        return row(why, link(there.geturl(), "open it on localhost"), ".", cls="dld-say")
    return frame.say("Twitch's player needs a page with https and a name, or one on localhost.")


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
