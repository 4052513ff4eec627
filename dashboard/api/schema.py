"""Rows of each address, as /openapi.json tells them. Null is missing, and never zero."""

from datetime import datetime
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, Field

R = TypeVar("R", bound=BaseModel)
Basis = Literal["words", "emotes"]
Kind = Literal["word", "emote", "emoji"]


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

    channel: str = Field(description="its key: the login under which it was first met")
    login: str | None = Field(description="of today; null where another has taken it since")
    display_name: str | None = Field(description="null where Twitch did not tell it")
    channel_id: str | None = Field(description="Twitch's; null where it is not known")
    language: str | None = Field(description="as Twitch says it")
    readable: float | None = Field(
        description="0 to 1: share of its messages in a language that is scored; null: not known"
    )
    source: str = Field(description="simulated, replay, live or import")
    streams: int = Field(description="streams that are known")
    first_at: datetime | None = Field(description="start of the first one with a date")
    newest_at: datetime | None = Field(description="start of the newest one with a date")


class StreamRow(BaseModel):
    """A stream."""

    stream_id: str
    channel: str
    started_at: datetime = Field(description="of an undated one: a made-up day from 2000 on")
    ended_at: datetime | None = Field(description="null while it goes on")
    title: str | None
    category: str | None
    vod_id: str | None = Field(description="Twitch's id of its video")
    source: str
    undated: bool = Field(description="nobody knows when it was")


class WindowRow(BaseModel):
    """30 seconds of a channel's chat. In silence moods and shares are null, n_messages is 0."""

    channel: str
    start: datetime = Field(description="UTC, a multiple of 30 s")
    stream_id: str | None
    source: str
    basis: Basis = Field(description="what messages were scored by: never mix the two")
    observed_s: float = Field(description="0 to 30: seconds in which the channel was seen")
    n_messages: int
    n_chatters: int
    n_filtered: int = Field(description="commands and bots, not in n_messages")
    n_late: int = Field(description="messages of n_messages that came after it had closed")
    n_laughs: int | None = Field(description="messages with laughter; null: not counted")
    n_capitals: int | None = Field(description="messages mostly in capitals; null: not counted")
    mean_compound: float | None = Field(description="-1 to 1: the mood, mean of its messages")
    sd_compound: float | None = Field(description="of its messages; null below two")
    share_positive: float | None = Field(description="0 to 1: compound .05 or more")
    share_negative: float | None = Field(description="0 to 1: compound -.05 or less")
    share_scored: float | None = Field(description="0 to 1: compound not 0")
    share_emote: float | None = Field(description="0 to 1: with an emote")
    readable: float | None = Field(description="0 to 1, as of channels")
    lexicon_version: str


class TermRow(BaseModel):
    """A word, emote or emoji of a channel, summed over the days that were asked for."""

    channel: str
    term: str
    kind: Kind
    basis: Basis
    n: int = Field(description="uses, in windows where it was among the twenty that are kept")
    windows: int = Field(description="windows with it")
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
