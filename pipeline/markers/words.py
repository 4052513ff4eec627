"""Words for Twitch: of a marker, and a clip's title; each plain and short."""

from warehouse.plain_text import plain

MOST_MARKER = 140  # characters, by Twitch's reference of Create Stream Marker
MOST_TITLE = 100  # that Twitch's own form for a clip takes
_NOTHING = "Moment"


def description(text: str, ago_s: float) -> str:
    """Of a marker. Twitch puts it where the stream is when it hears of it, and nowhere else: so
    it says how long ago the reaction began."""
    began = f" (began {max(0, round(ago_s))} s before)"
    return (plain(text, MOST_MARKER - len(began)) or _NOTHING) + began


def title(text: str) -> str:
    """Of a clip."""
    return plain(text, MOST_TITLE) or _NOTHING
