"""Catalogues, four of them: addresses of their emotes, and readers of what they say.

Paths and shapes as their public APIs have them: BTTV 3, FrankerFaceZ v1, 7TV v3, Helix.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from pipeline.emotes.emote_names import is_name
from pipeline.web import BTTV, FFZ, HELIX, SEVENTV
from warehouse.config import TwitchAddress

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


_PATHS = {  # of a channel, and of what is in force everywhere
    "twitch": (HELIX, "chat/emotes?broadcaster_id={}", "chat/emotes/global"),
    "bttv": (BTTV, "cached/users/twitch/{}", "cached/emotes/global"),
    "ffz": (FFZ, "room/id/{}", "set/global"),
    "7tv": (SEVENTV, "users/twitch/{}", "emote-sets/global"),
}


def address(place: Place, twitch: TwitchAddress) -> str:
    """Address of the emotes of a place."""
    url, of_channel, everywhere = _PATHS[place.provider]
    return twitch.of(url) + (of_channel.format(place.room) if place.room else everywhere)


def read(place: Place, answer: Any) -> tuple[tuple[str, ...], int]:
    """The names in an answer, each once, and how many were dropped as no emote's name.

    Raises Garbage for an answer of another shape, for one without a single usable name where it
    lists some, and for an empty list of what is in force everywhere.
    """
    try:
        listed = list(_READERS[place.provider](answer, place.room))
    except (TypeError, KeyError, AttributeError) as exc:
        raise Garbage("the answer is of another shape") from exc
    if len(listed) > _MOST:
        raise Garbage(f"the answer lists more than {_MOST} emotes")
    names = tuple(dict.fromkeys(name for name in listed if is_name(name)))
    if not names and (listed or place.room == EVERYWHERE):
        raise Garbage("the answer names no emote")
    return names, sum(not is_name(name) for name in listed)


def _twitch(answer: Any, room: str) -> Iterable[Any]:
    return _each(answer["data"], "name")


def _bttv(answer: Any, room: str) -> Iterable[Any]:
    if not room:
        return _each(answer, "code")
    return [*_each(answer["channelEmotes"], "code"), *_each(answer["sharedEmotes"], "code")]


def _ffz(answer: Any, room: str) -> Iterable[Any]:
    """Of the global ones, those of the default sets: the others are some people's alone."""
    sets = answer["sets"]
    wanted = list(sets) if room else [str(number) for number in answer["default_sets"]]
    return [name for key in wanted for name in _each(sets[key]["emoticons"], "name")]


def _seventv(answer: Any, room: str) -> Iterable[Any]:
    """A set without emotes lacks the list; a channel without a set has null for it."""
    held = answer["emote_set"] if room else answer
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
