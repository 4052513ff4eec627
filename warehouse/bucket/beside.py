"""Names that a shard's manifest has beside its tables: of its bodies, and of what a takeover needs.

A bucket may be damaged, or somebody's with ill will: names, types and sizes are looked at here,
before anything is asked for or written.
"""

import re
from typing import Any

import orjson

from warehouse.errors import WarehouseBroken

MOST_MANIFEST = 16_000_000  # bytes; one of ten years has less
MOST_LIST = 32_000_000  # of opt-outs, claims, channels: a million of them
_NAME = re.compile(r"(?:bodies|private/[a-z]{1,20})/[0-9a-f]{32}")
_LONG_S = 3e10  # of text's retention, a thousand years


def beside_of(raw: bytes, name: str) -> dict[str, Any]:
    """`bodies` ('' for none), `private` (names of objects by what they are) and `retention_s` of
    a manifest that could be read. name: its own, for the message. Raises WarehouseBroken."""
    told = orjson.loads(raw)
    bodies, private = told.get("bodies") or "", told.get("private", {})
    retention = told.get("retention_s", 0.0)
    names = [*private.values()] if isinstance(private, dict) else [None]
    is_time = isinstance(retention, float | int) and 0 <= retention < _LONG_S
    if is_time and all(map(_is_ours, [*names, bodies or "bodies/" + "0" * 32])):
        return {"bodies": bodies, "private": private, "retention_s": float(retention)}
    raise WarehouseBroken(f"{name} in the bucket is damaged; its writer has to push again")


def _is_ours(name: object) -> bool:
    return isinstance(name, str) and bool(_NAME.fullmatch(name))
