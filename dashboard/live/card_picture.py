"""The picture of a card of the Live page: half an hour of mood, and five minutes of forecast.

An SVG in an <img>, where no script can run: its browser draws it in a hundredth of the time of a
chart. The words on it (hours, moods, what is under the pointer) are text beside it, in the colours
of the theme. No Streamlit.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import quote

from dashboard import wording
from dashboard.basis import NAMES
from dashboard.charts.series import Row, margin, of_basis, runs, state, stretches, with_breaks
from dashboard.charts.style import FORECAST, GREY, HISTORY
from dashboard.charts.traces import told
from dashboard.markup import Markup, element, row, span
from warehouse.records import WINDOW_SECONDS

BEFORE, AHEAD = 60, 10  # windows
SLOT, HIGH = 30, 1000  # units of the drawing: of a window across, of a mood of 1 upwards
WIDTH = (BEFORE + AHEAD) * SLOT
EDGE = 1.04  # of the reach: lines at it are whole
STEP = timedelta(seconds=WINDOW_SECONDS)
TICK = timedelta(minutes=10)

Forecast = Mapping[str, Any]


def reach_of(channels: Sequence[tuple[Sequence[Row], Forecast | None]]) -> float:
    """One height for all cards, so that they can be compared: 0.4 to 1 in steps of 0.2."""
    highest = 0.3
    for rows, forecast in channels:
        highest = max([highest, *(abs(r["mean"]) for r in rows if r["mean"] is not None)])
        if forecast:
            highest = max(highest, *map(abs, forecast["q025"]), *map(abs, forecast["q975"]))
    return round(min(1.0, int(highest / 0.2 + 0.999) * 0.2), 1)


def picture(
    name: str, rows: Sequence[Row], forecast: Forecast | None, tz: tzinfo, reach: float
) -> Markup:
    """The last windows of a channel, at least one, with the forecast; it spans ± reach."""
    first = rows[-1]["start"] - (BEFORE - 1) * STEP
    drawn = {"src": _address(drawing(rows, forecast, reach)), "alt": about(name, rows, forecast)}
    heights = (wording.signed(reach, 1), "0", wording.signed(-reach, 1))
    plot = row(element("img", drawn), row(*_said(rows, forecast, first), cls="dld-points"))
    return row(
        row(*map(span, heights), cls="dld-heights"), plot, row(*_hours(first, tz), cls="dld-hours"),
        cls="dld-picture",
    )  # fmt: skip


def about(name: str, rows: Sequence[Row], forecast: Forecast | None) -> str:
    """The picture in a sentence, for who does not see it."""
    text = f"Mood of {name} in the last {wording.counted(len(rows), 'window')} of 30 seconds"
    moods = [r["mean"] for r in rows if r["mean"] is not None]
    if moods:
        text += f", from {wording.signed(min(moods))} to {wording.signed(max(moods))}"
    if forecast:
        low, high = wording.signed(min(forecast["q10"])), wording.signed(max(forecast["q90"]))
        text += f"; forecast for five minutes, 80 % of windows between {low} and {high}"
    return text


def drawing(rows: Sequence[Row], forecast: Forecast | None, reach: float) -> Markup:
    """The SVG, as wide and as high as whoever shows it wants. Moods of another basis than the
    last one's are a line of their own."""
    first = rows[-1]["start"] - (BEFORE - 1) * STEP
    basis, top = rows[-1].get("basis", "words"), round(reach * HIGH * EDGE)
    now = of_basis(rows, basis)
    parts = [
        _hatch(),
        *_unseen(rows, first, top),
        _path("zero", f"M0,0H{WIDTH}", GREY, 1),
        *_band(now, first),
        *_lines("mood", now, first, HISTORY),
        *_others(rows, basis, first),
        *_silence(rows, first, round(reach * HIGH)),
        *(_forecast(forecast, rows[-1], first) if forecast else ()),
    ]
    box = f"0 {-top} {WIDTH} {2 * top}"
    of = {"xmlns": "http://www.w3.org/2000/svg", "viewBox": box, "preserveAspectRatio": "none"}
    return element("svg", of, *parts)


def _address(svg: Markup) -> str:
    return "data:image/svg+xml," + quote(svg.text, safe=" =:/,()'")


def _x(at: datetime, first: datetime) -> int:
    """The middle of the slot of the window that begins then."""
    return int((at - first) / STEP * SLOT) + SLOT // 2


def _place(at: datetime, mood: float, first: datetime) -> str:
    return f"{_x(at, first)},{round(-max(-1.0, min(1.0, mood)) * HIGH)}"


def _path(cls: str, d: str, colour: str, width: float, **more: str) -> Markup:
    """A line, as wide on the screen however the drawing is stretched."""
    look = {"fill": "none", "stroke": colour, "stroke-width": f"{width:g}"}
    ends = {"vector-effect": "non-scaling-stroke", "stroke-linecap": "round"}
    return element("path", {"class": cls, "d": d, **look, **ends, **more})


def _area(cls: str, places: Sequence[str], colour: str, alpha: float) -> Markup:
    look = {"fill": colour, "fill-opacity": f"{alpha:g}"}
    return element("path", {"class": cls, "d": f"M{'L'.join(places)}Z", **look})


