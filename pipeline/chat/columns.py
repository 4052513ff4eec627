"""Columns of a table of chat, known by their names: which of them says what."""

import re
from collections.abc import Mapping, Sequence

from warehouse.errors import BadInput, WrongUsage

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
DATES = "dates"  # that it takes too: which comes first in the dates of a spreadsheet
DAY_FIRST, MONTH_FIRST = "day/month", "month/day"
_ORDERS = ((DATES, DAY_FIRST), (DATES, MONTH_FIRST))
NEEDS = (
    f"a table of chat has a column for the text ({', '.join(ROLES['text'].split()[:4])}), one for "
    f"the time ({', '.join(ROLES['time'].split()[1:9])}: ISO, epoch or since the start) and, if it "
    "can, one for the user; of other names tell them: --columns text=NAME,time=NAME,user=NAME"
)
_NO_NAME = re.compile(r"[\W_]+")
_SAID = {
    role: dict.fromkeys(_NO_NAME.sub("", name) for name in names.split())
    for role, names in ROLES.items()
}
# other names say by their last word what they are, `raw_message`, `sender_name`, `sent_by`, ...
_LAST = {
    word: role
    for role, lasts in {
        "text": "text message msg body content comment said line",
        "user": "user username nick nickname name login sender author chatter commenter viewer "
        "speaker handle alias from by account",
        "time": "time timestamp ts datetime date at sent created posted published epoch unix utc "
        "offset elapsed position seconds secs sec s ms us start",
    }.items()
    for word in lasts.split()
}
# ... but for those with one of these before it, which are of something else
_ELSE = {
    "text": frozenset("reply parent title category game system".split()),
    "user": frozenset("emote game category title file url stream video channel room broadcaster "
                      "streamer reply parent target".split()),
    "time": frozenset("account user author chatter follow followed updated edited deleted reply "
                      "parent watch sub ban".split()),
}  # fmt: skip
_WORD = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![a-z])")
_NAME = re.compile(r"[\w.-]+(?: \(\w+\))?|[A-Z]\w*(?: [A-Z]\w*){1,3}(?: \(\w+\))?")


def words(name: str) -> list[str]:
    """The words of a name, `chatterName`, `chatter_name` or `Chatter Name`, in lower case."""
    return [word.lower() for word in _WORD.findall(name)]


def columns_of(names: Sequence[str], given: Mapping[str, str]) -> dict[str, list[int]]:
    """By role the places of its columns, the likeliest first.

    given: a column's name or its number, from 1 on, by role. Raises BadInput where it has none.
    """
    plain = [_NO_NAME.sub("", name.lower()) for name in names]
    found = {role: _places(plain, said) for role, said in _SAID.items()}
    taken = {place for places in found.values() for place in places}
    for role in ("time", "text", "user"):
        found[role] = found[role] or [
            k for k, name in enumerate(names) if k not in taken and _likely(name) == role
        ]
    for role, name in given.items():
        if role != DATES:
            found[role] = [_given(names, plain, name)]
    return found


def _places(plain: Sequence[str], said: Mapping[str, None]) -> list[int]:
    if said.keys().isdisjoint(plain):
        return []
    return [plain.index(name) for name in said if name in plain]


def _likely(name: str) -> str:
    """The role of a name that is not known as a whole; '' for none."""
    *before, last = (_NAME.fullmatch(name) and words(name)) or [""]
    role = _LAST.get(last, "")
    return role if role and _ELSE[role].isdisjoint(before) else ""


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
    """`text=body,time=at` by role; `dates=day/month` too. Raises WrongUsage for another form."""
    given = dict[str, str]()
    for pair in filter(None, text.split(",")):
        role, _, name = pair.partition("=")
        is_known = role.strip() in GIVEN and name.strip()
        if not is_known and (role.strip(), name.strip()) not in _ORDERS:
            raise WrongUsage(
                f"--columns {pair!r} is no column of a table; say text=NAME,time=NAME,user=NAME; "
                f"also {', '.join(GIVEN[3:])}, and {DATES}={DAY_FIRST} or {DATES}={MONTH_FIRST}"
            )
        given[role.strip()] = name.strip()
    return given
