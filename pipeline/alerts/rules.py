"""Rules over one channel's windows: mood, activity, silence. Pure, no clock.

Each answers with numbers when it is met, whether or not anybody is told (watch.py).
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import exp, log, log1p
from typing import Any

from pipeline.alerts.baselines import Mood, Rate
from pipeline.config import AlertSettings
from warehouse.mood_now import DIGITS, shown
from warehouse.records import WINDOW_SECONDS, Window

MOODS = ("mood_drop", "mood_spike")
MOOD_WINDOWS = 6  # three minutes are compared with what is usual
MOOD_LEAST = 0.1  # smallest change of mood that is told
MOOD_N = 20  # messages in them, at least
BUSY_WINDOWS = 2
BUSY_N = 20
BUSY_SD = 3.0  # of log(1 + n): beyond what this chat does anyway
IMPROBABLE = 1e-6
WARM = 20  # windows with messages before anything is usual
_QUIET_AGAIN = 0.5  # of the threshold: below it a rule can be met anew

Detail = dict[str, Any]


@dataclass
class StreamRules:
    """Baselines of one stream so far, and the rules that are met at the moment."""

    settings: AlertSettings
    mood: Mood = field(default_factory=Mood)
    rate: Rate = field(default_factory=Rate)
    recent: deque[Window] = field(default_factory=lambda: deque(maxlen=MOOD_WINDOWS))
    met: set[str] = field(default_factory=set)  # kinds, until they have passed
    silent: int = 0  # windows, seen whole, since the last message

    def saw(self, window: Window) -> Iterator[tuple[str, Detail]]:
        """A window closed: (kind, numbers) of every rule that it begins to meet."""
        if self.recent and self.recent[-1].basis != window.basis:  # another measure of mood
            self.recent.clear()
            self.mood, self.met = Mood(), self.met - set(MOODS)
        if len(self.recent) == MOOD_WINDOWS:
            self.mood.saw(self.recent[0])
        if len(self.recent) >= BUSY_WINDOWS:
            self.rate.saw(self.recent[-BUSY_WINDOWS])
        self.recent.append(window)
        yield from self._mood()
        yield from self._activity()
        yield from self._silence(window)

    def _mood(self) -> Iterator[tuple[str, Detail]]:
        n, total = 0, 0.0
        for w in self.recent:
            if w.mean_compound is not None:
                n += w.n_messages
                total += w.n_messages * w.mean_compound
        if self.mood.windows < WARM or n < MOOD_N:
            return
        mood, usual = total / n, self.mood.level
        change = mood - usual
        is_big = round(abs(shown(mood) - shown(usual)), DIGITS) >= MOOD_LEAST  # as it is told
        if not is_big and self.met.isdisjoint(MOODS):  # nothing can begin, nor end
            return
        error = self.mood.error(self.recent)
        z = change / error if error > 0 else 0.0
        numbers = {
            "mood": shown(mood),
            "usual": shown(usual),
            "z": round(z, 2),
            "n": n,
            "seconds": len(self.recent) * WINDOW_SECONDS,
        }
        for kind, way in zip(MOODS, (-z, z), strict=True):
            yield from self._meets(kind, way / self.settings.mood_z, is_big, numbers)

    def _activity(self) -> Iterator[tuple[str, Detail]]:
        last = list(self.recent)[-BUSY_WINDOWS:]
        n = sum(w.n_messages for w in last)
        is_much = n >= BUSY_N
        if self.rate.windows < WARM or self.rate.mean <= 0:
            return
        if not is_much and "activity" not in self.met:
            return
        usual, sd = self.rate.log_mean, self.rate.log_sd
        beyond = log1p(n / len(last)) - usual
        least = max(log(self.settings.activity_times), BUSY_SD * sd)
        numbers = {
            "n": n,
            "seconds": len(last) * WINDOW_SECONDS,
            "usual": round((exp(usual) - 1) * len(last), 1),
            "times": round(n / len(last) / self.rate.mean, 1),
        }
        yield from self._meets("activity", beyond / least, is_much, numbers)

    def _silence(self, window: Window) -> Iterator[tuple[str, Detail]]:
        if window.n_messages or window.observed_s < WINDOW_SECONDS:
            self.silent = 0  # of time that was not seen nobody knows whether it was silent
            self.met.discard("silence")
        else:
            self.silent += 1
        seconds = self.silent * WINDOW_SECONDS
        if self.rate.windows < WARM or seconds < self.settings.silence_s:
            return
        p = self.rate.silence(self.silent)
        numbers = {
            "n": 0,
            "seconds": seconds,
            "usual": round(self.rate.mean * self.silent, 1),
            "p": float(f"{p:.1e}"),
        }
        yield from self._meets("silence", log(max(p, 1e-300)) / log(IMPROBABLE), True, numbers)

    def _meets(
        self, kind: str, share: float, also: bool, numbers: Detail
    ) -> Iterator[tuple[str, Detail]]:
        """share: of the threshold that is reached. Once met, it has to fall to half of it
        before it can be met again."""
        if kind in self.met:
            if share < _QUIET_AGAIN:
                self.met.discard(kind)
        elif share >= 1 and also:
            self.met.add(kind)
            yield kind, numbers
