"""A stream's review as one HTML file to share: no script, nothing fetched, light and dark.

It holds no line of chat: the file outlives the day that lines are kept. All that is foreign in
it goes through markup.py, which escapes it.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC

from dashboard import wording
from dashboard.charts.series import Row
from dashboard.markup import Markup, element, row, span, tag
from dashboard.review import sentences, session_compare
from dashboard.review.files.export import Entry, Export
from dashboard.review.session import Session
from dashboard.review.session_list import glyph, when, why
from dashboard.review.session_svg import drawing
from warehouse.moments import words
from warehouse.usual import usual as usual_of

SIMULATED = "This chat was made up by DLD's simulator: nobody real said any of it."
STYLE = """
:root { color-scheme: light dark; --text: #1d2530; --soft: #5b6675; --line: #d5dbe3;
  --ground: #fff; --up: #1f6fae; --down: #b35a12; --chip: #eef1f5; }
@media (prefers-color-scheme: dark) { :root { --text: #e6eaf0; --soft: #a4aebb; --line: #3a4350;
  --ground: #12161c; --up: #6cb2ea; --down: #f0a35e; --chip: #232b36; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--ground);
  max-width: 1000px; margin: 2rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .4rem; }
.soft, small, .dld-usual, .dld-also { color: var(--soft); } a { color: var(--up); }
.simulated { border: 1.5px solid var(--down); border-radius: 8px; padding: .5rem 1rem;
  font-weight: 600; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 1rem;
  margin: 1.2rem 0; } .tiles b { display: block; font-size: 1.4rem; }
ol { padding: 0; list-style: none; } li { display: grid; grid-template-columns: 2rem 1fr;
  gap: .4rem; border-top: 1px solid var(--line); padding: .7rem 0; break-inside: avoid; }
li b { overflow-wrap: anywhere; }
.grade { border: 1px solid var(--line); border-radius: 9px; padding: 0 .5rem; font-size: .8rem;
  color: var(--soft); margin-left: .5rem; }
.grade.sure { border-color: var(--up); color: var(--up); }
.dld-rank { font-weight: 650; } .dld-at { margin-left: .8rem; }
.dld-term { display: inline-block; background: var(--chip); border-radius: 6px;
  padding: 0 .5rem; margin: 2px 6px 2px 0; overflow-wrap: anywhere; }
.dld-up { color: var(--up); } .dld-down { color: var(--down); } .dld-also { margin-left: .5rem; }
svg { width: 100%; height: auto; display: block; } svg text { fill: var(--soft); font-size: 12px; }
@media screen and (max-width: 760px) { .drawing { overflow-x: auto; }
  .drawing svg { min-width: 760px; } svg text { font-size: 15px; } }
.axis { stroke: var(--line); } .mood { fill: none; stroke: var(--up); stroke-width: 2; }
.band { fill: var(--up); opacity: .18; } .bars { fill: var(--up); opacity: .55; }
.usual { stroke: var(--up); stroke-dasharray: 2 4; } .unseen { fill: var(--soft); opacity: .25; }
.mark { fill: #3b4656; stroke: #fff; } svg text.number { fill: #fff; font-size: 11px;
  text-anchor: middle; } .end { text-anchor: end; } .middle { text-anchor: middle; }
"""
# belt and braces: even if markup got in, nothing could run or be fetched
POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def report(of: Session, past: Sequence[Row], source: str, export: Export) -> str:
    """The file. past: the channel's streams before (dash_stream_usual); source: the stream's;
    export: what is left to cut.
    """
    stream = of.stream
    name = wording.plain(stream["display_name"], 40) or wording.plain(stream["channel"])
    title = wording.plain(stream["title"], 120) or "Untitled stream"
    head = tag(
        "head",
        element("meta", {"charset": "utf-8"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": POLICY}),
        element("meta", {"name": "viewport", "content": "width=device-width"}),
        tag("title", f"{name}: {title}"),
        Markup(f"<style>{STYLE}</style>"),
    )
    simulated = tag("p", SIMULATED, cls="simulated") if source == "simulated" else ""
    usual = usual_of(past, "mean")
    body = tag(
        "body",
        tag("h1", f"{name}: {title}"),
        tag("p", _about(of), cls="soft"),
        simulated,
        _tiles(of, past),
        tag("h2", "Mood and activity"),
        row(drawing(of, export.moments, usual.middle if usual else None), cls="drawing"),
        tag("h2", "Moments"),
        _moments(of, export),
        *_turns(of),
        tag("h2", "How to read this"),
        tag("p", READING),
        tag("p", BY_EMOTES) if of.part.basis == "emotes" else "",
    )
    return f"<!doctype html>\n{element('html', {'lang': 'en'}, head, body)}\n"


READING = (
    "Mood is the mean of all messages' scores from −1 (negative) to +1 (positive). "
    "The band around the line shows how sure it is (95 %: ± 1.96 sd / √n). "
    "In a moment the chat did what it seldom does; sure or maybe says how clearly. The strongest "
    "moment is first. Chat answers what happens on screen, so a cut begins before "
    "the chat reacts. Times count from the start of the stream. "
    "Terms: uses in the moment, beside those that as many messages had before or usually have. "
    "Made by DLD from published sums; it holds no chat line and no chatter's name."
)

MEAN = {"words": "Mean mood", "emotes": "Mean mood by emotes"}
BY_EMOTES = (
    "DLD cannot read the words of this chat: its mood is that of its emotes, emoji and smileys "
    "alone. Do not compare it with a mood by words. Laughter is no part of it."
)


def _about(of: Session) -> str:
    stream = of.stream
    when_ = "date unknown" if stream["undated"] else f"{wording.moment(of.since, UTC)} UTC"
    category = wording.plain(stream["category"], 60)
    so_far = "still on air" if stream["ended_at"] is None else ""
    length = wording.lasting(of.until - of.since)
    return " · ".join(p for p in (category, when_, length, so_far) if p)


def _tiles(of: Session, past: Sequence[Row]) -> Markup:
    silent = of.silent / of.observed if of.observed else None
    figures = (
        (
            MEAN[of.part.basis],
            f"{of.glyph()} {wording.signed(of.mean)}",
            "; ".join(
                (f"n = {wording.count(of.n)}", *of.rests_on(), session_compare.mood(of.mean, past))
            ),
        ),
        ("Messages a minute", wording.rate(of.rate), session_compare.rate(of.rate, past)),
        ("Silence", wording.percent(silent), session_compare.silent(silent, past)),
    )
    cells = (row(tag("small", k), tag("b", v), tag("small", s)) for k, v, s in figures)
    return row(*cells, cls="tiles")


def _moments(of: Session, export: Export) -> Markup:
    if not export.entries:
        nothing = "Nothing stood out: the chat went on as it does all the time."
        return tag("p", "No moment was kept." if of.moments else nothing)
    return tag("ol", *(_entry(one, export.vod_id) for one in export.entries))


def _entry(one: Entry, vod_id: str | None) -> Markup:
    """Its name and grade, from where to where it is cut, what was there."""
    m = one.found.moment if one.found else None
    head = row(
        f"{glyph(m)} " if m else "",
        tag("b", one.name),
        span(one.grade, cls=f"grade {one.grade}", title=sentences.sigma(m) if m else ""),
        span(sentences.also(m), cls="dld-also") if m else "",
    )
    parts: list[Markup | str] = [head, _cut(one, vod_id)]
    if one.found and m:
        busy = words.times(m)
        parts += [row(f"{busy}. " if busy else "", sentences.sentence(m)), why(one.found)]
    return tag("li", span(str(one.rank or "+"), cls="dld-rank"), row(*parts))


def _cut(one: Entry, vod_id: str | None) -> Markup:
    """0:19:30 to 0:22:30, the chat reacts at 0:20:00; a link to where it begins."""
    span_s = " to ".join(map(sentences.elapsed, one.cut))
    link = sentences.vod_link(vod_id, one.cut.in_s)
    text = element("a", {"href": link}, f"{span_s} in the VOD") if link else span_s
    reacts = f", the chat reacts at {sentences.elapsed(one.at_s)}" if one.found else ""
    return row(text, reacts, cls="soft")


def _turns(of: Session) -> Iterator[Markup]:
    """How the mood went, in the order of time; nothing where it stayed."""
    if not of.turns:
        return
    yield tag("h2", "How the mood went")
    items = []
    for one in sorted(of.turns, key=lambda turn: turn.at_s):
        head = row(f"{glyph(one.moment)} ", tag("b", words.title(one.moment)),
                   when(one, of.stream["vod_id"]))  # fmt: skip
        items.append(tag("li", span(), row(head, row(sentences.sentence(one.moment)), why(one))))
    yield tag("ol", *items)
