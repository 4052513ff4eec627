"""Names as people type them: a login of Twitch, or a clear refusal."""

from typing import Any

from warehouse.errors import WrongUsage
from warehouse.records import KEY, login_or_none, typed_name


def login(name: Any) -> str:
    """The login in lower case. Raises WrongUsage, without repeating what is not one."""
    found = login_or_none(typed_name(name)) if isinstance(name, str) else ""
    if not found:
        raise WrongUsage("that is not a login: 1 to 25 of a-z, 0-9 and _")
    return found


def channel_name(name: Any) -> str:
    """A channel's login, or its key (warehouse/identities.py). Raises WrongUsage."""
    found = typed_name(name) if isinstance(name, str) else ""
    if not KEY.fullmatch(found) and not login_or_none(found):
        raise WrongUsage(f"{found[:60]!a} is not a login of a channel: 1 to 25 of a-z, 0-9 and _")
    return found
