"""The channels that are to be read live: names as people type them, the kept list, what is wanted.

DLD_DATA/channels.json is replaced whole, so that a running source may look at it at any time.
"""

import logging
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import orjson

from warehouse.atomic import Stamp, private_folder, read_file, replace_file, stamp_or_none
from warehouse.config import DataFolder
from warehouse.consent import OptOut, load_optout
from warehouse.errors import AppError, BadInput, WrongUsage
from warehouse.identities import Identities
from warehouse.records import LOGIN, typed_name

log = logging.getLogger(__name__)

_ADDRESS = re.compile(r"(?:https?://)?(?:www\.|m\.)?twitch\.tv/([^/?#]+)/?(?:[?#].*)?", re.ASCII)
# first parts of Twitch's own addresses: no channel can have one of these names
_RESERVED = frozenset(
    "clips directory downloads drops embed following friends inventory jobs login logout "
    "moderator p popout prime products search settings signup store subscriptions team turbo "
    "videos wallet".split()
)


def channel_login(word: str) -> str:
    """The login that a word stands for: `name`, `#name`, `@name` or an address of the channel.

    Raises WrongUsage, in one printable line, for what is no channel.
    """
    typed = typed_name(word)
    address = _ADDRESS.fullmatch(typed)
    name = address[1] if address else re.sub("^[#@]", "", typed)
    if not LOGIN.fullmatch(name):
        raise WrongUsage(
            f"{word.strip()[:60]!a} is no channel; give logins (a-z, 0-9, _, at most 25) "
            "or addresses such as https://www.twitch.tv/NAME"
        )
    if name in _RESERVED:
        raise WrongUsage(f"{word.strip()[:60]!a} is a page of Twitch's own, no channel")
    return name


def channel_logins(words: Iterable[str]) -> list[str]:
    """Of every word, each once, in order."""
    return list(dict.fromkeys(map(channel_login, words)))


def load_channels(path: Path) -> list[str]:
    """The kept list, [] where there is none. Raises BadInput when the file cannot be used."""
    try:
        return channel_logins(orjson.loads(read_file(path))["channels"])
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError, AttributeError, BadInput) as exc:
        why = str(exc) if isinstance(exc, BadInput) else "it is no list of channels"
        raise BadInput(f"{path} cannot be used ({why}); delete it and add the channels") from exc


def save_channels(path: Path, names: Sequence[str]) -> None:
    """Replace the list whole."""
    private_folder(path.parent)
    replace_file(path, orjson.dumps({"v": 1, "channels": list(names)}), lasting=True)


def change_channels(
    folder: DataFolder, optout: OptOut, identities: Identities, change: str, words: Iterable[str]
) -> None:
    """Add to the list, remove from it, or set it. Doing so twice is doing it once.

    Removed is who is meant, by whatever name they stand on the list.

    Raises BadInput for what is no channel, or one to be read that opted out; then nothing
    has changed.
    """
    names = channel_logins(words)
    if change == "remove":
        gone = {*names, *map(identities.resolve, names)}
        kept = load_channels(folder.channels)
        left = [name for name in kept if not gone & {name, identities.resolve(name)}]
    elif change in ("add", "set"):
        optout.refuse(names, identities)
        kept = load_channels(folder.channels) if change == "add" else []
        left = list(dict.fromkeys([*kept, *names]))
    else:
        raise BadInput("the channels are changed by add, remove or set")
    save_channels(folder.channels, left)


class Wanted:
    """The channels to be read now: the kept list without those that opted out. A name on it is
    who has that login today; else who was met by it, whatever their login of today.

    Files are read again when they changed. Raises AppError when made while one of them is
    unusable; one that becomes so later is told once, and what was known before holds.
    """

    def __init__(self, folder: DataFolder, identities: Identities) -> None:
        self._folder, self._identities = folder, identities
        self._seen = self._stamps()
        self._names, self._optout = self._read()

    def now(self) -> tuple[str, ...]:
        """Logins of today, in the order they were added. Cheap: two stats and no file where
        nothing changed."""
        stamps = self._stamps()
        if stamps != self._seen:
            self._seen = stamps
            try:
                self._names, self._optout = self._read()
            except AppError as exc:
                log.error("channels stay as they are: %s", exc)
        who = self._identities
        allowed = (name for name in self._names if not self._optout.has(name, who))
        return tuple(dict.fromkeys(who.login_of(who.resolve(name)) or name for name in allowed))

    def _read(self) -> tuple[list[str], OptOut]:
        return load_channels(self._folder.channels), load_optout(self._folder.optout)

    def _stamps(self) -> tuple[Stamp | None, ...]:
        return stamp_or_none(self._folder.channels), stamp_or_none(self._folder.optout)
