"""Names and drift found in past chat: what an import adds to what is known of them."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.scoring.by_channel import Scorers
from pipeline.vocabulary.drift import Drift
from pipeline.vocabulary.meaning import proposal
from pipeline.vocabulary.proposals import Vocabulary, impact
from pipeline.vocabulary.usage import MOST_PEOPLE, Sighting
from pipeline.windows.track import Closed
from warehouse.errors import BadInput

_MOST = 10_000  # of each list in a request, which anybody may have written
_MOST_WINDOWS = 1000
_LOOKS = 30_000  # tokens, of an import that has more memory than a daemon, and less time
_LAST = 7_258_118_400.0  # 2200, epoch seconds

Row = dict[str, Any]


class FoundName(BaseModel):
    """A name as a whole import saw it: fields of `Sighting`, and what it would change."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    term: str = Field(min_length=1, max_length=60)
    first: float = Field(ge=0, lt=_LAST)
    last: float = Field(ge=0, lt=_LAST)
    n: int = Field(ge=1, lt=1 << 53)
    alone: int = Field(ge=0)
    scored: int = Field(ge=0)
    total: float
    squares: float = Field(ge=0)
    near: int = Field(0, ge=0, lt=1 << 53)
    beside: float = 0.0
    people: int = Field(ge=0, le=MOST_PEOPLE)
    places: int = Field(ge=0, le=1000)
    impact: float = Field(ge=-2, le=2)
    impact_windows: int = Field(ge=0, le=_MOST_WINDOWS)

    @classmethod
    def of(cls, seen: Sighting, usual: float) -> Self:
        """usual: the chat's mean compound, of messages that say something."""
        valence = proposal(seen, usual).get("valence")
        moved, windows = (0.0, 0) if valence is None else impact(seen, valence, 0.0)
        return cls(
            term=seen.form, first=seen.first, last=seen.last, n=seen.n, alone=seen.alone,
            scored=seen.scored, total=seen.total, squares=seen.squares, near=seen.near,
            beside=seen.beside, people=seen.spread, places=seen.n_channels, impact=moved,
            impact_windows=windows,
        )  # fmt: skip

    @classmethod
    def of_all(cls, names: Sequence[Self], places: int, usual: float) -> Self:
        """One name as several channels, `places` of them, have it."""
        sightings = [name.sighting() for name in names]
        whole = reduce(Sighting.plus, sightings)
        whole.places = places
        windows = sum(name.impact_windows for name in names)
        moved = sum(name.impact * name.impact_windows for name in names) / windows if windows else 0
        known = {"impact": moved, "impact_windows": min(windows, _MOST_WINDOWS)}
        return cls.of(whole, usual).model_copy(update=known)

    def sighting(self) -> Sighting:
        """To be counted on."""
        same = self.model_dump(exclude={"term", "impact", "impact_windows"})
        return Sighting(**same, sure=True, forms={self.term: self.n})


class Found(BaseModel):
    """All that an import found. said, mood: messages that say something, and the sum of their
    compounds. drift: companies of known terms that moved, as `Drift.dump` has them, by channel."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    names: list[FoundName] = Field(default_factory=list, max_length=_MOST)
    said: int = Field(0, ge=0)
    mood: float = 0.0
    drift: dict[str, dict[str, list[float]]] = Field(default_factory=dict, max_length=_MOST)

    @classmethod
    def parsed(cls, body: object) -> Self:
        """Of a request. Raises BadInput."""
        try:
            found = cls.model_validate(body)
        except ValidationError as exc:
            raise BadInput(f"what was found cannot be read: {exc.errors()[0]['msg']}") from exc
        of_all = [company for terms in found.drift.values() for company in terms.values()]
        if any(len(company) != 5 or not 0 <= company[-1] < _LAST for company in of_all):
            raise BadInput("the company of a term is five numbers, the last of them a time")
        return found

    def drifted(self, scorers: Scorers) -> list[Row]:
        """Rows that propose another valence, each for its channel: between channels a term may
        well keep different company."""
        rows: list[Row] = []
        for channel, companies in self.drift.items():
            drift = Drift()
            drift.load(companies)
            moved = drift.take_rows(partial(scorers.valence, channel=channel))
            rows += [{**row, "channel": channel, "n_channels": 1} for row in moved]
        return rows


class Finder:
    """Looks for names and drift while past chat is read, channel by channel. Bounded memory but
    for the number of channels and of what is found: the names of a channel that was read are put
    by, or the next one's would push them out."""

    def __init__(self, scorers: Scorers, decided: list[Row]) -> None:
        """decided: rows of `vocabulary`; what was decided on is not proposed again."""
        self.vocabulary = Vocabulary(scorers.is_known, looks=_LOOKS)
        self.vocabulary.load(row for row in decided if row["status"] != "proposed")
        self._drifts: dict[str, Drift] = {}
        self._logins = set[str]()
        self._channel = ""
        self._put_by: dict[str, list[FoundName]] = {}  # by key, of a channel each
        self._places: dict[str, set[str]] = {}  # channels, by key

    def window(self, closed: Closed) -> None:
        """A window that is not stored yet: what was counted once is not counted again."""
        channel = closed.window.channel
        if channel != self._channel:
            self._put(self.vocabulary.take())
            self._channel = channel
        self.vocabulary.drift = self._drifts.setdefault(channel, Drift())
        self.vocabulary.window(closed)

    def part_over(self, is_login: Callable[[str], bool]) -> None:
        """A part was read. is_login: of those who chatted in it."""
        put_by = [name.term for names in self._put_by.values() for name in names]
        self._logins |= set(filter(is_login, [*self.vocabulary.widely_used(), *put_by]))

    def found(self) -> Found:
        """All that was found."""
        self._put(self.vocabulary.take())
        self._put(rest := self.vocabulary.rest_of(self._put_by))
        self.vocabulary.drop(rest)
        said, mood, usual = self.vocabulary.said()
        names = [
            FoundName.of_all(names, len(self._places[key]), usual)
            for key, names in self._put_by.items()
        ]
        names = [name for name in names if name.term not in self._logins]
        most = sorted(names, key=lambda name: -name.n)[:_MOST]
        moved = {channel: drift.moved() for channel, drift in self._drifts.items()}
        drift = {channel: terms for channel, terms in moved.items() if terms}
        return Found(names=most, said=said, mood=mood, drift=drift)

    def _put(self, seen: Mapping[str, Sighting]) -> None:
        usual = self.vocabulary.said()[2]
        for key, sighting in seen.items():
            self._put_by.setdefault(key, []).append(FoundName.of(sighting, usual))
            self._places.setdefault(key, set()).update(sighting.channels)


def merged(vocabulary: Vocabulary, found: Found, rows: list[Mapping[str, Any]]) -> list[Row]:
    """Rows of proposals after an import, where no daemon counts them. rows: those stored of its
    names. vocabulary: an empty one."""
    vocabulary.load(rows)
    names = [name.sighting() for name in found.names]
    vocabulary.add(names, found.said, found.mood)
    known = [name for name in found.names if name.impact_windows]
    impacts = {name.term: (name.impact, name.impact_windows) for name in known}
    told = vocabulary.take_rows(lambda term: False)
    for row in told:
        if row["term"] in impacts:
            row["impact"], row["impact_windows"] = impacts[row["term"]]
    return told
