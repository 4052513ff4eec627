"""Records to bar charts: what moved the mood, and how windows are spread. No Streamlit."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

import plotly.graph_objects as go

from dashboard import wording
from dashboard.charts.series import Row
from dashboard.charts.style import CHANNELS, DOWN, GREY, UP, faded, finish, named_rows


def movers(terms: Sequence[Row], most: int = 8) -> go.Figure:
    """Bars of what pushed the mood up (right) and down (left), the strongest on top."""
    moving = [t for t in terms if t["kind"] != "rest" and t["contribution"]]
    moving.sort(key=lambda t: -t["contribution"])
    up = [t for t in moving if t["contribution"] > 0][:most]
    down = [t for t in moving if t["contribution"] < 0][-most:]
    drawn = [*up, *down]
    places = list(range(len(drawn)))
    figure = go.Figure(
        go.Bar(
            x=[t["contribution"] for t in drawn],
            y=places,
            orientation="h",
            marker={"color": [UP if t["contribution"] > 0 else DOWN for t in drawn]},
            text=[wording.signed(t["contribution"], 4) for t in drawn],
            textposition="outside",
            cliponaxis=False,
            customdata=[
                [wording.plotted(t["term"]), wording.count(t["n"]), t["kind"]] for t in drawn
            ],
            hovertemplate="<b>%{customdata[0]}</b> (%{customdata[2]})<br>%{text} of the mean mood"
            "<br>used %{customdata[1]} times<extra></extra>",
        )
    )
    # room for the number of the longest bar, on a phone as well
    widest = max([abs(t["contribution"]) for t in drawn], default=1.0) * 2.2
    names = [f"{wording.plotted(t['term'])}  ({wording.count(t['n'])})" for t in drawn]
    axis = named_rows(names, autorange="reversed")
    across = {
        "range": [-widest, widest],
        "zeroline": True,
        "zerolinecolor": GREY,
        "title": "Part of the mean mood",
        "nticks": 5,
        "tickformat": ".4~f",  # plotly's own are millionths, 500µ
    }
    height = 80 + 24 * max(len(drawn), 4)
    return finish(figure, height, across, axis, bargap=0.25)


def histogram(
    channels: Mapping[str, Sequence[Row]], width: float, unit: str = "windows"
) -> go.Figure:
    """Share of windows by their mean mood; rows of dash_histogram by channel."""
    figure = go.Figure()
    for index, (name, rows) in enumerate(channels.items()):
        total = sum(r["windows"] for r in rows)
        figure.add_trace(
            go.Bar(
                x=[r["low"] + width / 2 for r in rows],
                y=[r["windows"] / total for r in rows],
                width=width * 0.96,
                name=wording.plotted(name),
                marker={"color": faded(CHANNELS[index % 6], 0.75 if len(channels) == 1 else 0.5)},
                customdata=[
                    [
                        wording.count(r["windows"]),
                        wording.signed(r["low"]),
                        wording.signed(r["low"] + width),
                    ]
                    for r in rows
                ],
                hovertemplate="%{customdata[1]} to %{customdata[2]}<br>"
                f"%{{y:.1%}} of {unit}, "
                "n = %{customdata[0]}<extra>%{fullData.name}</extra>",
            )
        )
    figure.add_vline(x=0, line={"color": GREY, "width": 1})
    across = {"title": f"Mean mood of {unit}", "tickformat": ".2~f"}
    up = {"title": f"Share of {unit}", "tickformat": ".0%"}
    return finish(figure, 320, across, up, barmode="overlay", showlegend=len(channels) > 1)


def scale(
    value: float | None, low: float | None, high: float | None, in_force: float | None = None
) -> str:
    """A picture, as an address of its own, of a valence from -4 to 4: its interval, a dot for
    the valence, a ring for what is in force. '' without a valence."""
    if value is None:
        return ""
    colour = _colour(value)
    drawn = [_rect(2, 11, 116, 2, GREY, 0.45), _rect(59.5, 4, 1, 16, GREY, 0.9)]
    if low is not None and high is not None:
        left, right = _on_scale(low), _on_scale(high)
        drawn.append(_rect(left, 8, right - left, 8, colour, 0.4))
    if in_force is not None:
        drawn.append(
            f'<circle cx="{_on_scale(in_force):.1f}" cy="12" r="4" fill="none" stroke="{GREY}" '
            'stroke-width="2"/>'
        )
    drawn.append(f'<circle cx="{_on_scale(value):.1f}" cy="12" r="4.5" fill="{colour}"/>')
    picture = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="120" height="24" viewBox="0 0 120 24">'
        f"{''.join(drawn)}</svg>"
    )
    return "data:image/svg+xml;utf8," + quote(picture)


def _colour(valence: float) -> str:
    """By the figure that is told: what rounds to 0.0 is neither good nor bad."""
    told = round(valence, 1)
    return UP if told > 0 else DOWN if told < 0 else GREY


def _on_scale(value: float) -> float:
    """The place of a valence in the picture: 6 for -4, 114 for 4."""
    return 60 + 13.5 * max(-4.0, min(4.0, value))


def _rect(x: float, y: float, width: float, height: float, colour: str, alpha: float) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{height}" rx="1" '
        f'fill="{colour}" fill-opacity="{alpha}"/>'
    )


def interval(low: float, value: float, high: float, in_force: float | None) -> go.Figure:
    """A valence on its scale from -4 to 4, with its interval; in_force: the one that counts now."""
    colour = _colour(value)
    figure = go.Figure()
    line: dict[str, object] = {"color": faded(colour, 0.45), "width": 10}
    figure.add_scatter(x=[low, high], y=[0, 0], mode="lines", line=line, hoverinfo="skip")
    marks = [(value, colour, "circle", "proposed")]
    if in_force is not None:
        marks.append((in_force, GREY, "diamond-open", "in force"))
    for at, paint, symbol, what in marks:
        figure.add_scatter(
            x=[at], y=[0], mode="markers",
            marker={"color": paint, "size": 13, "symbol": symbol, "line": {"width": 2}},
            hovertemplate=f"{what} {wording.signed(at, 1)}<extra></extra>",
        )  # fmt: skip
    figure.add_vline(x=0, line={"color": GREY, "width": 1}, opacity=0.7, layer="below")
    across = {
        "range": [-4.3, 4.3],
        "tickvals": [-4, -2, 0, 2, 4],
        "ticktext": ["−4", "−2", "0", "+2", "+4"],
        "fixedrange": True,
    }
    return finish(figure, 92, across, {"visible": False, "range": [-1, 1], "fixedrange": True})
