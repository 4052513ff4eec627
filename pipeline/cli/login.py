"""`python -m pipeline login`: a Twitch user lets DLD read chat with their login.

The device-code flow: the user types a short code on Twitch's own page, so no password and no
open port is needed here.
"""

import asyncio
import time
from typing import Annotated, Any

import typer

from pipeline.config import TwitchSettings
from pipeline.sources.eventsub.tokens import Token, TokenFile
from warehouse.config import data_folder
from warehouse.errors import NotAuthorised

READ_CHAT, HYPE_TRAINS = "user:read:chat", "channel:read:hype_train"
_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_WAITING = ("authorization_pending", "slow_down")


def login(
    hype_trains: Annotated[
        bool, typer.Option("--hype-trains", help="also read your own channel's hype trains")
    ] = False,
) -> None:
    """Let DLD read chat as a Twitch user: shows a code, waits, keeps the tokens."""
    scopes = (READ_CHAT, HYPE_TRAINS) if hype_trains else (READ_CHAT,)
    asyncio.run(log_in(TwitchSettings(), TokenFile(data_folder().root), scopes))


async def log_in(settings: TwitchSettings, file: TokenFile, scopes: tuple[str, ...]) -> None:
    """Ask for a code, wait for the user, save. Raises Refused, NotAuthorised, OSError."""
    from pipeline.sources.eventsub.calls import post

    if not settings.client_id:
        raise NotAuthorised("no Twitch application: set DLD_TWITCH_CLIENT_ID (.env.example)")
    asked = {"client_id": settings.client_id, "scopes": " ".join(scopes)}
    told = await post(settings, "oauth2/device", asked)
    print(f"Open {_plain(told.get('verification_uri'))}")
    print(f"and enter the code {_plain(told.get('user_code'))}; waiting for you ...", flush=True)
    fields = {**asked, "device_code": str(told.get("device_code")), "grant_type": _GRANT}
    with file.alone(), file.room() as put:  # a full disk is known before a token is given out
        token = _token(settings, await _wait(settings, fields, told))
        put(token)
    named = await _named(settings, token)
    file.save(named)
    print(f"logged in as {named.login}; `python -m pipeline run --source eventsub` reads chat")


async def _wait(
    settings: TwitchSettings, fields: dict[str, str], told: dict[str, Any]
) -> dict[str, Any]:
    """The tokens, once the user has agreed. Raises NotAuthorised when they do not in time."""
    from pipeline.sources.eventsub.calls import Refused, post

    pause = float(told.get("interval") or 0)
    until = time.monotonic() + float(told.get("expires_in") or 1800)
    while time.monotonic() < until:
        await asyncio.sleep(max(0.1, pause))
        try:
            return await post(settings, "oauth2/token", fields)
        except Refused as exc:
            if exc.why == "slow_down":
                pause += 5
            elif exc.why not in _WAITING and not exc.is_passing:
                raise NotAuthorised(f"not logged in: {exc.why}; try again") from None
    raise NotAuthorised("not logged in: nobody entered the code in time; try again")


def _token(settings: TwitchSettings, found: dict[str, Any]) -> Token:
    scopes = found.get("scope")
    return Token(
        access=str(found.get("access_token") or ""),
        refresh=str(found.get("refresh_token") or ""),
        user_id="",
        login="",
        client_id=settings.client_id,
        scopes=tuple(map(str, scopes)) if isinstance(scopes, list) else (),
        expires_at=time.time() + float(found.get("expires_in") or 0),
    )


async def _named(settings: TwitchSettings, token: Token) -> Token:
    """The token with whose it is. Raises Refused."""
    from dataclasses import replace

    from twitchio.http import Route

    from pipeline.sources.eventsub.calls import ask, oauth
    from pipeline.sources.eventsub.frames import mapping

    client = oauth(settings)
    try:
        headers = {"Authorization": f"OAuth {token.access}"}
        route = Route("GET", "oauth2/validate", use_id=True, headers=headers)
        found = mapping(await ask(client, route))
    finally:
        await client.close()
    return replace(
        token, user_id=str(found.get("user_id") or ""), login=str(found.get("login") or "")
    )


def _plain(value: object) -> str:
    """For a terminal: what Twitch says, without anything that could steer it."""
    return "".join(c for c in str(value) if c.isprintable())[:300]
