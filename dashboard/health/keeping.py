"""The daemon's own figures: storage, versions, what came in, how far it is behind."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from dashboard import data, frame, wording
from dashboard.charts.arrays import cells, times, values
from dashboard.charts.series import Row
from dashboard.charts.style import CONFIG, DOWN, GREY, HISTORY, faded, finish, named_rows
from dashboard.markup import row, span
from warehouse.published.manifest import Manifest

Health = Mapping[str, Row]
COUNTS = {
    "messages": "messages counted",
    "filtered": "of bots, and commands",
    "duplicates": "came twice, counted once",
    "late": "late, window made again",
    "dropped": "too late, or from a wrong clock: dropped",
    "malformed": "unreadable: left out",
    "retracted": "taken back by moderators",
}
LATE_S = 60.0  # a source further behind than this is catching up
_TEXT = ("buffer", "samples")


def newest() -> Health:
    """The newest of everything, by name; nothing of a folder that no daemon wrote to."""
    return {r["name"]: r for r in data.rows("dash_health")}


def parts(health: Health, name: str) -> dict[str, Any]:
    """The JSON beside a value; {} for none, or for what cannot be read."""
    return data.json_object((health.get(name) or {}).get("detail"))


def value(health: Health, name: str) -> float | None:
    """A value; None where it was never told."""
    return health[name]["value"] if name in health else None


def clock_offset_s(manifest: Manifest) -> float:
    """Seconds that this machine's clock is behind Twitch's, below 0 ahead; as told last."""
    return (value(newest(), "clock_offset_s") or 0.0) if manifest.source == "live" else 0.0


def storage(health: Health, of_logs: bool = False) -> None:
    """Bytes by table and what of them is message text. of_logs: an import told, no daemon."""
    on_disk = "as the last import left it" if of_logs else "what is on disk"
    frame.heading("Storage", f"{on_disk}; rows in brackets")
    detail, total = parts(health, "storage"), value(health, "storage")
    if total is None or not detail:
        when = "the next import does" if of_logs else "it does once a minute"
        frame.put(frame.say(f"The pipeline has not told yet; {when}."))
        return
    text, keeps = value(health, "text"), value(health, "retention_h")
    frame.tiles(
        ("In all", wording.size(total), "database, buffer and published files"),
        ("Database", wording.size(detail.get("warehouse")), "warehouse.duckdb"),
        ("Message text", wording.size(0 if of_logs else text),
         "none of an import is kept" if of_logs else f"gone after {_hours(keeps)}"),
    )  # fmt: skip
    st.plotly_chart(
        sizes(detail), key="sizes", config=CONFIG, alt="Bytes on disk by published table"
    )


def _hours(hours: float | None) -> str:
    if hours is None:
        return "its retention"
    return f"{hours:.3g} h (DLD_RETENTION_H)" if hours else "a minute: in memory only"


def sizes(detail: Mapping[str, Any]) -> go.Figure:
    """Bars of bytes by published table, and the buffer; orange where there is text."""
    tables = {k: v for k, v in dict(detail.get("tables") or {}).items() if _is_pair(v) and v[0]}
    listed = [(name, int(n), int(size)) for name, (n, size) in tables.items()]
    if isinstance(detail.get("buffer"), int) and detail["buffer"]:
        listed.append(("buffer", -1, detail["buffer"]))
    listed.sort(key=lambda t: t[2])
    names = [
        wording.plotted(name) + (f"  ({wording.count(n)})" if n >= 0 else "")
        for name, n, _ in listed
    ]
    figure = go.Figure(
        go.Bar(
            x=[size for *_, size in listed],
            y=list(range(len(listed))),
            orientation="h",
            marker={"color": [DOWN if t[0] in _TEXT else HISTORY for t in listed]},
            text=[wording.size(t[2]) + (" ✎ text" if t[0] in _TEXT else "") for t in listed],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{text}<extra></extra>",
        )
    )
    widest = max((t[2] for t in listed), default=1) * 2.2  # room for its words, on a phone as well
    across = {"range": [0, widest], "showticklabels": False}
    return finish(figure, 60 + 22 * max(len(listed), 3), across, named_rows(names), bargap=0.3)


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(v, int) for v in value)


def versions(health: Health, of_logs: bool = False) -> None:
    """Which of everything is at work. of_logs: an import told, no daemon."""
    frame.heading("Versions", "of the last import" if of_logs else "of what runs")
    by_part = {k: str(v) for k, v in parts(health, "versions").items()}
    by_part["model"] = by_part.get("model") or "none serves"
    pairs = [(k, wording.plain(v, 60) or wording.MISSING) for k, v in by_part.items()]
    frame.put(row(*(span(x) for pair in pairs for x in pair), cls="dld-facts"))


def counted(health: Health, tz: tzinfo) -> None:
    """What came in since the daemon began."""
    began = value(health, "began_at")
    since = "" if began is None else _since(wording.at_second(began), tz)
    frame.heading("Since the pipeline began", since)
    pairs = [
        (COUNTS[name], wording.count(value(health, name))) for name in COUNTS if name in health
    ]
    for name, what in (("webhook", "alerts"), ("recaps", "recaps")):
        if hook := parts(health, name):
            pairs.append((f"{what} told to the webhook", _hook(hook)))
    if twitch := parts(health, "twitch"):
        pairs.append(("set on Twitch", _twitch(twitch)))
    if not pairs:
        frame.put(frame.say("The pipeline has told nothing yet."))
        return
    frame.put(row(*(span(x) for what, n in pairs for x in (what, n)), cls="dld-facts wide"))
    for sentence in _refused(twitch):
        frame.put(frame.say(sentence))


def _since(began: datetime, tz: tzinfo) -> str:
    return f"{wording.moment(began, tz)}, {frame.zone_name(tz)}"


def _hook(hook: Mapping[str, Any]) -> str:
    sent, dropped, waiting, failed = (
        wording.count(hook.get(name, 0)) for name in ("sent", "dropped", "waiting", "failed")
    )
    return f"{sent}; dropped {dropped}, waiting {waiting}, failed attempts {failed}"


def _twitch(told: Mapping[str, Any]) -> str:
    markers, clips, failed = (wording.count(told.get(k, 0)) for k in ("markers", "clips", "failed"))
    return f"markers {markers}, clips {clips}, failed {failed}"


def _refused(told: Mapping[str, Any]) -> list[str]:
    """Sentences: why a marker or a clip of a channel is not set on Twitch."""
    wrong = told.get("troubles")
    pairs = sorted(wrong.items()) if isinstance(wrong, dict) else []
    return [f"Not set on Twitch, {wording.plain(f'{what}: {why}', 300)}." for what, why in pairs]


def lag(since: datetime, tz: tzinfo) -> None:
    """How far the source was behind the clock, every ten minutes."""
    rows = data.rows("dash_lag", since=since)
    if len(rows) < 3:
        return
    frame.heading("Lag", f"of the source behind the clock, n = {wording.count(len(rows))}")
    st.plotly_chart(lags(rows, tz), key="lag", config=CONFIG, alt="Lag in seconds over time")


def lags(rows: Sequence[Row], tz: tzinfo) -> go.Figure:
    """Seconds behind the clock; above the line the source is catching up."""
    figure = go.Figure(
        go.Scatter(
            x=times(wording.local(r["at"], tz) for r in rows),
            y=values(max(r["lag_s"], 0.1) for r in rows),
            customdata=cells(
                [[wording.seconds(r["lag_s"]), wording.utc_text(r["at"])] for r in rows]
            ),
            mode="lines",
            line={"color": HISTORY, "width": 1.5, "shape": "hv"},
            fill="tozeroy",
            fillcolor=faded(HISTORY, 0.12),
            hovertemplate="%{customdata[0]} behind<br>%{customdata[1]}<extra></extra>",
        )
    )
    figure.add_hline(y=LATE_S, line={"color": GREY, "width": 1, "dash": "dot"})
    up = {
        "type": "log",
        "tickvals": [0.1, 1, 10, 60, 600, 3600, 86400],
        "ticktext": ["0", "1 s", "10 s", "1 min", "10 min", "1 h", "1 day"],
    }
    return finish(figure, 170, y=up)
