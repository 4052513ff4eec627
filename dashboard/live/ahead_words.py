"""Words of a card of the Live page about the next five minutes. No Streamlit."""

from dashboard import outlook, wording
from dashboard.charts.series import Row
from dashboard.live.now import Card
from dashboard.markup import Markup, row, span, tag

Pairs = list[tuple[str, str | Markup]]


def facts(card: Card) -> Markup | None:
    """Range, chances, activity, trust: name and value in turns; None where no mood is told.

    Drawn apart from a card's other facts, which change by the second: what is open stays open.
    """
    if card.status == "offline" or not card.supported:
        return None
    return row(*(span(x) for pair in _pairs(card) for x in pair), cls="dld-facts")


def cells(card: Card) -> dict[str, str]:
    """The same for a table, by column; of a forecast that has no five minutes its last middle."""
    f = card.forecast
    if f is None or not outlook.is_told(f):
        last = wording.signed(f["q50"][-1]) if f else ""
        return {"Next 5 min": last, "Expected / min": "", "Forecasts": "", "Chances": ""}
    rates, is_known = outlook.rates(f), card.grade != "not"
    return {
        "Next 5 min": outlook.short(f) if is_known else outlook.as_usual(f),
        "Expected / min": "{} ({} to {})".format(*rates) if rates else "",
        "Forecasts": outlook.SHORT[card.grade],
        "Chances": outlook.short_chances(f) if is_known else "",
    }


def _pairs(card: Card) -> Pairs:
    f = card.forecast
    if f is None:
        return [("Next 5 min", "no forecast")]
    if not outlook.is_told(f):
        return [("Next 5 min", _last_step(f)), ("Its record", card.record())]
    if card.grade == "not":  # its bands and chances are worth no more than the average's
        likely, told = outlook.as_usual(f), []
    else:
        likely, told = outlook.likely(f), outlook.chances(f)
    pairs: Pairs = [("Next 5 min", tag("b", likely))]
    if told:
        pairs.append(("Chances", span(*map(row, told))))
    if activity := outlook.activity(f):
        pairs.append(("Activity", activity))
    return [*pairs, ("Forecasts", _trust(card))]


def _trust(card: Card) -> Markup:
    """How far they can be trusted, in words; the figure behind them under a finger or a pointer."""
    figure = card.five_record()
    words = tag("summary", outlook.GRADES[card.grade], title=figure)
    return tag("details", words, figure, cls="dld-lines")


def _last_step(f: Row) -> Markup:
    """The middle and band of the last step, of a forecast that has no five minutes."""
    band = f"80 %: {wording.signed(min(f['q10']))} to {wording.signed(max(f['q90']))}"
    return span(tag("b", f"about {wording.signed(f['q50'][-1])}"), f" ({band})")
