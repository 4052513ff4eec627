"""Comments of a video as JSON: TwitchDownloader's, and the older rechat arrays."""

from collections.abc import Iterator
from typing import Any

from pipeline.imports.formats.base import (
    NOTICES,
    Log,
    Said,
    epoch,
    moment,
    part_of_video,
    short_text,
)
from pipeline.imports.formats.json_stream import NoValue, values
from pipeline.imports.formats.log_file import LogFile
from warehouse.records import login_or_none, lowered, numeric_id

# From then on TwitchDownloader wrote local times as UTC; a log without its video's start has none
_MISLABELLED_FROM = 1743465600.0  # 2025-04-01
# with which Ganymede begins a chat that it heard live; the video's id in it is an earlier one's
_MARK = "546a5e6e-c820-4ad2-9421-9ba5b5bf37ea"


def is_downloader(key: str, value: Any) -> bool:
    """True for a value at the top of TwitchDownloader's JSON."""
    return key == "FileInfo" or (key == "comments" and is_comment(key, value))


def is_comment(key: str, value: Any) -> bool:
    """True for a comment by itself."""
    return key != "data" and isinstance(value, dict) and "content_offset_seconds" in value


def read(file: LogFile, log: Log) -> Iterator[Said]:
    """Times are offsets from the start of the video. Where the log does not say when that was,
    the first comment's own time does, as long as it can be trusted."""
    seen: dict[str, Any] = {}
    begun = False
    for key, value in values(file, {"comments"}):
        if key in ("FileInfo", "streamer", "video", "clipper"):
            seen[key] = value
        elif key == "comments" and isinstance(value, dict) and value.get("_id") == _MARK:
            seen["mark"] = value
            log.skip("mark of a start")
        elif key in ("", "comments") and (said := _said(value, log)):
            if not begun:
                _facts(seen, log)
                log.stream = log.stream or short_text(value.get("content_id"))
                log.channel_ids.setdefault("", numeric_id(value.get("channel_id")))
                if log.starts_at is None and not log.clip:
                    log.starts_at = _start(value, said.at, "FileInfo" in seen)
                begun = True
            yield said
    _facts(seen, log)  # of a log that tells them last


def _facts(seen: dict[str, Any], log: Log) -> None:
    """Channel, video and start. The streamer's name may be one for display only. A clip has its
    own day of making; where in its video it lies, only its start and end tell."""
    video, streamer = (_table(seen.get(key)) for key in ("video", "streamer"))
    names = (streamer.get("login"), video.get("user_login"), streamer.get("name"))
    log.channel = next(filter(None, map(login_or_none, (log.channel, *names))), "")
    log.stream = "" if "mark" in seen else short_text(video.get("id")) or log.stream
    log.clip = any(_table(seen.get("clipper")).values())
    log.covers = part_of_video(video.get("start"), video.get("end"))
    if channel_id := numeric_id(streamer.get("id")):
        log.channel_ids[""] = channel_id
    start = None if log.clip else epoch(video.get("created_at"))
    log.starts_at = log.starts_at if start is None else start


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _start(comment: Any, offset: float, by_downloader: bool) -> float | None:
    at = epoch(comment.get("created_at"))
    if at is None or (by_downloader and at >= _MISLABELLED_FROM):
        return None
    return moment(at - offset)


def _said(comment: Any, log: Log) -> Said | None:
    if isinstance(comment, NoValue):
        log.skip(comment.reason)
        return None
    try:
        if comment.get("source") == "comment":  # written below the video, later
            log.skip("comment below the video")
            return None
        message, commenter = comment["message"], comment.get("commenter") or {}
        params = message.get("user_notice_params") or {}
        if (params.get("msg-id") or params.get("msgid")) in NOTICES:
            log.skip("notice of a sub, gift or raid")
            return None
        return Said(
            float(comment["content_offset_seconds"]),
            lowered(commenter.get("name") or commenter.get("display_name") or ""),
            _body(message),
            _emotes(message),
            any(badge["_id"] == "bot-badge" for badge in message.get("user_badges") or ()),
            id=short_text(comment.get("_id")),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        log.skip("no comment of a video")
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
