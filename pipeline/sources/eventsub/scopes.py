"""Scopes of a login: what its user lets DLD do at Twitch, each asked for only where it is wanted.

Source: Twitch's reference of Create Stream Marker, Create Clip and Create Clip From VOD.
"""

from collections.abc import Collection

READ_CHAT = "user:read:chat"
HYPE_TRAINS, ADS = "channel:read:hype_train", "channel:read:ads"  # of one's own channel
MARK = ("channel:manage:broadcast",)
CLIP = ("clips:edit",)
CLIP_PAST = ("channel:manage:clips", "editor:manage:clips")  # of a video; either will do
OPTIONS = {MARK: "--markers", CLIP: "--clips", CLIP_PAST: "--clips"}  # of `login`, that ask for it


def lacking(scopes: Collection[str], needed: tuple[str, ...]) -> str:
    """What to do where none of `needed` is allowed; '' where one is."""
    if any(scope in scopes for scope in needed):
        return ""
    return f"python -m pipeline login {OPTIONS[needed]}"
