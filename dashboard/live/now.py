"""The Live page's cards, from rows of what is published. No Streamlit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from dashboard import wording
from dashboard.basis import NAMES, Portion, laughter
from dashboard.charts.series import Row, grouped, margin, of_basis, state
from dashboard.outlook import GRADES
from warehouse.forecast_metrics import latent_skill, of_row
from warehouse.mood_now import LATELY_S, Lately, MoodNow, lately, told_now
from warehouse.records import FIVE, WINDOW_SECONDS
from warehouse.trust import ENOUGH, Grade, grade, grade_of

QUIET_WINDOWS, QUIET_N = 5, 3
FRESH = timedelta(seconds=90)
WINDOW = timedelta(seconds=30)


class _Told(NamedTuple):
    """A row of dash_live_windows as `told_now` reads it."""

    start: datetime
    basis: str
    n_messages: int
    mean_compound: float | None
    sd_compound: float | None
    share_scored: float | None


@dataclass(frozen=True)
class Card:
    """One channel now.

    windows: its last ones, oldest first. status: live, quiet, offline or stale. trouble: since
    when and why it is not read, '' where it is. login: what people call it today.
    skill, five_skill: how good its forecasts of the next window, and of five minutes, were lately.
    """

    channel: str
    name: str
    status: str
    windows: Sequence[Row]
    forecast: Row | None = None
    terms: Sequence[Row] = field(default_factory=tuple)
    event: Row | None = None
    recap: Row | None = None
    readable: float | None = None
    skill: Row | None = None
    five_skill: Row | None = None
    trouble: str = ""
    login: str = ""

    @cached_property
    def _as_told(self) -> Sequence[_Told]:
        names = ("start", "basis", "n", "mean", "sd_compound", "share_scored")
        return [_Told(*(w[k] for k in names)) for w in self.windows]

    @cached_property
    def told(self) -> MoodNow:
        """The mood of now."""
        return told_now(self._as_told, self.readable)

    @cached_property
    def five(self) -> Lately | None:
        """The last five minutes, as the headline has them; None where nobody spoke in them."""
        return lately(self._as_told, self.told)

    @property
    def supported(self) -> bool:
        """True where a mood can be told: known to be read, by words or by enough emotes."""
        return not self.told.why

    @property
    def by_emotes(self) -> bool:
        """True where the mood is read from emotes alone."""
        return self.told.basis == "emotes"

    @property
    def shown(self) -> Sequence[Row]:
        """The windows as they are drawn: without moods that are not told."""
        if not self.supported:
            return of_basis(self.windows, "")
        by_words = Portion("words", 1, 1.0)
        is_unread = self.by_emotes and by_words.why_not(self.readable)
        return of_basis(self.windows, "emotes") if is_unread else self.windows

    def recap_part(self) -> Portion | None:
        """What the mood of the last stream was read from."""
        of = self.recap
        return None if of is None else Portion(of["basis"], of["n"], of["signed"])

    def laughs(self) -> float | None:
        """Share of messages with laughter in the windows that the mood of now is of."""
        return laughter(self.windows[-max(1, self.told.seconds // WINDOW_SECONDS) :])

    @property
    def last(self) -> Row | None:
        return self.windows[-1] if self.windows else None

    def rate(self) -> float | None:
        """Messages a minute over the last five windows, of the time observed."""
        recent = self.windows[-QUIET_WINDOWS:]
        observed_s = sum(w["observed_s"] for w in recent)
        return sum(w["n"] for w in recent) * 60 / observed_s if observed_s >= 10 else None

    def connection(self) -> str:
        """Why it is not read, or what the last window says about the connection."""
        if self.trouble:
            return f"✕ not read {self.trouble}"
        if self.status == "offline":
            return "off air"
        if self.last is None:
            return "not observed yet"
        observed_s = self.last["observed_s"]
        if state(self.last["n"], observed_s) == "unobserved":
            return "✕ not observed: connection lost"
        partly = "" if observed_s >= 29.95 else f", {observed_s:.0f} of 30 s"
        return ("silence" if not self.last["n"] else "observed") + partly

    def record(self) -> str:
        """How good this model's forecasts of the next window were in the last week."""
        if self.skill is None:
            return "too new to have a record"
        n = f"n = {wording.count(self.skill['targets'])}"
        return f"{GRADES[grade_of(self.skill['skill'])]} ({n})"

    @cached_property
    def grade(self) -> Grade:
        """How far the forecast of the next five minutes can be trusted."""
        of = self.five_skill
        return grade(of["skill"], of["targets"]) if of else grade(None, 0)

    def five_record(self) -> str:
        """The figure behind the grade."""
        of = self.five_skill
        n = wording.count(of["targets"] if of else 0)
        if of is None or self.grade == "new":
            return f"{n} of {wording.count(ENOUGH)} judged in the last 7 days"
        n = f"n = {n}, last 7 days"
        if of["skill"] is None:
            return f"nothing can be predicted beyond the average ({n})"
        share = wording.percent(of["skill"])
        return (
            f"knew {share} of the predictable part ({n}); the average gets 0 %, a perfect one 100 %"
        )

    def band(self) -> float | None:
        """Half the width of the last window's 95 % band; None where it cannot be told."""
        last = self.last
        return margin(last["sd"], last["n"]) if last and last["n"] else None

    @property
    def feels(self) -> str:
        """The headline in a word: a label, or why there is none."""
        if self.five:
            return self.five.label
        last = self.last
        is_unobserved = last is not None and state(last["n"], last["observed_s"]) == "unobserved"
        return "not observed" if is_unobserved else "silent"

    def rests_on(self) -> str:
        """What the headline is of, and how sure it is."""
        five = self.five
        if five is None:
            return f"nobody spoke in the {self._minutes()}" if self.last else "no window yet"
        low, high = wording.signed(five.low), wording.signed(five.high)
        likely = f"likely {low}" if low == high else f"likely between {low} and {high}"
        return f"{self._minutes()}: {likely}, {wording.messages(five.n)}"

    def _minutes(self) -> str:
        return f"last {wording.lasting(timedelta(seconds=max(LATELY_S, self.told.seconds)))}"

    def newest(self) -> tuple[str, str]:
        """(how long, what) of the mood of the last window or few, as it is: no verdict."""
        told, sure = self.told, self.band()
        span = wording.lasting(timedelta(seconds=told.seconds or WINDOW_SECONDS))
        if told.mood is None:
            is_silent = self.last is None or state(0, self.last["observed_s"]) == "silence"
            return span, "nobody spoke (n = 0)" if is_silent else "not observed (n = 0)"
        n = wording.messages(told.n)
        if self.by_emotes:
            share = wording.percent(told.share)
            return span, f"{wording.signed(told.mood)}, {NAMES['emotes']} in {share} of {n}"
        band = f" ± {sure:.2f}" if sure is not None else ""
        return span, f"{wording.signed(told.mood)}{band}, {n}"


