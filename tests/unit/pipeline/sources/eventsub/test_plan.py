"""Which subscriptions a channel gets, by what the login allows."""

import pytest

from pipeline.sources.eventsub.plan import wants

HYPE = ["channel.hype_train.begin", "channel.hype_train.end"]
ADS = ["channel.ad_break.begin"]


@pytest.mark.parametrize(
    ("scopes", "more"),
    [
        ((), []),
        (("channel:read:hype_train",), HYPE),
        (("channel:read:ads",), ADS),
        (("channel:read:ads", "channel:read:hype_train"), HYPE + ADS),
    ],
)
def test_what_a_channel_alone_may_allow_is_asked_of_the_own_channel(
    scopes: tuple[str, ...], more: list[str]
) -> None:
    everywhere = [want.type for want in wants("8", "7", ("user:read:chat", *scopes))]
    own = [want.type for want in wants("7", "7", ("user:read:chat", *scopes))]
    assert everywhere[0] == "channel.chat.message" and not {*HYPE, *ADS} & {*everywhere}
    assert own == everywhere + more
    of_own = [want.condition("7", "7") for want in wants("7", "7", scopes)][len(everywhere) :]
    assert all(condition == {"broadcaster_user_id": "7"} for condition in of_own)
