"""Alerts: every rule met, once, in windows that have only just closed.

Rules see all windows, so that they know what is usual; alerts come of live ones alone. What is
replayed, late, made again or caught up on was news when nobody was looking.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson

from pipeline.alerts.rules import MOODS, Detail, StreamRules
from pipeline.config import AlertSettings
from warehouse.records import WINDOW, Forecast, Window, utc

FRESH_S = 90.0  # since a window ended, while it is news; before, for a clock that runs ahead
NEW_S = 86400.0  # since a term was first seen, while it is new
TERM_N, TERM_CHATTERS = 20, 5  # uses and people before a term is told of
TERM_ID = "new_term "  # before the term: warehouse/queries/forget/forget_term_alerts.sql


@dataclass(frozen=True, slots=True)
class Alert:
    """channel: '' for all. at: end of the window it was found in. detail: numbers with their n,
    and the term of a new one; never chat or chatters."""

    alert_id: str
    channel: str
    at: datetime
    kind: str
    detail: Detail

    def row(self) -> dict[str, Any]:
        """Of the table alerts."""
        return {
            "alert_id": self.alert_id,
            "channel": self.channel or None,
            "at": self.at,
            "kind": self.kind,
            "detail": orjson.dumps(self.detail).decode(),
        }


def foretold(alert: Alert, forecast: Forecast | None) -> Alert:
    """The alert; one of a mood with the quantiles q10, q50 and q90 of the five minutes after it, as
    `five`, where they were forecast."""
    is_of_it = forecast is not None and forecast.cutoff == alert.at and alert.kind in MOODS
    if forecast is None or not is_of_it or forecast.five_q50 is None:
        return alert
    five = [forecast.five_q10, forecast.five_q50, forecast.five_q90]
    return replace(alert, detail={**alert.detail, "five": five})


class Alerts:
    """All channels' rules. found: alerts that wait to be committed; whoever does takes them."""

    def __init__(self, settings: AlertSettings, source: str) -> None:
        self.settings, self.source = settings, source
        self.found: list[Alert] = []
        self._rules: dict[str, tuple[str | None, StreamRules]] = {}  # by channel, of its stream
        self._last: dict[tuple[str, str], datetime] = {}  # by channel and kind

    def saw(self, window: Window, now: float) -> None:
        """A window closed for the first time. now: the wall clock."""
        end = window.start + WINDOW
        is_live = self.source != "replay" and abs(now - end.timestamp()) <= FRESH_S
        for kind, numbers in self._of(window).saw(window):
            if is_live and kind in self.settings.kinds and self._is_rested(window, kind):
                self._last[window.channel, kind] = end
                self._add(_window_id(window, kind), window.channel, end, kind, numbers)

    def recall(self, window: Window) -> None:
        """A window of before a restart: what is usual follows from it, and no alert."""
        for _ in self._of(window).saw(window):
            pass

    def terms(self, rows: Iterable[Mapping[str, Any]], clock: float, now: float) -> None:
        """Proposals that changed, as rows of the vocabulary: new ones with enough evidence.
        Those that were told before are for `known` to take out. clock: the source's."""
        is_live = self.source != "replay" and abs(now - clock) <= FRESH_S
        if not is_live or "new_term" not in self.settings.kinds:
            return
        for row in rows:
            is_new = clock - row["first_seen"].timestamp() <= NEW_S
            is_used = row["n"] >= TERM_N and row["n_chatters"] >= TERM_CHATTERS
            if is_new and is_used and row.get("valence") is not None:
                names = ("n", "n_chatters", "n_channels", "n_scored")
                numbers = {"term": row["term"], **{k: row[k] for k in names}}
                bounds = ("valence", "valence_low", "valence_high")
                numbers |= {k: round(row[k], 1) for k in bounds}
                self._add(TERM_ID + row["term"], "", utc(clock), "new_term", numbers)

    def take(self) -> list[Alert]:
        """Those found since the last call."""
        taken, self.found = self.found, []
        return taken

    def known(self, ids: Iterable[str]) -> None:
        """These were told before."""
        gone = set(ids)
        self.found = [alert for alert in self.found if alert.alert_id not in gone]

    def resume(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """The last alerts of before a restart, as rows: they are not told again."""
        for row in rows:
            at, key = row["at"].replace(tzinfo=utc(0).tzinfo), (row["channel"], row["kind"])
            self._last[key] = max(at, self._last.get(key, at))
            if row["channel"] in self._rules:
                self._rules[row["channel"]][1].met.add(row["kind"])

    def forget_channel(self, channel: str) -> None:
        """Nothing of the channel is known, nor told."""
        self._rules.pop(channel, None)
        self._last = {key: at for key, at in self._last.items() if key[0] != channel}
        self.found = [alert for alert in self.found if alert.channel != channel]

    def let_go(self, channel: str) -> None:
        """What the channel's rules have seen is to be seen anew: the clock stepped back."""
        self._rules.pop(channel, None)

    def _of(self, window: Window) -> StreamRules:
        """The rules of the window's stream; another stream begins anew."""
        stream, rules = self._rules.get(window.channel, (None, None))
        if rules is None or stream != window.stream_id:
            rules = StreamRules(self.settings)
            self._rules[window.channel] = (window.stream_id, rules)
        return rules

    def _is_rested(self, window: Window, kind: str) -> bool:
        last = self._last.get((window.channel, kind))
        since = None if last is None else (window.start + WINDOW - last).total_seconds()
        return since is None or not 0 <= since < self.settings.cooldown_s

    def _add(self, id: str, channel: str, at: datetime, kind: str, numbers: Detail) -> None:
        self.found.append(Alert(id, channel, at, kind, {**numbers, "source": self.source}))


def _window_id(window: Window, kind: str) -> str:
    """The same for the same rule and window, so that a restart writes the same row."""
    name = f"{window.channel} {kind} {window.start.timestamp():.0f}"
    return blake2b(name.encode(), digest_size=12).hexdigest()
