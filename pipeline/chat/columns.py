"""Columns of a table of chat, known by their names: which of them says what."""

import re
from collections.abc import Mapping, Sequence

from warehouse.errors import BadInput

# by role the names that a column of it has, the likeliest first; case and what is no letter or
# digit make no difference
ROLES = {
    "text": "text message body content msg message_text message_body chat_message comment chat",
    "user": "user login user_login username user_name author author_name nick nickname sender "
    "chatter commenter commenter_name display_name name user_id author_id commenter_id",
    "time": "t timestamp ts created_at sent_at time datetime date_time offset seconds "
    "time_in_seconds content_offset_seconds offset_seconds second sec secs ms milliseconds "
    "offset_ms us timestamp_ms timestamp_us time_text relative_time date published_at",
    "channel": "channel channel_name channel_login streamer streamer_name broadcaster "
    "broadcaster_login broadcaster_user_login room",
    "stream": "stream stream_id vod vod_id video video_id broadcast_id",
    "vod": "vod vod_id video_id",
    "date": "date started_at stream_started_at",
    "emotes": "emotes",
    "bot": "bot is_bot",
    "kind": "message_type type kind event",
    "id": "message_id msg_id comment_id",
}
GIVEN = ("text", "time", "user", "channel", "stream", "emotes")  # that --columns takes
NEEDS = (
    f"a table of chat has a column for the text ({', '.join(ROLES['text'].split()[:4])}), one for "
    f"the time ({', '.join(ROLES['time'].split()[1:9])}: ISO, epoch or since the start) and, if it "
    "can, one for the user; of other names tell them: --columns text=NAME,time=NAME,user=NAME"
)
_NO_NAME = re.compile(r"[\W_]+")
_SAID = {role: [_NO_NAME.sub("", name) for name in names.split()] for role, names in ROLES.items()}


def columns_of(names: Sequence[str], given: Mapping[str, str]) -> dict[str, list[int]]:
    """By role the places of its columns, the likeliest first.

    given: a column's name or its number, from 1 on, by role. Raises BadInput where it has none.
    """
    plain = [_NO_NAME.sub("", name.lower()) for name in names]
    found = {
        role: [plain.index(name) for name in said if name in plain] for role, said in _SAID.items()
    }
    for role, name in given.items():
        found[role] = [_given(names, plain, name)]
    return found


def _given(names: Sequence[str], plain: Sequence[str], name: str) -> int:
    if name in names:
        return names.index(name)
    sought = _NO_NAME.sub("", name.lower())
    if sought in plain:
        return plain.index(sought)
    if name.isdecimal() and 1 <= int(name) <= len(names):
        return int(name) - 1
    raise BadInput(f"--columns names {name!r}, which the table has not")


def given_columns(text: str) -> dict[str, str]:
    """`text=body,time=at` by role. Raises BadInput for another form."""
    given = dict[str, str]()
    for pair in filter(None, text.split(",")):
        role, _, name = pair.partition("=")
        if role.strip() not in GIVEN or not name.strip():
            raise BadInput(
                f"--columns {pair!r} is no column of a table; say text=NAME,time=NAME,user=NAME; "
                f"also {', '.join(GIVEN[3:])}"
            )
        given[role.strip()] = name.strip()
    return given
