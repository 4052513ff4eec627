"""A decision on a moment: keep or drop it, neither, or add a range of one's own."""

import time
from datetime import UTC, datetime
from typing import Any

import orjson

from pipeline.requests.queue import AHEAD_S
from warehouse.errors import BadInput
from warehouse.inbox.requests import InboxFolder, Request
from warehouse.moments.decisions import DECISIONS, LONGEST_S, LONGEST_TEXT
from warehouse.records import iso
from warehouse.store.store import Store


def decide(inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]) -> None:
    """Keep a decision among the events of its channel, whose key the request has.

    Of several on one moment the latest holds: event_id begins with when it was asked for.
    Raises BadInput for what is no decision, or on a channel that nothing is known of.
    """
    body = request.body
    channel, decision = body.get("channel"), body.get("decision")
    if not isinstance(decision, str) or decision not in DECISIONS:
        raise BadInput(f"decision is one of {', '.join(DECISIONS)}, not {str(decision)[:40]!a}")
    if not store.query("channels_rows", channels=[channel]).num_rows:
        raise BadInput(f"nothing is stored of a channel {channel}; is its name right?")
    row = {
        "event_id": f"decision:{_past(request.time, 'a decision')}:{request.id}",
        "channel": channel,
        "at": _moment(body.get("start")),
        "kind": DECISIONS[decision],
        "detail": _range(body) if decision == "add" else "",
    }
    store.write({"events": store.rows("events", [row])}, meta)


def _moment(start: Any) -> datetime:
    try:
        at = datetime.fromisoformat(start)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as exc:
        raise BadInput(
            f"start is the moment's start as an ISO time, not {str(start)[:40]!a}"
        ) from exc
    if at.year < 1971:
        raise BadInput(f"no stream is as old as {iso(at)}; is start right?")
    _past(at, "a moment")
    return at


def _past(at: datetime, what: str) -> str:
    """The time to the microsecond, as texts are compared. Raises BadInput for one to come."""
    if at.timestamp() > time.time() + AHEAD_S:
        raise BadInput(f"{what} is of what was, and {iso(at)} is yet to come; is the clock right?")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _range(body: dict[str, Any]) -> str:
    """{"seconds", "text"} as the event's detail has it."""
    seconds, text = body.get("seconds"), body.get("text", "")
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 1 <= seconds <= LONGEST_S:
        raise BadInput(
            f"seconds is a whole number from 1 to {LONGEST_S}, not {str(seconds)[:40]!a}"
        )
    if not isinstance(text, str):
        raise BadInput(f"text is what the range is called, not {str(text)[:40]!a}")
    return orjson.dumps({"seconds": seconds, "text": text[:LONGEST_TEXT]}).decode()
