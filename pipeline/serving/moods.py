"""Mood per channel, as the EBS serves it: kept up with every turn, made into bodies."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from pipeline.forecasting.forecasts import Forecasts
from pipeline.serving.body import MoodState, body
from pipeline.serving.live_moments import LiveMoments
from pipeline.windows.intake import Intake
from pipeline.windows.rows import admission
from pipeline.windows.term_gate import Gate
from pipeline.windows.track import Closed
from warehouse.mood_now import is_told
from warehouse.records import FIVE, Window, iso
from warehouse.sql import Queries


class Moods:
    """States behind what is served, by channel. id_of: a channel's id, made up where unknown.
    moments: those of running streams. name_of: a channel's login of today."""

    def __init__(
        self,
        id_of: Callable[[str], str],
        moments: LiveMoments,
        name_of: Callable[[str], str] = str,
    ) -> None:
        self._id_of, self.moments, self._name_of = id_of, moments, name_of
        self._by_channel: dict[str, MoodState] = {}

    def of(self, channel: str) -> MoodState:
        """The state behind the channel's published body."""
        if channel not in self._by_channel:
            self._by_channel[channel] = MoodState(channel, self._id_of(channel))
        return self._by_channel[channel]

    def meet(self, channel: str) -> None:
        """The channel is served, under its id."""
        self.of(channel).channel_id = self._id_of(channel)

    def recall(self, window: Window) -> None:
        """A window of before a restart."""
        self.of(window.channel).windows.append(window)
        self.moments.recall(window)

    def replace(self, window: Window) -> None:
        """A window was made again."""
        self.moments.replace(window)
        if window.channel in self._by_channel:  # else it is not served
            self._by_channel[window.channel].replace(window)

    def refresh(self, closed: Iterable[Closed], intake: Intake, forecasts: Forecasts) -> None:
        """What is served after these windows."""
        for c in closed:
            state = self.of(c.window.channel)
            if c.again:
                self.replace(c.window)
            else:
                state.saw(c.window, _top_terms(intake.gate, c))
        for channel, state in self._by_channel.items():
            track = intake.track(channel)
            state.on = track.on
            stream_id = track.stream.stream_id if track.stream else None
            state.moment = self.moments.last(channel, stream_id) if track.on else None
            state.forecast = forecasts.shown(channel)
            state.standing = forecasts.standing(channel)
            state.standing_five = forecasts.standing(channel, FIVE)
            state.trouble = forecasts.why
            if channel in intake.readable:
                state.readable = intake.readable[channel].share

    def read_recaps(self, store: Queries, source: str, hidden: Collection[str]) -> None:
        """The last stream of each channel but the hidden ones in short, for while it is offline."""
        rows = store.query("recaps", source=source).to_pylist()
        for row in (row for row in rows if row["channel"] not in hidden):
            self.of(row["channel"]).recap = {
                "title": row["title"] or "",
                "started_at": iso(row["started_at"].replace(tzinfo=UTC)),
                "ended_at": iso(row["ended_at"].replace(tzinfo=UTC)),
                "n": int(row["n"]),
                "basis": row["basis"],
                "mood": round(row["mood"], 3) if _is_told(row) else None,
            }

    def bodies(
        self,
        source: str,
        now: float,
        clock: float | None,
        hidden: Collection[str],
        off: float = 0.0,
    ) -> Iterator[tuple[str, bytes]]:
        """(channel id, body) of every channel but the hidden ones. Times as `body` takes them."""
        for channel, state in self._by_channel.items():
            if channel not in hidden:
                state.login = self._name_of(channel)
                yield state.channel_id, body(state, source, now, clock, off)

    def let_go(self, channel: str, now: datetime) -> None:
        """The channel's windows are to be seen anew: the clock stepped back to `now`."""
        self.moments.let_go(channel, now)
        if channel in self._by_channel:
            self._by_channel[channel].windows.clear()

    def forget_channel(self, channel: str) -> None:
        """Nothing of the channel is in memory."""
        self.moments.forget_channel(channel)
        self._by_channel.pop(channel, None)


def _is_told(recap: Mapping[str, Any]) -> bool:
    return recap["basis"] == "words" or is_told(recap["signed"], recap["n"])


def _top_terms(gate: Gate, closed: Closed) -> dict[str, int]:
    """Messages that use each emote or emoji, those that may be named."""
    counts = Counter(
        term
        for line in closed.lines
        for term in {name for name, kind, _ in line.scored.terms if kind != "word"}
    )
    admits = admission(gate, closed)
    return {t: n for t, n in counts.items() if admits(t)}
