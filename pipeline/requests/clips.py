"""Clips of past streams that somebody asks for: of the moments of a channel that allows it.

Twitch is asked by the daemon beside its turns, and once: a request during which the daemon ended
is refused, since nobody knows whether the clip was made.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.chat.logins import channel_name
from pipeline.requests.queue import NotYet
from pipeline.requests.workspace import Workspace
from warehouse.config import ConsentSettings
from warehouse.errors import BadInput
from warehouse.identities import real_id
from warehouse.inbox.requests import Request
from warehouse.records import iso, numeric_id
from warehouse.store.store import Store

ACTION = "clip"
SHORTEST_S, LONGEST_S = 5.0, 60.0  # of a clip, by Twitch's reference of Create Clip From VOD
_LONGEST_STREAM_S = 7 * 86400.0


@dataclass(frozen=True)
class PastClip:
    """A clip that is to be made. channel_id, video: '' where Twitch has to be asked. at: of the
    moment; end_s: where the clip ends, seconds from the stream's start, whole as Twitch takes it.
    """

    request_id: str
    channel: str
    login: str
    channel_id: str
    at: datetime
    stream_id: str
    video: str
    end_s: int
    duration_s: float
    title: str


def make_clip(
    workspace: Workspace, store: Store, request: Request, meta: Mapping[str, str]
) -> None:
    """Have the clip made, and keep its address, or why there is none, as an event.

    Raises NotYet while Twitch makes it, BadInput with why it cannot be made.
    """
    asked, begun = _parsed(workspace, request), f"here:{request.id}"
    if workspace.running is None:
        raise BadInput("the pipeline asks Twitch, and it does not run; start it and ask again")
    is_first = store.meta(begun) is None
    if is_first:  # before it is asked: a kill after that asks nothing twice
        store.write({}, {begun: iso(request.time)})
    told = workspace.running.past_clip(asked, is_first)
    if told is None:
        raise NotYet
    kind, detail = told
    row = {"event_id": f"twitch:clip:{request.id}", "channel": asked.channel, "at": asked.at}
    rows = store.rows("events", [{**row, "kind": kind, "detail": detail}])
    store.write({"events": rows}, meta if kind == "twitch_clip" else {})
    if kind != "twitch_clip":
        raise BadInput(detail)


def _parsed(workspace: Workspace, request: Request) -> PastClip:
    """Raises BadInput for what names no part of a stream, or a channel that does not allow it."""
    workspace.refuse_real("python -m pipeline import ...")
    if workspace.shard.count > 1:
        raise BadInput("of several machines none makes clips; ask a DLD that runs on one")
    body, who = request.body, workspace.identities
    key = who.resolve(channel_name(body.get("channel")))
    login, channel_id = who.name_of(key), real_id(who.id_of(key))
    workspace.optout.refuse([login], who)
    if not ConsentSettings().may_clip(login, channel_id):
        raise BadInput(f"DLD_CLIPS does not name {login}: its streamer has to agree first")
    at_s, start_s, end_s = (_seconds(body, name) for name in ("at_s", "in_s", "out_s"))
    length_s = min(LONGEST_S, max(SHORTEST_S, end_s - start_s))
    ends = math.ceil(start_s + length_s)
    stream, title = body.get("stream_id"), body.get("title", "")
    if not isinstance(stream, str) or not isinstance(title, str):
        raise BadInput("a clip needs a stream_id and a title, both texts")
    rows = workspace.store.query("stream", stream_id=stream).to_pylist()
    if not rows or rows[0]["channel"] != key:
        raise BadInput(f"{login} has no stream {stream[:60]!a}; is its id right?")
    at = rows[0]["started_at"].replace(tzinfo=UTC) + timedelta(seconds=at_s)
    video = numeric_id(rows[0]["vod_id"])
    return PastClip(request.id, key, login, channel_id, at, stream, video, ends, length_s, title)


def _seconds(body: Mapping[str, Any], name: str) -> float:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        value = math.nan
    if not 0 <= value <= _LONGEST_STREAM_S:  # nan is in no range
        raise BadInput(
            f"{name} is seconds from the stream's start, not {str(body.get(name))[:40]!a}"
        )
    return float(value)
