"""Plan of a channel's subscriptions, within Twitch's limits."""

from collections.abc import Collection
from dataclasses import dataclass

from pipeline.sources.eventsub.scopes import ADS, HYPE_TRAINS

SESSIONS = 2  # of the three that Twitch allows: one stays free for the successor of another
CHAT = "channel.chat.message"


@dataclass(frozen=True, slots=True)
class Want:
    """A subscription. as_reader: Twitch has to know who reads; then it costs nothing."""

    type: str
    version: str = "1"
    as_reader: bool = True

    def condition(self, channel_id: str, reader_id: str) -> dict[str, str]:
        """What Twitch calls its condition."""
        of = {"broadcaster_user_id": channel_id}
        return {**of, "user_id": reader_id} if self.as_reader else of


# chat comes first: with it the channel is seen
_ROOM = tuple(
    Want(f"channel.chat.{name}")
    for name in ("message", "notification", "message_delete", "clear_user_messages", "clear")
)
# Twitch counts these against a limit of ten unless the channel allowed them; what does not fit
# is learnt by asking for the list of streams
COSTLY = (
    Want("stream.online", as_reader=False),
    Want("stream.offline", as_reader=False),
    Want("channel.update", "2", as_reader=False),
)
# of the login's own channel, each with a scope
_OWN = {
    HYPE_TRAINS: (
        Want("channel.hype_train.begin", "2", as_reader=False),
        Want("channel.hype_train.end", "2", as_reader=False),
    ),
    ADS: (Want("channel.ad_break.begin", as_reader=False),),
}


def wants(channel_id: str, reader_id: str, scopes: Collection[str]) -> list[Want]:
    """What to subscribe to, in order."""
    own = [scope for scope in _OWN if scope in scopes] if channel_id == reader_id else []
    return [*_ROOM, *COSTLY, *(want for scope in own for want in _OWN[scope])]
