"""New emotes: what is used like one, is in no lexicon, and several people say.

What each seems to mean (meaning.py) is a proposal, with an interval, for a person to decide on.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from pipeline.chat.text import visible
from pipeline.scoring.scored_message import ScoredMessage
from pipeline.scoring.speaking_names import speaking, speaks_unmarked
from pipeline.vocabulary.candidates import Looks, looks
from pipeline.vocabulary.drift import Drift
from pipeline.vocabulary.meaning import proposal
from pipeline.vocabulary.usage import MoodSum, Sighting, besides, from_row, without_chatter
from pipeline.windows.track import Closed
from warehouse.records import utc
from warehouse.remembered import Remembered

_TERMS = 5000  # remembered; those not used for longest are let go
_LOOKS = 3000  # tokens
_TERM = 60  # characters
_USUAL, _PRIOR = 0.1, 200  # compound of messages that say something, before enough are seen
_DAY_S = 86400.0


class Counted(NamedTuple):
    """All that a Vocabulary has counted: names, and moods of all chat and by channel."""

    terms: list[Sighting]
    mood: MoodSum
    moods: dict[str, MoodSum]
    drift: Drift


class Vocabulary:
    """Unknown names in use. Bounded memory; proposals are rows of the vocabulary table.

    knows: whether a term is scored already. provider: the catalogue that has a term in one of
    the channels, None for none. looks: tokens whose looks are remembered, twice this at most.
    """

    def __init__(
        self,
        knows: Callable[[str], bool] = lambda term: False,
        provider: Callable[[str, str], str | None] = lambda channel, term: None,
        looks: int = _LOOKS,
    ) -> None:
        self.knows, self.provider = knows, provider
        self.drift = Drift()
        self._terms: OrderedDict[str, Sighting] = OrderedDict()  # by key
        self._changed: set[str] = set()
        self._decided: set[str] = set()  # terms
        self._looks: Remembered[str, Looks | None] = Remembered(self._look, looks)
        self._mood = MoodSum(_PRIOR, _PRIOR * _USUAL)
        self._moods: dict[str, MoodSum] = {}  # by channel

    def load(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Rows of `vocabulary`: proposals go on counting, decisions are left alone; those for one
        channel leave the others to decide."""
        for row in rows:
            if row.get("channel"):
                continue
            if row["status"] != "proposed":
                self._decided.add(row["term"])
            elif row.get("n_scored") is not None and row.get("in_force") is None:
                self._terms[row["term"].lower()] = from_row(row)

    def counted(self) -> "Counted":
        """All that it has counted, for one in another process."""
        return Counted([*self._terms.values()], self._mood, self._moods, self.drift)

    def join(self, counted: "Counted") -> None:
        """What another one counted, of other channels, counts as well."""
        self._moods |= counted.moods
        self.drift.join(counted.drift)
        mood = counted.mood
        self.add(counted.terms, mood.said - _PRIOR, mood.total - _PRIOR * _USUAL)

    def resume(self, before: "Vocabulary") -> None:
        """Count on where that one stopped; it is of no use from now on."""
        self._terms, self._changed = before._terms, before._changed
        self._mood, self._moods, self.drift = before._mood, before._moods, before.drift

    def decided(self, row: Mapping[str, Any]) -> None:
        """A person decided on a term, or took that back: its row as it is now."""
        self._looks.clear()
        self._looks.old = {}
        if not row["channel"]:
            self.drop([row["term"]])
            self._decided.discard(row["term"])
            self.load([row])
            self.drift.decided(row["term"])

    def window(self, closed: Closed) -> None:
        """A window closed: count the names in it."""
        channel, messages = closed.window.channel, len(closed.lines)
        said, of_names = MoodSum(), defaultdict[str, list[tuple[float, float]]](list)
        for line in closed.lines:
            said.add(line.scored.compound)
            if line.scored.has_emote:
                self.drift.saw(line.scored, line.at)
            for key, rest in self._line(channel, line):
                of_names[key].append((line.scored.compound, rest))
        start, usual = closed.window.start.timestamp(), self._usual(channel, said)
        for key, compounds in of_names.items():
            if sighting := self._terms.get(key):
                sighting.was_among([whole for whole, _ in compounds], said, usual)
                if sighting.is_wide() and sighting.is_emote():  # the others would take 20 MB
                    sighting.was_in(start, messages, [rest for _, rest in compounds])
        self._let_go()

    def _usual(self, channel: str, said: MoodSum) -> float:
        """The channel's mean compound before a window that says this."""
        mood = self._moods.setdefault(channel, MoodSum(_PRIOR, _PRIOR * _USUAL))
        usual = mood.mean
        mood.plus(said.said, said.total)
        self._mood.plus(said.said, said.total)
        return usual

    def _let_go(self) -> None:
        while len(self._terms) > _TERMS:
            self._changed.discard(self._terms.popitem(last=False)[0])

    def _line(self, channel: str, line: ScoredMessage) -> Iterable[tuple[str, float]]:
        """Count a message; the keys of the names in it, each with what is said besides it."""
        text = line.text if line.text.isascii() else visible(line.text)
        tokens = text.split()
        names = list(filter(None, map(self._looks.__getitem__, tokens)))
        marked = line.scored.strange
        if not names and not marked:
            return ()
        different = len(set(tokens))
        once = {name.key: name for name in names}
        once |= {t.lower(): Looks(t.lower(), t, False) for t in marked if self._is_new(t)}
        rests = {n.key: self._count(channel, line, n, different) for n in once.values()}
        return [(key, rest) for key, rest in rests.items() if rest is not None]

    def _count(
        self, channel: str, line: ScoredMessage, name: Looks, different: int
    ) -> float | None:
        """Count a name; the compound of what is said besides it, None where it is no use of one."""
        sighting = self._terms.get(name.key)
        if sighting is None:
            if name.attached or (name.form.islower() and different > 1 and not line.scored.strange):
                return None  # as most words that no dictionary has
            if name.is_word and different > 1:
                return None
            sighting = self._terms[name.key] = Sighting(line.at, line.at, is_word=name.is_word)
        if name.attached:
            sighting.attached += 1
            return None
        self._terms.move_to_end(name.key)
        # where nobody is named, different messages stand for different people
        chatter = line.chatter or -abs(hash(line.text))
        rest = besides(line.scored, name.form)
        sighting.saw(name.form, line.at, channel, chatter, rest)
        sighting.said(different, line.text)
        sighting.sure |= name.form in line.scored.strange
        self._changed.add(name.key)
        return rest

    def _look(self, token: str) -> Looks | None:
        name = looks(token)
        return name if name and self._is_new(name.form) and self._is_new(token) else None

    def _is_new(self, term: str) -> bool:
        return term not in self._decided and len(term) <= _TERM and not self.knows(term)

    def forget(self, chatter: int) -> None:
        """The chatter is counted on, but no longer by their hash."""
        without_chatter(self._terms.values(), chatter)

    def forget_channel(self, channel: str) -> list[str]:
        """The channel counts no longer; returns the terms that only it used, which are gone."""
        self._moods.pop(channel, None)
        sightings = [sighting for sighting in self._terms.values() if channel in sighting.channels]
        for sighting in sightings:
            sighting.channels.remove(channel)
            sighting.places = max(0, sighting.places - 1)
        only = [
            sighting.form for sighting in sightings if not sighting.channels and not sighting.places
        ]
        self.drop(only)
        return only

    def drop(self, terms: Iterable[str]) -> None:
        """The terms were never seen."""
        for term in terms:
            self._terms.pop(term.lower(), None)
            self._changed.discard(term.lower())

    def take_rows(self, is_name: Callable[[str], bool], now: float = 0.0) -> list[dict[str, Any]]:
        """Rows of proposals that changed since the last call; names of people are left out.

        now: epoch seconds, by the source's clock.
        """
        return [self._row(sighting, now) for sighting in self.proposed(is_name)]

    def proposed(self, is_name: Callable[[str], bool]) -> list[Sighting]:
        """Of `take_rows`, what their rows are made of."""
        changed, self._changed = self._changed, set()
        wide = [self._terms[key] for key in sorted(changed) if self._terms[key].is_wide()]
        emotes = [
            sighting for sighting in wide if sighting.is_emote() and not is_name(sighting.form)
        ]
        return [sighting for sighting in emotes if self._is_new(sighting.form)]

    def take(self) -> dict[str, Sighting]:
        """All that would be proposed, by key; it is counted anew from here on."""
        seen = {sighting.form.lower(): sighting for sighting in self.proposed(lambda _: False)}
        self.drop(seen)
        return seen

    def rest_of(self, keys: Iterable[str]) -> dict[str, Sighting]:
        """What is counted of those."""
        return {key: self._terms[key] for key in keys if key in self._terms}

    def widely_used(self) -> list[str]:
        """The names that enough people used, as they are written."""
        return [sighting.form for sighting in self._terms.values() if sighting.is_wide()]

    def said(self) -> tuple[int, float, float]:
        """Messages that said something, the sum of their compounds; the chat's usual one."""
        mood = self._mood
        return mood.said - _PRIOR, mood.total - _PRIOR * _USUAL, mood.mean

    def add(self, names: Iterable[Sighting], said: int, mood: float) -> None:
        """What past chat says of names counts with what is known of them. said, mood: as `said`
        tells them."""
        self._mood.plus(said, mood)
        for more in names:
            if self._is_new(more.form):
                key = more.form.lower()
                known = self._terms.get(key)
                self._terms[key] = known.plus(more) if known else more
                self._terms.move_to_end(key)
                self._changed.add(key)
        self._let_go()

    def _row(self, sighting: Sighting, now: float) -> dict[str, Any]:
        providers = (self.provider(channel, sighting.form) for channel in sighting.channels)
        row = {
            "term": sighting.form,
            "channel": "",
            "kind": "emote",
            "provider": next(filter(None, providers), None),
            "first_seen": utc(sighting.first),
            "last_seen": utc(sighting.last),
            "n": sighting.n,
            "n_channels": sighting.n_channels,
            "n_chatters": sighting.spread,
            "n_scored": sighting.scored,
            "status": "proposed",
            **proposal(sighting, self._mood.mean),
        }
        if row.get("valence") is not None:
            row["impact"], row["impact_windows"] = impact(sighting, row["valence"], now - _DAY_S)
        return row


def impact(seen: Sighting, valence: float, since: float) -> tuple[float, int]:
    """(mean change of mean_compound, windows) over its recent windows from `since` on, if the
    name had the valence instead of what it says."""
    named = speaking(seen.form) if seen.sure or speaks_unmarked(seen.form) else None
    return seen.impact(named.valence if named else 0.0, valence, since)
