"""CHANNELS="a b" of `make run`: logins or addresses of channels, from a user's command line."""

import re

from pipeline.sources.channel_list import channel_logins
from warehouse.errors import WrongUsage


def logins(text: str) -> list[str]:
    """Lower-case logins in text, in order, each once; separated by blanks or commas.

    Raises WrongUsage naming the first word that is neither a login nor a channel's address.
    """
    try:
        return channel_logins(word for word in re.split(r"[\s,]+", text) if word)
    except WrongUsage as exc:
        raise WrongUsage(f"CHANNELS: {exc}") from exc
