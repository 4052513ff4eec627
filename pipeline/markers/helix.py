"""Requests of Helix for markers, clips and videos, as Twitch's reference has them (2026-11).

Create Stream Marker: the marker lies where the stream is when Twitch hears of it. Create Clip: of
the last 90 s; it is there when Get Clips lists it, within 60 s or never (the guide says 15). Create
Clip From VOD: `vod_offset` is where the clip ENDS, and never less than `duration` (5 to 60 s).
Get Stream Markers: of the newest video, the newest first. Get Clips: the most viewed first;
`vod_offset` is where the clip begins, 24 s off where its maker trimmed it (twitchdev/issues#1007).
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import quote

from twitchio.http import Route

from pipeline.sources.eventsub.api import Api, rows_of
from pipeline.sources.eventsub.calls import TwitchRefused
from pipeline.sources.eventsub.frames import epoch, mapping, number, text
from pipeline.sources.eventsub.scopes import CLIP, CLIP_PAST, MARK, lacking
from warehouse.errors import NotAuthorised
from warehouse.records import iso, numeric_id, utc

NEAR_S = 30.0  # a marker so near is the same moment's, whoever set it
CLIP_S = 60  # of a live clip, the longest there is
_CLIP_ID = re.compile(r"[\w-]{1,100}", re.ASCII)
_PAGE = 100
_MOST_VIEWS, _LONGEST_VOD_S = 2**31 - 1, 7 * 86400
Row = dict[str, Any]


async def set_marker(api: Api, channel_id: str, words: str, now: float) -> str:
    """Set a marker here and now; address of the place, or in words where no video has it yet. One
    of another program's that is near does as well. now: epoch s. Raises as `Api.ask`."""
    _require(api, MARK)
    if place := await _marker_near(api, channel_id, now):
        return place
    body = {"user_id": channel_id, "description": words}
    answer = await api.ask(lambda: Route("POST", "streams/markers", json=dict(body)))
    at_s = max((number(row.get("position_seconds")) for row in rows_of(answer)), default=0)
    video = ""
    with suppress(TwitchRefused, NotAuthorised):  # the marker is set all the same
        video = next(iter(await videos(api, channel_id)), ("", ""))[1]
    return vod_address(video, at_s) if video else f"{at_s} s into the stream"


async def _marker_near(api: Api, channel_id: str, now: float) -> str:
    try:
        answer = await api.get("streams/markers", {"user_id": channel_id, "first": 20})
    except TwitchRefused as exc:
        if exc.status == 404:  # no video yet: what is to be set will tell
            return ""
        raise
    for video in (video for row in rows_of(answer) for video in _listed(row.get("videos"))):
        for marker in _listed(video.get("markers")):
            at, video_id = epoch(marker.get("created_at")), numeric_id(video.get("video_id"))
            if at is not None and video_id and abs(now - at) <= NEAR_S:
                return vod_address(video_id, number(marker.get("position_seconds")))
    return ""


async def make_clip(api: Api, channel_id: str, title: str, now: float) -> str:
    """Id of a clip of the last minute; of one by the same login that was made just now, where
    there is one. Raises as `Api.ask`."""
    _require(api, CLIP)
    span = {"broadcaster_id": channel_id, "started_at": iso(utc(now - NEAR_S)), "first": _PAGE}
    for row in rows_of(await api.get("clips", span)):
        if row.get("creator_id") == api.token.user_id and (found := _id(row)):
            return found
    asked = {"broadcaster_id": channel_id, "title": title, "duration": str(CLIP_S)}
    return await _begun(api, "clips", asked)


async def clip_video(
    api: Api, channel_id: str, video: str, end_s: int, duration_s: float, title: str
) -> str:
    """Id of a clip of a video. end_s: where it ends. Raises as `Api.ask`."""
    _require(api, CLIP_PAST)
    asked = {"editor_id": api.token.user_id, "broadcaster_id": channel_id, "vod_id": video}
    asked |= {"vod_offset": str(end_s), "duration": f"{duration_s:.1f}", "title": title}
    return await _begun(api, "videos/clips", asked)


async def is_ready(api: Api, clip_id: str) -> bool:
    """True once Twitch lists the clip. Raises as `Api.ask`."""
    return any(_id(row) == clip_id for row in rows_of(await api.get("clips", {"id": clip_id})))


async def videos(api: Api, channel_id: str) -> list[tuple[str, str]]:
    """(stream id, video id) of the past broadcasts that are kept, newest first, a hundred at most.
    Raises as `Api.ask`."""
    asked = {"user_id": channel_id, "type": "archive", "sort": "time", "first": _PAGE}
    found = rows_of(await api.get("videos", asked))
    pairs = [(text(row.get("stream_id")), numeric_id(row.get("id"))) for row in found]
    return [pair for pair in pairs if pair[1]]


async def clips_between(
    api: Api, channel_id: str, since: datetime, until: datetime, pages: int
) -> list[Row]:
    """Clips made of the channel in that time, most viewed first, so many pages of a hundred: rows
    of `clips` without the channel. Raises as `Api.ask`."""
    span = {"started_at": iso(since), "ended_at": iso(until), "first": _PAGE}
    rows = await api.pages("clips", {"broadcaster_id": channel_id, **span}, most=pages)
    return list({row["clip_id"]: row for row in _clips(rows)}.values())


def _clips(rows: Iterable[Row]) -> Iterable[Row]:
    for row in rows:
        at, lasts = epoch(row.get("created_at")), row.get("duration")
        if at is None or not isinstance(lasts, int | float) or not (clip_id := _id(row)):
            continue
        if not 0 < lasts <= _LONGEST_VOD_S:
            continue
        offset = row.get("vod_offset")
        is_placed = type(offset) is int and 0 <= offset <= _LONGEST_VOD_S
        yield {
            "clip_id": clip_id,
            "at": utc(at),
            "vod_id": numeric_id(row.get("video_id")) or None,
            "vod_offset_s": offset if is_placed else None,
            "duration_s": float(lasts),
            "views": min(number(row.get("view_count")), _MOST_VIEWS),
        }


def vod_address(video: str, at_s: int) -> str:
    """Of a second of a video."""
    return f"https://www.twitch.tv/videos/{video}?t={at_s}s"


def clip_address(clip_id: str) -> str:
    """Of a clip."""
    return f"https://clips.twitch.tv/{clip_id}"


def _require(api: Api, scopes: tuple[str, ...]) -> None:
    """Raises NotAuthorised where the login allows none of the scopes: it is not even tried."""
    if do := lacking(api.token.scopes, scopes):
        raise NotAuthorised(
            f"the login of {api.token.login or 'the user'} does not allow {scopes[0]}; run `{do}`"
        )


async def _begun(api: Api, path: str, asked: dict[str, str]) -> str:
    # twitchio takes a value with a % or a + for one that is quoted already
    quoted = {name: quote(value, safe="") for name, value in asked.items()}
    answer = await api.ask(lambda: Route("POST", path, params=dict(quoted)))
    for row in rows_of(answer):
        if found := _id(row):
            return found
    raise TwitchRefused(0, "an answer without a clip")


def _id(row: Row) -> str:
    name = text(row.get("id"))
    return name if _CLIP_ID.fullmatch(name) else ""


def _listed(value: Any) -> list[Row]:
    return [mapping(row) for row in value] if isinstance(value, list) else []
