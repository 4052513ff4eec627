"""Where Twitch is: its own addresses, or those of one stand-in."""

import pytest
from pydantic import ValidationError

from warehouse.config import TwitchAddress, safe_url

HELIX, CHAT = "https://api.twitch.tv/helix/users", "wss://eventsub.wss.twitch.tv/ws?keep=10"


def test_without_a_stand_in_an_address_of_twitchs_is_itself() -> None:
    assert [TwitchAddress(twitch_url="").of(url) for url in (HELIX, CHAT)] == [HELIX, CHAT]


@pytest.mark.parametrize("given", ["http://127.0.0.1:9", "http://127.0.0.1:9/"])
def test_a_stand_in_has_the_same_paths_over_the_same_kind_of_protocol(given: str) -> None:
    twitch = TwitchAddress(twitch_url=given)
    assert twitch.of(HELIX) == "http://127.0.0.1:9/helix/users"
    assert twitch.of(CHAT) == "ws://127.0.0.1:9/ws?keep=10"
    assert twitch.of("wss://irc-ws.chat.twitch.tv:443") == "ws://127.0.0.1:9"


def test_a_stand_in_over_tls_is_spoken_to_over_tls() -> None:
    assert TwitchAddress(twitch_url="https://a.example/b").of(CHAT) == (
        "wss://a.example/b/ws?keep=10"
    )


@pytest.mark.parametrize("wrong", ["http://api.twitch.tv/", "ftp://127.0.0.1/", "https://", "x"])
def test_only_this_machine_is_spoken_to_in_the_clear(wrong: str) -> None:
    with pytest.raises(ValidationError):
        TwitchAddress(twitch_url=wrong)
    with pytest.raises(ValueError, match="https://"):
        safe_url(wrong, "https")
