"""Words for numbers, moods, times and other people's text. Pure functions, no Streamlit."""

import html
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from warehouse.durations import lasting as lasting
from warehouse.durations import lasting_s
from warehouse.figures import MISSING as MISSING
from warehouse.figures import count as count
from warehouse.figures import fixed as fixed
from warehouse.figures import percent as percent
from warehouse.figures import signed as signed
from warehouse.mood_now import CLEAR, DIGITS, average_label
from warehouse.plain_text import LONGEST
from warehouse.plain_text import plain as plain

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

MOODS = {"positive": "▲", "negative": "▼", "neutral": "●", "silent": "○"}


def mood_word(mean: float | None, n: int, basis: str = "words") -> str:
    """The mean of n messages (-1..1) in a word, no verdict where it may be chance; None: silent."""
    return average_label(mean, n, basis)


def glyph(mean: float | None, n: int, basis: str = "words") -> str:
    """The same as a sign by shape, so that it never hangs on colour alone."""
    return MOODS[mood_word(mean, n, basis)]


def headline(label: str, mood: float | None) -> str:
    """A label of `warehouse.mood_now` as every surface says it: nothing is exactly neutral, and a
    weak mood only a bit positive or negative."""
    if label == "neutral":
        return f"about {label}"
    is_weak = label in ("positive", "negative") and round(abs(mood or 0.0), DIGITS) < CLEAR
    return f"a bit {label}" if is_weak else label


def messages(n: int) -> str:
    """1 message; 2,345 messages."""
    return counted(n, "message")


def counted(n: int, noun: str) -> str:
    """1 alert; 2,345 alerts."""
    return f"1 {noun}" if n == 1 else f"{n:,} {noun}s"


def unbroken(text: str) -> str:
    """The text, with numbers that no end of a line parts from their % or n."""
    return text.replace(" %", "\u00a0%").replace("n = ", "n\u00a0=\u00a0")


def rate(per_minute: float | None) -> str:
    """Messages a minute: 0.4, 7, 120."""
    if per_minute is None:
        return MISSING
    return f"{per_minute:.1f}" if 0 < per_minute < 9.95 else f"{per_minute:,.0f}"


def zone(name: str | None) -> tzinfo:
    """The reader's time zone; UTC for none or a name nobody knows."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def aware(at: datetime) -> datetime:
    """A naive time from a table, which is UTC, as an aware one."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def local(at: datetime, tz: tzinfo) -> datetime:
    """The time on the reader's wall, naive, as an axis takes it."""
    return aware(at).astimezone(tz).replace(tzinfo=None)


def clock(at: datetime, tz: tzinfo, seconds: bool = False) -> str:
    """14:05, or 14:05:30."""
    there = aware(at).astimezone(tz)
    return f"{there:%H:%M:%S}" if seconds else f"{there:%H:%M}"


def day(at: datetime, tz: tzinfo) -> str:
    """22 Nov 2026."""
    there = aware(at).astimezone(tz)
    return f"{there.day} {there:%b %Y}"


def moment(at: datetime, tz: tzinfo, seconds: bool = False) -> str:
    """22 Nov 2026, 14:05."""
    return f"{day(at, tz)}, {clock(at, tz, seconds)}"


def utc_text(at: datetime) -> str:
    """2026-11-22 13:05:30 UTC, for hovers."""
    return f"{aware(at).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def utc_iso(at: datetime) -> str:
    """2026-11-22T13:05:30Z, for addresses."""
    return f"{aware(at).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def ago(span: timedelta) -> str:
    """just now, 40 s ago, 5 min ago, 3 h ago, 2 days ago, 5.6 years ago."""
    s = span.total_seconds()
    if s < 15:
        return "just now"
    if s < 90:
        return f"{s:.0f} s ago"
    if s < 90 * 60:
        return f"{s / 60:.0f} min ago"
    return f"{s / 3600:.0f} h ago" if s < 48 * 3600 else f"{lasting(span)} ago"


def seconds(value: float) -> str:
    """0.4 s, 42 s; longer ones as `lasting` says them."""
    if value < 10:
        return f"{value:.1f} s"
    return lasting_s(value)


def size(n_bytes: float | None) -> str:
    """812 B, 4.2 kB, 1.3 GB: thousands, as disks are sold."""
    if n_bytes is None:
        return MISSING
    for unit in ("B", "kB", "MB", "GB"):
        if n_bytes < 999.5:
            return f"{n_bytes:.3g} {unit}"
        n_bytes /= 1000
    return f"{n_bytes:,.3g} TB"


def at_second(epoch: float) -> datetime:
    """Seconds since the epoch as an aware time; the epoch for what is no time."""
    try:
        return datetime.fromtimestamp(epoch, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def plotted(text: str | None, longest: int = LONGEST) -> str:
    """Foreign text for plotly, which reads a subset of HTML in every label."""
    return html.escape(plain(text, longest), quote=False)


def literal(text: str) -> str:
    """Text for what reads Markdown."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]()#+-.!|<>$~:" else c for c in text)


EVENTS = {
    "raid": ("Raid", "⚑"),
    "sub": ("Sub", "★"),
    "gift": ("Gifted subs", "✦"),
    "cheer": ("Cheer", "◆"),
    "gift_paid_upgrade": ("Gifted sub kept", "★"),
    "prime_paid_upgrade": ("Prime sub kept", "★"),
    "pay_it_forward": ("Gift passed on", "✦"),
    "bits_badge_tier": ("Bits badge", "◆"),
    "power_up": ("Power-up", "◆"),
    "combo": ("Combo", "◆"),
    "charity_donation": ("Charity", "♥"),
    "announcement": ("Announcement", "❢"),
    "watch_streak": ("Watch streak", "↻"),
    "unraid": ("Raid called off", "⚑"),
    "hype_train": ("Hype train", "▲"),
    "ad_break": ("Ad break", "▬"),
    "title": ("New title", "✎"),
    "category": ("New category", "▣"),
    "connection_lost": ("Connection lost", "✕"),
    "marker": ("Marker", "⚐"),
    "moment": ("Moment", "✸"),
    "twitch_marker": ("Marker on Twitch", "⚐"),
    "twitch_clip": ("Clip on Twitch", "▶"),
    "twitch_failed": ("Not set on Twitch", "✕"),
}


def event_kind(kind: str) -> str:
    """An event's kind as people say it; an unknown one as it is."""
    return EVENTS.get(kind, (plain(kind.replace("_", " ")).capitalize(), ""))[0]


def event_text(kind: str, detail: str | None, longest: int = 40) -> str:
    """An event in a few words: Raid from sim_grotto; Cheer of 100 bits."""
    what, more = event_kind(kind), plain(detail, longest)
    if not more or kind in ("twitch_marker", "twitch_clip"):  # else an address
        return what
    joined = {"raid": "from ", "cheer": "of ", "gift": "of ", "watch_streak": "of "}.get(kind, "")
    unit = " bits" if kind == "cheer" and more.isdigit() else ""
    if not joined and kind not in ("sub",):
        return f"{what}: {more}"
    return f"{what}, {more}" if kind == "sub" else f"{what} {joined}{more}{unit}"
