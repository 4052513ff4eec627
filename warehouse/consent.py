"""Consent to being read, as two lists in the data folder that the pipeline writes.

Opt-outs: chatters as salted hashes, channels by key, so that an import can obey them while a
daemon runs. Claims: logins that streamers say are theirs, until Twitch tells.
"""

import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeVar

import orjson
from pydantic import BaseModel, Field, ValidationError

from warehouse.atomic import read_file, replace_file
from warehouse.errors import BadInput, WarehouseBroken
from warehouse.identities import Identities
from warehouse.records import CHANNEL_ID, KEY, LOGIN, typed_name

log = logging.getLogger(__name__)
M = TypeVar("M", bound=BaseModel)

KEPT = "optout"  # meta of the warehouse: the list once more
_WORD = re.compile("[a-z0-9_]+")
_NAMED = 5  # entries of a line
_LONGEST = 200  # of an entry that is looked at for whom it may mean
_Id = Annotated[str, Field(pattern=f"^(?:{CHANNEL_ID.pattern})$")]


class _OptOutFile(BaseModel):
    """Content of optout.json."""

    chatters: list[Annotated[int, Field(ge=0, lt=1 << 63)]]
    channels: list[Any]
    ids: dict[str, Any] = {}


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
    opted out, with their key or ''. unclear: entries of a file that are none of these, by where
    they stand: whoever they may mean is out, and they are kept for a person to correct. All change
    in place."""

    chatters: set[int] = field(default_factory=set)
    channels: set[str] = field(default_factory=set)
    ids: dict[str, str] = field(default_factory=dict)
    unclear: dict[str, str] = field(default_factory=dict)

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
            f"the opt-out list {path} cannot be read{_why(exc)}; start the pipeline, which makes "
            "it anew from its warehouse, or restore it from a backup"
        ) from exc


def _why(exc: Exception) -> str:
    return f" ({exc})" if type(exc) is ValueError else ""  # one of ours


def optout_of(raw: Any) -> OptOut:
    """The list that a file's content says. Raises ValueError for what is none; whom a chatter's
    entry means that is no hash nobody can tell."""
    told = _told(_OptOutFile, raw)
    optout = OptOut(set(told.chatters))
    for number, entry in enumerate(told.channels, start=1):
        if _is_key(entry):
            optout.channels.add(entry)
        else:
            _leave_out(optout, f"entry {number} of channels", entry)
    for number, (channel_id, key) in enumerate(told.ids.items(), start=1):
        if CHANNEL_ID.fullmatch(channel_id) and (key == "" or _is_key(key)):
            optout.ids[channel_id] = key
        else:
            _leave_out(optout, f"entry {number} of ids", f"{channel_id} {_text(key)}".strip())
    return optout


def _is_key(entry: Any) -> bool:
    return isinstance(entry, str) and bool(KEY.fullmatch(entry))


def _leave_out(optout: OptOut, where: str, entry: Any) -> None:
    """Whoever the entry may mean, by whatever name is in it: rather one too many than one read
    against their will."""
    text = optout.unclear[where] = _text(entry)
    words = _WORD.findall(text.lower())
    logins = [word for word in words if LOGIN.fullmatch(word)]
    ids = [word.lstrip("0") for word in words if CHANNEL_ID.fullmatch(word.lstrip("0"))]
    optout.channels.update(logins, (f"{login}~{its_id}" for login in logins for its_id in ids))
    optout.ids.update({its_id: "" for its_id in ids if its_id not in optout.ids})


def _text(entry: Any) -> str:
    """'' for what names nobody."""
    return str(entry)[:_LONGEST] if type(entry) in (str, int) else ""


def _told(model: type[M], raw: Any) -> M:
    """What a file says. Raises ValueError with the field that is wrong, and the number of the
    entry; never with what stands there, which may be somebody's name or hash."""
    try:
        return model.model_validate(raw, strict=True)
    except ValidationError as exc:
        field_name, number = (*exc.errors()[0]["loc"], "", "")[:2]
        entry = f"entry {number + 1} of " if isinstance(number, int) else ""
        says = f"{entry}{field_name} is not what it should be" if field_name else "no such list"
    raise ValueError(says)


def check_list(name: str, raw: bytes) -> None:
    """Raises ValueError for what is not the file `optout`, `claims` or `channels` that it is said
    to be."""
    content = orjson.loads(raw)
    if name == "optout":
        optout_of(content)
    else:
        _told(_ClaimsFile if name == "claims" else _ChannelsFile, content)


def unclear_entries(path: Path, optout: OptOut) -> str:
    """What is to be done about entries that are neither a login nor an id; '' where all are."""
    if not optout.unclear:
        return ""
    some = ", ".join([*optout.unclear][:_NAMED]) + " ..." * (len(optout.unclear) > _NAMED)
    return (
        f"{path} has what is neither a login nor an id of a channel ({some}): "
        "whoever that may mean is not read; correct or remove it while no pipeline runs"
    )


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
    optout = _settled(path, store)
    if says := unclear_entries(path, optout):
        log.warning("%s", says)
    return optout


def _settled(path: Path, store: Kept) -> OptOut:
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
        found = OptOut(unclear=kept.unclear)
    both = OptOut(
        found.chatters | kept.chatters,
        found.channels | kept.channels,
        {**kept.ids, **found.ids},
        found.unclear,  # what a person corrected there stays so
    )
    if replace(both, unclear={}) != replace(found, unclear={}):
        log.warning("%s lacked some who opted out; they are on it again", path)
    if both != found or both != kept:
        save_optout(path, both, store)
    return both


def optout_body(optout: OptOut) -> dict[str, Any]:
    """The list as a file's content."""
    return {
        "v": 1,
        "chatters": sorted(optout.chatters),
        "channels": [*sorted(optout.channels), *optout.unclear.values()],
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


class _ChannelsFile(BaseModel):
    """Content of channels.json: names as people type them, which whoever reads them looks at."""

    channels: list[Annotated[str, Field(max_length=_LONGEST)]]


def load_claims(path: Path) -> dict[str, Claim]:
    """By channel id; {} where there are none. Raises BadInput for a file that is no such list."""
    try:
        told = _told(_ClaimsFile, orjson.loads(read_file(path))).claims
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
