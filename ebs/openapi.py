"""Parts of /openapi.json beside the schemas: the token, every status, the headers that count."""

from typing import Any

from fastapi import FastAPI

from ebs.schema import Accepted, Failure, MoodBody, Standing, Wish

Responses = dict[int | str, dict[str, Any]]

SECURED: dict[str, Any] = {"security": [{"twitch": []}]}
TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "the token of Twitch.ext.onAuthorized, as it is",
}


def _header(description: str, kind: str = "string") -> dict[str, Any]:
    return {"description": description, "schema": {"type": kind}}


_ID = {"X-Request-Id": _header("names the request in the log")}
_FRESH = {
    "ETag": _header("of the window"),
    "Cache-Control": _header("private, max-age: seconds until the next window"),
    **_ID,
}
_RETRY = {"Retry-After": _header("seconds", "integer"), **_ID}


def _failures(*statuses: int) -> Responses:
    responses: Responses = {}
    for status in statuses:
        headers = _RETRY if status in (429, 503) else _ID
        responses[status] = {"model": Failure, "description": FAILURES[status], "headers": headers}
    return responses


FAILURES = {
    400: "not a request that could be meant: a query, two tokens",
    401: "no token, or one that is wrong or expired",
    403: "a good token of somebody who may not, or a page of another site",
    404: "nothing is published for the channel",
    405: "another method",
    408: "the body took too long",
    413: "the body is too large",
    421: "asked by another name than DLD_PUBLIC_NAMES lists",
    422: "a body of another form",
    429: "too many requests with this token, or from this address",
    431: "the headers are too large",
    500: "the EBS failed",
    503: "not now",
}
MOOD: Responses = {
    200: {"model": MoodBody, "description": "as the pipeline published it", "headers": _FRESH},
    304: {"description": "nothing new since the ETag in If-None-Match", "headers": _FRESH},
    **_failures(400, 401, 403, 404, 405, 413, 421, 429, 431, 500),
}
CHANNEL: Responses = {
    200: {"model": Standing, "headers": _ID},
    **_failures(400, 401, 403, 405, 413, 421, 429, 431, 500),
}
WISH: Responses = {
    202: {"model": Accepted, "description": "put in for the pipeline", "headers": _ID},
    **_failures(400, 401, 403, 405, 408, 413, 421, 422, 429, 431, 500, 503),
}


def body_of(action: str) -> dict[str, Any]:
    """The body of a request about a channel; only opt-in needs one, with the login."""
    schema, is_needed = Wish.model_json_schema(), action == "opt-in"
    if not is_needed:
        del schema["required"]
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"required": is_needed, "content": content}}


def describe(app: FastAPI) -> None:
    """Puts the token's scheme into the app's schema."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        schema = generate()
        schema.setdefault("components", {})["securitySchemes"] = {"twitch": TOKEN}
        return schema

    app.openapi = openapi  # type: ignore[method-assign]
