"""Putting a request into the inbox: the one way in which anybody but the pipeline writes.

A request is a file of its own, `{"id", "at", "by", "action", ...}`, written aside and renamed in.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from warehouse.atomic import replace_file


def put_request(
    inbox: Path, request_id: str, action: str, by: str, body: Mapping[str, Any], at: str = ""
) -> None:
    """Put a request in. request_id: letters, digits, - and _, at most 64; it names the file.
    at: ISO time, now where there is none. Raises OSError."""
    inbox.mkdir(parents=True, exist_ok=True)
    at = at or datetime.now(UTC).isoformat(timespec="microseconds")
    whole = {**body, "id": request_id, "at": at, "by": by, "action": action}
    replace_file(inbox / f"{request_id}.json", orjson.dumps(whole))
