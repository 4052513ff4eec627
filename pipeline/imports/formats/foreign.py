"""Chat that is none of a Twitch channel's, as others export it: refused, with what to do."""

import re
from pathlib import Path

from warehouse.errors import BadInput

_LOOKED_AT = 4000  # characters
_FORMS = (
    (
        re.compile(r'\s*\{\s*"guild"\s*:|={9,}\s*\nGuild: |"?AuthorID"?,"?Author"?,"?Date"?,'),
        "an export of Discord, where even what a bot brings from Twitch is the bot's: import a log "
        "of the chat itself",
    ),
    (
        re.compile(r'.*?"(?:replayChatItemAction|addChatItemAction)"|.*?"add_chat_item"', re.S),
        "chat of YouTube; what is read is Twitch's, and Kick's as JSON",
    ),
    (
        re.compile(r'.*?(?:"date_unixtime"|"client_msg_id"|end-to-end encrypted)', re.S),
        "an export of Telegram, Slack or WhatsApp: private chat, which is not Twitch's",
    ),
    (
        re.compile(r"(?=.*\bbody\b).*\bchannel_points_modification\b"),
        "Twitch's export of one account's data: it has what that account wrote, in all channels, "
        "and nobody else's chat",
    ),
)


def refuse_foreign(path: Path, text: str) -> None:
    """Raises BadInput for such a file. text: how it begins."""
    head = text[:_LOOKED_AT].lstrip("\ufeff")
    for form, what in _FORMS:
        if form.match(head):
            raise BadInput(f"{path} is {what}")
