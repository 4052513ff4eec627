"""Failures of the data for scripts, in one shape: {"error": "Name", "detail": "what to do"}."""

import logging
import math
from http import HTTPStatus
from typing import ClassVar

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from warehouse.errors import AppError, BadInput, NotAuthorised

log = logging.getLogger(__name__)

NAMES = {404: "NotFound", 405: "MethodNotAllowed"}
DETAILS = {
    404: "there is no such address: see /openapi.json",
    405: "only GET is answered: nothing can be written here",
    500: "this request failed; the log of the process says why",
    503: "the published data cannot be read just now: is the pipeline running?",
}


class Refused(AppError):
    """A request that is not served."""

    status: ClassVar[int] = 400

    def headers(self) -> dict[str, str]:
        """Those that go with it."""
        return {}


class Forbidden(Refused):
    """A good token of somebody who may see nothing."""

    status = 403


class NotFound(Refused):
    """A channel or stream that is not there, or not there for whoever asks."""

    status = 404


class TooMany(Refused):
    """Asked too often. wait_s: until it may be asked again."""

    status = 429

    def __init__(self, detail: str, wait_s: float) -> None:
        super().__init__(detail)
        self._wait_s = wait_s

    def headers(self) -> dict[str, str]:
        return {"retry-after": str(math.ceil(self._wait_s))}


def failure(status: int, detail: str, name: str = "", headers: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    """An error in the one shape. name: '' for the status's own."""
    name = name or NAMES.get(status) or HTTPStatus(status).phrase.title().replace(" ", "")
    body = orjson.dumps({"error": name, "detail": detail})
    return Response(body, status, headers, "application/json")


def _app_error(_: Request, exc: Exception) -> Response:
    name = type(exc).__name__
    if isinstance(exc, Refused):
        return failure(exc.status, str(exc), name, exc.headers())
    if isinstance(exc, NotAuthorised):
        return failure(401, str(exc), name, {"www-authenticate": "Bearer"})
    if isinstance(exc, BadInput):
        return failure(422, str(exc), name)
    log.error("not answered error=%s detail=%s", name, exc)  # which names a folder of ours
    return failure(503, DETAILS[503], name, {"retry-after": "10"})


def _http_error(_: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    status = exc.status_code
    headers = {"allow": "GET"} if status == 405 else None
    return failure(status, DETAILS.get(status, HTTPStatus(status).phrase), headers=headers)


def _bad_input(_: Request, exc: Exception) -> Response:
    """What was sent is left out: a stranger's text, or a token in the wrong place."""
    assert isinstance(exc, RequestValidationError)
    return failure(422, "; ".join(dict.fromkeys(map(_fault, exc.errors()))), "BadInput")


def _fault(error: dict[str, object]) -> str:
    place = error["loc"]
    assert isinstance(place, tuple)
    if error["type"] == "extra_forbidden":
        return "a parameter is not known here: /openapi.json lists those of each address"
    reason = str(error["msg"]).removeprefix("Value error, ")
    return ": ".join([*map(str, place[1:]), reason])


def answer_in_one_shape(app: FastAPI) -> None:
    """Registers the handlers; what nobody foresaw is caught in `doorway.py`."""
    app.add_exception_handler(AppError, _app_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _bad_input)