def _band(rows: Sequence[Row], first: datetime) -> Iterator[Markup]:
    """How sure the means are: ± 1.96 sd / sqrt(n)."""
    for run in runs(with_breaks(rows, WINDOW_SECONDS)):
        sure = [(r, m) for r in run if (m := margin(r.get("sd"), r["n"])) is not None]
        upper = [_place(r["start"], r["mean"] + m, first) for r, m in sure]
        lower = [_place(r["start"], r["mean"] - m, first) for r, m in reversed(sure)]
        if len(sure) > 1:
            yield _area("band", upper + lower, HISTORY, 0.18)


def _lines(
    cls: str, rows: Sequence[Row], first: datetime, colour: str, **more: str
) -> Iterator[Markup]:
    """A line for each stretch of chat; a window alone is a dot."""
    for run in runs(with_breaks(rows, WINDOW_SECONDS)):
        places = [_place(r["start"], r["mean"], first) for r in run]
        if len(places) == 1:
            yield _path(cls, f"M{places[0]}h0", colour, 5)
        else:
            yield _path(cls, f"M{'L'.join(places)}", colour, 2, **more)


def _others(rows: Sequence[Row], basis: str, first: datetime) -> Iterator[Markup]:
    for other in sorted({r["basis"] for r in rows if r.get("basis", basis) != basis}):
        yield from _lines("other", of_basis(rows, other), first, GREY, **_dashes(1, 4))


def _dashes(*lengths: int) -> dict[str, str]:
    return {"stroke-dasharray": " ".join(map(str, lengths))}


def _silence(rows: Sequence[Row], first: datetime, low: int) -> Iterator[Markup]:
    """A tick at the foot for every window in which nobody spoke."""
    silent = [r for r in rows if state(r["n"], r["observed_s"]) == "silence"]
    if silent:
        ticks = "".join(f"M{_x(r['start'], first)},{low}v{-low // 20}" for r in silent)
        yield _path("silence", ticks, GREY, 1.5)


def _hatch() -> Markup:
    size = {"width": "15", "height": "60", "patternUnits": "userSpaceOnUse"}
    stripe = {"d": "M0,60L15,0", "stroke": GREY, "vector-effect": "non-scaling-stroke"}
    return element("pattern", {"id": "hatch", **size}, element("path", stripe))


def _unseen(rows: Sequence[Row], first: datetime, top: int) -> Iterator[Markup]:
    """Hatched where the channel was on but not seen."""
    for start, end in stretches(rows, WINDOW_SECONDS):
        x = _x(start, first) - SLOT // 2
        wide = int((end - start) / STEP * SLOT)
        box = {"x": str(x), "y": str(-top), "width": str(wide), "height": str(2 * top)}
        yield element("rect", {"class": "unseen", "fill": "url(#hatch)", **box})


def _forecast(forecast: Forecast, last: Row, first: datetime) -> Iterator[Markup]:
    """Bands of 95 and 80 %, and the dashed median, which begins at the last observed mean."""
    steps = [forecast["cutoff"] + STEP * k for k in range(AHEAD)]
    for low, high, alpha in (("q025", "q975", 0.10), ("q10", "q90", 0.20)):
        upper = [_place(at, q, first) for at, q in zip(steps, forecast[high], strict=True)]
        lower = [_place(at, q, first) for at, q in zip(steps, forecast[low], strict=True)]
        yield _area("ahead", [*upper, *reversed(lower)], FORECAST, alpha)
    joined = [] if last["mean"] is None else [_place(last["start"], last["mean"], first)]
    middle = [_place(at, q, first) for at, q in zip(steps, forecast["q50"], strict=True)]
    yield _path("forecast", f"M{'L'.join(joined + middle)}", FORECAST, 2, **_dashes(6, 5))


def _said(rows: Sequence[Row], forecast: Forecast | None, first: datetime) -> Iterator[Markup]:
    """What is under the pointer, slot by slot."""
    basis = rows[-1].get("basis", "words")
    texts = {_x(r["start"], first) // SLOT: _seen(r, basis) for r in rows}
    if forecast:
        bands = zip(*(forecast[q] for q in ("q10", "q50", "q90")), strict=True)
        for k, (low, middle, high) in enumerate(bands):
            at = forecast["cutoff"] + STEP * k
            band = f"80 %: {wording.signed(low)} to {wording.signed(high)}"
            mood = f"Forecast {wording.signed(middle)}, {band}"
            texts[_x(at, first) // SLOT] = f"{mood}\n{wording.utc_text(at)}"
    for slot in range(BEFORE + AHEAD):
        yield element("i", {"data-said": texts.get(slot, "")})


def _seen(window: Row, basis: str) -> str:
    """A window in words, and what its mood is of where that is not the basis of the last one."""
    how = {"silence": "nobody spoke", "unobserved": "not observed"}
    text = how.get(state(window["n"], window["observed_s"])) or told(window)
    if window["mean"] is not None and window.get("basis", basis) != basis:
        text += f", {NAMES[window['basis']]}"
    return f"{text}\n{wording.utc_text(window['start'])}"


def _hours(first: datetime, tz: tzinfo) -> Iterator[Markup]:
    """Every ten minutes of the reader's clock, where the picture has them."""
    since = wording.local(first, tz)
    at = since.replace(minute=since.minute // 10 * 10, second=0) + TICK
    while (share := (at - since + STEP / 2) / (STEP * (BEFORE + AHEAD))) < 0.97:
        look = {"style": f"left:{share:.1%}"}
        yield element("span", look, f"{at:%H:%M}")
        at += TICK
