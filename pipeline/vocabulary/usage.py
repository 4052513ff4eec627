"""Use of a name that nobody told of: by whom, in what company, alone or as words are.

The thresholds were set on real chat whose emotes were marked, with the marks hidden (`make
bench` measures them): see docs/vocabulary.md.
"""

import re
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any, Self

from pipeline.scoring.scored import Scored
from pipeline.vocabulary.candidates import is_camel

USES, PEOPLE = 20, 3  # before a name is proposed
MANY, FEW = 50, 2  # or so: emotes of a small channel
MARKED = 5  # uses of what a source or a catalogue says is one
MOST_PEOPLE = 50  # counted, no further
_PLACES, _TEXTS, _FORMS = 8, 10, 4
_WINDOWS = 200  # recent ones, for what a proposal would change
_ROW = 5  # numbers of each
_COUNTS = ("n", "attached", "alone", "scored", "total", "squares", "near", "beside")
_NOTHING = 0.01  # compound: what rounding leaves
_ALPHA = 15.0  # VADER's: compound = s / sqrt(s^2 + alpha)


@dataclass(slots=True)
class MoodSum:
    """Messages that say something, and the sum of their compounds."""

    said: int = 0
    total: float = 0.0

    def add(self, compound: float) -> None:
        """A message."""
        if compound:
            self.plus(1, compound)

    def plus(self, said: int, total: float) -> None:
        """More of them."""
        self.said, self.total = self.said + said, self.total + total

    @property
    def mean(self) -> float:
        """Their mean compound."""
        return self.total / self.said


