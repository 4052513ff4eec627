"""The timeline of a stream as inline SVG, for the report: colours come from its style sheet."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from dashboard import wording
from dashboard.charts.coarse import coarse, windows_a_point
from dashboard.charts.series import Row, margin, per_minute, runs, stretches, with_breaks
from dashboard.markup import Markup, element
from dashboard.review import sentences
from dashboard.review.session import Session
from warehouse.moments.placed import PlacedMoment
from warehouse.moments.words import title
from warehouse.records import WINDOW_SECONDS

WIDTH, LEFT, RIGHT = 1000, 58, 990
TOP, MIDDLE = 40, 300  # of the mood's panel; the numbers of the moments stand above it
LOW_TOP, BOTTOM = 325, 430  # of the panel of messages a minute
NUMBERED = 20
TICKS_S = (60, 300, 900, 1800, 3600, 7200, 14400, 43200, 86400, 345600)


class _Scale:
    """Times and values to places on the drawing."""

    def __init__(self, of: Session, rows: Sequence[Row], step_s: float) -> None:
        self.start, self.step_s = of.since, step_s
        self.length = max((of.until - self.start).total_seconds(), step_s)
        spoken = [r["mean"] for r in rows if r["mean"] is not None]
        self.low, self.high = min([-0.1, *spoken]), max([0.1, *spoken])
        self.busiest: float = max([per_minute(r) or 0.0 for r in rows], default=0.0) or 1.0

    def x(self, at: datetime) -> float:
        """Place of a time; what lies outside the stream at its edge."""
        elapsed_s = (wording.aware(at) - self.start).total_seconds()
        return LEFT + (RIGHT - LEFT) * min(max(elapsed_s / self.length, 0.0), 1.0)

    def mood(self, value: float) -> float:
        """Height of a compound; what lies outside the panel at its edge."""
        part: float = (value - self.low) / (self.high - self.low)
        return MIDDLE - (MIDDLE - TOP) * min(max(part, 0.0), 1.0)

    def rate(self, value: float) -> float:
        """Height of messages a minute."""
        return BOTTOM - (BOTTOM - LOW_TOP) * value / self.busiest


def drawing(
    of: Session, moments: Sequence[tuple[int, PlacedMoment]], usual: float | None
) -> Markup:
    """Mood with its band, messages a minute, what was not observed, numbers of the moments."""
    k = windows_a_point(len(of.rows))
    rows, step = coarse(of.told, k), WINDOW_SECONDS * k
    scale = _Scale(of, rows, step)
    parts = [
        *_axes(scale),
        *_unseen(of.rows, scale),
        *_mood(rows, step, scale),
        *([_line("usual", scale.mood(usual))] if usual is not None else []),
        *_bars(rows, scale),
        *_marks(moments, scale),
    ]
    about = f"Mood and messages a minute over {wording.lasting(of.until - of.since)}"
    box = {"viewBox": f"0 0 {WIDTH} 460", "role": "img", "aria-label": about}
    return element("svg", box, *parts)


def _line(cls: str, y: float) -> Markup:
    ends = {"x1": str(LEFT), "x2": str(RIGHT), "y1": f"{y:.1f}", "y2": f"{y:.1f}"}
    return element("line", {"class": cls, **ends})


def _text(x: float, y: float, text: str, cls: str) -> Markup:
    return element("text", {"x": f"{x:.1f}", "y": f"{y:.1f}", "class": cls}, text)


def _axes(s: _Scale) -> Iterator[Markup]:
    for value in dict.fromkeys((round(s.low, 1), 0.0, round(s.high, 1))):
        yield _line("axis", s.mood(value))
        yield _text(LEFT - 8, s.mood(value) + 4, wording.signed(value, 1), "end")
    yield _line("axis", BOTTOM)
    yield _text(LEFT - 8, LOW_TOP + 10, wording.rate(s.busiest), "end")
    yield _text(LEFT - 8, BOTTOM, "/ min", "end")
    apart = next((step for step in TICKS_S if s.length <= 8 * step), TICKS_S[-1])
    for at in range(0, int(s.length) + 1, apart):
        x = LEFT + (RIGHT - LEFT) * at / s.length
        edge = x > RIGHT - 30  # where half of it would be cut off
        yield _text(x, BOTTOM + 20, sentences.elapsed(at), "end" if edge else "middle")


def _mood(rows: Sequence[Row], step: float, s: _Scale) -> Iterator[Markup]:
    for run in runs(with_breaks(rows, step)):
        sure = [(r, m) for r in run if (m := margin(r["sd"], r["n"])) is not None]
        upper = [(s.x(r["start"]), s.mood(r["mean"] + m)) for r, m in sure]
        lower = [(s.x(r["start"]), s.mood(r["mean"] - m)) for r, m in reversed(sure)]
        if sure:
            yield element("polygon", {"class": "band", "points": _points(upper + lower)})
        line = [(s.x(r["start"]), s.mood(r["mean"])) for r in run]
        if len(line) == 1:  # a line of one point would not be seen
            line.append((line[0][0] + 2, line[0][1]))
        yield element("polyline", {"class": "mood", "points": _points(line)})


def _points(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _bars(rows: Sequence[Row], s: _Scale) -> Iterator[Markup]:
    wide = max((RIGHT - LEFT) * s.step_s / s.length * 0.85, 0.5)
    bars = [(s.x(r["start"]), s.rate(rate)) for r in rows if (rate := per_minute(r))]
    path = " ".join(f"M{x:.1f},{BOTTOM}V{y:.1f}h{wide:.1f}V{BOTTOM}Z" for x, y in bars)
    yield element("path", {"class": "bars", "d": path})


def _unseen(rows: Sequence[Row], s: _Scale) -> Iterator[Markup]:
    for start, end in stretches(rows, WINDOW_SECONDS):
        x, y = s.x(start), TOP
        box = {"x": f"{x:.1f}", "y": str(y), "width": f"{max(s.x(end) - x, 1):.1f}"}
        inside = element("title", {}, "not observed")
        yield element("rect", {"class": "unseen", **box, "height": str(BOTTOM - y)}, inside)


def _marks(moments: Sequence[tuple[int, PlacedMoment]], s: _Scale) -> Iterator[Markup]:
    for rank, one in reversed(moments[:NUMBERED]):  # the strongest is drawn last, on top
        x = s.x(s.start + timedelta(seconds=one.at_s))
        text = f"{rank}. {title(one.moment)} at {sentences.elapsed(one.at_s)}"
        circle = {"class": "mark", "cx": f"{x:.1f}", "cy": "18", "r": "10"}
        yield element("circle", circle, element("title", {}, text))
        yield _text(x, 22, str(rank), "number")
