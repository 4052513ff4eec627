"""The four catalogues: where each tells its emotes, and how to read what it says.

Addresses and shapes as their public APIs have them: BTTV 3, FrankerFaceZ v1, 7TV v3, Helix.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from pipeline.config import EmoteSettings
from pipeline.emotes.emote_names import is_name

# whose emote a name is where several have it, the first one's
PROVIDERS = ("twitch", "ffz", "bttv", "7tv")
EVERYWHERE = ""
_MOST = 20_000  # names in one answer; the largest sets have a few thousand


class Place(NamedTuple):
    """A set of emotes: a provider's, in one channel. room: Twitch's id, '' for everywhere."""

    provider: str
    room: str


class Garbage(Exception):
    """An answer that is no list of emotes; its text says why, in our words alone."""


def address(place: Place, settings: EmoteSettings, helix_url: str) -> str:
    """Where the emotes of a place are told."""
    room = place.room
    if place.provider == "twitch":
        return helix_url + (f"chat/emotes?broadcaster_id={room}" if room else "chat/emotes/global")
    if place.provider == "bttv":
        path = f"cached/users/twitch/{room}" if room else "cached/emotes/global"
        return settings.bttv_url + path
    if place.provider == "ffz":
        return settings.ffz_url + (f"room/id/{room}" if room else "set/global")
    path = f"users/twitch/{room}" if room else "emote-sets/global"
    return settings.seventv_url + path


def read(place: Place, told: Any) -> tuple[tuple[str, ...], int]:
    """The names in an answer, each once, and how many were dropped as no emote's name.

    Raises Garbage for an answer of another shape, for one without a single usable name where it
    lists some, and for an empty list of what is in force everywhere.
    """
    try:
        listed = list(_READERS[place.provider](told, place.room))
    except (TypeError, KeyError, AttributeError) as exc:
        raise Garbage("the answer is of another shape") from exc
    if len(listed) > _MOST:
        raise Garbage(f"the answer lists more than {_MOST} emotes")
    names = tuple(dict.fromkeys(name for name in listed if is_name(name)))
    if not names and (listed or place.room == EVERYWHERE):
        raise Garbage("the answer names no emote")
    return names, sum(not is_name(name) for name in listed)


def _twitch(told: Any, room: str) -> Iterable[Any]:
    return _each(told["data"], "name")


def _bttv(told: Any, room: str) -> Iterable[Any]:
    if not room:
        return _each(told, "code")
    return [*_each(told["channelEmotes"], "code"), *_each(told["sharedEmotes"], "code")]


def _ffz(told: Any, room: str) -> Iterable[Any]:
    """Of the global ones, those of the default sets: the others are some people's alone."""
    sets = told["sets"]
    wanted = list(sets) if room else [str(number) for number in told["default_sets"]]
    return [name for key in wanted for name in _each(sets[key]["emoticons"], "name")]


def _seventv(told: Any, room: str) -> Iterable[Any]:
    """A set without emotes lacks the list; a channel without a set has null for it."""
    held = told["emote_set"] if room else told
    return _each(held.get("emotes") or [], "name") if held is not None else []


def _each(rows: Any, key: str) -> list[Any]:
    """What each row has under `key`; None of a row that has nothing there. Raises TypeError."""
    if not isinstance(rows, list):
        raise TypeError
    return [row.get(key) if isinstance(row, dict) else None for row in rows]


_READERS: dict[str, Callable[[Any, str], Iterable[Any]]] = {
    "twitch": _twitch,
    "ffz": _ffz,
    "bttv": _bttv,
    "7tv": _seventv,
}
