"""Plan of a channel's subscriptions, within Twitch's limits."""

from collections.abc import Collection
from dataclasses import dataclass

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
_OWN = (
    Want("channel.hype_train.begin", "2", as_reader=False),
    Want("channel.hype_train.end", "2", as_reader=False),
)
HYPE_TRAINS = "channel:read:hype_train"


def wants(channel_id: str, reader_id: str, scopes: Collection[str]) -> list[Want]:
    """What to subscribe to, in order."""
    is_own = channel_id == reader_id and HYPE_TRAINS in scopes
    return [*_ROOM, *COSTLY, *(_OWN if is_own else ())]
