"""The frame of every page: title, source of the data, a sentence for every failure."""

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import duckdb
import pandas as pd
import streamlit as st

from dashboard import data, url_state, wording
from dashboard.markup import Markup, row, span, tag
from warehouse.errors import AppError, NothingPublished
from warehouse.published.manifest import Manifest
from warehouse.published.progress import Progress

STALE_AFTER_S = 150
NOBODY = (
    "No pipeline runs on this folder. Your requests wait in its inbox; "
    "`python -m pipeline inbox` does them."
)
BEHIND = timedelta(minutes=5)
SOURCES = {
    "simulated": "Simulated chat",
    "replay": "Replay",
    "live": "Live chat",
    "import": "Imported chat",
}
log = logging.getLogger(__name__)

Draw = Callable[[Manifest], None]
P = ParamSpec("P")


def page(title: str, about: str, draw: Draw, of_logs: str = "") -> None:
    """Draw a page: header, notes about the address, then `draw`; never a traceback. of_logs: what
    it is about in a folder of imported logs, where that is something else."""
    url_state.begin(title)
    guarded(lambda manifest: _whole(title, about, draw, of_logs, manifest), title)


def guarded(draw: Draw, title: str = "") -> None:
    """Draw with the manifest in force; what goes wrong becomes a sentence. The address follows.
    title: of a whole page."""
    try:
        draw(data.manifest())
    except NothingPublished:
        _wait(title)
    except AppError as exc:
        st.error(wording.plain(str(exc), 400), icon=":material/error:")
    except duckdb.Error:
        log.exception("query failed")
        st.error(
            "The published data could not be read. It is made anew when the pipeline restarts; "
            "the log of the dashboard says more.",
            icon=":material/error:",
        )
    url_state.write()


def _whole(title: str, about: str, draw: Draw, of_logs: str, manifest: Manifest) -> None:
    header(title, of_logs if of_logs and data.is_import(manifest) else about, manifest)
    if data.coming():
        _first()
    place = st.container()
    draw(manifest)
    for text in url_state.notes():
        place.info(text, icon=":material/link_off:")


def header(title: str, about: str, manifest: Manifest) -> None:
    """Title row with the source of the data, prominent unless it is live chat."""
    source = data.source(manifest)
    where = SOURCES.get(source, wording.plain(source))
    badge = span(where, cls="dld-source", title=_what_source(source))
    titled(title, about, row(badge, cls="dld-right"))


def titled(title: str, about: str, *more: Markup) -> None:
    """Title row of a page."""
    words = span(title, cls="dld-title"), span(about, cls="dld-about")
    put(row(*words, *more, cls="dld-top"))


def _what_source(source: str) -> str:
    if source == "simulated":
        return "Made up by DLD's simulator, but for imported logs: nobody real said any of this."
    if source == "replay":
        return "Recorded chat played again."
    if source == "import":
        return "Past chat from logs that were imported; nothing here is live."
    return "Chat as it comes from Twitch."


def put(markup: Markup) -> None:
    """Draw markup; everything foreign in it was escaped when it was made."""
    st.html(markup.text)


def say(text: str) -> Markup:
    """A sentence in the place of something to show."""
    return row(wording.unbroken(text), cls="dld-say")


def lead(text: str) -> Markup:
    """The first sentence of a page, for who reads no other."""
    return row(wording.unbroken(text), cls="dld-lead")


def heading(text: str, small: str = "") -> None:
    """A section's title with what is said beside it."""
    put(row(text, tag("small", small) if small else "", cls="dld-h"))


def no_stream(manifest: Manifest) -> None:
    """Instead of a page about streams."""
    more = "import a log first" if data.is_import(manifest) else "come back in a minute"
    put(say(f"No stream has been seen yet; {more}."))


