"""Rows of each address, as /openapi.json tells them. Null is missing, and never zero.

What a column is stands in the dictionary (docs/data.md), wherever it is one of a table's.
"""

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from warehouse.analysis.dictionary import entries, values

R = TypeVar("R", bound=BaseModel)
Basis = Literal["words", "emotes"]
Kind = Literal["word", "emote", "emoji"]


def _of(table: str, column: str) -> Any:
    """The column as the dictionary tells it."""
    (entry,) = (one for one in entries() if (one.table, one.column) == (table, column))
    span = values(entry)
    missing = f"null: {entry.missing}" if entry.missing else ""
    more = "; ".join(filter(None, (span, missing)))
    return Field(description=f"{entry.about} ({more})" if more else entry.about)


class Failure(BaseModel):
    """Every failure."""

    error: str = Field(description="its name, for programs")
    detail: str = Field(description="what is wrong, and what to do")


class PageOf(BaseModel, Generic[R]):
    """A page of rows."""

    items: list[R]
    next: str | None = Field(description="cursor of the next page; null: this is the last")


class ChannelRow(BaseModel):
    """A channel."""

    channel: str = _of("channels", "channel")
    login: str | None = _of("channels", "login")
    display_name: str | None = _of("channels", "display_name")
    channel_id: str | None = Field(description="Twitch's; null where it is not known, or made up")
    language: str | None = _of("channels", "language")
    readable: float | None = _of("channels", "readable")
    source: str = _of("channels", "source")
    streams: int = Field(description="streams that are known")
    first_at: datetime | None = Field(description="start of the first one with a date, UTC")
    newest_at: datetime | None = Field(description="start of the newest one with a date, UTC")


class StreamRow(BaseModel):
    """A stream."""

    stream_id: str = _of("streams", "stream_id")
    channel: str = _of("streams", "channel")
    started_at: datetime = _of("streams", "started_at")
    ended_at: datetime | None = _of("streams", "ended_at")
    title: str | None = _of("streams", "title")
    category: str | None = _of("streams", "category")
    vod_id: str | None = _of("streams", "vod_id")
    source: str = _of("streams", "source")
    undated: bool = _of("streams", "undated")


class WindowRow(BaseModel):
    """30 seconds of a channel's chat. In silence moods and shares are null, n_messages is 0."""

    channel: str = _of("windows", "channel")
    start: datetime = _of("windows", "start")
    stream_id: str | None = _of("windows", "stream_id")
    source: str = _of("windows", "source")
    basis: Basis = _of("windows", "basis")
    observed_s: float = _of("windows", "observed_s")
    n_messages: int = _of("windows", "n_messages")
    n_chatters: int = _of("windows", "n_chatters")
    n_filtered: int = _of("windows", "n_filtered")
    n_late: int = _of("windows", "n_late")
    n_laughs: int | None = _of("windows", "n_laughs")
    n_capitals: int | None = _of("windows", "n_capitals")
    mean_compound: float | None = _of("windows", "mean_compound")
    sd_compound: float | None = _of("windows", "sd_compound")
    share_positive: float | None = _of("windows", "share_positive")
    share_negative: float | None = _of("windows", "share_negative")
    share_scored: float | None = _of("windows", "share_scored")
    share_emote: float | None = _of("windows", "share_emote")
    readable: float | None = _of("windows", "readable")
    lexicon_version: str = _of("windows", "lexicon_version")


class TermRow(BaseModel):
    """A word, emote or emoji of a channel, summed over the days that were asked for."""

    channel: str = _of("term_days", "channel")
    term: str = _of("window_terms", "term")
    kind: Kind
    basis: Basis = _of("windows", "basis")
    n: int = Field(description="uses, in windows where it was among the twenty that are kept")
    windows: int = _of("term_days", "windows")
    contribution: float = Field(
        description="its part of the mean mood of all messages of the days and the basis"
    )


class MomentRow(BaseModel):
    """A moment of a stream, as the page Session review finds it: docs/moments.md."""

    channel: str
    stream_id: str
    rank: int = Field(description="1 is the best")
    kind: str = Field(description="laughter, hype, peak or silence")
    also: list[str] = Field(description="other kinds that were found there")
    grade: Literal["sure", "maybe"]
    start: datetime | None = Field(description="of the reaction, to 5 s; null without a date")
    at_s: int = Field(description="the same in seconds from the stream's start")
    duration_s: int
    sigma: float = Field(description="standard deviations off what the stream always does")
    n_messages: int
    mood_before: float | None
    mood: float | None
    messages_per_min: float | None
    usual_per_min: float | None = Field(description="around it")
    laughs_per_message: float | None
    basis: Basis
    terms: list[str] = Field(description="used more, or moving more, than before")
