"""Words of a card of the Live page, above and below its picture. No Streamlit."""

from datetime import datetime, tzinfo

from dashboard import wording
from dashboard.basis import NAMES, READING, UNSUPPORTED
from dashboard.live.now import Card
from dashboard.markup import Markup, row, span

STATUS = {"live": "● live", "quiet": "◐ quiet", "offline": "○ offline", "stale": "△ out of date"}


def head(card: Card) -> Markup:
    """Name, login where it differs, and status."""
    login = span(card.login, cls="dld-login") if card.login != card.name.lower() else ""
    pill = span(STATUS[card.status], cls=f"dld-pill {card.status}")
    return row(span(card.name, cls="dld-name"), login, pill, cls="dld-head")


def mood(card: Card, tz: tzinfo) -> list[Markup]:
    """The mood now and how sure it is; in its place what there is to say instead."""
    if card.status == "offline":
        return _last(card, tz)
    if not card.supported:
        return _untold(*why_not(card))
    five = card.five
    label = five.label if five else "silent"
    at = "" if card.last is None else f" · {wording.clock(card.last['start'], tz, seconds=True)}"
    return [
        row(
            span(wording.MOODS[label], cls=f"dld-glyph {label}"),
            span(wording.signed(five and five.mood), cls="dld-number"),
            span(wording.headline(card.feels, five and five.mood), cls="dld-word"),
            _badge(card.by_emotes and five is not None),
            cls="dld-mood",
        ),
        row(f"{card.rests_on()}{at}", cls="dld-sub"),
    ]


def _badge(by_emotes: bool) -> Markup | str:
    return span(NAMES["emotes"], cls="dld-pill odd") if by_emotes else ""


def why_not(card: Card) -> tuple[str, str]:
    """(in two words, in a sentence) why the mood of now is not told."""
    told = card.told
    if told.why == "waiting":
        n = sum(w["n"] for w in card.windows)
        return READING, f"{wording.messages(n)} in the last half hour: the mood waits"
    if told.share is not None:
        share = wording.percent(told.share)
        return UNSUPPORTED, f"{share} of messages have emotes: too few to tell a mood by"
    share = wording.percent(card.readable)
    return UNSUPPORTED, f"{share} of messages can be read: no mood can be told"


def _untold(word: str, why: str) -> list[Markup]:
    """Instead of a mood."""
    return [
        row(
            span(wording.MOODS["silent"], cls="dld-glyph silent"),
            span("–", cls="dld-number"),
            span(word, cls="dld-word"),
            cls="dld-mood",
        ),
        row(why, cls="dld-sub"),
    ]


def _last(card: Card, tz: tzinfo) -> list[Markup]:
    """Of a channel that is off air: its last stream, or why no mood of it is told."""
    part = card.recap_part()
    if part is not None and (why := part.why_not(card.readable)):
        return _untold(why, part.reason(card.readable))
    return _recap(card, tz)


def _recap(card: Card, tz: tzinfo) -> list[Markup]:
    """The last stream in short, for a channel that is off air."""
    last = card.recap
    mood = None if last is None else last["mood"]
    label = "silent" if last is None else wording.mood_word(mood, last["n"], last["basis"])
    text = "no stream seen yet"
    if last is not None:
        took = wording.lasting(last["ended_at"] - last["started_at"])
        text = f"last stream, {wording.messages(last['n'])} in {took}, ended " + wording.moment(
            last["ended_at"], tz
        )
    word = "" if mood is None else f"{wording.headline(label, mood)} overall"
    return [
        row(
            span(wording.MOODS[label], cls=f"dld-glyph {label}"),
            span(wording.signed(mood), cls="dld-number"),
            span(word, cls="dld-word"),
            _badge(last is not None and last["basis"] == "emotes"),
            cls="dld-mood",
        ),
        row(text, cls="dld-sub"),
    ]


def facts(card: Card, clock: datetime) -> Markup:
    """Rate, why, last event, connection: name and value in turns."""
    pairs: list[tuple[str, str | Markup]] = []
    if card.status != "offline" and card.supported:
        lasting, newest = card.newest()
        pairs += [
            (f"Last {lasting}", newest),
            ("Rate", f"{wording.rate(card.rate())} messages / min"),
            ("Why", _terms(card)),
        ]
        if card.by_emotes:
            laughs = wording.percent(card.laughs())
            pairs.append(("Laughter", f"in {laughs} of messages; it is no part of the mood"))
    pairs += [("Last event", _event(card, clock)), ("Connection", card.connection())]
    if card.readable is not None and card.readable < 0.9:
        pairs.append(("Readable", f"{wording.percent(card.readable)} of messages can be scored"))
    return row(*(span(x) for pair in pairs for x in pair), cls="dld-facts")


def _terms(card: Card) -> str | Markup:
    """Terms that moved the mood in the last windows, with their sign and count."""
    if not card.terms:
        return "no term moved the mood"
    chips = []
    for term in card.terms:
        up = term["contribution"] > 0
        sign = span("▲ " if up else "▼ ", cls="dld-up" if up else "dld-down")
        chips.append(span(sign, wording.plain(term["term"]), f" {term['n']}", cls="dld-term"))
    return span(*chips)


def _event(card: Card, clock: datetime) -> str:
    if card.event is None:
        return "none in a day"
    text = wording.event_text(card.event["kind"], card.event["detail"])
    return f"{text} · {wording.ago(clock - wording.aware(card.event['at']))}"