def channel_cards(
    channels: Iterable[Row],
    source: str,
    clock: datetime,
    by_kind: Mapping[str, Sequence[Row]],
    stale: bool,
) -> list[Card]:
    """A card a watched channel, those on air first.

    by_kind: rows of windows, terms, forecasts, events, recaps and skills; times naive UTC.
    """
    by_channel = {kind: grouped(rows) for kind, rows in by_kind.items()}
    cards = [
        _card(c, clock, {k: rows.get(c["channel"], []) for k, rows in by_channel.items()}, stale)
        for c in channels
        if c["source"] == source
    ]
    order = {"live": 0, "quiet": 1, "stale": 2, "offline": 3}
    return sorted(cards, key=lambda card: (order[card.status], card.channel))


def _card(channel: Row, clock: datetime, mine: Mapping[str, list[Row]], stale: bool) -> Card:
    windows, login = _half_hour(mine["windows"]), channel.get("login") or channel["channel"]
    status = _status(bool(channel["on_air"]), windows, clock, stale)
    forecast = mine["forecasts"][0] if mine["forecasts"] else None
    if forecast and (not windows or not _is_of(forecast, windows[-1])):
        forecast = None
    return Card(
        channel["channel"],
        wording.plain(channel["display_name"], 40) or login,
        status,
        windows,
        forecast if status != "offline" else None,
        mine["terms"],
        mine["events"][0] if mine["events"] else None,
        mine["recaps"][0] if mine["recaps"] else None,
        channel["readable"],
        _record(mine["skills"], forecast, 1),
        _record(mine["skills"], forecast, FIVE),
        login=login,
    )


def _is_of(forecast: Row, last: Row) -> bool:
    """False for one made for windows that are history by now, or of the other measure of mood."""
    return bool(forecast["cutoff"] > last["start"] and forecast["basis"] == last["basis"])


def _record(skills: Sequence[Row], forecast: Row | None, step: int) -> Row | None:
    """{targets, skill} of the forecast's model at a step; None where it has none."""
    if forecast is None:
        return None
    of = forecast["model"], forecast["basis"], step
    return next(
        (
            {"targets": s["targets"], "skill": of_row(latent_skill, s)}
            for s in skills
            if (s["model"], s["basis"], s["step"]) == of
        ),
        None,
    )


def _half_hour(windows: Sequence[Row]) -> list[Row]:
    """Those of the last half hour before the newest: not of the stream before."""
    if not windows:
        return []
    since = windows[-1]["start"] - 59 * WINDOW
    return [w for w in windows if w["start"] >= since]


def _status(on_air: bool, windows: Sequence[Row], clock: datetime, stale: bool) -> str:
    if not on_air or not windows:
        return "offline"
    if stale or clock - (wording.aware(windows[-1]["start"]) + WINDOW) > FRESH:
        return "stale"
    return "quiet" if sum(w["n"] for w in windows[-QUIET_WINDOWS:]) < QUIET_N else "live"
