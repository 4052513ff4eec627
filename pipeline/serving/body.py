"""The body the EBS serves for a channel: its mood now, its last half hour, its forecast.

At most 5 KB, so that it also fits one Extension PubSub message (DESIGN: contract with the
extension). None is missing: a mood of None is silence, or of another basis than that of now where
n is not 0; n of None was not observed.
"""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import orjson

from pipeline.forecasting.track_record import UNKNOWN, Standing
from pipeline.serving.live_moments import LiveMoment
from warehouse.chances import EVENTS
from warehouse.mood_now import MoodNow, is_unread, label, lately, told_now
from warehouse.published.reading import OFF_S
from warehouse.records import HORIZON, WINDOW_SECONDS, Forecast, Window, iso, utc

HISTORY = 60
_SPAN = timedelta(seconds=HISTORY * WINDOW_SECONDS)
STALE_S = 90
MAX_BODY = 5000  # bytes
_MINUTES = HORIZON * WINDOW_SECONDS / 60  # of a forecast
_QUIET_WINDOWS, _QUIET_N = 5, 3
_TOP, _TOP_LENGTH = 5, 25
_TITLE, _TROUBLE = 140, 200  # characters; Twitch's titles are no longer
_UNREAD = "most of this chat is in a language that cannot be scored"
_FEW = ", and too few of its messages have emotes: {:.0%}"
_READING = "still reading the language of this chat: {} messages in the last half hour"


@dataclass
class MoodState:
    """A channel as its body tells of it. windows: of the last half hour, oldest first."""

    channel: str
    channel_id: str
    login: str = ""  # of today, where it is not the key
    windows: deque[Window] = field(default_factory=lambda: deque(maxlen=HISTORY))
    top: Mapping[str, int] = field(default_factory=dict)  # emotes of the last window
    forecast: Forecast | None = None
    standing: Standing = UNKNOWN  # at step 1, and of the five minutes
    standing_five: Standing = UNKNOWN
    trouble: str = ""  # why no model forecasts
    on: bool = False
    readable: float | None = None
    recap: Mapping[str, Any] | None = None
    moment: LiveMoment | None = None

    def saw(self, window: Window, terms: Mapping[str, int]) -> None:
        """A window closed, or was made again."""
        if self.replace(window):
            return
        while self.windows and window.start - self.windows[0].start >= _SPAN:
            self.windows.popleft()
        self.windows.append(window)
        self.top = terms

    def replace(self, window: Window) -> bool:
        """A window was made again; False for one that is not shown any more."""
        for position, shown in enumerate(self.windows):
            if shown.start == window.start:
                self.windows[position] = window
                return True
        return False


def body(
    state: MoodState, source: str, now: float, clock: float | None = None, off: float = 0.0
) -> bytes:
    """The JSON of DESIGN section 6; shortened from the oldest history where it is too long.

    now: the wall clock, set right by the source's. clock: the source's own, where that is another
    (a replay). off: seconds that the machine's clock is behind, for whoever judges the age.
    """
    told = told_now(list(state.windows), state.readable)
    fields: dict[str, Any] = {
        "v": 1,
        "channel_id": state.channel_id,
        "login": state.login or state.channel,
        "source": source,
        "window_s": WINDOW_SECONDS,
        "generated_at": iso(utc(now)),
        "status": status(state, now if clock is None else clock),
        "readable": None if state.readable is None else round(state.readable, 2),
        "basis": told.basis if state.windows and told.why != "waiting" else None,
        "now": _now(state, told),
        "history": _history(state.windows, told),
        "forecast": _forecast(state, told.basis) if state.on and not told.why else None,
        "moment": state.moment and _moment(state.moment, told),
        "recap": state.recap and _recap(state.recap, state.readable, told),
    }
    if abs(off) > OFF_S:
        fields["clock_offset_s"] = round(off)
    if fields["forecast"] is None:
        fields["why"] = _why_not(state, told)
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


def _said(state: MoodState) -> int:
    return sum(w.n_messages for w in state.windows)


