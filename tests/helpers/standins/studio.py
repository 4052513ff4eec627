"""Markers, clips and videos of Helix, as Twitch's reference tells them, with its refusals.

Sources: dev.twitch.tv/docs/api/reference (Create Stream Marker, Get Stream Markers, Create Clip,
Create Clip From VOD, Get Clips, Get Videos) and twitchio 3.3's types.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from aiohttp import web

Row = dict[str, Any]
LATER = "2030-01-01T00:00:00Z"


@dataclass
class Studio:
    """What the broadcasters have. user: who is logged in; scopes: of that login.

    live: channel id to when its stream began, epoch seconds. videos: channel id to its past
    broadcasts, newest first. editor_of: channels that the login may mark and clip videos of.
    closed: channels that let nobody make clips. looks: at a new clip before it is listed, None for
    ever. asked: the queries of what was begun.
    """

    user: str
    scopes: list[str]
    live: dict[str, float] = field(default_factory=dict)
    videos: dict[str, list[Row]] = field(default_factory=dict)
    markers: list[Row] = field(default_factory=list)  # with their channel and video
    clips: list[Row] = field(default_factory=list)
    editor_of: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    looks: int | None = 0
    asked: list[Mapping[str, str]] = field(default_factory=list)
    _hidden: dict[str, int | None] = field(default_factory=dict)

    def routes(self) -> dict[str, Callable[[web.Request], Awaitable[web.Response]]]:
        """By method and path."""
        return {
            "GET streams/markers": self._list_markers,
            "POST streams/markers": self._mark,
            "GET clips": self._list_clips,
            "POST clips": self._clip,
            "POST videos/clips": self._clip_video,
            "GET videos": self._list_videos,
        }

    def begin(self, channel_id: str, stream_id: str, at: float, video: str = "") -> None:
        """A stream is on; with a video, where its channel keeps them."""
        self.live[channel_id] = at
        if video:
            row = {"id": video, "stream_id": stream_id, "user_id": channel_id, "type": "archive"}
            self.videos.setdefault(channel_id, []).insert(0, row)

    def viewers_clip(self, channel_id: str, clip_id: str, at: float, **more: Any) -> None:
        """Somebody made a clip."""
        self.clips.append(clip_row(channel_id, clip_id, at, "999", **more))

    async def _mark(self, request: web.Request) -> web.Response:
        if refused := self._lacks("channel:manage:broadcast"):
            return refused
        body = await request.json()
        channel_id, words = str(body.get("user_id") or ""), body.get("description", "")
        if not channel_id:
            return problem(400, "The user_id field is required.")
        if len(words) > 140:
            return problem(400, "The length of the string in the description field is too long.")
        if not self._may(channel_id):
            return problem(403, "The user is not authorized to create video markers.")
        videos = self.videos.get(channel_id)
        if channel_id not in self.live or not videos:
            return problem(404, "The user is not streaming live, or hasn't enabled VOD.")
        now = time.time()
        at_s = int(now - self.live[channel_id])
        row = {"id": f"m{len(self.markers)}", "created_at": stamp(now)}
        row |= {"position_seconds": at_s, "description": words}
        self.markers.append({**row, "channel": channel_id, "video": videos[0]["id"]})
        return web.json_response({"data": [row]})

    async def _list_markers(self, request: web.Request) -> web.Response:
        if refused := self._lacks("channel:manage:broadcast", "user:read:broadcast"):
            return refused
        of = request.query.get("user_id", "")
        if not self._may(of):
            return problem(403, "The user is not authorized to get the markers.")
        if not self.videos.get(of):
            return problem(404, "The user specified in user_id doesn't have videos.")
        video = self.videos[of][0]["id"]
        rows = [m for m in reversed(self.markers) if m["video"] == video]
        told = {"user_id": of, "videos": [{"video_id": video, "markers": rows}] if rows else []}
        return web.json_response({"data": [told], "pagination": {}})

    async def _clip(self, request: web.Request) -> web.Response:
        if refused := self._lacks("clips:edit"):
            return refused
        of = request.query.get("broadcaster_id", "")
        if of in self.closed:
            return problem(403, "The broadcaster has restricted the ability to capture clips.")
        if of not in self.live:
            return problem(404, "Clipping is not possible for an offline channel.")
        return self._begin(of, request.query)

    async def _clip_video(self, request: web.Request) -> web.Response:
        if refused := self._lacks("channel:manage:clips", "editor:manage:clips"):
            return refused
        query = request.query
        of, duration_s = query.get("broadcaster_id", ""), float(query.get("duration", 30))
        if not query.get("title") or not 5 <= duration_s <= 60 or not query.get("vod_offset"):
            return problem(400, "Validation errors: missing required fields.")
        if int(query["vod_offset"]) < duration_s:
            return problem(400, "vod_offset must be greater than or equal to the duration.")
        if query.get("editor_id") != self.user or not self._may(of):
            return problem(403, "The user is not authorized to create Clips.")
        if all(video["id"] != query.get("vod_id") for video in self.videos.get(of, [])):
            return problem(404, "The VOD is not found.")
        return self._begin(of, query)

    def _begin(self, of: str, query: Mapping[str, str]) -> web.Response:
        self.asked.append(dict(query))
        clip_id = f"Made-Clip_{len(self.asked)}"
        self.clips.append(clip_row(of, clip_id, time.time(), self.user, title=query["title"]))
        self._hidden[clip_id] = self.looks
        told = {"id": clip_id, "edit_url": f"https://clips.twitch.tv/{clip_id}/edit"}
        return web.json_response({"data": [told]}, status=202)

    async def _list_clips(self, request: web.Request) -> web.Response:
        query = request.query
        if names := query.getall("id", []):
            rows = [row for row in self.clips if row["id"] in names and self._is_listed(row["id"])]
            return web.json_response({"data": rows, "pagination": {}})
        since, until = query.get("started_at", ""), query.get("ended_at", LATER)
        rows = [
            row
            for row in sorted(self.clips, key=lambda row: -row["view_count"])
            if row["broadcaster_id"] == query.get("broadcaster_id")
            and since <= row["created_at"] < until
        ]
        size, first = int(query.get("first", 20)), int(query.get("after") or 0)
        page = {"cursor": str(first + size)} if len(rows) > first + size else {}
        return web.json_response({"data": rows[first : first + size], "pagination": page})

    def _is_listed(self, clip_id: str) -> bool:
        left = self._hidden.get(clip_id, 0)
        if left:
            self._hidden[clip_id] = left - 1
        return left == 0

    async def _list_videos(self, request: web.Request) -> web.Response:
        rows = self.videos.get(request.query.get("user_id", ""), [])
        return web.json_response({"data": rows, "pagination": {}})

    def _may(self, channel_id: str) -> bool:
        return channel_id == self.user or channel_id in self.editor_of

    def _lacks(self, *scopes: str) -> web.Response | None:
        if any(scope in self.scopes for scope in scopes):
            return None
        return problem(401, f"Missing scope: {' or '.join(scopes)}")


def clip_row(of: str, clip_id: str, at: float, creator: str, **more: Any) -> Row:
    """A clip as Helix tells it; of whoever made it, and what they called it."""
    told = {"id": clip_id, "url": f"https://clips.twitch.tv/{clip_id}", "broadcaster_id": of}
    told |= {"creator_id": creator, "creator_name": "SomeViewer", "title": "their words"}
    told |= {"broadcaster_name": "X", "embed_url": "", "thumbnail_url": "", "game_id": "1"}
    told |= {"language": "en", "video_id": "", "vod_offset": None, "is_featured": False}
    return {**told, "created_at": stamp(at), "duration": 28.3, "view_count": 1, **more}


def stamp(at: float) -> str:
    """RFC 3339, as Helix writes it."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def problem(status: int, message: str) -> web.Response:
    """As Twitch words a failure."""
    told = {"error": HTTPStatus(status).phrase, "status": status, "message": message}
    return web.json_response(told, status=status)
