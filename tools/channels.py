"""CHANNELS="a b" of `make run`: logins or addresses of channels, from a user's command line."""

import re

from warehouse.errors import BadInput

LOGIN = re.compile(r"[a-z0-9_]{1,25}", re.ASCII)
ADDRESS = re.compile(r"(?:https?://)?(?:www\.|m\.)?twitch\.tv/([^/?#]+)/?(?:[?#].*)?", re.ASCII)


def logins(text: str) -> list[str]:
    """Lower-case logins in text, in order, each once; separated by blanks or commas.

    Raises BadInput naming the first word that is neither a login nor a channel's address.
    """
    return list(dict.fromkeys(login(word) for word in re.split(r"[\s,]+", text) if word))


def login(word: str) -> str:
    """The login that word (`name`, `#name`, `@name` or `https://www.twitch.tv/name`) stands for."""
    lowered = word.lower()
    address = ADDRESS.fullmatch(lowered)
    name = address[1] if address else lowered.removeprefix("#").removeprefix("@")
    if not LOGIN.fullmatch(name):
        raise BadInput(
            f"CHANNELS: {word[:60]!a} is no channel; give logins (a-z, 0-9, _, at most 25) "
            "or addresses such as https://www.twitch.tv/NAME"
        )
    return name
