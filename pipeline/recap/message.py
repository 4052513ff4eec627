"""A recap as a message: in Discord's format, or as plain JSON. Nothing in it can ping or be read
as markup, whatever a stream or a term is called."""

from base64 import b64encode
from typing import Any
from urllib.parse import quote

from pipeline.alerts.discord import literal
from pipeline.recap.recap import Best, Recap
from warehouse.durations import lasting
from warehouse.figures import signed
from warehouse.moments.vod import elapsed
from warehouse.mood_now import shown
from warehouse.plain_text import plain
from warehouse.records import iso
from warehouse.usual import Usual

PICTURE = "chart.png"
_COLOURS = {"positive": 0x2B83C6, "negative": 0xD9782D}
_PLAIN = 0x8A94A3
_FOOTER = "Picture: {}messages; moments by number · DLD"
_BAND = "mood with its 95 % band, below it "
_TITLE = 120  # characters of a stream's title; escaped it may be twice as long


def discord(of: Recap, name: str, dashboard: str = "") -> dict[str, Any]:
    """The JSON of a message with the picture attached. name: what people call the channel.
    dashboard: its address, '' for none."""
    simulated = "Simulated: the" if of.source == "simulated" else "The"
    embed = {
        "title": literal(plain(of.title, _TITLE)) or "Untitled stream",
        "description": "\n".join([_size(of), _mood(of), *_moments(of)]),
        "color": _COLOURS.get(of.label, _PLAIN),
        "timestamp": iso(of.ended_at),
        "footer": {"text": _FOOTER.format("" if of.mood is None else _BAND)},
        "image": {"url": f"attachment://{PICTURE}"},
    }
    review = review_link(of, dashboard)
    return {
        "content": f"{simulated} stream of {literal(plain(name))} is over",
        "allowed_mentions": {"parse": []},
        "embeds": [{**embed, "url": review} if review else embed],
    }


def plain_json(of: Recap, name: str, picture: bytes, dashboard: str = "") -> dict[str, Any]:
    """The same for any other program; docs/alerts.md names the fields."""
    return {
        "event": "recap",
        "channel": name,
        "source": of.source,
        "title": of.title,
        "started_at": iso(of.started_at),
        "ended_at": iso(of.ended_at),
        "messages": of.n,
        "messages_a_minute": of.rate and round(of.rate, 1),
        "usual_messages_a_minute": _usual(of.usual_rate, 1),
        "mood": of.mood,
        "label": None if of.mood is None else of.label,
        "basis": of.basis,
        "usual_mood": _usual(of.usual_mood, 3),
        "moments": [vars(one) for one in of.moments],
        "review": review_link(of, dashboard),
        "picture": {"type": "image/png", "base64": b64encode(picture).decode()},
    }


def review_link(of: Recap, dashboard: str) -> str | None:
    """The address of the stream's page Session review."""
    return f"{dashboard.rstrip('/')}/review?stream={quote(of.stream_id)}" if dashboard else None


def _size(of: Recap) -> str:
    parts = [lasting(of.ended_at - of.started_at), f"{of.n:,} message{'s' * (of.n != 1)}"]
    if of.rate is not None:
        usual = f", usually {of.usual_rate.middle:,.0f}" if of.usual_rate else ""
        parts.append(f"{of.rate:,.0f} a minute{usual}")
    return literal(" · ".join(parts))


def _mood(of: Recap) -> str:
    """The mood, and how it compares: by the numbers that are shown."""
    if of.mood is None:
        return "Its language cannot be scored, so no mood is told"
    word = "about neutral" if of.label == "neutral" else of.label
    told = f"Mood **{literal(signed(of.mood))}**, {word}"
    if of.basis == "emotes":
        told += ", by emotes"
    usual = of.usual_mood
    if usual is None:
        return f"{told}; too few streams before it to compare"
    low, high = shown(usual.low), shown(usual.high)
    way = "higher than usual" if of.mood > high else "lower than usual"
    way = "as usual" if low <= of.mood <= high else way
    band = literal(f"{signed(low)} to {signed(high)}")
    return f"{told}; {way} ({band} in the middle half of {usual.streams} streams before)"


def _moments(of: Recap) -> list[str]:
    if not of.moments:
        return ["", "Nothing stood out: the chat went on as it does all the time"]
    return ["", *(_line(rank, one) for rank, one in enumerate(of.moments, 1))]


def _line(rank: int, one: Best) -> str:
    at = literal(elapsed(one.at_s))
    place = f"[{at}]({one.link})" if one.link else at
    rest = one.text.removeprefix(one.title)
    between = "" if rest != one.text else ": "
    maybe = " (maybe)" if one.grade == "maybe" else ""
    return f"{rank}\\. {place} **{literal(one.title)}**{between}{literal(rest)}{maybe}"


def _usual(of: Usual | None, digits: int) -> dict[str, float] | None:
    return None if of is None else {name: round(v, digits) for name, v in vars(of).items()}
