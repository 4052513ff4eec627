"""The ranked list of moments as markup: what, when, how sure, why."""

from collections.abc import Sequence

from dashboard import wording
from dashboard.charts.series import Row
from dashboard.markup import Markup, element, row, span, tag
from dashboard.review import sentences
from warehouse.moments.kinds import TURNS, Moment
from warehouse.moments.placed import PlacedMoment
from warehouse.moments.reasons import Reason
from warehouse.moments.words import title


def moment_list(
    moments: Sequence[tuple[int, PlacedMoment]], lines: Sequence[Sequence[Row]], vod_id: str | None
) -> Markup:
    """An item a moment; lines: those kept of each, as long as shown."""
    items = [
        _item(rank, one, samples, vod_id)
        for (rank, one), samples in zip(moments, lines, strict=True)
    ]
    return tag("ol", *items, cls="dld-moments")


def _item(rank: int, one: PlacedMoment, samples: Sequence[Row], vod_id: str | None) -> Markup:
    m = one.moment
    head = row(
        span(f"{glyph(m)} ", cls=f"dld-kind {m.kind}"),
        tag("b", title(m)),
        when(one, vod_id),
        span(sentences.also(m), cls="dld-also"),
        cls="dld-moment-head",
    )
    strength = span(
        sentences.sigma(m),
        cls="dld-sigma",
        title="how far from the stream's own ups and downs, in standard deviations",
    )
    text = row(sentences.sentence(m), cls="dld-moment-said")
    body = row(head, text, why(one), _lines(samples), cls="dld-moment-body")
    return tag("li", span(str(rank), cls="dld-rank"), body, strength)


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


def when(one: PlacedMoment, vod_id: str | None) -> Markup:
    """Elapsed time, a link into the VOD where that is known."""
    text = sentences.elapsed(one.at_s)
    link = sentences.vod_link(vod_id, one.at_s)
    if link is None:
        return span(text, cls="dld-at", title=wording.utc_text(one.at))
    attributes = {"href": link, "target": "_blank", "rel": "noopener noreferrer", "class": "dld-at"}
    return element("a", {**attributes, "title": wording.utc_text(one.at)}, f"{text} in the VOD")


def chip(m: Moment, r: Reason) -> Markup:
    """A term with its uses, what is usual, and the way it moved the mood."""
    sign = "▲ " if r.part > 0 else "▼ "
    moved = span(sign, cls="dld-up" if r.part > 0 else "dld-down") if abs(r.part) >= 0.001 else ""
    share = wording.percent(r.n / m.n) if m.n else wording.MISSING
    title = f"{wording.count(r.n)} uses in {wording.messages(m.n)} ({share}), "
    title += f"{sentences.compared(m, r)}; moved the mood by {wording.signed(r.part, 3)}"
    name = tag("b", wording.plain(r.term))
    usual = span(f" {sentences.compared(m, r)}", cls="dld-usual")
    return span(moved, name, f" {wording.count(r.n)}", usual, cls="dld-term", title=title)


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
