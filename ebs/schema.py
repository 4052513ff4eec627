"""The bodies of the API: the contract with the extension. That of /v1/mood is documented here and
never run per request."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from warehouse.records import LOGIN

Mood = float | None
Point = tuple[str, Mood, int | None]


class Lately(BaseModel):
    """The last five minutes, shrunk by their noise towards what is usual: what a headline says."""

    mood: float = Field(description="-1..1, in the two digits that are shown")
    low: float = Field(description="lower end of the 80 % band; -1..1, two digits")
    high: float = Field(description="upper end of it")
    n: int = Field(description="messages, 1 or more")
    label: Literal["positive", "negative", "neutral"] = Field(
        description="the mood in a word; neutral where it is shown as less than .05 from 0, or "
        "where its band holds 0"
    )


class Now(BaseModel):
    """The newest closed window, and the five minutes that it ends."""

    mood: Mood = Field(description="-1..1; null: nobody spoke, or no mood can be told")
    label: str | None = Field(
        description="the label of `five`, else `mood` in a word, or silent; waiting: it is not "
        "known yet what language is written; unsupported: no mood can be told"
    )
    n: int | None = Field(description="messages; null: not observed")
    five: Lately | None = Field(
        None, description="null: nobody spoke in five minutes, or no mood can be told"
    )
    top: list[tuple[str, int]] = Field(max_length=5, description="most used emotes, and how often")
    share: float | None = Field(
        None, description="by emotes: share of the last ten minutes' messages that it rests on"
    )
    seconds: int | None = Field(None, description="by emotes: what the mood is over, 30..600")
    laughs: float | None = Field(
        None, description="by emotes: share of messages with laughter, which has no valence"
    )


class ForecastBody(BaseModel):
    """Forecast of the next ten windows, and of the five minutes that they are together."""

    cutoff: str
    model: str
    steps: list[tuple[float, float, float]] = Field(description="q10, q50, q90; -1..1; ten of them")
    five: tuple[float, float, float] | None = Field(
        None, description="q10, q50, q90 of the mean of all messages of the five minutes; -1..1"
    )
    usual: Mood = Field(None, description="mean of all messages of the stream so far; -1..1")
    chances: dict[Literal["above", "drop", "rise"], float] = Field(
        {},
        description="0..1, that the five minutes' mean is above the usual, .1 or more below it, .1 "
        "or more above it; only those that were found to hold",
    )
    activity: tuple[float, float, float] | None = Field(
        None, description="q10, q50, q90 of messages a minute in the five minutes"
    )
    grade: Literal["clearly", "little", "not", "new"] = Field(
        "new",
        description="how much better `five` was than the stream's average, last 7 days: clearly, "
        "a little, not (then the average is told); new: not known yet",
    )
    skill: float | None = Field(description="latent skill at step 1, last 7 days; 1 is perfect")
    five_skill: float | None = Field(
        None, description="latent skill of `five`, last 7 days; null while new"
    )
    record: str | None = Field(description="how good the steps have been, in plain words")


class Moment(BaseModel):
    """The last moment of the running stream; an earlier pipeline says at and text alone."""

    at: str = Field(description="when chat began to react")
    text: str = Field(description="what happened, in English")
    kind: Literal["laughter", "hype", "peak"] | None = None
    term: str | None = Field(None, description="what was said most beyond the usual")
    n: int = Field(0, description="uses of it")
    times: float | None = Field(None, description="how many times as busy as usual chat was")
    before: Mood = Field(None, description="the usual mood of the time around; null: not told")
    mood: Mood = Field(None, description="mood of the moment's messages; null: not told")


class MoodBody(BaseModel):
    """At most 5 KB."""

    v: Literal[1]
    channel_id: str
    login: str
    source: Literal["simulated", "replay", "live"]
    window_s: Literal[30]
    generated_at: str
    status: Literal["live", "quiet", "offline", "stale"]
    readable: float | None = Field(description="share of messages the scorer can read, 0..1")
    basis: Literal["words", "emotes"] | None = Field(
        None,
        description="what the moods of now, history and forecast are read from; null: not known "
        "yet, as nothing was said or its language is still read",
    )
    now: Now
    history: list[Point] = Field(
        description="[start, mood, n], 60 of them, oldest first; mood null: silence, or, where n "
        "is not 0, none that may stand beside that of now; n null: not observed"
    )
    forecast: ForecastBody | None
    why: str | None = Field(None, description="why there is no forecast")
    moment: Moment | None
    clock_offset_s: float | None = Field(
        None, description="seconds that the pipeline's clock is behind Twitch's, where it is wrong"
    )
    recap: dict[str, object] | None = Field(description="the last stream in short")


class Standing(BaseModel):
    """A channel's standing with DLD."""

    state: Literal["followed", "requested", "opted_out", "unknown"]
    login: str | None = Field(description="where it is known")
    refused: str | None = Field(None, description="why the last request was refused, if it was")


class Wish(BaseModel):
    """Body of a request about a channel; opt-in needs it."""

    model_config = ConfigDict(extra="forbid")

    login: str = Field(pattern=f"^{LOGIN.pattern}$", description="the channel's name")


class Accepted(BaseModel):
    """A request that was put in."""

    id: str


class Failure(BaseModel):
    """Every error."""

    error: str
    detail: str