def nothing_yet() -> None:
    """The page of an empty data folder."""
    put(
        row(
            row("Nothing has been published yet", cls="t"),
            row(
                "Start the pipeline with ",
                tag("code", "make run"),
                ", or import past chat with ",
                tag("code", "python -m pipeline import FILE"),
                ".",
            ),
            row("Then this page fills by itself."),
            cls="dld-empty",
        )
    )


def by_itself(every_s: float) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """A part of a page that is drawn again every so many seconds, and then replaces what stood:
    that is never greyed meanwhile (page.css), since nobody asked for anything new."""

    def made(draw: Callable[P, None]) -> Callable[P, None]:
        @st.fragment(run_every=every_s)
        @wraps(draw)
        def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
            with st.container(key=f"still-{draw.__name__.strip('_')}"):
                draw(*args, **kwargs)

        return drawn

    return made


@by_itself(1)
def _wait(title: str) -> None:
    """Until there is something to draw, how far it is; then the page."""
    if data.is_published():
        st.rerun()
    coming = data.coming()
    if coming is None:
        nothing_yet()
        return
    titled(title, "")
    _bar(coming)
    st.html(Path(__file__).parent / "skeleton.html")


@by_itself(2)
def _first() -> None:
    """What comes before live chat, and how far it is; then the page as of now."""
    coming = data.coming()
    if coming is None:
        st.rerun()
    _bar(coming)


def _bar(coming: Progress) -> None:
    st.progress(coming.share, f"{coming}. Nothing is live before it is done.")


def tiles(*figures: tuple[str, str, str]) -> None:
    """Key figures: (what, value, its n or band)."""
    put(
        row(
            *(
                row(span(k, cls="k"), span(v, cls="v"), span(s, cls="s"), cls="dld-tile")
                for k, v, s in figures
            ),
            cls="dld-tiles",
        )
    )


def reader_zone() -> tzinfo:
    """The time zone of the reader's browser; UTC when it does not say."""
    name = st.context.timezone
    return wording.zone(name if isinstance(name, str) else None)


def local_times(moments: Iterable[datetime | None], zone: str) -> "pd.Series[pd.Timestamp]":
    """A column of a table: naive times of UTC, None where there is none, as the zone's."""
    column = pd.Series(list(moments), dtype="datetime64[us]")
    return column.dt.tz_localize("UTC").dt.tz_convert(zone)


def zone_name(tz: tzinfo) -> str:
    """Europe/Berlin, UTC."""
    return str(tz)


def times_in(tz: tzinfo) -> str:
    """Times in Europe/Berlin; hover for UTC. Where they are UTC, no more than that."""
    name = zone_name(tz)
    return f"Times in {name}" + ("" if name == "UTC" else "; hover for UTC")


def freshness(
    manifest: Manifest, now: datetime, off: timedelta = timedelta()
) -> tuple[datetime, str, str]:
    """(clock of the data, how fresh it is in words, trouble or ''). now: this machine's, which
    `off` makes Twitch's.

    The clock is the wall's while data keeps up; a replay, or a pipeline that is catching up
    or has stopped, has its own.
    """
    newest = data.newest(manifest)
    if newest is None:
        return now, "no window yet", ""
    end = newest + timedelta(seconds=30)
    if data.is_import(manifest):
        return end, "imported", ""
    quiet = now - manifest.published_at
    if quiet > timedelta(seconds=STALE_AFTER_S):
        text = f"Nothing new for {wording.lasting(quiet)}: the pipeline may have stopped."
        return end, f"updated {wording.ago(quiet)}", text
    now += off
    if data.coming():
        return end, "not live yet", ""
    if now - end > BEHIND and manifest.source != "replay":
        text = (
            f"The pipeline is catching up: the newest window is {wording.lasting(now - end)} old."
        )
        return end, "catching up", text
    clock = end if manifest.source == "replay" else max(now, end)
    return clock, f"updated {wording.ago(max(quiet, timedelta()))}", ""


def wall() -> datetime:
    """Now, to the second."""
    return datetime.now(UTC).replace(microsecond=0)
