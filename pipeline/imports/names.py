"""Names of files and folders: what their program's convention tells, and what they keep private."""

import re
from pathlib import Path

from warehouse.records import login_or_none

# Chatterino's, of a day or of a stream; Stream Chat Summary's; those after a #; and OverRustle's
# folder of a channel
_FILES = (
    re.compile(r"(\w{1,25})-(?:\d{4}-\d\d-\d\d|\d{8,20})\b"),
    re.compile(r"\d{4}-\d\d-\d\d_twitch_(\w{1,25})\."),
    re.compile(r"(?:[\w.-]*?)#(\w{1,25}?)(?:_\d{8}|_\d{4}-\d\d-\d\d_.*)?(?:-[\d-]+)?(?:\.|$)"),
)
# OverRustle's, ZNC's, Textual's and Pidgin's
_FOLDER = re.compile(r"(\w{1,25}) chatlog|#(\w{1,25})(?:\.chat)?")
# folders of Chatterino's with chat of all channels, and files of theirs by themselves
_MIXED = {
    "whispers": "whispers, which are private",
    "mentions": "mentions, which are chat of other logs",
    "live": "who went live, which is no chat",
    "automod": "what AutoMod held back",
}
# Chatty's; a $ is before whom somebody whispered with
_CHATTY = (
    (re.compile(r"(?:\d{4}-\d\d-\d\d_)?\$\w{1,25}(?:-\d)?\.log"), _MIXED["whispers"]),
    (re.compile(r"(?:\d{4}-\d\d-\d\d_)?(?:highlighted|ignored|customTab-.*)\.log"),
     "lines of many channels, which are chat of other logs"),
)  # fmt: skip
_BOT = "private-messages"  # PhantomBot's folder of whispers
_DAILY = re.compile(r"(whispers|mentions|live|automod)-\d{4}-\d\d-\d\d\.(?:log|txt)(?:\.gz)?")


def channel_of(path: Path, by_file: bool) -> str:
    """The channel whose chat it is; '' where nothing tells. by_file: files of its format are
    named after it."""
    found = [_FOLDER.fullmatch(parent.name) for parent in path.parents[:2]]
    if by_file:
        found += [form.match(path.name) for form in _FILES]
    match = next(filter(None, found), None)
    return login_or_none(next(filter(None, match.groups()), "")) if match else ""


def withheld(path: Path) -> str:
    """What it has, where that is never imported; '' for any other file."""
    *_, above, folder = ["", "", *(part.lower() for part in path.parts[:-1])]
    if above == "channels":  # of a channel that is called so
        return ""
    if folder in _MIXED and _is_chatterino(path):
        return _MIXED[folder]
    if folder == _BOT:
        return _MIXED["whispers"]
    if daily := _DAILY.fullmatch(path.name.lower()):
        return _MIXED[daily[1]]
    return next((why for form, why in _CHATTY if form.fullmatch(path.name)), "")


def _is_chatterino(path: Path) -> bool:
    """Is it named after a day, as Chatterino's files are?"""
    return re.search(r"\d{4}-\d\d-\d\d", path.name) is not None
