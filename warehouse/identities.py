"""Identities of channels: the key each is stored under, its login of today, Twitch's id of it.

A broadcaster is one of Twitch's ids. The key is the login under which the broadcaster was first
met, and stays; logins change, and pass on to others. Another one who takes a login that is a key
already gets a key of their own, LOGIN~ID.
"""

import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

_MADE_UP = re.compile(r"9[0-9]{10}")


def made_up_id(key: str) -> str:
    """What stands for Twitch's id of a channel where it is not known: eleven digits, more than any
    of Twitch's has."""
    return f"9{zlib.crc32(key.encode()):010d}"


def real_id(channel_id: str | None) -> str:
    """The id if Twitch gave it; '' for one that is made up, and for none."""
    return "" if not channel_id or _MADE_UP.fullmatch(channel_id) else channel_id


class Identities:
    """Everybody who was met. rows: with channel (the key), channel_id and login.

    changed: keys whose row is no longer so; whoever writes them clears it.
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]] = ()) -> None:
        self.changed: set[str] = set()
        self._ids: dict[str, str] = {}  # key to Twitch's id, '' unknown
        self._logins: dict[str, str | None] = {}  # key to the login of today
        self._by_id: dict[str, str] = {}
        self._by_login: dict[str, str] = {}  # of today
        self.add(rows)

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Channels that are stored."""
        for row in sorted(rows, key=lambda row: bool(real_id(row["channel_id"]))):
            key, login, channel_id = row["channel"], row["login"], real_id(row["channel_id"])
            self._ids[key], self._logins[key] = channel_id, login
            self._by_id |= {channel_id: key} if channel_id else {}
            self._by_login |= {login: key} if login else {}

    def rows(self) -> list[dict[str, str | None]]:
        """All of them, as `add` takes them."""
        of = self._logins
        return [{"channel": k, "channel_id": self._ids.get(k, ""), "login": of[k]} for k in of]

    def key_of(self, login: str, channel_id: str = "") -> str:
        """The key of who has the login now, by their id where it is known; from now on so."""
        its_id, key = real_id(channel_id), self.key_then(login, channel_id)
        self._ids.setdefault(key, "")
        if its_id and not self._ids[key]:
            self._ids[key] = its_id
            self._by_id[its_id] = key
        if its_id or key not in self._logins:
            self._has(key, login)
        return key

    def key_then(self, login: str, channel_id: str | None) -> str:
        """The key of who had the login at some time."""
        its_id = real_id(channel_id)
        if not its_id:
            return self.resolve(login)
        own = f"{login}~{its_id}" if self._ids.get(login) else login
        return self._by_id.get(its_id, own)

    def _has(self, key: str, login: str) -> None:
        """The login is the key's from now on; whose it was has one that is not known, and so has
        who is told of as KEY~ID."""
        before, other = self._logins.get(key), self._by_login.get(login)
        if other == key:
            return
        is_known = "~" not in login
        self._by_login |= {login: key} if is_known else {}
        if before and self._by_login.get(before) == key:
            del self._by_login[before]
        if other:
            self._logins[other] = None
        self._logins[key] = login if is_known else None
        self.changed |= {key, other} if other else {key}

    def resolve(self, name: str) -> str:
        """The key that a name stands for: a login of today, else a key, or KEY~ID (`name_of`)."""
        if name in self._by_login:
            return self._by_login[name]
        key, mark, its_id = name.partition("~")
        if name in self._logins or not mark:
            return name
        return self._by_id.get(its_id, name) if its_id else key

    def name_of(self, key: str) -> str:
        """What people call it: the login of today; where that is not known, or another's, a name
        that nobody else has. `resolve` leads back."""
        login = self._logins.get(key) or key
        return login if self.resolve(login) == key else f"{key}~{self._ids.get(key, '')}"

    def login_of(self, key: str) -> str | None:
        """The login of today; None where it is not known any more. One never met has its key."""
        return self._logins.get(key, key)

    def id_of(self, key: str) -> str:
        """Twitch's id, '' where it is not known."""
        return self._ids.get(key, "")

    def by_id(self, channel_id: str) -> str | None:
        """The key of the broadcaster with this id, None for one who was not met."""
        return self._by_id.get(real_id(channel_id))

    def knows(self, key: str) -> bool:
        """True for a key of somebody who was met."""
        return key in self._logins

    def forget(self, key: str) -> None:
        """Nothing of the channel is known."""
        login = self._logins.pop(key, None)
        if login and self._by_login.get(login) == key:
            del self._by_login[login]
        self._by_id.pop(self._ids.pop(key, ""), None)
        self.changed.discard(key)
