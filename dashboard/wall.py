"""The Live page's cards as one piece of markup, for more channels than charts can be drawn for.

A hundred plotly charts take a browser many seconds, and every reader's page is drawn anew
every few seconds; this is made once for all of them, and drawn in a fraction of a second.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from urllib.parse import quote

from dashboard import card_words, charts, words
from dashboard.markup import Markup, element, row
from dashboard.now import Card
from dashboard.series import Row, margin, runs, state, stretches, with_breaks
from dashboard.traces import WINDOW_S

WIDTH, HEIGHT = 400, 130
TOP, BOTTOM = 4, 112  # of the panel; the times stand below it
BEFORE, AFTER = timedelta(minutes=30, seconds=20), timedelta(minutes=5)  # as charts.sparkline
WINDOW = timedelta(seconds=WINDOW_S)
SAFE = " ,:;=/.+-()!~*'@$"  # may stand in an address of this kind as they are
STYLE = """text{font:12px sans-serif;fill:#8a94a3}.axis{stroke:#8a94a3;opacity:.7}
.sure{fill:#2b83c6;opacity:.18}.mood{fill:none;stroke:#2b83c6;stroke-width:1.8}
.silent{stroke:#8a94a3;stroke-width:1.5}.unseen{fill:#8a94a3;opacity:.35}
.ahead95{fill:#2ca25f;opacity:.12}.ahead80{fill:#2ca25f;opacity:.2}
.ahead{fill:none;stroke:#2ca25f;stroke-width:1.8;stroke-dasharray:5 4}"""
Places = Sequence[tuple[float, float]]


def wall(found: Sequence[Card], clock: datetime, tz: tzinfo) -> Markup:
    """A grid of all cards, their pictures of one height."""
    reach = charts.reach_of([(card.windows, card.forecast) for card in found])
    return row(*(_card(card, clock, tz, reach) for card in found), cls="dld-wall")


def _card(card: Card, clock: datetime, tz: tzinfo, reach: float) -> Markup:
    parts = [card_words.head(card), *card_words.mood(card, tz)]
    if card.windows:
        parts.append(drawing(card, tz, reach))
    return row(*parts, card_words.facts(card, clock), cls="dld-card")


class _Scale:
    """Times and moods to places on the drawing."""

    def __init__(self, end: datetime, reach: float) -> None:
        self.start, self.reach = end - BEFORE, reach
        self.length = (BEFORE + AFTER).total_seconds()

    def x(self, at: datetime) -> float:
        return WIDTH * min(max((at - self.start).total_seconds() / self.length, 0.0), 1.0)

    def y(self, mood: float) -> float:
        part = (mood + self.reach) / (2 * self.reach)
        return BOTTOM - (BOTTOM - TOP) * min(max(part, 0.0), 1.0)


def drawing(card: Card, tz: tzinfo, reach: float) -> Markup:
    """The last half hour with its band and the forecast, as an image: st.html lets no SVG in."""
    end = card.windows[-1]["start"] + WINDOW
    scale = _Scale(end, reach)
    parts = [*_axes(scale, end, tz), *_unseen(card.windows, scale), *_mood(card.windows, scale)]
    box = {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {WIDTH} {HEIGHT}"}
    style = element("style", {}, STYLE)
    drawn = element("svg", box, style, *parts, *_forecast(card, scale)).text
    about = f"Mood of {card.name} in the last {len(card.windows)} windows of 30 seconds"
    image = {
        "src": f"data:image/svg+xml,{quote(drawn, safe=SAFE)}",
        "alt": about,
        "title": f"{about}, to {words.utc_text(end)}",
        "class": "dld-spark",
    }
    return element("img", image)


def _axes(s: _Scale, end: datetime, tz: tzinfo) -> Iterator[Markup]:
    middle = f"{s.y(0):.0f}"
    ends = {"x1": "0", "x2": str(WIDTH), "y1": middle, "y2": middle}
    yield element("line", {"class": "axis", **ends})
    yield _text(2, TOP + 10, words.signed(s.reach, 1), "start")
    yield _text(2, BOTTOM - 3, words.signed(-s.reach, 1), "start")
    for at in (end - timedelta(minutes=30), end - timedelta(minutes=15), end):
        yield _text(s.x(at), HEIGHT - 4, words.clock(at, tz), "middle")


def _text(x: float, y: float, text: str, anchor: str) -> Markup:
    x = min(max(x, 18), WIDTH - 18) if anchor == "middle" else x
    return element("text", {"x": f"{x:.0f}", "y": f"{y:.0f}", "text-anchor": anchor}, text)


def _unseen(rows: Sequence[Row], s: _Scale) -> Iterator[Markup]:
    for start, end in stretches(rows, WINDOW_S):
        wide = f"{max(s.x(end) - s.x(start), 1):.1f}"
        box = {"x": f"{s.x(start):.1f}", "y": str(TOP), "width": wide, "height": str(BOTTOM - TOP)}
        yield element("rect", {"class": "unseen", **box})
    silent = [r for r in rows if state(r["n"], r["observed_s"]) == "silence"]
    if silent:
        ticks = "".join(f"M{s.x(r['start']):.1f},{BOTTOM - 6}V{BOTTOM}" for r in silent)
        yield element("path", {"class": "silent", "d": ticks})


def _mood(rows: Sequence[Row], s: _Scale) -> Iterator[Markup]:
    for run in runs(with_breaks(rows, WINDOW_S)):
        sure = [(r, m) for r in run if (m := margin(r["sd"], r["n"])) is not None]
        upper = [(s.x(r["start"]), s.y(r["mean"] + m)) for r, m in sure]
        lower = [(s.x(r["start"]), s.y(r["mean"] - m)) for r, m in reversed(sure)]
        if sure:
            yield _shape("polygon", "sure", upper + lower)
        line = [(s.x(r["start"]), s.y(r["mean"])) for r in run]
        if len(line) == 1:  # a line of one point would not be seen
            line.append((line[0][0] + 2, line[0][1]))
        yield _shape("polyline", "mood", line)


def _forecast(card: Card, s: _Scale) -> Iterator[Markup]:
    """95 % and 80 % bands, and the dashed middle from the last mood on."""
    of = card.forecast
    if of is None:
        return
    xs = [s.x(of["cutoff"] + WINDOW * k) for k in range(10)]
    for low, high, cls in (("q025", "q975", "ahead95"), ("q10", "q90", "ahead80")):
        upper = [(x, s.y(q)) for x, q in zip(xs, of[high], strict=True)]
        lower = [(x, s.y(q)) for x, q in zip(reversed(xs), reversed(of[low]), strict=True)]
        yield _shape("polygon", cls, upper + lower)
    last = card.windows[-1]
    joined = [] if last["mean"] is None else [(s.x(last["start"]), s.y(last["mean"]))]
    middle = [(x, s.y(q)) for x, q in zip(xs, of["q50"], strict=True)]
    yield _shape("polyline", "ahead", joined + middle)


def _shape(name: str, cls: str, places: Places) -> Markup:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return element(name, {"class": cls, "points": points})
