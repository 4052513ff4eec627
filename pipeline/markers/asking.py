"""Requests to Twitch for the sender, and for viewers' clips; each with the login of that moment.

Loaded only where something is asked: it needs the libraries of live chat.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from pipeline.config import TwitchSettings
from pipeline.markers import helix
from pipeline.markers.jobs import CLIP, MARKER, PAST, Job, NotDone
from pipeline.markers.viewers_clips import PAGES, PastStream, Read
from pipeline.markers.words import description, title
from pipeline.requests.clips import PastClip
from pipeline.sources.eventsub.api import Api
from pipeline.sources.eventsub.calls import TwitchRefused
from pipeline.sources.eventsub.tokens import TokenFile
from warehouse.config import TwitchAddress
from warehouse.errors import NotAuthorised
from warehouse.records import numeric_id

_NOT_KNOWN = "whether it was done is not known, so it is not asked again"
_REFUSED = {
    (MARKER, 403): "the login is neither the broadcaster nor one of their editors",
    (MARKER, 404): "the channel is offline, or keeps no videos; markers need both (on Twitch: "
    "Creator Dashboard, Settings, Stream, Store past broadcasts)",
    (CLIP, 403): "the channel lets this login make no clips",
    (CLIP, 404): "the channel is offline",
    (PAST, 403): "the channel lets this login make no clips of its videos",
    (PAST, 404): "Twitch has no such video any more",
}


class Asking:
    """root: of the data folder, which has the login. clock: of Twitch, epoch seconds."""

    def __init__(self, root: Path, clock: Callable[[], float]) -> None:
        self._tokens, self.clock = TokenFile(root), clock
        self.settings, self.address = TwitchSettings(), TwitchAddress()

    async def do(self, job: Job, login: str) -> str:
        """Address of what was set; '' while Twitch makes the clip, whose id the job then has.
        login: of its channel. Raises NotDone."""
        try:
            async with self._api() as api:
                return await self._do(api, job, login)
        except (TwitchRefused, NotAuthorised) as exc:
            raise _not_done(job.what, exc) from exc

    async def read(self, stream: PastStream) -> Read:
        """A stream's video and the clips that viewers made. Raises NotDone."""
        try:
            async with self._api() as api:
                kept = {} if stream.vod_id else dict(await helix.videos(api, stream.channel_id))
                span = stream.started_at, stream.until
                rows = await helix.clips_between(api, stream.channel_id, *span, pages=PAGES)
        except (TwitchRefused, NotAuthorised) as exc:
            raise NotDone(str(exc), getattr(exc, "wait_s", 0.0)) from exc
        clips = [{**row, "channel": stream.channel} for row in rows]
        return Read(stream, clips, kept.get(stream.stream_id, ""))

    @asynccontextmanager
    async def _api(self) -> AsyncIterator[Api]:
        """With the login as it is now: a new one may allow more. Raises as `Api.check`."""
        api = Api(self.settings, self._tokens, self.address, self.clock)
        try:
            await api.check()
            yield api
        finally:
            await api.close()

    async def _do(self, api: Api, job: Job, login: str) -> str:
        if job.clip_id:
            is_there = await helix.is_ready(api, job.clip_id)
            return helix.clip_address(job.clip_id) if is_there else ""
        now, channel_id = self.clock(), job.channel_id or await _id_of(api, login)
        if job.what == MARKER:
            words = description(job.words, now - job.at.timestamp())
            return await helix.set_marker(api, channel_id, words, now)
        if job.past is None:
            job.clip_id = await helix.make_clip(api, channel_id, title(job.words), now)
        else:
            job.clip_id = await _clip_past(api, channel_id, job.past, job.words)
        return ""


async def _id_of(api: Api, login: str) -> str:
    user = (await api.ids([login])).get(login, {})
    if channel_id := numeric_id(user.get("id")):
        return channel_id
    raise TwitchRefused(400, f"there is no channel {login}")


async def _clip_past(api: Api, channel_id: str, asked: PastClip, words: str) -> str:
    """Id of the clip. Raises as `Api.ask`."""
    video = asked.video or dict(await helix.videos(api, channel_id)).get(asked.stream_id)
    if not video:
        raise TwitchRefused(404, "no video of that stream is kept")
    name = title(words)
    return await helix.clip_video(api, channel_id, video, asked.end_s, asked.duration_s, name)


def _not_done(what: str, exc: TwitchRefused | NotAuthorised) -> NotDone:
    """Why Twitch did not do it, and what to do."""
    if isinstance(exc, NotAuthorised):
        return NotDone(str(exc))
    if exc.status == 401:
        option = "--markers" if what == MARKER else "--clips"
        do = f"run `python -m pipeline login {option}`"
        return NotDone(f"Twitch refuses the login ({exc.why}); {do}")
    if exc.status == 429:
        return NotDone("too many requests with this login; Twitch asks to wait", exc.wait_s or 1.0)
    if exc.is_passing:
        return NotDone(f"{exc}; {_NOT_KNOWN}")
    known = _REFUSED.get((what, exc.status))
    return NotDone(f"{known} ({exc.status})" if known else str(exc))
