"""Names as people type them: a login of Twitch, or a clear refusal."""

import zlib
from typing import Any

from warehouse.errors import BadInput
from warehouse.records import LOGIN


def login(name: Any) -> str:
    """The login in lower case. Raises BadInput, without repeating what is not one."""
    found = name.strip().lower() if isinstance(name, str) else ""
    if not LOGIN.fullmatch(found):
        raise BadInput("that is not a login: 1 to 25 of a-z, 0-9 and _")
    return found


def made_up_id(channel: str) -> str:
    """What stands for Twitch's id of a channel where it is not known: eleven digits, more than any
    of Twitch's has."""
    return f"9{zlib.crc32(channel.encode()):010d}"
