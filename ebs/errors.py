"""Every failure, in one shape: {"error": "Name", "detail": "what, which, what to do"}."""

import json
import logging
import math
from http import HTTPStatus
from typing import ClassVar

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from warehouse.errors import AppError, BadInput, NotAuthorised, NothingPublished

log = logging.getLogger(__name__)

NAMES = {404: "NotFound", 405: "MethodNotAllowed", 422: "BadInput"}
DETAILS = {
    404: "there is no such address: see GET /v1/mood",
    405: "this address does not take that method",
    500: "the EBS failed on this request; its log says why",
}


class PublishedDamaged(AppError):
    """A published file that is not what the contract says."""


class Refused(AppError):
    """A request that is not served. retry_after_s: when it may be."""

    status: ClassVar[int] = 400

    def __init__(self, detail: str, retry_after_s: float = 0.0) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s

    def response(self, headers: dict[str, str] | None = None) -> Response:
        """It, in the one shape."""
        more = {"retry-after": str(math.ceil(self.retry_after_s))} if self.retry_after_s else {}
        return failure(self.status, type(self).__name__, str(self), {**more, **(headers or {})})


class BadRequest(Refused):
    """Not a request that could be meant."""


class Forbidden(Refused):
    """A good token, of somebody who may not."""

    status = 403


class TooSlow(Refused):
    """A body that does not come."""

    status = 408


class TooLarge(Refused):
    """A body beyond the limit."""

    status = 413


class TooMany(Refused):
    """Asked too often."""

    status = 429


class RequestHeaderFieldsTooLarge(Refused):
    """A head beyond the limit."""

    status = 431


class Unavailable(Refused):
    """Not now."""

    status = 503


STATUS: dict[type[AppError], int] = {NotAuthorised: 401, NothingPublished: 404, BadInput: 422}


def failure(status: int, name: str, detail: str, headers: dict[str, str] | None = None) -> Response:
    """An error in the one shape; never cached."""
    body = json.dumps({"error": name, "detail": detail}).encode()
    return Response(
        body, status, {"cache-control": "no-store", **(headers or {})}, "application/json"
    )


def name_of(status: int) -> str:
    """Of a failure that no exception of ours names."""
    return NAMES.get(status) or HTTPStatus(status).phrase.title().replace(" ", "")


async def _app_error(_: Request, exc: Exception) -> Response:
    return answer_to(exc)


def answer_to(exc: Exception) -> Response:
    """What an AppError answers."""
    if isinstance(exc, Refused):
        return exc.response()
    status = next((s for kind, s in STATUS.items() if isinstance(exc, kind)), 500)
    if status == 500:
        log.error("request failed error=%s detail=%s", type(exc).__name__, exc)
    headers = {"www-authenticate": "Bearer"} if status == 401 else None
    return failure(status, type(exc).__name__, str(exc), headers)


async def _http_error(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    status = exc.status_code
    name = name_of(status)
    allowed = request.scope.get("allowed") or (exc.headers or {}).get("Allow")
    allow = {"allow": allowed} if status == 405 and allowed else {}
    return failure(status, name, DETAILS.get(status, HTTPStatus(status).phrase), allow)


async def _bad_input(_: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)
    # What was sent is left out: an error must not carry a stranger's text.
    where = "; ".join(
        f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in exc.errors()
    )
    return failure(422, NAMES[422], where)


def broken() -> Response:
    """What an unforeseen error answers; the log has its traceback."""
    return failure(500, "InternalError", DETAILS[500])


def answer_in_one_shape(app: FastAPI) -> None:
    """Registers the handlers; unforeseen errors are caught in `middleware.py`."""
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _bad_input)
