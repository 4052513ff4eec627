"""Comments of a video as Twitch's GraphQL answers them: a list, or the answers as they came."""

from collections.abc import Iterator
from typing import Any

from pipeline.imports.formats.base import (
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
from pipeline.imports.formats.notices import own_words
from pipeline.sources.eventsub.frames import label, mapping
from warehouse.records import login_or_none, lowered, numeric_id

_APART = 2.0  # seconds: offsets are whole ones, rounded down


def is_answer(key: str, value: Any) -> bool:
    """True for a comment, or a page of them."""
    if not isinstance(value, dict):
        return False
    page = value.get("data") if key == "" else value if key == "data" else None
    has_edges = key in ("", "comments") and "edges" in value
    is_page = isinstance(page, dict) and "video" in page
    return "contentOffsetSeconds" in value or has_edges or is_page


def read(file: LogFile, log: Log) -> Iterator[Said]:
    """Times are those the comments were made at. Those of a highlight were all made when it was
    cut, and those of late are local times that are called UTC; then their offsets tell."""
    for key, value in values(file, {"comments"}):
        if key in ("", "comments", "data"):
            for comment in _nodes(value if key != "data" else {"data": value}, log):
                if said := _said(comment, log):
                    yield said
        elif key == "video" and isinstance(value, dict):  # twitch-dl's, which has all of it
            _facts(value, log)
            log.covers = part_of_video(0, value.get("lengthSeconds"))


def _nodes(value: Any, log: Log) -> Iterator[Any]:
    """The comments of an element: itself, or those of a page."""
    if isinstance(value, dict) and "data" in value:
        try:
            video = value["data"]["video"]
            _facts(video, log)
            value = video["comments"]
        except (KeyError, TypeError, AttributeError):
            log.skip("no page of comments")
            return
    if isinstance(value, dict) and "edges" in value:
        yield from ((e.get("node") if isinstance(e, dict) else e) for e in value["edges"] or ())
    else:
        yield value


def _facts(video: dict[str, Any], log: Log) -> None:
    log.stream = log.stream or short_text(video.get("id"))
    log.title = log.title or label(video.get("title"))
    if isinstance(game := video.get("game"), dict):
        log.category = log.category or label(game.get("name"))
    for whose in (video.get("creator"), video.get("owner")):
        if isinstance(whose, dict):
            log.channel = log.channel or login_or_none(whose.get("login"))
            log.is_shown(whose.get("displayName"))
            its_id = numeric_id(mapping(whose.get("channel")).get("id")) or numeric_id(
                whose.get("id")
            )
            log.channel_ids.setdefault("", its_id)
    if video.get("broadcastType", "ARCHIVE") == "ARCHIVE" and log.starts_at is None:
        began = (epoch(video.get(key)) for key in ("recordedAt", "createdAt", "publishedAt"))
        log.starts_at = next((at for at in began if at is not None), None)


def _said(comment: Any, log: Log) -> Said | None:
    if isinstance(comment, NoValue):
        log.skip(comment.reason)
        return None
    try:
        offset, at = float(comment["contentOffsetSeconds"]), epoch(comment.get("createdAt"))
        message, commenter = comment["message"], comment.get("commenter") or {}
        fragments = message["fragments"]
        if log.starts_at is None and at is not None and trusted(at):
            log.starts_at = moment(at - offset)
        start = log.starts_at or 0.0
        exact = at is not None and abs(at - start - offset) <= _APART
        said = Said(
            round(at - start, 3) if at is not None and exact else offset,
            lowered(commenter.get("login") or ""),
            "".join(f["text"] for f in fragments),
            " ".join(f["text"].strip() for f in fragments if f.get("emote")),
            any(badge.get("setID") == "bot-badge" for badge in message.get("userBadges") or ()),
            id=str(comment.get("id") or ""),
        )
        return own_words(said, log, str(commenter.get("displayName") or ""))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        log.skip("no comment of a video")
        return None
