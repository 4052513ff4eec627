"""`python -m pipeline login`: a Twitch user lets DLD read chat, and do what else they name.

The device-code flow: the user types a short code on Twitch's own page, so no password and no
open port is needed here.
"""

import asyncio
import time
from dataclasses import replace
from typing import Annotated, Any

import typer
from twitchio.http import Route

from pipeline.config import TwitchSettings
from pipeline.sources.eventsub.calls import Client, TwitchRefused, post
from pipeline.sources.eventsub.frames import mapping
from pipeline.sources.eventsub.scopes import ADS, CLIP, CLIP_PAST, HYPE_TRAINS, MARK, READ_CHAT
from pipeline.sources.eventsub.tokens import Token, TokenFile
from warehouse.config import TwitchAddress, data_folder
from warehouse.errors import NotAuthorised

_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_WAITING = ("authorization_pending", "slow_down")


def login(
    hype_trains: Annotated[
        bool, typer.Option("--hype-trains", help="also read your own channel's hype trains")
    ] = False,
    ads: Annotated[
        bool, typer.Option("--ads", help="also read when your own channel's ad breaks begin")
    ] = False,
    markers: Annotated[
        bool, typer.Option("--markers", help="also set stream markers (DLD_MARKERS)")
    ] = False,
    clips: Annotated[
        bool, typer.Option("--clips", help="also make clips, of past streams too (DLD_CLIPS)")
    ] = False,
) -> None:
    """Let DLD read chat as a Twitch user: shows a code, waits, keeps the tokens.

    What the login allowed before is asked for again with what is new.
    """
    file, settings = TokenFile(data_folder().root), TwitchSettings()
    scopes = [READ_CHAT, *_given(file, settings.client_id)]
    scopes += [HYPE_TRAINS] * hype_trains + [ADS] * ads + [*MARK] * markers
    scopes += [*CLIP, CLIP_PAST[0]] * clips
    asyncio.run(log_in(settings, TwitchAddress(), file, tuple(dict.fromkeys(scopes))))


def _given(file: TokenFile, client_id: str) -> tuple[str, ...]:
    """What the login of now allows the same application; nothing where there is none."""
    try:
        token = file.load()
    except (NotAuthorised, OSError):
        return ()
    return token.scopes if token.client_id == client_id else ()


async def log_in(
    settings: TwitchSettings, address: TwitchAddress, file: TokenFile, scopes: tuple[str, ...]
) -> None:
    """Ask for a code, wait for the user, save. Raises TwitchRefused, NotAuthorised, OSError."""
    if not settings.client_id:
        raise NotAuthorised("no Twitch application: set DLD_TWITCH_CLIENT_ID (.env.example)")
    fields = {"client_id": settings.client_id, "scopes": " ".join(scopes)}
    device = await post(address, "oauth2/device", fields)
    print(f"Open {_plain(device.get('verification_uri'))}")
    print(f"and enter the code {_plain(device.get('user_code'))}; waiting for you ...", flush=True)
    fields |= {"device_code": str(device.get("device_code")), "grant_type": _GRANT}
    with file.alone(), file.room() as put:  # a full disk is known before a token is given out
        token = _token(settings, await _wait(address, fields, device))
        put(token)
    named = await _named(settings, address, token)
    file.save(named)
    print(f"logged in as {named.login}; `python -m pipeline run --source eventsub` reads chat")


async def _wait(
    address: TwitchAddress, fields: dict[str, str], device: dict[str, Any]
) -> dict[str, Any]:
    """The tokens, once the user has agreed. Raises NotAuthorised when they do not in time."""
    pause = float(device.get("interval") or 0)
    until = time.monotonic() + float(device.get("expires_in") or 1800)
    while time.monotonic() < until:
        await asyncio.sleep(max(0.1, pause))
        try:
            return await post(address, "oauth2/token", fields)
        except TwitchRefused as exc:
            if exc.why == "slow_down":
                pause += 5
            elif exc.why not in _WAITING and not exc.is_passing:
                raise NotAuthorised(f"not logged in: {exc.why}; try again") from None
    raise NotAuthorised("not logged in: nobody entered the code in time; try again")


def _token(settings: TwitchSettings, answer: dict[str, Any]) -> Token:
    scopes = answer.get("scope")
    return Token(
        access=str(answer.get("access_token") or ""),
        refresh=str(answer.get("refresh_token") or ""),
        user_id="",
        login="",
        client_id=settings.client_id,
        scopes=tuple(map(str, scopes)) if isinstance(scopes, list) else (),
        expires_at=time.time() + float(answer.get("expires_in") or 0),
    )


async def _named(settings: TwitchSettings, address: TwitchAddress, token: Token) -> Token:
    """The token with whose it is. Raises TwitchRefused."""
    client = Client(settings, address)
    try:
        headers = {"Authorization": f"OAuth {token.access}"}
        route = Route("GET", "oauth2/validate", use_id=True, headers=headers)
        answer = mapping(await client.ask(route))
    finally:
        await client.close()
    return replace(
        token, user_id=str(answer.get("user_id") or ""), login=str(answer.get("login") or "")
    )


def _plain(value: object) -> str:
    """For a terminal: what Twitch says, without anything that could steer it."""
    return "".join(c for c in str(value) if c.isprintable())[:300]
