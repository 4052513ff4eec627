"""A Twitch extension JWT -> the Viewer it speaks for."""

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from warehouse.errors import NotAuthorised

ROLES = frozenset({"viewer", "moderator", "broadcaster"})  # "external" is what an EBS signs itself
CHANNEL_ID = re.compile(r"[0-9]{1,20}")
LONGEST_TOKEN = 4096  # characters; Twitch's have about 500
LONGEST_LIFE_S = 366 * 86_400  # Twitch's live for hours; one that never ends was not made by it
CACHED_TOKENS = 20_000  # about 15 MB of tokens at most
CACHED_FOR_S = 900.0


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: a Twitch channel id (1 to 20 digits), a role in ROLES, until when (epoch, s)."""

    channel_id: str
    role: str
    expires_at: float


class Doorkeeper:
    """Verifies tokens against every live secret; remembers those it let in, for a while.

    Only tokens that passed are remembered: nobody can fill the cache without a secret.
    """

    def __init__(
        self, keys: tuple[bytes, ...], leeway_s: float, clock: Callable[[], float] = time.time
    ) -> None:
        self._keys = keys
        self._leeway_s = leeway_s
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[float, Viewer]] = OrderedDict()

    def viewer(self, authorization: bytes | None) -> Viewer:
        """The viewer of an Authorization header. Raises NotAuthorised, never anything else."""
        token = bearer(authorization)
        now = self._clock()
        known = self._known.get(token)
        if known is not None and now < known[0]:
            return known[1]
        viewer = self._verified(token, now)
        self._remember(token, viewer, now)
        return viewer

    def _verified(self, token: bytes, now: float) -> Viewer:
        for key in self._keys:
            try:
                claims = jwt.decode(
                    token,
                    key,
                    algorithms=["HS256"],
                    # expiry is checked below: jwt takes a string for a number
                    options={"require": ["exp"], "verify_exp": False},
                    leeway=self._leeway_s,
                )
            except jwt.InvalidSignatureError:
                continue  # maybe signed with another secret of the rotation
            except Exception:
                # The parser is fed by strangers: whatever breaks in it, the token is to blame.
                raise NotAuthorised("the token is malformed or not an HS256 one") from None
            return _viewer(claims, now - self._leeway_s)
        raise NotAuthorised("the token is signed with another secret")

    def _remember(self, token: bytes, viewer: Viewer, now: float) -> None:
        until = min(viewer.expires_at + self._leeway_s, now + CACHED_FOR_S)
        self._known[token] = (until, viewer)
        self._known.move_to_end(token)
        if len(self._known) > CACHED_TOKENS:
            self._known.popitem(last=False)

    def __len__(self) -> int:
        """Tokens remembered."""
        return len(self._known)


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


def _viewer(claims: Mapping[str, Any], now: float) -> Viewer:
    expires_at, channel_id, role = (claims.get(name) for name in ("exp", "channel_id", "role"))
    if not isinstance(expires_at, int | float):
        raise NotAuthorised("the token's exp is not a number")
    if not now < expires_at:  # NaN too
        raise NotAuthorised("the token has expired: ask Twitch's helper for a new one")
    if expires_at > now + LONGEST_LIFE_S:
        raise NotAuthorised("the token's exp is too far away")
    if not isinstance(channel_id, str) or not CHANNEL_ID.fullmatch(channel_id):
        raise NotAuthorised("the token's channel_id is not a Twitch channel id")
    if not isinstance(role, str) or role not in ROLES:
        raise NotAuthorised("the token's role is not one of a viewer")
    return Viewer(channel_id, role, float(expires_at))
