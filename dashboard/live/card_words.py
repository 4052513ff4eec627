"""Words of a card of the Live page, above and below its picture. No Streamlit."""

from datetime import datetime, tzinfo

from dashboard import wording
from dashboard.live.now import Card
from dashboard.markup import Markup, row, span, tag

STATUS = {"live": "● live", "quiet": "◐ quiet", "offline": "○ offline", "stale": "△ out of date"}


def head(card: Card) -> Markup:
    """Name, login where it differs, and status."""
    login = span(card.login, cls="dld-login") if card.login != card.name.lower() else ""
    pill = span(STATUS[card.status], cls=f"dld-pill {card.status}")
    return row(span(card.name, cls="dld-name"), login, pill, cls="dld-head")


def mood(card: Card, tz: tzinfo) -> list[Markup]:
    """The mood now and how sure it is; in its place what there is to say instead."""
    if not card.supported:
        return _unsupported(card)
    if card.status == "offline":
        return _recap(card, tz)
    now, basis = card.mood()
    word = wording.mood_word(now)
    if card.last is not None and not card.last["n"] and not card.last["observed_s"]:
        word = "not observed"
    glyph = span(wording.glyph(now), cls=f"dld-glyph {wording.mood_word(now)}")
    at = "" if card.last is None else f" · {wording.clock(card.last['start'], tz, seconds=True)}"
    return [
        row(
            glyph,
            span(wording.signed(now), cls="dld-number"),
            span(word, cls="dld-word"),
            cls="dld-mood",
        ),
        row(f"{basis}{at}", cls="dld-sub"),
    ]


def _unsupported(card: Card) -> list[Markup]:
    """Instead of a mood, for chat in a language that VADER cannot read."""
    share = wording.percent(card.readable)
    return [
        row(
            span(wording.glyph(None), cls="dld-glyph silent"),
            span("–", cls="dld-number"),
            span("unsupported language", cls="dld-word"),
            cls="dld-mood",
        ),
        row(f"{share} of messages can be read: no mood can be told", cls="dld-sub"),
    ]


def _recap(card: Card, tz: tzinfo) -> list[Markup]:
    """The last stream in short, for a channel that is off air."""
    last = card.recap
    mood = None if last is None else last["mood"]
    text = "no stream seen yet"
    if last is not None:
        took = wording.lasting(last["ended_at"] - last["started_at"])
        text = f"last stream, {wording.messages(last['n'])} in {took}, ended " + wording.moment(
            last["ended_at"], tz
        )
    glyph = span(wording.glyph(mood), cls=f"dld-glyph {wording.mood_word(mood)}")
    word = "" if mood is None else f"{wording.mood_word(mood)} overall"
    return [
        row(
            glyph,
            span(wording.signed(mood), cls="dld-number"),
            span(word, cls="dld-word"),
            cls="dld-mood",
        ),
        row(text, cls="dld-sub"),
    ]


def facts(card: Card, clock: datetime) -> Markup:
    """Rate, why, outlook, last event, connection: name and value in turns."""
    pairs: list[tuple[str, str | Markup]] = []
    if card.status != "offline" and card.supported:
        mean, n = card.lately()
        five = f"{wording.glyph(mean)} {wording.signed(mean)} over {wording.messages(n)}"
        five = five if n else "nobody spoke (n = 0)"
        pairs += [
            ("Last 5 min", five),
            ("Rate", f"{wording.rate(card.rate())} messages / min"),
            ("Why", _terms(card)),
            ("Next 5 min", _outlook(card)),
        ]
        if card.forecast:
            pairs.append(("Its record", card.record()))
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


def _outlook(card: Card) -> str | Markup:
    """The forecast's middle and band at its last step."""
    f = card.forecast
    if f is None:
        return "no forecast"
    band = f"80 %: {wording.signed(min(f['q10']))} to {wording.signed(max(f['q90']))}"
    return span(tag("b", f"about {wording.signed(f['q50'][-1])}"), f" ({band})")


def _event(card: Card, clock: datetime) -> str:
    if card.event is None:
        return "none in a day"
    text = wording.event_text(card.event["kind"], card.event["detail"])
    return f"{text} · {wording.ago(clock - wording.aware(card.event['at']))}"
