"""Notices of Twitch's server: refusals, in words of our own where they are known."""

import re

from pipeline.sources.irc.lines import IrcLine
from pipeline.web import printable

_QUOTED = 120  # characters of Twitch's own words
# why Twitch does not let anybody into a channel, by the id of its notice
_REFUSALS = {
    "msg_channel_suspended": "it is suspended, or there is no such channel",
    "msg_banned": "we are banned from it",
    "msg_room_not_found": "there is no such channel",
    "tos_ban": "Twitch has closed it for breaking its terms",
    "msg_channel_blocked": "it blocks us",
    "msg_requires_verified_phone_number": "it lets in only those with a verified phone number; "
    "nobody without a login can read it: --source eventsub may",
    "msg_verified_email": "it lets in only those with a verified e-mail address; "
    "nobody without a login can read it: --source eventsub may",
    "msg_suspended": "Twitch has suspended who reads it",
    "no_permission": "Twitch does not permit it",
    "invalid_user": "there is no such channel",
}
# modes of a room, told as it is joined, and what became of messages: none keeps us from reading
_NO_REFUSAL = re.compile(
    r".*_(on|off|on_zero|success|usage\w*)|already_.*|host_.*|.*_ratelimit|msg_(followersonly\w*|"
    r"subsonly|emoteonly|r9k|slowmode|duplicate|rejected\w*|timedout|facebook|bad_characters)"
)
_LOGIN = re.compile(
    "login unsuccessful|login authentication failed|improperly formatted auth|invalid nick|"
    "error logging in|login failed",
    re.IGNORECASE,
)
NO_LOGIN = "Twitch refuses our login, which is nobody's"
_LATER = "it is tried again by itself, less and less often"
NO_CAPABILITIES = (
    "Twitch does not grant what makes chat countable (tags: ids and times of messages); "
    f"look for a proxy or another DLD_TWITCH_URL in between, {_LATER}"
)


def notice_to_all(line: IrcLine) -> tuple[str, bool]:
    """What a notice to no channel says, and whether nothing will come after it."""
    said = _quoted(line)
    if _LOGIN.search(said):
        return f"{NO_LOGIN} ({said}); too many logins from this address may be why, {_LATER}", True
    return f"Twitch says {said} in place of letting us in", False


def refusal(line: IrcLine, is_joined: bool) -> str:
    """Why a channel is not to be joined; '' for a notice of another kind. One that is not known is
    taken for none where the channel is joined."""
    name = line.tags.get("msg-id", "")
    if reason := _REFUSALS.get(name):
        return reason
    return "" if is_joined or _NO_REFUSAL.fullmatch(name) else f"Twitch says {_quoted(line)}"


def _quoted(line: IrcLine) -> str:
    """What Twitch's server says, cut, in one printable line."""
    said = printable(line.params[-1] if line.params else "", _QUOTED)
    return f'"{said.replace(";", ",")}"'
