"""A Twitch extension JWT -> the Viewer it speaks for."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import jwt
from cachetools import TLRUCache

from ebs.errors import Forbidden
from ebs.signing_keys import Secret, Secrets
from warehouse.errors import NotAuthorised

ROLES = frozenset({"viewer", "moderator", "broadcaster"})  # "external" is what an EBS signs itself
CHANNEL_ID = re.compile(r"[0-9]{1,20}")
LEEWAY_S = 10.0  # clocks differ: an expired token still passes for so long
LONGEST_TOKEN = 4096  # characters; Twitch's have about 500
LONGEST_LIFE_S = 366 * 86_400  # Twitch's live for hours; one that never ends was not made by it
CACHED_TOKENS = 20_000  # viewers, in about 10 MB
CACHED_FOR_S = 900.0
# Whoever has not shared who they are on Twitch is unlinked, as most viewers are: both are let in.
LINKED = (None, True, False, "true", "false")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Holder of a token: Twitch channel id (1 to 20 digits), role in ROLES, until when (epoch, s).

    key: stands for the token, which is not kept.
    """

    channel_id: str
    role: str
    expires_at: float
    key: bytes = field(default=b"", compare=False, repr=False)


class Doorkeeper:
    """Verifies tokens against every live secret; remembers those it let in, for a while.

    Only tokens that passed are remembered: nobody can fill the cache without a secret. A change
    of the secrets forgets them all.
    """

    def __init__(
        self,
        secrets: Secrets,
        clock: Callable[[], float] = time.time,
        remembered: int = CACHED_TOKENS,
    ) -> None:
        self._secrets = secrets
        self._version = secrets.version
        self._clock = clock
        self._verified_tokens: TLRUCache[bytes, tuple[Viewer, float]] = TLRUCache(
            remembered, ttu=lambda _, entry, now: entry[1], timer=clock
        )
        self.hits = self.misses = 0

    def viewer(self, authorization: bytes | None) -> Viewer:
        """The viewer of an Authorization header. Raises NotAuthorised, never anything else."""
        token = bearer(authorization)
        now = self._clock()
        self._secrets.look(now)
        if self._version != self._secrets.version:
            self._version = self._secrets.version
            self._verified_tokens.clear()
        key = blake2b(token, digest_size=16).digest()
        entry = self._verified_tokens.get(key)
        if entry is not None:
            self.hits += 1
            return entry[0]
        self.misses += 1
        viewer, until = self._verified(token, key, now)
        self._verified_tokens[key] = viewer, until
        return viewer

    def broadcaster(self, authorization: bytes | None) -> Viewer:
        """The same for the channel's own streamer. Raises Forbidden for anybody else."""
        viewer = self.viewer(authorization)
        if viewer.role != "broadcaster":
            raise Forbidden("only the channel's broadcaster may do that, from the configuration")
        return viewer

    def _verified(self, token: bytes, key: bytes, now: float) -> tuple[Viewer, float]:
        for secret in self._secrets.live(now):
            try:
                claims = jwt.decode(
                    token,
                    secret.key,
                    algorithms=["HS256"],
                    # expiry is checked below: jwt takes a string for a number
                    options={"require": ["exp"], "verify_exp": False},
                    leeway=LEEWAY_S,
                )
            except jwt.InvalidSignatureError:
                continue  # maybe signed with another secret of the rotation
            except Exception:
                # The parser is fed by strangers: whatever breaks in it, the token is to blame.
                raise NotAuthorised("the token is malformed or not an HS256 one") from None
            viewer = _viewer(claims, key, now - LEEWAY_S)
            return viewer, self._until(viewer, secret, now)
        raise NotAuthorised("the token is signed with another secret")

    def _until(self, viewer: Viewer, secret: Secret, now: float) -> float:
        return min(viewer.expires_at + LEEWAY_S, secret.expires_at, now + CACHED_FOR_S)

    def __len__(self) -> int:
        """Tokens remembered."""
        return len(self._verified_tokens)


def bearer(authorization: bytes | None) -> bytes:
    """The token of `Bearer <token>`; the scheme's case does not matter."""
    if not authorization:
        raise NotAuthorised("send the extension's token as Authorization: Bearer <token>")
    scheme, _, token = authorization.partition(b" ")
    if scheme.lower() != b"bearer" or not token:
        raise NotAuthorised("the Authorization header is not Bearer <token>")
    if len(token) > LONGEST_TOKEN:
        raise NotAuthorised(f"the token is longer than {LONGEST_TOKEN} characters")
    return token


def _viewer(claims: Mapping[str, Any], key: bytes, now: float) -> Viewer:
    expires_at, channel_id, role = (claims.get(name) for name in ("exp", "channel_id", "role"))
    if not isinstance(expires_at, int | float) or isinstance(expires_at, bool):
        raise NotAuthorised("the token's exp is not a number")
    if not now < expires_at:  # NaN too
        raise NotAuthorised("the token has expired: ask Twitch's helper for a new one")
    if expires_at > now + LONGEST_LIFE_S:
        raise NotAuthorised("the token's exp is too far away")
    if not isinstance(channel_id, str) or not CHANNEL_ID.fullmatch(channel_id):
        raise NotAuthorised("the token's channel_id is not a Twitch channel id")
    if not isinstance(role, str) or role not in ROLES:
        raise NotAuthorised("the token's role is not one of a viewer")
    unlinked = claims.get("is_unlinked")
    if not (unlinked is None or isinstance(unlinked, bool | str)) or unlinked not in LINKED:
        raise NotAuthorised("the token's is_unlinked is neither true nor false")
    return Viewer(channel_id, role, float(expires_at), key)
