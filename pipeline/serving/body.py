"""The body the EBS serves for a channel: its mood now, its last half hour, its forecast.

At most 5 KB, so that it also fits one Extension PubSub message (DESIGN: contract with the
extension). None is missing: a mood of None is silence, n of None was not observed.
"""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import sqrt
from typing import Any

import orjson

from pipeline.forecasting.track_record import UNKNOWN, Standing
from warehouse.published.reading import OFF_S
from warehouse.records import HORIZON, READABLE_LEAST, WINDOW_SECONDS, Forecast, Window, iso, utc

HISTORY = 60
_SPAN = timedelta(seconds=HISTORY * WINDOW_SECONDS)
STALE_S = 90
MAX_BODY = 5000  # bytes
_QUIET_WINDOWS, _QUIET_N = 5, 3
_TOP, _TOP_LENGTH = 5, 25
_TITLE, _TROUBLE = 140, 200  # characters; Twitch's titles are no longer
_MOMENT_N, _MOMENT_Z = 5, 3.0
_UNREAD = "most of this chat is in a language that cannot be scored"


@dataclass
class MoodState:
    """A channel as its body tells of it. windows: of the last half hour, oldest first."""

    channel: str
    channel_id: str
    login: str = ""  # of today, where it is not the key
    windows: deque[Window] = field(default_factory=lambda: deque(maxlen=HISTORY))
    top: Mapping[str, int] = field(default_factory=dict)  # emotes of the last window
    forecast: Forecast | None = None
    standing: Standing = UNKNOWN
    trouble: str = ""  # why no model forecasts
    on: bool = False
    readable: float | None = None
    recap: Mapping[str, Any] | None = None
    moment: Mapping[str, str] | None = None

    def saw(self, window: Window, terms: Mapping[str, int]) -> None:
        """A window closed, or was made again."""
        if self.replace(window):
            return
        if self.windows and self.windows[-1].stream_id != window.stream_id:
            self.moment = None  # it was of the stream before
        while self.windows and window.start - self.windows[0].start >= _SPAN:
            self.windows.popleft()
        self.moment = _moment(self.windows, window, terms) or self.moment
        self.windows.append(window)
        self.top = terms

    def replace(self, window: Window) -> bool:
        """A window was made again; False for one that is not shown any more."""
        for position, shown in enumerate(self.windows):
            if shown.start == window.start:
                self.windows[position] = window
                return True
        return False


def label(mood: float | None) -> str:
    """A compound in a word, by VADER's own thresholds."""
    if mood is None:
        return "silent"
    if mood >= 0.05:
        return "positive"
    return "negative" if mood <= -0.05 else "neutral"


def body(
    state: MoodState, source: str, now: float, clock: float | None = None, off: float = 0.0
) -> bytes:
    """The JSON of DESIGN section 6; shortened from the oldest history where it is too long.

    now: the wall clock, set right by the source's. clock: the source's own, where that is another
    (a replay). off: seconds that the machine's clock is behind, for whoever judges the age.
    """
    supported = state.readable is None or state.readable >= READABLE_LEAST
    fields: dict[str, Any] = {
        "v": 1,
        "channel_id": state.channel_id,
        "login": state.login or state.channel,
        "source": source,
        "window_s": WINDOW_SECONDS,
        "generated_at": iso(utc(now)),
        "status": status(state, now if clock is None else clock),
        "readable": None if state.readable is None else round(state.readable, 2),
        "now": _now(state, supported),
        "history": _history(state.windows),
        "forecast": _forecast(state) if state.on and supported else None,
        "moment": state.moment,
        "recap": state.recap and {**state.recap, "title": state.recap["title"][:_TITLE]},
    }
    if abs(off) > OFF_S:
        fields["clock_offset_s"] = round(off)
    if fields["forecast"] is None:
        fields["why"] = _why_not(state) if supported else _UNREAD
    data = orjson.dumps(fields)
    while len(data) > MAX_BODY and fields["history"]:
        fields["history"] = fields["history"][1:]
        data = orjson.dumps(fields)
    return data


def status(state: MoodState, now: float) -> str:
    """live, quiet (fewer than 3 messages in the last 5 windows), offline, or stale while a
    restarted pipeline catches up. now: the wall clock, or a replay's own."""
    if not state.on:
        return "offline"
    if state.windows and now - _end(state.windows[-1]) > STALE_S:
        return "stale"
    recent = list(state.windows)[-_QUIET_WINDOWS:]
    return "quiet" if sum(w.n_messages for w in recent) < _QUIET_N else "live"


def _now(state: MoodState, supported: bool) -> dict[str, Any]:
    last = state.windows[-1] if state.windows else None
    mood = last.mean_compound if last else None
    most = Counter(state.top).most_common(_TOP)
    top = [[term[:_TOP_LENGTH], n] for term, n in most]
    return {
        "mood": _short(mood),
        "label": label(mood) if supported else "unsupported",
        "n": _seen(last) if last else None,
        "top": top,
    }


def _history(windows: Sequence[Window]) -> list[list[Any]]:
    return [[iso(w.start), _short(w.mean_compound), _seen(w)] for w in windows]


def _seen(window: Window) -> int | None:
    return window.n_messages if window.n_messages or window.observed_s else None


def _forecast(state: MoodState) -> dict[str, Any] | None:
    f = state.forecast
    if f is None or not state.windows or f.cutoff.timestamp() < _end(state.windows[-1]):
        return None
    steps = [[_short(f.q10[k]), _short(f.q50[k]), _short(f.q90[k])] for k in range(HORIZON)]
    return {
        "cutoff": iso(f.cutoff),
        "model": f.model,
        "steps": steps,
        "skill": _short(state.standing.skill),
        "record": state.standing.record(),
    }


def _why_not(state: MoodState) -> str:
    if not state.on:
        return "the stream is offline"
    if state.trouble:
        return state.trouble[:_TROUBLE]
    return "the stream has just begun, or too little was said"


def _end(window: Window) -> float:
    return window.start.timestamp() + WINDOW_SECONDS


def _moment(
    before: Sequence[Window], window: Window, terms: Mapping[str, int]
) -> Mapping[str, str] | None:
    """A jump: this window's mean lies 3 standard errors from the mean of those before."""
    mean, sd = window.mean_compound, window.sd_compound
    past = [w for w in before if w.mean_compound is not None and w.basis == window.basis]
    n = sum(w.n_messages for w in past)
    if mean is None or not sd or window.n_messages < _MOMENT_N or len(past) < 10:
        return None
    usual = sum(w.n_messages * (w.mean_compound or 0.0) for w in past) / n
    if abs(mean - usual) < _MOMENT_Z * sd / sqrt(window.n_messages):
        return None
    way = "rose" if mean > usual else "fell"
    most = max(terms, key=lambda t: terms[t], default="")[:_TOP_LENGTH]
    what = f", with {most}" if most else ""
    return {"at": iso(window.start), "text": f"Mood {way} to {mean:+.2f}{what}"}


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
