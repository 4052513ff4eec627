"""Consent to being read, as two lists in the data folder that the pipeline writes.

Opt-outs: chatters as salted hashes, channels by key, so that an import can obey them while a
daemon runs. Claims: logins that streamers say are theirs, until Twitch tells.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from warehouse.atomic import replace_file
from warehouse.errors import BadInput, WarehouseBroken
from warehouse.identities import Identities
from warehouse.records import CHANNEL_ID, KEY, LOGIN, typed_name


@dataclass(frozen=True)
class OptOut:
    """chatters: hashes as `Hasher.of` gives them. channels: keys; one of nobody whom we met yet is
    a login, and becomes the key of whoever is first met by it. ids: Twitch's ids of channels that
    opted out, with their key or ''. All change in place."""

    chatters: set[int] = field(default_factory=set)
    channels: set[str] = field(default_factory=set)
    ids: dict[str, str] = field(default_factory=dict)

    def change(self, kind: str, who: int | str, undo: bool) -> None:
        """Put a chatter's hash or a channel's key on the list, or take it off."""
        members: set[int | str] = getattr(self, kind)
        (members.discard if undo else members.add)(who)

    def has(self, name: str, identities: Identities) -> bool:
        """True for a channel that opted out. name: a login, or a key."""
        key = identities.resolve(name)
        return key in self.channels or identities.id_of(key) in self.ids

    def allowed(self, channels: Iterable[str], identities: Identities) -> list[str]:
        """The channels a source may join, each once, in order: those that did not opt out.
        Raises BadInput when none is left."""
        names = list(dict.fromkeys(map(typed_name, channels)))
        allowed = [name for name in names if not self.has(name, identities)]
        if names and not allowed:
            self.refuse(names, identities)
        return allowed

    def refuse(self, channels: Iterable[str], identities: Identities) -> None:
        """Raises BadInput when one of the channels has opted out."""
        out = sorted(name for name in channels if self.has(name, identities))
        if out:
            raise BadInput(
                f"{', '.join(out)} opted out of being read; "
                f"`python -m pipeline opt-out --channel {out[0]} --undo` takes that back"
            )


def load_optout(path: Path) -> OptOut:
    """The list; an empty one where there is no file.

    Raises WarehouseBroken for a file that cannot be read: nobody is to be read against
    their will because of it.
    """
    try:
        return optout_of(orjson.loads(path.read_bytes()))
    except FileNotFoundError:
        return OptOut()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise WarehouseBroken(
            f"the opt-out list {path} cannot be read; restore it from a backup, or delete it "
            "and opt out again"
        ) from exc


def optout_of(raw: Any) -> OptOut:
    """The list that a file's content says. Raises ValueError, KeyError, TypeError or
    AttributeError for what is none."""
    chatters, channels, ids = raw["chatters"], raw["channels"], dict(raw.get("ids", {}))
    if not (isinstance(chatters, list) and isinstance(channels, list)):
        raise TypeError("no lists")
    keys = [*channels, *(key for key in ids.values() if key != "")]
    if not all(type(chatter) is int for chatter in chatters):
        raise ValueError("a chatter's hash is a number")
    if not (all(map(KEY.fullmatch, keys)) and all(map(CHANNEL_ID.fullmatch, ids))):
        raise ValueError("neither a channel's key nor an id of Twitch's")
    return OptOut(set(chatters), set(channels), ids)


def save_optout(path: Path, optout: OptOut) -> None:
    """Replace the file whole."""
    replace_file(path, orjson.dumps(optout_body(optout)), lasting=True)


def optout_body(optout: OptOut) -> dict[str, Any]:
    """The list as a file's content."""
    return {
        "v": 1,
        "chatters": sorted(optout.chatters),
        "channels": sorted(optout.channels),
        "ids": dict(sorted(optout.ids.items())),
    }


@dataclass(frozen=True)
class Claim:
    """A login that a channel's id says is its own. added: nobody else had asked to read it."""

    login: str
    added: bool


def load_claims(path: Path) -> dict[str, Claim]:
    """By channel id; {} where there are none. Raises BadInput for a file that is no such list."""
    try:
        raw = orjson.loads(path.read_bytes())["claims"]
        claims = {key: Claim(c["login"], bool(c["added"])) for key, c in raw.items()}
        if not all(CHANNEL_ID.fullmatch(k) and LOGIN.fullmatch(c.login) for k, c in claims.items()):
            raise ValueError("neither an id of Twitch's nor a login")
        return claims
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise BadInput(f"{path} cannot be used; delete it, and opt in again") from exc


def save_claims(path: Path, claims: dict[str, Claim]) -> None:
    """Replace the file whole; none is no file."""
    if not claims:
        path.unlink(missing_ok=True)
        return
    rows = {key: {"login": c.login, "added": c.added} for key, c in claims.items()}
    replace_file(path, orjson.dumps({"v": 1, "claims": rows}), lasting=True)
