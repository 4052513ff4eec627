"""Places in a stream's VOD: as people say them, and as links of Twitch's."""

import re

_VOD = re.compile(r"[0-9]{1,20}", re.ASCII)


def elapsed(seconds: int) -> str:
    """1:02:03 into the stream."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def vod_link(vod_id: str | None, seconds: int) -> str | None:
    """The address that opens the VOD at that second; None when the VOD is not known."""
    if not vod_id or not _VOD.fullmatch(vod_id):
        return None
    at = f"{seconds // 3600}h{seconds // 60 % 60}m{seconds % 60}s"
    return f"https://www.twitch.tv/videos/{vod_id}?t={at}"
