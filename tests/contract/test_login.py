"""`python -m pipeline login` against a stand-in of Twitch: tokens on disk, secrets nowhere else."""

import asyncio
import stat
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli import login as login_command
from pipeline.cli.login import log_in, login
from pipeline.config import TwitchSettings
from pipeline.sources.eventsub.calls import TwitchRefused
from pipeline.sources.eventsub.tokens import Token, TokenFile
from tests.helpers.patience import play
from tests.helpers.standins.twitch import TwitchServer
from warehouse.config import TwitchAddress
from warehouse.errors import NotAuthorised

CHAT = ("user:read:chat",)


def attempt(file: TokenFile, prepare: Any = None, scopes: tuple[str, ...] = CHAT) -> TwitchServer:
    """Log in, at a server prepared so; returns it as it was left."""

    async def story() -> TwitchServer:
        async with TwitchServer() as twitch:
            if prepare:
                prepare(twitch)
            await log_in(twitch.login(), twitch.address, file, scopes)
            return twitch

    return play(story())


def test_a_login_shows_the_code_waits_and_keeps_the_tokens(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = TokenFile(tmp_path)
    twitch = attempt(file, lambda t: t.pending.extend(["authorization_pending"] * 2))
    token = file.load()
    assert token.access in twitch.access and token.refresh in twitch.refresh
    assert (token.user_id, token.login, token.client_id) == ("7", "reader", "client")
    assert token.scopes == CHAT and token.expires_at > 0
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    told = capsys.readouterr()
    assert "ABCDEFGH" in told.out and "https://www.twitch.tv/activate" in told.out
    assert "logged in as reader" in told.out
    for secret in (token.access, token.refresh, "device-secret"):
        assert secret not in told.out + told.err


def test_only_reading_chat_is_asked_for_unless_more_is_wanted(tmp_path: Path) -> None:
    [call] = attempt(TokenFile(tmp_path)).device_calls
    assert call["scopes"] == "user:read:chat"
    more = (*CHAT, "channel:read:hype_train")
    [call] = attempt(TokenFile(tmp_path), scopes=more).device_calls
    assert call["scopes"] == "user:read:chat channel:read:hype_train"


@pytest.mark.parametrize(
    ("options", "more"),
    [
        ({}, ()),
        ({"ads": True}, ("channel:read:ads",)),
        ({"markers": True}, ("channel:manage:broadcast",)),
        ({"clips": True}, ("clips:edit", "channel:manage:clips")),
    ],
)
@pytest.mark.parametrize("of", ["client", "another", None])
def test_what_the_login_allowed_before_is_asked_for_with_what_is_new(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, bool],
    more: tuple[str, ...],
    of: str | None,
) -> None:
    asked: list[tuple[str, ...]] = []

    async def log_in(settings: Any, address: Any, file: Any, scopes: tuple[str, ...]) -> None:
        asked.append(scopes)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLD_DATA", str(tmp_path))
    monkeypatch.setenv("DLD_TWITCH_CLIENT_ID", "client")
    monkeypatch.setattr(login_command, "log_in", log_in)
    if of:
        TokenFile(tmp_path).save(Token("a", "r", "7", "reader", of, (*CHAT, "channel:read:x")))
    login(**options)
    kept = ("channel:read:x",) if of == "client" else ()
    assert asked == [(*CHAT, *kept, *more)]


@pytest.mark.parametrize("answer", ["invalid device code", "access_denied"])
def test_who_declines_is_not_logged_in_and_keeps_the_login_of_before(
    tmp_path: Path, answer: str
) -> None:
    file = TokenFile(tmp_path)
    before = Token("a", "r", "1", "old", "client")
    file.save(before)
    with pytest.raises(NotAuthorised, match=f"{answer}; try again"):
        attempt(file, lambda t: t.pending.append(answer))
    assert file.load() == before


def test_an_application_that_twitch_does_not_know_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(TwitchRefused, match="Twitch: asked to fail"):
        attempt(TokenFile(tmp_path), lambda t: t.fail("oauth2/device", 400))
    assert not (tmp_path / "tokens.json").exists()


@pytest.mark.parametrize("path", ["oauth2/device", "oauth2/token"])
def test_a_setting_that_is_wrong_is_named(tmp_path: Path, path: str) -> None:
    for status, says, setting in (
        (400, "invalid client", "DLD_TWITCH_CLIENT_ID"),
        (400, "missing client secret", "DLD_TWITCH_CLIENT_SECRET"),
        (403, "invalid client secret", "DLD_TWITCH_CLIENT_SECRET"),
    ):
        with pytest.raises(NotAuthorised, match=f"{says}.*{setting}"):
            attempt(TokenFile(tmp_path), lambda t, s=status, w=says: t.fail(path, s, says=w))
    assert not (tmp_path / "tokens.json").exists()


def test_tokens_are_on_disk_before_they_are_used(tmp_path: Path) -> None:
    file = TokenFile(tmp_path)
    with pytest.raises(TwitchRefused):  # the first use of the token fails
        attempt(file, lambda t: t.fail("oauth2/validate", 500))
    assert file.load().access == "access-1"


def test_a_passing_failure_does_not_end_the_wait(tmp_path: Path) -> None:
    file = TokenFile(tmp_path)
    attempt(file, lambda t: t.fail("oauth2/token", 500, 429))
    assert file.load().login == "reader"


def test_without_an_application_it_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(NotAuthorised, match="DLD_TWITCH_CLIENT_ID"):
        nobody, file = TwitchSettings(client_id=""), TokenFile(tmp_path)
        asyncio.run(log_in(nobody, TwitchAddress(), file, CHAT))
