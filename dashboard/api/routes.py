"""Addresses of the data for scripts: what each is asked with, and the rows that it answers with."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Query, Request, Response, Security
from fastapi.security import HTTPBearer
from pydantic import BaseModel, Field

from dashboard.api import parameters as asked
from dashboard.api import schema
from dashboard.api.answers import Rows, answer, page
from dashboard.api.doorkeeper import Asker, bearer
from dashboard.api.moments import moments
from dashboard.api.parameters import within
from warehouse.errors import BadInput
from warehouse.records import WINDOW

F = TypeVar("F", bound=Callable[..., Response])
_Uses = Annotated[int, Field(ge=0, lt=1 << 63)]
_MOST_USES = (1 << 63) - 1
_FAILURES = {
    400: "not a request that could be meant",
    401: "no token, or one that is wrong, ended or over",
    403: "a good token of somebody who may see nothing, or a page of another site",
    404: "no such channel or stream, or none that this token sees",
    405: "another method than GET",
    421: "asked by another name than DLD_PUBLIC_NAMES lists",
    422: "parameters that cannot be used as they are",
    429: "too many requests with this token",
    503: "the published data cannot be read just now",
}

router = APIRouter(prefix="/v1", default_response_class=Response)


def _let_in(request: Request) -> Asker:
    asker: Asker = request.app.state.doorkeeper.let_in(
        bearer(request.headers.getlist("authorization"))
    )
    names = [name for name, _ in request.query_params.multi_items()]
    if len(names) > len({*names}):
        raise BadInput("send each parameter once: one channel a request")
    return asker


Asking = Annotated[Asker, Depends(_let_in)]
_TOKEN = HTTPBearer(auto_error=False, scheme_name="token", description="dld_ID_SECRET")


def _get(path: str, row: type[BaseModel]) -> Callable[[F], F]:
    """A route that answers with such rows. The token is checked before its parameters are."""
    link = {"Link": {"description": "the next page, rel=next", "schema": {"type": "string"}}}
    responses: dict[int | str, dict[str, Any]] = {
        status: {"model": schema.Failure, "description": text} for status, text in _FAILURES.items()
    }
    responses[200] = {
        "model": schema.PageOf[row],  # type: ignore[valid-type]
        "content": {"text/csv": {"schema": {"type": "string"}}},
        "headers": link,
    }
    return router.get(path, responses=responses, dependencies=[Security(_TOKEN)])


@_get("/channels", schema.ChannelRow)
def channels(request: Request, asker: Asking, ask: Annotated[asked.AskedPage, Query()]) -> Response:
    """Channels that the token sees, by key."""
    (after,) = ask.after(tuple[str]) or ("",)
    found = asker.reader.query("api_channels", after=after, limit=ask.limit + 1)
    return answer(request, page(found, ask.limit, ["channel"]), ask.format)


@_get("/streams", schema.StreamRow)
def streams(
    request: Request, asker: Asking, ask: Annotated[asked.AskedStreams, Query()]
) -> Response:
    """Streams that began in the span, of one channel or of all, the first ones first."""
    since, stream_id = ask.after(tuple[datetime, str]) or (ask.since, "")
    channel = asker.key_of(ask.channel) if ask.channel is not None else None
    found = asker.reader.query(
        "api_streams", channel=channel, since=within(since), until=within(ask.until),
        id=stream_id, limit=ask.limit + 1,
    )  # fmt: skip
    return answer(request, page(found, ask.limit, ["started_at", "stream_id"]), ask.format)


@_get("/windows", schema.WindowRow)
def windows(
    request: Request, asker: Asking, ask: Annotated[asked.AskedWindows, Query()]
) -> Response:
    """Windows of 30 seconds of a channel that began in the span, oldest first."""
    after = ask.after(tuple[datetime])
    found = asker.reader.query(
        "api_windows", channel=asker.key_of(ask.channel), limit=ask.limit + 1,
        since=within(after[0]) + WINDOW if after else within(ask.since), until=within(ask.until),
    )  # fmt: skip
    return answer(request, page(found, ask.limit, ["start"]), ask.format)


@_get("/moments", schema.MomentRow)
def found_moments(
    request: Request, asker: Asking, ask: Annotated[asked.AskedMoments, Query()]
) -> Response:
    """Moments of a stream, the best first: 40 at most, so all on one page."""
    return answer(request, Rows(moments(asker.reader, ask.stream)), ask.format)


@_get("/terms", schema.TermRow)
def terms(request: Request, asker: Asking, ask: Annotated[asked.AskedTerms, Query()]) -> Response:
    """Terms of a channel, summed over days, those used most first."""
    n, term, basis = ask.after(tuple[_Uses, str, str]) or (_MOST_USES, "", "")
    found = asker.reader.query(
        "api_terms", channel=asker.key_of(ask.channel), kind=ask.kind, since=ask.since,
        until=ask.until, n=n, term=term, basis=basis, limit=ask.limit + 1,
    )  # fmt: skip
    return answer(request, page(found, ask.limit, ["n", "term", "basis"]), ask.format)
