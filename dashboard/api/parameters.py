"""Parameters of each address, as they may be sent: everything else is a 422 that says why."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, TypeVar

import orjson
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from warehouse.errors import BadInput
from warehouse.records import naive

MOST_ROWS, ROWS = 5000, 1000
FIRST, LAST = datetime(1970, 1, 1), datetime(9999, 12, 31)  # where no time is given, naive UTC
K = TypeVar("K")


def _time(text: object) -> datetime:
    """An ISO time as naive UTC, which it is where it says no zone. Raises ValueError."""
    try:
        at = datetime.fromisoformat(str(text))
        return naive(at.astimezone(UTC)) if at.tzinfo else at
    except (ValueError, OverflowError):
        raise ValueError("send an ISO time, as 2026-11-30T20:00:00Z or 2026-11-30") from None


def _day(text: object) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise ValueError("send a day of UTC, as 2026-11-30") from None


Time = Annotated[datetime, BeforeValidator(_time)]
Day = Annotated[date, BeforeValidator(_day)]
Channel = Annotated[str, Field(max_length=50, description="a channel's login, or its key")]


class Asked(BaseModel):
    """Parameters that every address takes."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    format: Literal["json", "csv"] = Field("json", description="of the answer")


class AskedPage(Asked):
    """Of an address with pages."""

    limit: int = Field(ROWS, ge=1, le=MOST_ROWS, description="rows of a page, at most")
    cursor: str | None = Field(
        None, max_length=400, description="`next` of the page before; without it the first page"
    )

    def after(self, kind: type[K]) -> K | None:
        """What the rows of this page come after; None for the first. Raises BadInput."""
        return None if self.cursor is None else decoded(self.cursor, kind)


class AskedStreams(AskedPage):
    """GET /v1/streams."""

    channel: Channel | None = None
    since: Time = Field(FIRST, alias="from", description="the first time, UTC")
    until: Time = Field(LAST, alias="to", description="the time that is not in it any more")

    @model_validator(mode="after")
    def _in_order(self) -> "AskedStreams":
        return _in_order(self)


class AskedWindows(AskedStreams):
    """GET /v1/windows."""

    channel: Channel


class AskedTerms(AskedPage):
    """GET /v1/terms."""

    channel: Channel
    since: Day = Field(FIRST.date(), alias="from", description="the first day, UTC")
    until: Day = Field(LAST.date(), alias="to", description="the day that is not in it any more")
    kind: Literal["word", "emote", "emoji"] | None = Field(None, description="of these alone")

    @model_validator(mode="after")
    def _in_order(self) -> "AskedTerms":
        return _in_order(self)


class AskedMoments(Asked):
    """GET /v1/moments."""

    stream: str = Field(max_length=500, description="stream_id of GET /v1/streams")


def _in_order(of: K) -> K:
    if of.since >= of.until:  # type: ignore[attr-defined]
        raise ValueError("from has to be before to")
    return of


def within(at: datetime) -> datetime:
    """The time as columns have it, naive UTC, and near enough that it can be reckoned with."""
    return min(max(naive(at), FIRST), LAST)


def encoded(place: Sequence[Any]) -> str:
    """A place among rows, as a cursor: opaque, not secret, and checked when it comes back."""
    return urlsafe_b64encode(orjson.dumps(place)).rstrip(b"=").decode()


def decoded(cursor: str, kind: type[K]) -> K:
    """The place. kind: a tuple of types. Raises BadInput for a cursor of something else."""
    try:
        text = urlsafe_b64decode(cursor.encode("ascii") + b"==")
        return TypeAdapter(kind).validate_json(text)
    except (ValidationError, binascii.Error, UnicodeError):
        raise BadInput("cursor: it is not `next` of a page of this address") from None
