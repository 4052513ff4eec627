"""Words of an event study: what changed, in a sentence, and what was left out. No Streamlit."""

from typing import NamedTuple

from dashboard import wording
from dashboard.explore.around.moments import FEWEST_MOMENTS
from dashboard.explore.around.study import FEWEST, MINUTES, Change, Curve, Study, change

NOUNS = {  # one, many
    "raid": ("raid", "raids"),
    "sub": ("sub", "subs"),
    "gift": ("gift of subs", "gifts of subs"),
    "cheer": ("cheer", "cheers"),
    "gift_paid_upgrade": ("gifted sub that was kept", "gifted subs that were kept"),
    "prime_paid_upgrade": ("Prime sub that was kept", "Prime subs that were kept"),
    "pay_it_forward": ("gift passed on", "gifts passed on"),
    "bits_badge_tier": ("new Bits badge", "new Bits badges"),
    "power_up": ("power-up", "power-ups"),
    "combo": ("combo", "combos"),
    "charity_donation": ("donation", "donations"),
    "announcement": ("announcement", "announcements"),
    "watch_streak": ("watch streak", "watch streaks"),
    "unraid": ("raid called off", "raids called off"),
    "hype_train": ("begin or end of a hype train", "begins and ends of hype trains"),
    "title": ("change of title", "changes of title"),
    "category": ("change of category", "changes of category"),
    "ad_break": ("ad break", "ad breaks"),
}


class Counts(NamedTuple):
    """Events of a kind: all, the newest that were looked at, how many moments they are together,
    how many of these overlap another, were not drawn, not seen whole, or had nobody speaking."""

    events: int
    newest: int
    moments: int
    near: int
    undrawn: int
    unseen: int
    silent: int


def noun(kind: str, n: int) -> str:
    """raid, raids; an unknown kind as it is."""
    other = f"“{wording.plain(kind.replace('_', ' '))}”"
    return NOUNS.get(kind, (other, f"times {other}"))[n != 1]


def sentence(kind: str, found: Study) -> str:
    """After 34 raids chat was 2.1 times as busy for 4 minutes; the mood did not change beyond
    chance."""
    busy, mood = change(found.activity, True), change(found.mood, True)
    after = f"After {wording.count(found.n)} {noun(kind, found.n)}"
    if not busy and not mood:
        return f"{after} neither activity nor mood changed beyond chance."
    quiet = "activity did not change beyond chance"
    first = f"chat was {busier(busy.value)}{_lasting(busy)}" if busy else quiet
    second = f"the mood was {_shifted(mood)}" if mood else "the mood did not change beyond chance"
    return f"{after} {first}; {second}."


def already(found: Study) -> str:
    """What had changed before the events; '' for nothing."""
    busy, mood = change(found.activity, False), change(found.mood, False)
    parts = [f"chat was {busier(busy.value)}{_minutes(busy)}"] if busy else []
    parts += [f"the mood was {higher(mood.value)}{_minutes(mood)}"] if mood else []
    if not parts:
        return ""
    what = " and ".join(parts)
    return f"Already in the five minutes before them {what}: something else may have brought it."


def busier(times: float) -> str:
    """2.1 times as busy; 30 % busier; 40 % quieter."""
    if times >= 1.5:
        return f"{times:.1f} times as busy"
    return f"{wording.percent(abs(times - 1))} {'busier' if times > 1 else 'quieter'}"


def higher(step: float) -> str:
    """0.08 higher."""
    return f"{abs(step):.2f} {'higher' if step > 0 else 'lower'}"


def _shifted(mood: Change) -> str:
    return f"{higher(mood.value)}{_lasting(mood)}"


def _lasting(found: Change) -> str:
    """for 4 minutes; from minute 3 to minute 6."""
    if found.first:
        return f" from minute {found.first} to minute {found.first + found.minutes}"
    least = "at least " if found.minutes == (MINUTES >= 0).sum() else ""
    return f" for {least}{wording.counted(found.minutes, 'minute')}"


def _minutes(found: Change) -> str:
    return f" for {wording.counted(found.minutes, 'minute')}"


def too_few(kind: str, counts: Counts, n: int) -> str:
    """Why nothing is told."""
    return (
        f"{wording.count(n)} of {wording.count(counts.events)} {noun(kind, counts.events)} can be "
        f"compared, {FEWEST} are needed: choose a longer span, more channels or another kind."
    )


def left_out(kind: str, counts: Counts) -> str:
    """How many there were, and why some are not among them, as Markdown; '' where all are."""
    parts = [
        (
            counts.events - counts.moments,
            "less than a minute after another, counted as one with it",
        ),
        (counts.near, "less than a quarter of an hour from another"),
        (counts.undrawn, "not drawn, by lot"),
        (
            counts.unseen,
            "too near the start or end of a stream or of a gap, or with less than "
            f"{FEWEST_MOMENTS // 2} minutes to compare with",
        ),
        (counts.silent, "with nobody speaking around"),
    ]
    told = [f"{wording.count(n)} {why}" for n, why in parts if n]
    if not told:
        return ""
    name = wording.literal(noun(kind, counts.events))
    return f"Of {wording.count(counts.events)} {name}: {'; '.join(told)}."


def unseen(found: Study) -> str:
    """How large a change has to be to be told."""
    busy = f"{wording.percent(_reach(found.activity))}" if _reach(found.activity) else ""
    mood = f"{_reach(found.mood):.2f} of mood" if _reach(found.mood) else ""
    sizes = " or ".join(part for part in (busy, mood) if part)
    return f"A change of less than about {sizes} in a minute would not be told." if sizes else ""


def _reach(curve: Curve) -> float:
    """Half of the band's width, as it is in the middle minute by size; 0 where it is unknown."""
    widths = sorted(w for w in (curve.high - curve.low) / 2 if w == w)
    return float(widths[len(widths) // 2]) if widths else 0.0
