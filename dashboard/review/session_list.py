"""Moments and turns of the mood as markup: what, when, how sure, why."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboard import wording
from dashboard.charts.series import Row
from dashboard.markup import Markup, away, row, span, tag
from dashboard.review import sentences
from dashboard.review.session_marks import Ranked
from warehouse.moments.cuts import Cut
from warehouse.moments.kinds import TURNS, Moment
from warehouse.moments.placed import PlacedMoment
from warehouse.moments.reasons import Reason
from warehouse.moments.words import name, times, title


@dataclass(frozen=True)
class Place:
    """Video that the list's times lead to. cut: of a moment, from where to where it is cut out."""

    vod_id: str | None
    cut: Callable[[PlacedMoment], Cut]


def turn_list(turns: Ranked, lines: Sequence[Sequence[Row]], place: Place) -> Markup:
    """An item a turn of the mood; lines: those kept of each, as long as shown."""
    items = [
        tag("li", *_parts(rank, one, samples, place, ""))
        for (rank, one), samples in zip(turns, lines, strict=True)
    ]
    return tag("ol", *items, cls="dld-moments")


def moment(rank: int, one: PlacedMoment, samples: Sequence[Row], place: Place, mark: str) -> Markup:
    """One moment, with its grade. mark: keep, drop or '', as somebody decided."""
    return row(*_parts(rank, one, samples, place, mark), cls=f"dld-moment {mark}".strip())


def _parts(
    rank: int, one: PlacedMoment, samples: Sequence[Row], place: Place, mark: str
) -> tuple[Markup, Markup]:
    m = one.moment
    is_turn = m.kind in TURNS
    head = row(
        span(f"{glyph(m)} ", cls=f"dld-kind {m.kind}"),
        tag("b", title(m) if is_turn else name(m, one.reasons)),
        when(one, place.vod_id, place.cut(one)),
        span(sentences.also(m), cls="dld-also"),
        span(m.grade, cls=f"dld-pill {m.grade}", title=strength(m)) if not is_turn else "",
        span(DECIDED[mark], cls=f"dld-pill {mark}") if mark else "",
        cls="dld-moment-head",
    )
    text = tag("div", said(m), cls="dld-moment-said", title=strength(m))
    cut = "" if is_turn else row(sentences.cut(place.cut(one)), cls="dld-usual")
    body = row(head, text, why(one), cut, _lines(samples), cls="dld-moment-body")
    return span(str(rank), cls="dld-rank"), body


DECIDED = {"keep": "kept", "drop": "dropped"}


def said(m: Moment) -> str:
    """5 times as busy as usual. What happened, with its counts."""
    busy = "" if m.kind in TURNS else times(m)
    return f"{busy}. {sentences.sentence(m)}" if busy else sentences.sentence(m)


def strength(m: Moment) -> str:
    """5.1 σ, in words, for a hover."""
    return f"{sentences.sigma(m)}: how far from the stream's own ups and downs"


def why(one: PlacedMoment) -> "Markup | str":
    """The terms that tell a moment; a word where it has none, '' for silence."""
    if one.reasons:
        return row(*(chip(one.moment, r) for r in one.reasons))
    silent = one.moment.kind == "silence"
    return "" if silent else row("No single term explains it.", cls="dld-usual")


def glyph(m: Moment) -> str:
    """A sign of the kind by shape; turns point where the mood went."""
    if m.kind in TURNS:
        return "▲" if m.mood > m.before else "▼"
    return sentences.KINDS[m.kind]


def when(one: PlacedMoment, vod_id: str | None, cut: Cut | None = None) -> Markup:
    """When the chat reacts, a link into the VOD where that is known: to where the cut begins."""
    text = sentences.elapsed(one.at_s)
    at_s = cut.in_s if cut else one.at_s
    link = sentences.vod_link(vod_id, at_s)
    if link is None:
        return span(text, cls="dld-at", title=wording.utc_text(one.at))
    where = (
        f"{text} in the VOD" if at_s == one.at_s else f"{text}, VOD from {sentences.elapsed(at_s)}"
    )
    return away(link, where, wording.utc_text(one.at), "dld-at")


def chip(m: Moment, r: Reason) -> Markup:
    """A term with its uses, what is usual, and the way it moved the mood."""
    sign = "▲ " if r.part > 0 else "▼ "
    moved = span(sign, cls="dld-up" if r.part > 0 else "dld-down") if abs(r.part) >= 0.001 else ""
    share = wording.percent(r.n / m.n) if m.n else wording.MISSING
    title = f"{wording.count(r.n)} uses in {wording.messages(m.n)} ({share}), "
    title += f"{sentences.compared(m, r)}; moved the mood by {wording.signed(r.part, 3)}"
    term = tag("b", wording.plain(r.term))
    usual = span(f" {sentences.compared(m, r)}", cls="dld-usual")
    return span(moved, term, f" {wording.count(r.n)}", usual, cls="dld-term", title=title)


def _lines(samples: Sequence[Row]) -> "Markup | str":
    """Sample lines behind a click: somebody's words, as text."""
    if not samples:
        return ""
    texts = [
        row(
            span(wording.signed(t["compound"]), cls="dld-usual"),
            f" {wording.plain(t['text'], 300)}",
        )
        for t in samples
    ]
    summary = tag(
        "summary", f"{len(samples)} telling lines" if len(samples) > 1 else "A telling line"
    )
    return tag("details", summary, *texts, cls="dld-lines")
