"""Clips that viewers made of a stream, beside the moments found in it. Pure functions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboard import wording
from dashboard.charts.series import Row
from dashboard.markup import Markup, away, span, tag
from dashboard.review import sentences
from warehouse.moments.cuts import Cut

MOST = 20
REACH_S = 24  # by which Twitch may place a clip wrongly


@dataclass(frozen=True)
class Clip:
    """A clip at its place. at_s, until_s: seconds from the start of the stream's video."""

    clip_id: str
    at_s: int
    until_s: int
    views: int

    def lies_in(self, cut: Cut) -> bool:
        """True if any of the cut may be in it."""
        return self.at_s - REACH_S < cut.out_s and cut.in_s < self.until_s + REACH_S

    @property
    def address(self) -> str:
        """Where Twitch plays it."""
        return f"https://clips.twitch.tv/{self.clip_id}"


def clips(rows: Iterable[Row]) -> list[Clip]:
    """Of rows of dash_stream_clips, as they come: the most viewed first."""
    places = [(r, r["vod_offset_s"], round(r["duration_s"])) for r in rows]
    return [Clip(r["clip_id"], at, at + length, r["views"]) for r, at, length in places]


def record(of: Sequence[Clip], cuts: Sequence[Cut], length_s: float) -> str:
    """of its 20 most viewed clips 14 lie in the best ten, by chance 5 would; '' without clips."""
    if not of:
        return ""
    hits = sum(any(clip.lies_in(cut) for cut in cuts) for clip in of)
    which = f"its {len(of)} most viewed clips" if len(of) > 1 else "its one clip"
    lie = "lies" if hits == 1 else "lie"
    by_chance = f"by chance {sum(_chance(clip, cuts, length_s) for clip in of):.0f} would"
    off = f"(Twitch may place them {REACH_S} s off)"
    return f"of {which} {hits} {lie} in the best ten, {by_chance} {off}"


def _chance(clip: Clip, cuts: Iterable[Cut], length_s: float) -> float:
    """Share of the places in the stream at which the clip would lie in a cut."""
    before, last = clip.until_s - clip.at_s + REACH_S, max(length_s, 1.0)
    covered, reached = 0.0, 0.0
    for cut in sorted(cuts):
        first = max(cut.in_s - before, reached)
        reached = max(reached, min(cut.out_s + REACH_S, last))
        covered += max(0.0, reached - first)
    return covered / last


def clip_list(of: Sequence[Clip], numbered: Sequence[tuple[int, Cut]]) -> Markup:
    """A line a clip: how often it was seen, where it is, in which moment. numbered: their cuts."""
    return tag("ul", *(_line(clip, numbered) for clip in of), cls="dld-streams")


def _line(clip: Clip, numbered: Sequence[tuple[int, Cut]]) -> Markup:
    ranks = [str(rank) for rank, cut in numbered if clip.lies_in(cut)]
    where = f"in moment {', '.join(ranks)}" if ranks else "in no moment"
    views = "1 view" if clip.views == 1 else f"{wording.count(clip.views)} views"
    text = f" {views}, {clip.until_s - clip.at_s} s, {where}"
    return tag("li", away(clip.address, sentences.elapsed(clip.at_s)), span(text))
