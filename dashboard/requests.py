"""Requests of the dashboard: files put into the inbox, and what the pipeline answered.

The dashboard writes nothing else. A request is written aside and renamed in, under an id of its
own; the pipeline moves it to inbox/done or, with its reason, to inbox/refused.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson

from warehouse.errors import AppError
from warehouse.manifest import replace_file

UNSIGNED = "dashboard"
LONGEST_NAME = 60  # of who asks; the pipeline keeps no more


class NotAsked(AppError):
    """A request could not be put in."""


@dataclass(frozen=True, slots=True)
class Review:
    """What a reviewer wants of a term.

    decision: accept, change, reject, undo. channel: '' for all. valence: -4..4, None for the
    proposed one. kind: emote or word, None for what it is taken for. seen: when the term was
    last decided on, as far as the reviewer could see; None for never.
    """

    decision: str
    term: str
    channel: str
    seen: datetime | None
    valence: float | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A review that was put in: id of the request, when, and what it wants."""

    id: str
    at: datetime
    review: Review


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request: waiting, done, refused (with a reason) or gone."""

    state: str
    reason: str = ""


def can_ask(inbox: Path) -> bool:
    """Whether requests can be put in; the folder itself may be yet to be made."""
    place = next((p for p in (inbox, *inbox.parents) if p.exists()), None)
    return place is not None and place.is_dir() and os.access(place, os.W_OK | os.X_OK)


def ask(inbox: Path, review: Review, by: str) -> Asked:
    """Put a review in. Raises NotAsked where the inbox cannot be written."""
    asked = Asked(uuid4().hex, datetime.now(UTC), review)
    try:
        inbox.mkdir(parents=True, exist_ok=True)
        replace_file(inbox / f"{asked.id}.json", orjson.dumps(body(asked, by)))
    except OSError as exc:
        raise NotAsked(f"nothing was asked: {exc.strerror or 'cannot write'} ({inbox})") from exc
    return asked


def body(asked: Asked, by: str) -> dict[str, Any]:
    """The request as the pipeline reads it."""
    review = asked.review
    made: dict[str, Any] = {
        "id": asked.id,
        "at": asked.at.isoformat(timespec="microseconds"),
        "by": " ".join(by.split())[:LONGEST_NAME] or UNSIGNED,
        "action": "vocabulary",
        "decision": review.decision,
        "term": review.term,
        "channel": review.channel,
        "seen": None if review.seen is None else _utc(review.seen).isoformat(),
    }
    said = {"valence": review.valence, "kind": review.kind}
    return {**made, **{k: v for k, v in said.items() if v is not None}}


def answer(inbox: Path, request_id: str) -> Answer:
    """What the pipeline said so far."""
    name = f"{request_id}.json"
    if (inbox / "refused" / name).is_file():
        return Answer("refused", _reason(inbox / "refused" / name))
    if (inbox / "done" / name).is_file():
        return Answer("done")
    return Answer("waiting" if (inbox / name).is_file() else "gone")


def _reason(path: Path) -> str:
    try:
        return str(orjson.loads(path.read_bytes())["reason"])
    except (OSError, ValueError, KeyError, TypeError):
        return "no reason given"


def _utc(at: datetime) -> datetime:
    """Times of tables are naive UTC."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
