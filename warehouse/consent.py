"""Consent to being read, as two lists in the data folder that the pipeline writes.

Opt-outs: chatters as salted hashes, channels by key, so that an import can obey them while a
daemon runs. Claims: logins that streamers say are theirs, until Twitch tells.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

import orjson
from pydantic import BaseModel, Field

from warehouse.atomic import read_file, replace_file
from warehouse.errors import BadInput, WarehouseBroken
from warehouse.identities import Identities
from warehouse.records import CHANNEL_ID, KEY, LOGIN, typed_name

log = logging.getLogger(__name__)

KEPT = "optout"  # meta of the warehouse: the list once more
_Key = Annotated[str, Field(pattern=f"^(?:{KEY.pattern})$")]
_Id = Annotated[str, Field(pattern=f"^(?:{CHANNEL_ID.pattern})$")]


class _OptOutFile(BaseModel):
    """Content of optout.json."""

    chatters: list[Annotated[int, Field(ge=0, lt=1 << 63)]]
    channels: list[_Key]
    ids: dict[_Id, _Key | Literal[""]] = {}


class Kept(Protocol):
    """Values that a store keeps by name."""

    def meta(self, name: str) -> str | None:
        """The value, None where there is none."""
        ...

    def write(self, tables: Mapping[str, Any], meta: Mapping[str, str]) -> object:
        """Keep values; no tables are given."""
        ...


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
        return optout_of(orjson.loads(read_file(path)))
    except FileNotFoundError:
        return OptOut()
    except (OSError, ValueError) as exc:
        raise WarehouseBroken(
            f"the opt-out list {path} cannot be read; start the pipeline, which makes it anew from "
            "its warehouse, or restore it from a backup"
        ) from exc


def optout_of(raw: Any) -> OptOut:
    """The list that a file's content says. Raises ValueError for what is none."""
    told = _OptOutFile.model_validate(raw, strict=True)
    return OptOut(set(told.chatters), set(told.channels), told.ids)


def save_optout(path: Path, optout: OptOut, store: Kept | None = None) -> None:
    """Replace the file whole. store: of the warehouse beside it, which has it a second time."""
    data = orjson.dumps(optout_body(optout))
    replace_file(path, data, lasting=True)
    if store is not None:
        store.write({}, {KEPT: data.decode()})


def settled_optout(path: Path, store: Kept) -> OptOut:
    """Whoever is on the list or on the warehouse's own copy of it: who opted out stays so, though
    the file is lost, damaged or an old one. Raises WarehouseBroken where there is no copy yet.
    """
    raw = store.meta(KEPT)
    if raw is None:
        optout = load_optout(path)
        if optout != OptOut():
            save_optout(path, optout, store)
        return optout
    try:
        kept = optout_of(orjson.loads(raw))
    except ValueError as exc:
        raise WarehouseBroken(f"the opt-outs in the warehouse beside {path} are damaged") from exc
    try:
        found = load_optout(path)
    except WarehouseBroken as exc:
        log.warning("%s: made anew from the warehouse", exc)
        found = OptOut()
    both = OptOut(
        found.chatters | kept.chatters, found.channels | kept.channels, {**kept.ids, **found.ids}
    )
    if both != found:
        log.warning("%s lacked some who opted out; they are on it again", path)
    if both != found or both != kept:
        save_optout(path, both, store)
    return both


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


class _ClaimOfFile(BaseModel):
    login: Annotated[str, Field(pattern=f"^(?:{LOGIN.pattern})$")]
    added: bool


class _ClaimsFile(BaseModel):
    """Content of claims.json."""

    claims: dict[_Id, _ClaimOfFile]


def load_claims(path: Path) -> dict[str, Claim]:
    """By channel id; {} where there are none. Raises BadInput for a file that is no such list."""
    try:
        told = _ClaimsFile.model_validate(orjson.loads(read_file(path)), strict=True).claims
        return {key: Claim(c.login, c.added) for key, c in told.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as exc:
        raise BadInput(f"{path} cannot be used; delete it, and opt in again") from exc


def save_claims(path: Path, claims: dict[str, Claim]) -> None:
    """Replace the file whole; none is no file."""
    if not claims:
        path.unlink(missing_ok=True)
        return
    rows = {key: {"login": c.login, "added": c.added} for key, c in claims.items()}
    replace_file(path, orjson.dumps({"v": 1, "claims": rows}), lasting=True)
