"""A Twitch extension JWT -> the Viewer it speaks for."""

import json
import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import jwt
from cachetools import TLRUCache
from jwt.types import Options

from ebs.errors import Forbidden
from ebs.signing_keys import Secret, Secrets
from warehouse.errors import NotAuthorised
from warehouse.records import CHANNEL_ID

log = logging.getLogger(__name__)

ROLES = frozenset({"viewer", "moderator", "broadcaster"})  # "external" is what an EBS signs itself
LEEWAY_S = 10.0  # clocks differ: an expired token still passes for so long
EARLY_S = 60.0  # a token from ahead of our clock still passes: ours may be behind
LONGEST_TOKEN = 4096  # characters; Twitch's have about 500
LONGEST_LIFE_S = 366 * 86_400  # Twitch's live for hours; one that never ends was not made by it
CACHED_TOKENS = 20_000  # viewers, in about 10 MB
CACHED_FOR_S = 900.0
# jwt's own checks name no claim, go by another clock, and take a string for a number
SIGNATURE_ONLY: Options = {
    "verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False,
    "verify_iss": False, "verify_sub": False, "verify_jti": False,
}  # fmt: skip
# Whoever has not shared who they are on Twitch is unlinked, as most viewers are: both are let in.
LINKED = (None, True, False, "true", "false")


@dataclass(frozen=True, slots=True)
class Viewer:
    """Holder of a token: Twitch channel id (1 to 20 digits), role in ROLES, until when (epoch, s).

    key: a digest of the claims, however the token that brought them is spelled.
    """

    channel_id: str
    role: str
    expires_at: float
    key: bytes = field(default=b"", compare=False, repr=False)


class Doorkeeper:
    """Verifies tokens against every live secret; remembers those it let in, for a while.

    Only tokens that passed are remembered: nobody can fill the cache without a secret. A change
    of the secrets forgets them all. audiences: whom a token may name, if it names any; Twitch's
    name none.
    """

    def __init__(
        self,
        secrets: Secrets,
        clock: Callable[[], float] = time.time,
        remembered: int = CACHED_TOKENS,
        audiences: Collection[str] = (),
    ) -> None:
        self._secrets, self._audiences = secrets, audiences
        self._has_warned = False
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
        spelled = _digest(token)
        entry = self._verified_tokens.get(spelled)
        if entry is not None:
            self.hits += 1
            return entry[0]
        self.misses += 1
        viewer, until = self._verified(token, now)
        self._verified_tokens[spelled] = viewer, until
        return viewer

    def broadcaster(self, authorization: bytes | None) -> Viewer:
        """The same for the channel's own streamer. Raises Forbidden for anybody else."""
        viewer = self.viewer(authorization)
        if viewer.role != "broadcaster":
            raise Forbidden("only the channel's broadcaster may do that, from the configuration")
        return viewer

    def _verified(self, token: bytes, now: float) -> tuple[Viewer, float]:
        for secret in self._secrets.live(now):
            try:
                claims = jwt.decode(token, secret.key, algorithms=["HS256"], options=SIGNATURE_ONLY)
                key = _digest(json.dumps(claims, sort_keys=True).encode())
            except jwt.InvalidSignatureError:
                continue  # maybe signed with another secret of the rotation
            except Exception:
                # The parser is fed by strangers: whatever breaks in it, the token is to blame.
                raise NotAuthorised("the token is malformed or not an HS256 one") from None
            self._timely(claims, now)
            _meant(claims, self._audiences)
            viewer = _viewer(claims, key, now - LEEWAY_S)
            return viewer, self._until(viewer, secret, now)
        raise NotAuthorised("the token is signed with another secret")

    def _timely(self, claims: Mapping[str, Any], now: float) -> None:
        """Raises NotAuthorised for a token of times to come, which the log doubts our clock for."""
        for name in ("iat", "nbf"):
            at = claims.get(name)
            if not (at is None or _is_number(at)):
                raise NotAuthorised(f"the token's {name} is not a number")
            if at is None or at <= now + EARLY_S:
                continue
            if not self._has_warned:
                self._has_warned = True
                log.warning("a token's %s lies ahead: is this machine's clock behind? (NTP)", name)
            raise NotAuthorised(
                f"the token's {name} lies in the future: the clock of the EBS's machine is behind, "
                "or the token's maker's ahead"
            )

    def _until(self, viewer: Viewer, secret: Secret, now: float) -> float:
        return min(viewer.expires_at + LEEWAY_S, secret.expires_at, now + CACHED_FOR_S)

    def __len__(self) -> int:
        """Tokens remembered."""
        return len(self._verified_tokens)


def bearer(authorization: bytes | None) -> bytes:
    """The token of `Bearer <token>`; the scheme's case does not matter, nor does padding (=)."""
    if not authorization:
        raise NotAuthorised("send the extension's token as Authorization: Bearer <token>")
    scheme, _, token = authorization.partition(b" ")
    if scheme.lower() != b"bearer" or not token:
        raise NotAuthorised("the Authorization header is not Bearer <token>")
    if len(token) > LONGEST_TOKEN:
        raise NotAuthorised(f"the token is longer than {LONGEST_TOKEN} characters")
    return token.rstrip(b"=")  # or one token would be many that are to be remembered


def _digest(text: bytes) -> bytes:
    return blake2b(text, digest_size=16).digest()


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _meant(claims: Mapping[str, Any], audiences: Collection[str]) -> None:
    """Raises NotAuthorised for a token that is meant for somebody else."""
    named = claims.get("aud")
    if not named:
        return
    names = named if isinstance(named, list) else [named]
    if not all(isinstance(name, str) for name in names):
        raise NotAuthorised("the token's aud is neither a name nor a list of names")
    if not any(name in audiences for name in names):
        raise NotAuthorised("the token's aud names none of DLD_EBS_CLIENT_IDS")


def _viewer(claims: Mapping[str, Any], key: bytes, now: float) -> Viewer:
    expires_at, channel_id, role = (claims.get(name) for name in ("exp", "channel_id", "role"))
    if expires_at is None:
        raise NotAuthorised("the token has no exp")
    if not _is_number(expires_at):
        raise NotAuthorised("the token's exp is not a number")
    if not now < expires_at:  # NaN too
        raise NotAuthorised("the token has expired: ask Twitch's helper for a new one")
    if expires_at > now + LONGEST_LIFE_S:
        raise NotAuthorised("the token's exp is too far away")
    if not isinstance(channel_id, str) or not CHANNEL_ID.fullmatch(channel_id):
        raise NotAuthorised("the token's channel_id is not a Twitch channel id")
    if not isinstance(role, str) or role not in ROLES:
        raise NotAuthorised("the token's role is not one of a viewer")
    for name in ("opaque_user_id", "user_id"):
        if not isinstance(claims.get(name, ""), str | None):
            raise NotAuthorised(f"the token's {name} is no text")
    unlinked = claims.get("is_unlinked")
    if not (unlinked is None or isinstance(unlinked, bool | str)) or unlinked not in LINKED:
        raise NotAuthorised("the token's is_unlinked is neither true nor false")
    return Viewer(channel_id, role, float(expires_at), key)
