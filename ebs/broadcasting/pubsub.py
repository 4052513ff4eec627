"""Extension PubSub: one signed request to Twitch that reaches every viewer of a channel."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import httpx
import jwt

from ebs.broadcasting.broadcaster import Outcome
from ebs.signing_keys import Secrets
from warehouse.errors import BadInput

log = logging.getLogger(__name__)

TOKEN_LIFE_S = 60
TIMEOUT_S = 5.0
LONGEST_WAIT_S = 120.0
WARN_EVERY_S = 60.0  # a trouble that lasts is a line a minute
TRANSIENT = (408, 425, 429)


class PubSub:
    """A client of helix/extensions/pubsub. Use as an async context."""

    def __init__(
        self,
        url: str,
        client_id: str,
        owner_id: str,
        secrets: Secrets,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._url, self._client_id, self._owner_id = url, client_id, owner_id
        self._secrets, self._clock = secrets, clock
        self._warned_at: dict[str, float] = {}
        # a proxy set for this machine is for what is beyond it
        self._http = httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=url.startswith("https:"))

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, exc, tb)

    async def post(self, channel_id: str, body: bytes) -> Outcome:
        """Send a body to all viewers of the channel."""
        try:
            token = self.token(channel_id)
        except BadInput as exc:
            self._warn(str(exc))
            return Outcome("refused")
        message = {
            "target": ["broadcast"],
            "broadcaster_id": channel_id,
            "is_global_broadcast": False,
            "message": body.decode(),
        }
        headers = {
            "authorization": f"Bearer {token}",
            "client-id": self._client_id,
            "content-type": "application/json",
        }
        content = json.dumps(message, ensure_ascii=False).encode()
        try:
            answer = await self._http.post(self._url, content=content, headers=headers)
        except httpx.HTTPError as exc:
            self._warn(f"Twitch cannot be reached: {type(exc).__name__}")
            return Outcome("retried")
        result = outcome(answer.status_code, answer.headers, self._clock())
        if result.name != "sent":
            means = MEANS.get(answer.status_code, "")
            words = "".join(f": {part}" for part in (_said(answer, token), means) if part)
            self._warn(f"Twitch answered status={answer.status_code}{words}{HELP[result.name]}")
        return result

    def token(self, channel_id: str) -> str:
        """Signed by the active secret. Raises BadInput where there is none."""
        now = self._clock()
        self._secrets.look(now)
        claims = {
            "exp": int(now) + TOKEN_LIFE_S,
            "user_id": self._owner_id,
            "role": "external",
            "channel_id": channel_id,
            "pubsub_perms": {"send": ["broadcast"]},
        }
        return jwt.encode(claims, self._secrets.signing(now).key, algorithm="HS256")

    def _warn(self, trouble: str) -> None:
        now = self._clock()
        if now - self._warned_at.get(trouble, -WARN_EVERY_S) >= WARN_EVERY_S:
            self._warned_at = (
                {**self._warned_at, trouble: now} if len(self._warned_at) < 50 else {trouble: now}
            )
            log.warning("not broadcast: %s", trouble)


HELP = {
    "retried": "; tried again while the window is fresh",
    "refused": "; check DLD_EBS_SECRET, DLD_EBS_CLIENT_IDS and DLD_EBS_OWNER_ID",
}
MEANS = {  # as Twitch documents it, but for 500, which it answers to a wrong Client-Id too
    400: "it cannot read the request",
    401: "DLD_EBS_SECRET is none of the extension's, or this machine's clock is wrong",
    403: "secret, owner and the first client id are not of the same extension",
    404: "the channel does not have the extension of the first client id",
    413: "the message is too large",
    422: "the message is too large",
    429: "too many at once",
    500: "if that lasts, the first of DLD_EBS_CLIENT_IDS is not the extension's client id",
}


def _said(answer: httpx.Response, token: str) -> str:
    """Twitch's own words, if they are a short line and repeat nothing of ours."""
    try:
        words = answer.json()["message"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    if not isinstance(words, str) or len(words) > 120 or not words.isprintable():
        return ""
    return "" if "<" in words or any(part in words for part in token.split(".")) else words


def outcome(status: int, headers: Mapping[str, str], now: float) -> Outcome:
    """What an answer of Twitch's means. now: epoch seconds."""
    if 200 <= status < 300:
        return Outcome("sent")
    if status in TRANSIENT or status >= 500:
        return Outcome("retried", _wait_s(headers, now))
    return Outcome("refused")


def _wait_s(headers: Mapping[str, str], now: float) -> float:
    """Retry-After in seconds, or until Ratelimit-Reset, an epoch second; 0 where neither says."""
    after, reset = headers.get("retry-after", ""), headers.get("ratelimit-reset", "")
    if _is_number(after):
        return min(float(after), LONGEST_WAIT_S)
    if _is_number(reset):
        return min(max(float(reset) - now, 0.0), LONGEST_WAIT_S)
    return 0.0


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16
