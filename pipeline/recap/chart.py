"""Chart of a stream as a picture: mood with its band, messages a minute, places of the moments.

Numbers are drawn as strokes, so that it is the same on a machine without any fonts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import numpy.typing as npt
from resvg_py import svg_to_bytes

from pipeline.recap.recap import Recap
from warehouse.figures import signed
from warehouse.moments.sums import Windows, message_variance
from warehouse.moments.vod import elapsed
from warehouse.records import WINDOW_SECONDS

WIDTH, HEIGHT = 1200, 400
LEFT, RIGHT = 78, 1184
TOP, MIDDLE = 52, 268  # of the mood's panel; the numbers of the moments stand above it
LOW_TOP, BOTTOM = 286, 356  # of the panel of messages
POINTS = 220  # of a line at most
APART = 38  # between the middles of circles
REACH = 0.2  # of the axis at least
SURE = 1.96  # half a 95 % band in standard errors
TICKS_S = (60, 300, 900, 1800, 3600, 7200, 14400, 43200, 86400)
BACK, INK, FAINT, LINE, BARS, MARK = (
    "#14181f",
    "#c8d0da",
    "#39424e",
    "#4c9be8",
    "#5b6673",
    "#f0b429",
)

# strokes of a character, in a box 4 wide and 8 high: the seven segments of a clock's digits
_SEGMENTS = ("M0 0H4", "M4 0V4", "M4 4V8", "M0 8H4", "M0 4V8", "M0 0V4", "M0 4H4")
_LIT = {
    "0": "012345", "2": "01346", "3": "01236", "4": "1256", "5": "02356",
    "6": "023456", "7": "012", "8": "0123456", "9": "012356", "−": "6",
}  # fmt: skip
_OTHERS = {"1": "M1 1L2 0V8", "+": "M0 4H4M2 2V6", ".": "M2 8h.01", ":": "M2 2.5h.01M2 5.5h.01"}
_SIZE, _STEP = 2.0, 6.2  # pixels of a unit; units from one character to the next

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Points:
    """Windows as points of a line. at: seconds from the stream's start; n: messages; mean: NaN
    where nobody spoke; half: of its 95 % band; seen: seconds observed."""

    at: Floats
    n: Floats
    mean: Floats
    half: Floats
    seen: Floats
    step_s: float


def picture(of: Recap) -> bytes:
    """A PNG of 1200 x 400 pixels."""
    return svg_to_bytes(svg_string=drawing(of), skip_system_fonts=True)


def drawing(of: Recap) -> str:
    """The same as SVG, in which nothing is foreign: numbers alone."""
    points = _points(of.windows)
    if of.mood is None:  # it is told nowhere
        points = replace(points, mean=np.full_like(points.mean, np.nan))
    length_s = max((of.ended_at - of.started_at).total_seconds(), WINDOW_SECONDS)
    spoken = np.abs(points.mean[np.isfinite(points.mean)])
    reach = max(REACH, float(np.quantile(spoken, 0.98)) * 1.1 if len(spoken) else 0.0)
    parts = [
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{BACK}"/>',
        *_axes(length_s, reach),
        *_unseen(points, length_s),
        *_moods(points, length_s, reach),
        *_bars(points, length_s),
        *_marks(of, length_s),
    ]
    box = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{"".join(parts)}</svg>'


def _points(w: Windows) -> _Points:
    """Neighbouring windows together, so that no line has more than POINTS."""
    k = max(1, ceil(w.size / POINTS))
    starts = np.arange(0, w.size, k)
    spoken = np.where(np.isfinite(w.mean), w.n, 0.0)
    n = np.add.reduceat(spoken, starts)
    v = message_variance(w)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.add.reduceat(spoken * np.nan_to_num(w.mean), starts) / n
        half = SURE * np.sqrt(np.nan_to_num(v) / n)
    at = w.first_s + starts.astype(np.float64) * WINDOW_SECONDS
    messages, seen = np.add.reduceat(w.n, starts), np.add.reduceat(w.observed_s, starts)
    return _Points(at, messages, mean, half, seen, k * float(WINDOW_SECONDS))


def _x(at_s: float, length_s: float) -> float:
    return LEFT + (RIGHT - LEFT) * min(max(at_s / length_s, 0.0), 1.0)


def _y(mood: float, reach: float) -> float:
    return (TOP + MIDDLE) / 2 - (MIDDLE - TOP) / 2 * min(max(mood / reach, -1.0), 1.0)


def _axes(length_s: float, reach: float) -> Iterator[str]:
    for mood in (reach, 0.0, -reach):
        y = _y(mood, reach)
        yield _stroke(f"M{LEFT} {y:.1f}H{RIGHT}", FAINT, 1.5 if mood else 2.5)
        yield _number(signed(mood), LEFT - 12, y - 8, ends=1.0)
    yield _stroke(f"M{LEFT} {BOTTOM}H{RIGHT}", FAINT, 1.5)
    apart = next((step for step in TICKS_S if length_s <= 8 * step), TICKS_S[-1])
    for at_s in range(apart, int(length_s) + 1, apart):
        x = _x(at_s, length_s)
        yield _stroke(f"M{x:.1f} {TOP}V{BOTTOM}", FAINT, 1)
        yield _number(elapsed(at_s).removesuffix(":00"), min(x, RIGHT - 30), BOTTOM + 16, ends=0.5)


def _unseen(p: _Points, length_s: float) -> Iterator[str]:
    for at_s in p.at[p.seen <= 0]:
        x, end = _x(at_s, length_s), _x(at_s + p.step_s, length_s)
        box = f'x="{x:.1f}" y="{TOP}" width="{end - x + 0.5:.1f}" height="{BOTTOM - TOP}"'
        yield f'<rect {box} fill="{FAINT}" fill-opacity=".6"/>'


def _moods(p: _Points, length_s: float, reach: float) -> Iterator[str]:
    known = np.flatnonzero(np.isfinite(p.mean))
    runs = np.split(known, np.flatnonzero(np.diff(known) > 1) + 1)
    for run in (run for run in runs if len(run)):
        xs = [_x(p.at[k] + p.step_s / 2, length_s) for k in run]
        upper = [_y(p.mean[k] + p.half[k], reach) for k in run]
        lower = [_y(p.mean[k] - p.half[k], reach) for k in run]
        band = _path([*zip(xs, upper, strict=True), *zip(xs[::-1], lower[::-1], strict=True)])
        yield f'<path d="{band}Z" fill="{LINE}" fill-opacity=".25"/>'
        line = [(x, _y(p.mean[k], reach)) for x, k in zip(xs, run, strict=True)]
        yield _stroke(_path(line if len(line) > 1 else [*line, (xs[0] + 1, line[0][1])]), LINE, 3)


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)


def _bars(p: _Points, length_s: float) -> Iterator[str]:
    rates = p.n / np.maximum(p.seen, 1.0)
    busiest = float(rates.max()) or 1.0
    bars = []
    for at_s, rate in zip(p.at, rates, strict=True):
        x, end = _x(at_s, length_s), _x(at_s + p.step_s, length_s)
        high, wide = (BOTTOM - LOW_TOP) * rate / busiest, max((end - x) * 0.85, 0.6)
        bars.append(f"M{x:.1f} {BOTTOM}v{-high:.1f}h{wide:.1f}V{BOTTOM}Z" if rate else "")
    yield f'<path d="{"".join(bars)}" fill="{BARS}"/>'


def _marks(of: Recap, length_s: float) -> Iterator[str]:
    places = [_x(one.at_s, length_s) for one in of.moments]
    for rank, (x, at) in enumerate(zip(_apart(places), places, strict=True), 1):
        yield _stroke(f"M{x:.1f} 24L{at:.1f} {TOP}V{BOTTOM}", MARK, 1.5)
        yield f'<circle cx="{x:.1f}" cy="24" r="17" fill="{MARK}"/>'
        yield _number(str(rank), x, 16, ends=0.5, colour=BACK)


def _apart(places: Sequence[float]) -> list[float]:
    """The places, ascending, moved as little as keeps their circles apart and inside."""
    moved: list[float] = []
    for x in places:
        moved.append(max([x, *(m + APART for m in moved[-1:])]))
    for k in reversed(range(len(moved))):
        end = moved[k + 1] - APART if k + 1 < len(moved) else WIDTH - APART / 2
        moved[k] = min(moved[k], end)
    return moved


def _number(text: str, x: float, y: float, ends: float, colour: str = INK) -> str:
    """Digits with their upper edge at y. ends: 1 where they end at x, .5 with their middle."""
    wide = (len(text) * _STEP - (_STEP - 4)) * _SIZE
    strokes = "".join(
        f'<path transform="translate({k * _STEP} 0)" d="{_strokes(char)}"/>'
        for k, char in enumerate(text)
    )
    place = f"translate({x - ends * wide:.1f} {y:.1f}) scale({_SIZE})"
    style = f'fill="none" stroke="{colour}" stroke-width="1.2" stroke-linecap="round"'
    return f'<g transform="{place}" {style}>{strokes}</g>'


def _strokes(char: str) -> str:
    lit = _LIT.get(char)
    return _OTHERS[char] if lit is None else "".join(_SEGMENTS[int(k)] for k in lit)


def _stroke(path: str, colour: str, wide: float) -> str:
    style = f'stroke="{colour}" stroke-width="{wide}" stroke-linejoin="round"'
    return f'<path d="{path}" fill="none" {style}/>'
