"""Comments of a video as JSON: TwitchDownloader's, and the older rechat arrays."""

from collections.abc import Iterator
from typing import Any

from pipeline.imports.formats import notices
from pipeline.imports.formats.base import (
    NOTICE,
    Event,
    Log,
    Said,
    epoch,
    moment,
    part_of_video,
    short_text,
    trusted,
)
from pipeline.imports.formats.json_stream import NoValue, values
from pipeline.imports.formats.log_file import LogFile
from pipeline.sources.eventsub.frames import label
from warehouse.records import login_or_none, lowered, numeric_id

# with which Ganymede begins a chat that it heard live; the video's id in it is an earlier one's
_MARK = "546a5e6e-c820-4ad2-9421-9ba5b5bf37ea"


def is_downloader(key: str, value: Any) -> bool:
    """True for a value at the top of TwitchDownloader's JSON."""
    return key == "FileInfo" or (key == "comments" and _is_one(value))


def is_comment(key: str, value: Any) -> bool:
    """True for a comment by itself, or a page of them as Twitch's API of old answered it."""
    return key != "data" and any(map(_is_one, _page(value)[:1]))


def _is_one(value: Any) -> bool:
    return isinstance(value, dict) and "content_offset_seconds" in value


def _page(value: Any) -> list[Any]:
    """The comments of a page; a comment by itself is one."""
    inner = value.get("comments") if isinstance(value, dict) else None
    return inner if isinstance(inner, list) else [value]


def read(file: LogFile, log: Log) -> Iterator[Said]:
    """Times are offsets from the start of the video. Where the log does not say when that was,
    the first comment's own time does, as long as it can be trusted. Comments of a live recorder
    that have no offset have the times at which they were made."""
    seen: dict[str, Any] = {}
    begun = False
    for key, value in values(file, {"comments"}):
        if key in ("FileInfo", "streamer", "video", "clipper"):
            seen[key] = value
        elif key == "comments" and isinstance(value, dict) and value.get("_id") == _MARK:
            seen["mark"] = value
            log.skip("mark of a start")
        elif key in ("", "comments"):
            for comment in _page(value):
                if not begun and isinstance(comment, dict):
                    _facts(seen, log)
                    _begin(comment, log, is_old="FileInfo" not in seen)
                    begun = True
                if said := _said(comment, log):
                    yield said
    _facts(seen, log)  # of a log that tells them last


def _facts(seen: dict[str, Any], log: Log) -> None:
    """Channel, video and start. The streamer's name may be one for display only. A clip has its
    own day of making; where in its video it lies, only its start and end tell."""
    video, streamer = (_table(seen.get(key)) for key in ("video", "streamer"))
    names = (streamer.get("login"), video.get("user_login"), streamer.get("name"),
             _table(video.get("channel")).get("name"), video.get("user_name"))  # fmt: skip
    log.channel = next(filter(None, map(login_or_none, (log.channel, *names))), "")
    log.stream = "" if "mark" in seen else short_text(video.get("id")) or log.stream
    log.clip = any(_table(seen.get("clipper")).values())
    log.covers = None if log.clock else part_of_video(video.get("start"), video.get("end"))
    log.is_shown(streamer.get("name") or video.get("user_name"))
    if channel_id := numeric_id(streamer.get("id")):
        log.channel_ids[""] = channel_id
    start = None if log.clip else epoch(video.get("created_at"))
    log.starts_at = None if log.clip else log.starts_at if start is None else start
    if log.stream and not log.title:
        log.title, log.category = label(video.get("title")), label(video.get("game"))
        for chapter in video.get("chapters") or ():
            _chapter(_table(chapter), log)


def _chapter(chapter: dict[str, Any], log: Log) -> None:
    """Another category from then on; the first is what the stream began with."""
    name = label(chapter.get("gameDisplayName") or chapter.get("description"))
    begins = chapter.get("startMilliseconds")
    if not name or chapter.get("type", "GAME_CHANGE") != "GAME_CHANGE":
        return
    if isinstance(begins, int | float) and 0 < begins < 1e10:
        log.tell(Event(begins / 1000, "category", name, id=f"{log.stream}:{begins}"))
    elif begins == 0:
        log.category = name


def _begin(comment: dict[str, Any], log: Log, is_old: bool) -> None:
    """What the first comment says of its video, as far as the log does not."""
    log.stream = log.stream or short_text(comment.get("content_id"))
    log.channel_ids.setdefault("", numeric_id(comment.get("channel_id")))
    offset = comment.get("content_offset_seconds")
    if offset is None and epoch(comment.get("created_at")) is not None and not log.clip:
        log.clock = True
    elif log.starts_at is None and not log.clip:
        log.starts_at = _start(comment, offset, is_old)


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _start(comment: Any, offset: Any, is_old: bool) -> float | None:
    """When the video began, by when a comment was made at an offset of it. `is_old`: by a tool
    of before Twitch called local times UTC."""
    at = epoch(comment.get("created_at"))
    if at is None or not (is_old or trusted(at)):
        return None
    try:
        return moment(at - float(offset))
    except (TypeError, ValueError, OverflowError):
        return None


def _said(comment: Any, log: Log) -> Said | None:
    if isinstance(comment, NoValue):
        log.skip(comment.reason)
        return None
    try:
        if comment.get("source") == "comment":  # written below the video, later
            log.skip("comment below the video")
            return None
        message, commenter = comment["message"], comment.get("commenter") or {}
        names = [str(commenter.get(key) or "") for key in ("name", "display_name")]
        said = Said(
            _at(comment, log),
            lowered(names[0] or names[1]),
            _body(message),
            _emotes(message),
            any(badge["_id"] == "bot-badge" for badge in message.get("user_badges") or ()),
            id=short_text(comment.get("_id")),
        )
        return _own(said, message, names, log)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        log.skip("no comment of a video")
        return None


def _at(comment: dict[str, Any], log: Log) -> float:
    if not log.clock:
        return float(comment["content_offset_seconds"])
    at = epoch(comment.get("created_at"))
    if at is None:
        raise ValueError
    return at


def _own(said: Said, message: dict[str, Any], names: list[str], log: Log) -> Said | None:
    """What a chatter said; of a notice what they added to it, and the event is kept."""
    params = message.get("user_notice_params") or {}
    if not params and names[0] not in notices.SPEAKERS and not notices.may_be(said.text):
        return said
    kind = params.get("msg-id") or params.get("msg_id") or params.get("msgid")
    is_notice = notices.is_notice(kind)
    if not is_notice and names[0] in notices.SPEAKERS:
        names = []
        is_notice = True
    notice = notices.read(said.text, *names)
    if notice is None and not is_notice:
        return said
    tags = {"system-msg": said.text, **params, "msg-id": kind}
    event = notices.by_tags(tags, said.at, id=said.id) if kind else None
    if event and (notice is None or len(params) > 1):
        log.tell(event)
    elif notice:
        notices.tell(notice, said, log)
    if notice and notice.own.strip():
        return said._replace(text=notice.own.strip())
    log.skip(NOTICE)
    return None


def _body(message: Any) -> str:
    body = message.get("body")
    return body if isinstance(body, str) else "".join(f["text"] for f in message["fragments"])


def _emotes(message: Any) -> str | None:
    fragments = message.get("fragments")
    if fragments:
        return " ".join(f["text"].strip() for f in fragments if f.get("emoticon"))
    if (marks := message.get("emoticons")) is None:
        return None
    text = _body(message)
    return " ".join(text[int(m["begin"]) : int(m["end"]) + 1] for m in marks)
