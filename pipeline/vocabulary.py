"""New emotes: what looks like one, is in no lexicon, and several people use.

The proposed valence is what people say when they use the emote: the mean compound of those of its
messages that say something, turned back into a valence through VADER's own normalisation. It is a
proposal, with an interval, for a person to decide on; without enough such messages there is none.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

from pipeline.score import Scored
from warehouse.records import utc

USES, CHATTERS = 20, 5  # before a term is proposed
SCORED = 10  # messages that say something, before a valence is proposed
_TERMS = 5000  # remembered; those not used for longest are let go
_PEOPLE = 50  # counted per term, no further
_ALPHA = 15.0  # VADER's: compound = s / sqrt(s^2 + alpha)
_NORMAL95 = 1.96


@dataclass(slots=True)
class Sighting:
    """One unknown term so far. scored: messages with a compound other than 0; total, squares:
    of those compounds."""

    first: float
    last: float
    n: int = 0
    scored: int = 0
    total: float = 0.0
    squares: float = 0.0
    people: int = 0  # chatters and
    places: int = 0  # channels known before a restart
    chatters: set[int] = field(default_factory=set)
    channels: set[str] = field(default_factory=set)

    @property
    def spread(self) -> int:
        """Chatters who used it, counted up to 50."""
        return min(_PEOPLE, max(self.people, len(self.chatters)))


class Vocabulary:
    """Unknown terms in use. Bounded memory; proposals are rows of the vocabulary table."""

    def __init__(self) -> None:
        self._terms: OrderedDict[str, Sighting] = OrderedDict()
        self._changed: set[str] = set()
        self._decided: set[str] = set()

    def load(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Rows of `vocabulary`: proposals go on counting, decisions are left alone."""
        for row in rows:
            if row["status"] != "proposed":
                self._decided.add(row["term"])
            elif row.get("n_scored") is not None:
                self._terms[row["term"]] = _sighting(row)

    def decided(self, row: Mapping[str, Any]) -> None:
        """A person decided on a term, or took that back: its row as it is now."""
        if row["channel"]:
            return
        self.drop([row["term"]])
        self._decided.discard(row["term"])
        self.load([row])

    def saw(self, channel: str, at: float, chatter: int, scored: Scored) -> None:
        """A message with strange terms came in."""
        for term in scored.strange:
            if term in self._decided:
                continue
            seen = self._terms.setdefault(term, Sighting(at, at))
            self._terms.move_to_end(term)
            _count(seen, channel, at, chatter, scored.compound)
            self._changed.add(term)
        while len(self._terms) > _TERMS:
            self._changed.discard(self._terms.popitem(last=False)[0])

    def forget(self, chatter: int) -> None:
        """The chatter is counted on, but no longer by their hash."""
        for seen in self._terms.values():
            if chatter in seen.chatters:
                seen.people = seen.spread
                seen.chatters.discard(chatter)

    def forget_channel(self, channel: str) -> list[str]:
        """The channel counts no longer; returns the terms that only it used, which are gone."""
        known = [(t, s) for t, s in self._terms.items() if channel in s.channels]
        for _, seen in known:
            seen.channels.discard(channel)
            seen.places = max(0, seen.places - 1)
        only = [term for term, seen in known if not seen.channels and not seen.places]
        self.drop(only)
        return only

    def drop(self, terms: Iterable[str]) -> None:
        """The terms were never seen."""
        for term in terms:
            self._terms.pop(term, None)
            self._changed.discard(term)

    def take_rows(self, is_name: Callable[[str], bool]) -> list[dict[str, Any]]:
        """Rows of proposals that changed since the last call; names of people are left out."""
        changed, self._changed = self._changed, set()
        return [
            _row(term, self._terms[term])
            for term in sorted(changed)
            if self._terms[term].n >= USES
            and self._terms[term].spread >= CHATTERS
            and not is_name(term)
        ]


def _count(seen: Sighting, channel: str, at: float, chatter: int, compound: float) -> None:
    seen.first, seen.last = min(seen.first, at), max(seen.last, at)
    seen.n += 1
    seen.scored += compound != 0
    seen.total += compound
    seen.squares += compound * compound
    seen.channels.add(channel)
    if seen.people < _PEOPLE:
        seen.chatters.add(chatter)
    if len(seen.chatters) >= _PEOPLE:  # counted no further
        seen.people, seen.chatters = _PEOPLE, set()


def valence(mean: float) -> float:
    """A mean compound (-1..1) as a valence (-4..4), through VADER's normalisation."""
    mean = max(-0.99, min(0.99, mean))
    return max(-4.0, min(4.0, mean * sqrt(_ALPHA / (1 - mean * mean))))


def _row(term: str, seen: Sighting) -> dict[str, Any]:
    channels = max(seen.places, len(seen.channels))
    return {
        "term": term,
        "channel": "",
        "kind": "emote",
        "first_seen": utc(seen.first),
        "last_seen": utc(seen.last),
        "n": seen.n,
        "n_channels": channels,
        "n_chatters": seen.spread,
        "n_scored": seen.scored,
        "status": "proposed",
        **_proposal(seen),
    }


def _proposal(seen: Sighting) -> dict[str, Any]:
    """The valence with its interval and its evidence in words."""
    people = f"{seen.spread}{'+' if seen.spread == _PEOPLE else ''} people"
    if seen.scored < SCORED:
        return {"evidence": f"{people}; only {seen.scored} of its messages say something else"}
    mean = seen.total / seen.scored
    sd = sqrt(max(0.0, seen.squares / seen.scored - mean * mean))
    margin = _NORMAL95 * sd / sqrt(seen.scored)
    return {
        "valence": valence(mean),
        "valence_low": valence(mean - margin),
        "valence_high": valence(mean + margin),
        "mean_compound": mean,
        "sd_compound": sd,
        "evidence": f"{people}; {seen.scored} messages that say more feel {mean:+.2f} on average",
    }


def _sighting(row: Mapping[str, Any]) -> Sighting:
    scored, mean, sd = row["n_scored"], row["mean_compound"] or 0.0, row["sd_compound"] or 0.0
    return Sighting(
        first=row["first_seen"].timestamp(),
        last=row["last_seen"].timestamp(),
        n=int(row["n"]),
        scored=scored,
        total=scored * mean,
        squares=scored * (sd * sd + mean * mean),
        people=row["n_chatters"],
        places=row["n_channels"],
    )
