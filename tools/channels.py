"""CHANNELS="a b" of `make run`: logins or addresses of channels, from a user's command line."""

import re

from pipeline.sources.channel_list import channel_logins
from warehouse.errors import BadInput


def logins(text: str) -> list[str]:
    """Lower-case logins in text, in order, each once; separated by blanks or commas.

    Raises BadInput naming the first word that is neither a login nor a channel's address.
    """
    try:
        return channel_logins(word for word in re.split(r"[\s,]+", text) if word)
    except BadInput as exc:
        raise BadInput(f"CHANNELS: {exc}") from exc
