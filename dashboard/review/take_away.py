"""Files to take away, as a section of the page: what goes into them, and a button for each."""

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import choices, data, frame, url_state
from dashboard.charts.series import Row
from dashboard.review import session_report
from dashboard.review.files import FILES
from dashboard.review.files.export import Export, OwnRange, categories
from dashboard.review.files.frame_rates import RATES, USUAL_RATE
from dashboard.review.record.decided import Decisions
from dashboard.review.session import Session

SHARED = "One file that opens anywhere, offline, and may be shared."
OF_VIDEO = "Of the video at YouTube: its games, its moments, or both."
OF_YOURS = "Of your video. Markers, cuts and timelines count its frames."
WHICH = {"all": "All but dropped", "kept": "Kept alone"}
CHAPTERS = {"both": "Categories and moments", "categories": "Categories", "moments": "Moments"}


def section(of: Session, decided: Decisions, lead_s: int, past: Sequence[Row]) -> None:
    """The files, with the cuts that the page shows. No line of chat is in any of them."""
    frame.heading("Take away", f"cut {lead_s} s before chat reacts; no line of chat is in a file")
    export = _export(of, decided, lead_s, *_chosen(decided))
    stem = f"dld-{of.stream['channel'].replace('~', '-')}-{of.since:%Y%m%dT%H%M}"
    columns = st.columns(3)
    html = session_report.report(of, past, of.stream["source"], export)
    _file(columns[0], "Report (HTML)", html, f"{stem}.html", "text/html", SHARED)
    refused: dict[str, list[str]] = {}
    for k, file in enumerate(FILES, 1):
        body, name = file.write(export), f"{stem}{file.suffix}"
        if isinstance(body, str):
            refused.setdefault(body, []).append(file.label)
            body = b""
        _file(columns[k % 3], file.label, body, name, file.mime, file.about)
    for why, labels in refused.items():
        st.caption(f"No {', '.join(labels)}: {why}")


def _chosen(decided: Decisions) -> tuple[str, str, str]:
    """(which moments, what makes a chapter, frame rate); the address follows."""
    left, middle, right = st.columns(3)  # as the buttons below, edge under edge
    which = "all"
    with left:
        chapters = _select("Chapters of", "chapters", CHAPTERS, "both", OF_VIDEO)
    if decided.record[1]:
        with right:
            which = choices.choose("Moments in the files", "files", WHICH, "all", leave_out=True)
    with middle:
        fps = _select("Frame rate", "fps", {rate: rate for rate in RATES}, USUAL_RATE, OF_YOURS)
    return which, chapters, fps


def _select(label: str, name: str, options: Mapping[str, str], usual: str, about: str) -> str:
    """The value chosen of the options (label by value), kept in the address as `name`."""
    url_state.hold(name, list(options), usual)
    chosen: str = st.selectbox(
        label, list(options), key=name, format_func=options.__getitem__, help=about
    )
    url_state.remember(**{name: chosen if chosen != usual else None})
    return chosen


def _export(
    of: Session, decided: Decisions, lead_s: int, which: str, chapters: str, fps: str
) -> Export:
    stream = of.stream
    span = {"channel": stream["channel"], "since": of.since, "until": of.until}
    marks = ("keep",) if which == "kept" else ("keep", "")
    return Export(
        channel=data.who().name_of(stream["channel"]),
        title=stream["title"] or "",
        since=of.since,
        length_s=of.length_s,
        vod_id=stream["vod_id"],
        moments=[(k, one) for k, one in enumerate(of.moments, 1) if decided.of(one) in marks],
        basis=of.part.basis,
        dated=not stream["undated"],
        own=[OwnRange(own.at_s(of.since), own.seconds, own.text) for own in decided.own],
        categories=categories(
            stream["category"], of.since, data.rows("dash_stream_categories", **span)
        ),
        frame_rate=RATES[fps],
        lead_s=lead_s,
        chapters_of=chapters,  # type: ignore[arg-type]  # a key of CHAPTERS
    )


def _file(
    place: DeltaGenerator, label: str, body: str | bytes, name: str, mime: str, about: str
) -> None:
    place.download_button(
        label,
        body,
        name,
        mime,
        icon=":material/download:",
        help=about or None,
        on_click="ignore",
        key=f"file-{label}",
        disabled=not body,
        width="stretch",
    )