def _now(state: MoodState, told: MoodNow) -> dict[str, Any]:
    last = state.windows[-1] if state.windows else None
    most = Counter(state.top).most_common(_TOP)
    mood, five = _short(told.mood), lately(state.windows, told)
    return {
        "mood": mood,
        "label": told.why or (five.label if five else label(mood)),
        "n": _seen(last) if last else None,
        "five": five and five._asdict(),
        "top": [[term[:_TOP_LENGTH], n] for term, n in most],
        **(_signs(state.windows, told) if told.basis == "emotes" else {}),
    }


def _signs(windows: Sequence[Window], told: MoodNow) -> dict[str, Any]:
    """What an emote mood rests on, and how much was laughed meanwhile: shares of the messages."""
    shown = list(windows)[-(told.seconds // WINDOW_SECONDS) :]
    counted = [w for w in shown if w.n_laughs is not None]
    n = sum(w.n_messages for w in counted)
    return {
        "share": _short(told.share),
        "seconds": told.seconds,
        "laughs": _short(sum(w.n_laughs or 0 for w in counted) / n) if n else None,
    }


def _history(windows: Sequence[Window], told: MoodNow) -> list[list[Any]]:
    """Moods of the basis of now alone: two measures make no line."""
    return [
        [
            iso(w.start),
            _short(w.mean_compound) if w.basis == told.basis and not told.why else None,
            _seen(w),
        ]
        for w in windows
    ]


def _recap(recap: Mapping[str, Any], readable: float | None, told: MoodNow) -> dict[str, Any]:
    """The last stream, without a mood by words that could not be read."""
    hidden = recap["basis"] == "words" and (is_unread(readable) or told.why)
    mood = None if hidden else recap["mood"]
    return {**recap, "title": recap["title"][:_TITLE], "mood": mood}


def _seen(window: Window) -> int | None:
    return window.n_messages if window.n_messages or window.observed_s else None


def _forecast(state: MoodState, basis: str) -> dict[str, Any] | None:
    f = state.forecast
    if f is None or f.basis != basis or not state.windows:
        return None
    if f.cutoff.timestamp() < _end(state.windows[-1]):
        return None
    grade = state.standing_five.grade
    steps = [[_short(f.q10[k]), _short(f.q50[k]), _short(f.q90[k])] for k in range(HORIZON)]
    return {
        "cutoff": iso(f.cutoff),
        "model": f.model,
        "steps": steps,
        **_five_minutes(f),
        "grade": grade,
        "skill": _short(state.standing.skill),
        "five_skill": None if grade == "new" else _short(state.standing_five.skill),
        "record": state.standing.record(),
    }


def _five_minutes(f: Forecast) -> dict[str, Any]:
    """The five minutes together; a forecast of an earlier version says nothing of them."""
    five = (f.five_q10, f.five_q50, f.five_q90)
    said = (f.five_volume_q10, f.five_volume_q50, f.five_volume_q90)
    chances = {event: _short(getattr(f, f"chance_{event}")) for event in EVENTS}
    return {
        "five": None if f.five_q50 is None else [*map(_short, five)],
        "usual": _short(f.usual),
        "chances": {event: chance for event, chance in chances.items() if chance is not None},
        "activity": None if f.five_volume_q50 is None else [_a_minute(n) for n in said],
    }


def _a_minute(n: float | None) -> float:
    """Messages of the five minutes, for each of them."""
    return round((n or 0.0) / _MINUTES, 1)


def _why_not(state: MoodState, told: MoodNow) -> str:
    if told.why == "unsupported":
        return _UNREAD if told.share is None else _UNREAD + _FEW.format(told.share)
    if not state.on:
        return "the stream is offline"
    if told.why == "waiting":
        return _READING.format(_said(state))
    if state.trouble:
        return state.trouble[:_TROUBLE]
    return "the stream has just begun, or too little was said"


def _end(window: Window) -> float:
    return window.start.timestamp() + WINDOW_SECONDS


def _moment(m: LiveMoment, told: MoodNow) -> dict[str, Any]:
    """The last moment; its moods are told where that of now is, and by the same basis."""
    is_told = not told.why and told.basis == m.basis
    return {
        "at": iso(m.at),
        "text": f"{m.title}: {m.text}",
        "kind": m.kind,
        "term": m.term,
        "n": m.n,
        "times": None if m.times is None else round(m.times, 1),
        "before": _short(m.before) if is_told else None,
        "mood": _short(m.mood) if is_told else None,
    }


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 3) + 0.0  # no -0.0