@dataclass(slots=True)
class Sighting:
    """One name so far.

    n: messages that hold it by itself; attached: those where punctuation touches it. forms: its
    spellings. alone: messages of nothing else; texts: hashes of some different other ones.
    scored, total, squares: its messages that say something besides it, and the compounds of that.
    near, beside: other messages of its windows that say something, and by how much their compounds
    sum to more than is usual in the channel. sure: a source said that it is an emote, or it was
    proposed before a restart; is_word: of the dictionary. recent: of each of the last windows with
    it, (start, messages, the name's that say nothing else, its others, their mean compound).
    """

    first: float
    last: float
    n: int = 0
    attached: int = 0
    alone: int = 0
    scored: int = 0
    total: float = 0.0
    squares: float = 0.0
    near: int = 0
    beside: float = 0.0
    people: int = 0  # chatters and
    places: int = 0  # channels known before a restart
    sure: bool = False
    is_word: bool = False
    forms: dict[str, int] = field(default_factory=dict)
    channels: list[str] = field(default_factory=list)
    chatters: "array[int]" = field(default_factory=lambda: array("q"))
    texts: "array[int]" = field(default_factory=lambda: array("q"))
    recent: "array[float]" = field(default_factory=lambda: array("f"))

    def saw(self, form: str, at: float, channel: str, chatter: int, compound: float) -> None:
        """A message holds the name. compound: of what it says besides."""
        self.first, self.last = min(self.first, at), max(self.last, at)
        self.n += 1
        self.scored += compound != 0
        self.total += compound
        self.squares += compound * compound
        if form in self.forms or len(self.forms) < _FORMS:
            self.forms[form] = self.forms.get(form, 0) + 1
        if channel not in self.channels and len(self.channels) < _PLACES:
            self.channels.append(channel)
        if len(self.chatters) < MOST_PEOPLE and chatter not in self.chatters:
            self.chatters.append(chatter)

    def said(self, tokens: int, text: str) -> None:
        """tokens: different ones in the message."""
        if tokens == 1:
            self.alone += 1
        elif len(self.texts) < _TEXTS and (key := hash(text)) not in self.texts:
            self.texts.append(key)

    def plus(self, more: Self) -> Self:
        """The same name, with what was seen of it elsewhere."""
        self.first, self.last = min(self.first, more.first), max(self.last, more.last)
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(more, name))
        self.people, self.places = (
            max(self.spread, more.spread),
            max(self.n_channels, more.n_channels),
        )
        self.sure |= more.sure
        for form, n in more.forms.items():
            self.forms[form] = self.forms.get(form, 0) + n
        return self

    @property
    def spread(self) -> int:
        """Chatters who used it, counted up to 50."""
        return min(MOST_PEOPLE, max(self.people, len(self.chatters)))

    @property
    def n_channels(self) -> int:
        """Channels that used it, counted up to 8."""
        return max(self.places, len(self.channels))

    @property
    def form(self) -> str:
        """The spelling used most."""
        return max(self.forms, key=lambda form: (self.forms[form], form))

    def is_wide(self) -> bool:
        """True if enough people used it often enough; one who spams it proposes nothing."""
        if self.n >= MANY and self.spread >= FEW:
            return True
        return self.n >= (MARKED if self.sure else USES) and self.spread >= PEOPLE

    def is_emote(self) -> bool:
        """True if it is used as emotes are, and not as words, names or a copied text are."""
        if self.sure:
            return True
        form, alone = self.form, self.alone / self.n
        attached = self.attached / (self.n + self.attached)
        own = self.forms[form] / sum(self.forms.values())
        if self.is_word:  # of the dictionary, and used as nothing but a name
            return alone >= 0.7 and own >= 0.78 and attached <= 0.02 and not form.islower()
        if alone < 0.2 and len(self.texts) < min(_TEXTS, self.n // 4):  # part of a copied text
            return False
        if is_camel(form):
            return attached <= 0.05
        if form.islower():
            return alone >= 0.6 and own >= 0.85 and attached <= 0.02
        if alone >= 0.6 and own >= 0.65 and attached <= 0.01:
            return True
        if alone >= 0.4 and own >= 0.85 and attached <= 0.02:
            return True
        return self.n >= MANY and alone >= 0.05 and own >= 0.95 and attached <= 0.005

    def was_among(self, compounds: list[float], window: MoodSum, usual: float) -> None:
        """A window ended; compounds: of its messages that hold the name. usual: the channel's."""
        others = window.said - len(list(filter(None, compounds)))
        self.near += others
        self.beside += window.total - sum(compounds) - usual * others

    def was_in(self, start: float, messages: int, rests: list[float]) -> None:
        """A window of `messages` ended; rests: compounds of what those with the name say besides
        it."""
        scored = list(filter(None, rests))
        mean = sum(scored) / len(scored) if scored else 0.0
        row = (start, messages, len(rests) - len(scored), len(scored), mean)
        self.recent.extend(row)
        if len(self.recent) > _WINDOWS * _ROW:
            del self.recent[:_ROW]

    def impact(self, now: float, valence: float, since: float) -> tuple[float, int]:
        """(mean change of mean_compound, windows) over the recent windows from `since` on, if
        the name had the valence instead of that of now."""

        def gain(mean: float) -> float:
            return changed(mean, valence) - changed(mean, now)

        rows = [self.recent[i : i + _ROW] for i in range(0, len(self.recent), _ROW)]
        changes = [
            (silent * gain(0.0) + others * gain(mean)) / messages
            for start, messages, silent, others, mean in rows
            if start >= since
        ]
        return (sum(changes) / len(changes) if changes else 0.0), len(changes)


def besides(scored: Scored, form: str) -> float:
    """The compound of what a message says besides an emote, -1..1."""
    if not scored.compound:
        return 0.0
    rest = scored.compound - sum(part for term, _, part in scored.terms if term == form)
    return max(-1.0, min(1.0, rest)) if abs(rest) > _NOTHING else 0.0


def changed(compound: float, valence: float) -> float:
    """What a valence more adds to a compound."""
    total = summed(compound) + valence
    return total / sqrt(total * total + _ALPHA) - compound


def summed(compound: float) -> float:
    """The sum of valences that VADER normalised to the compound (-1..1)."""
    compound = max(-0.99, min(0.99, compound))
    return compound * sqrt(_ALPHA / (1 - compound * compound))


def from_row(row: Mapping[str, Any]) -> Sighting:
    """A proposal as it was stored goes on counting."""
    scored = row["n_scored"]
    mean, sd = (row.get(name) or 0.0 for name in ("mean_compound", "sd_compound"))
    near, beside = _moments(row)
    return Sighting(
        first=row["first_seen"].timestamp(),
        last=row["last_seen"].timestamp(),
        n=int(row["n"]),
        alone=_alone(row),
        scored=scored,
        total=scored * mean,
        squares=scored * (sd * sd + mean * mean),
        near=near,
        beside=beside,
        people=row["n_chatters"] or 0,
        places=row["n_channels"],
        sure=True,
        forms={row["term"]: int(row["n"])},
    )


def _alone(row: Mapping[str, Any]) -> int:
    """Messages of nothing else: kept nowhere but in the evidence, in percent."""
    told = re.search(r"(\d+) ?% of them alone", row.get("evidence") or "")
    return round(int(row["n"]) * int(told[1]) / 100) if told else 0


# what follows their number in the evidence; the second as earlier versions wrote it
_OF_MOMENTS = "messages at the same moments: their mood is|said at the same time feel"


def _moments(row: Mapping[str, Any]) -> tuple[int, float]:
    """(near, beside): likewise."""
    evidence = (row.get("evidence") or "").replace("−", "-")  # earlier ones have this minus
    told = re.search(rf"(\d[\d,]{{0,19}}) (?:{_OF_MOMENTS}) ([+-]?\d\.\d+)", evidence)
    if not told:
        return 0, 0.0
    near = int(told[1].replace(",", ""))
    return near, near * float(told[2])


def without_chatter(sightings: Iterable[Sighting], chatter: int) -> None:
    """The chatter is counted on, but no longer by their hash."""
    for sighting in sightings:
        if chatter in sighting.chatters:
            sighting.people = sighting.spread
            sighting.chatters.remove(chatter)
