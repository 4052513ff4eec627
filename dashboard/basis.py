"""Basis of a mood, words or emotes, and why there is none. No Streamlit."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from dashboard import wording
from warehouse.mood_now import LEAST_SHARE, is_told, is_unread
from warehouse.records import BASES, READABLE_LEAST

Row = Mapping[str, Any]
NAMES = {"words": "by words", "emotes": "by emotes"}
TITLES = {"words": "By words", "emotes": "By emotes"}
READING = "still reading the language"
UNSUPPORTED = "unsupported language"


class Portion(NamedTuple):
    """A channel's part of a span that was read in one way. signed: messages that say something."""

    basis: str
    n: int
    signed: float

    def why_not(self, readable: float | None) -> str:
        """Why its mood is not told: READING, UNSUPPORTED, or ''. readable: of the channel."""
        if self.basis == "emotes":
            return "" if not self.n or is_told(self.signed, self.n) else UNSUPPORTED
        if readable is None:
            return READING if self.n else ""
        return UNSUPPORTED if is_unread(readable) else ""

    def reason(self, readable: float | None) -> str:
        """The same in a sentence; '' where its mood is told."""
        why = self.why_not(readable)
        if why == READING:
            return "still reading the language: there are too few messages, so the mood waits"
        if why and self.basis == "emotes":
            share, least = wording.percent(self.signed / self.n), wording.percent(LEAST_SHARE)
            return (
                f"{UNSUPPORTED}, and {share} of its messages have emotes or emoji with a valence: "
                f"below {least}, or three messages, there is no mood"
            )
        if why:
            read = wording.percent(readable)
            return f"{UNSUPPORTED}: DLD can read {read} of its messages, so there is no mood"
        return ""


NOTHING = Portion("words", 0, 0.0)


def read_as(readable: float | None) -> str:
    """How a channel is read: by words, by emotes, or not known yet."""
    if readable is None:
        return READING
    return NAMES["words" if readable >= READABLE_LEAST else "emotes"]


def parts(rows: Iterable[Row]) -> list[Portion]:
    """Windows (n, basis, share_scored) by their basis, that with the most messages first."""
    sums = {basis: [0, 0.0] for basis in BASES}
    for row in rows:
        sums[row["basis"]][0] += row["n"]
        sums[row["basis"]][1] += row["n"] * (row["share_scored"] or 0.0)
    found = [Portion(basis, int(n), signed) for basis, (n, signed) in sums.items()]
    return sorted((p for p in found if p.n), key=lambda p: -p.n)


def usual(of: Sequence[Portion], readable: float | None) -> Portion:
    """The part that averages are of: that with the most messages whose mood is told."""
    told = [part for part in of if not part.why_not(readable)]
    return (told or list(of) or [NOTHING])[0]


def left_out(of: Iterable[Portion], chosen: str) -> str:
    """What an average does not hold, since it was read in the other way; '' for nothing."""
    n = sum(part.n for part in of if part.basis != chosen)
    other = next(name for basis, name in NAMES.items() if basis != chosen)
    return f"{wording.messages(n)} read {other} are left out" if n else ""


def share(part: Portion) -> str:
    """What a mood by emotes rests on."""
    return f"emotes in {wording.percent(part.signed / part.n)} of messages" if part.n else ""


def laughter(rows: Iterable[Row]) -> float | None:
    """Share of messages with laughter, of the windows that counted it; None of none."""
    counted = [(r["n"], r["n_laughs"]) for r in rows if r["n_laughs"] is not None]
    n = sum(n for n, _ in counted)
    return sum(laughs for _, laughs in counted) / n if n else None
