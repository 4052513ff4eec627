"""Event studies on made-up chat of which the truth is known."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dashboard.explore.around import words
from dashboard.explore.around.moments import (
    AFTER,
    APART,
    BEFORE,
    BLOCK,
    FEWEST_MOMENTS,
    Neighbourhood,
    blocks_of,
    events_of,
    place_of,
    series_of,
)
from dashboard.explore.around.section import options
from dashboard.explore.around.study import FEWEST, MINUTES, Change, Study, change, study
from warehouse.records import WINDOW_SECONDS

STREAM = 2 * BLOCK  # windows
AT = 120
ZERO = int(np.flatnonzero(MINUTES == 0)[0])


def times(windows: Sequence[int]) -> pa.Array:
    seconds = np.array(windows, np.int64) * WINDOW_SECONDS
    return pa.array(seconds.astype("datetime64[s]"))


def happened(**channels: Sequence[int]) -> pa.Table:
    """Rows of dash_event_times: windows of events by channel."""
    pairs = [(name, at) for name, windows in channels.items() for at in windows]
    return pa.table({"channel": [name for name, _ in pairs], "at": times([at for _, at in pairs])})


def chat(n: Any, mood: Any = 0.0, channel: str = "a", **columns: Any) -> pa.Table:
    """Rows of dash_event_windows: a stream from the epoch on, seen whole."""
    n = np.asarray(n)
    found = {
        "channel": [channel] * len(n), "start": times(range(len(n))), "stream_id": ["s"] * len(n),
        "observed_s": np.full(len(n), 30.0), "n": n, "n_read": n, "weighted": n * mood,
    }  # fmt: skip
    return pa.table({**found, **columns})


def places(happening: pa.Table, said: pa.Table) -> list[Neighbourhood]:
    events = events_of(happening)
    series = series_of(said, events.channels)
    alone = np.flatnonzero(events.alone())
    return [place for k in alone if (place := place_of(events, int(k), series))]


def each(n: Any, mood: Any = 0.1, events: int = 6, at: int = AT, **columns: Any) -> Study | None:
    """The study of so many channels with the same chat, and an event each in window `at`."""
    names = [f"c{k}" for k in range(events)]
    said = pa.concat_tables([chat(n, mood, name, **columns) for name in names])
    return study(places(happened(**{name: [at] for name in names}), said), seed=1)


def steady(busy: float = 1.0, mood: float = 0.0, since: int = AT) -> Study:
    """Ten messages a window at mood 0.1; in the three minutes from `since` on more, and another."""
    n, moods = np.full(STREAM, 10), np.full(STREAM, 0.1)
    n[since : since + 6] = 10 * busy
    moods[since : since + 6] += mood
    found = each(n, moods)
    assert found is not None
    return found


def noisy(seed: int, busy: float = 1.0, mood: float = 0.0, streams: int = 12) -> Study:
    """A stream each of a dozen channels, whose rate and mood wander; an event somewhere in each."""
    dice = np.random.default_rng(seed)
    said, events = [], {}
    for k in range(streams):
        name, at = f"c{k:02d}", int(dice.integers(BEFORE, STREAM - AFTER))
        rate = dice.uniform(3, 20) * np.exp(0.4 * wander(dice, 40) + 0.4 * wander(dice, 4))
        moods = 0.08 * wander(dice, 40) + 0.1 * wander(dice, 3)
        rate[at : at + 8] *= busy
        moods[at : at + 8] += mood
        n = dice.poisson(rate)
        events[name] = [at]
        said.append(chat(n, moods + dice.normal(0, 0.35, STREAM) / np.sqrt(n + 1), name))
    found = study(places(happened(**events), pa.concat_tables(said)), seed)
    assert found is not None
    return found


def wander(dice: np.random.Generator, windows: int) -> Any:
    """Noise of sd 1 that resembles itself for so many windows."""
    steps = dice.normal(size=STREAM + windows - 1)
    return np.convolve(steps, np.full(windows, windows**-0.5), "valid")


def test_a_known_effect_is_found_at_its_size_and_length() -> None:
    found = steady(busy=2.5, mood=0.2)
    rest = np.ones(len(MINUTES), bool)
    rest[ZERO : ZERO + 3] = False
    assert found.n == 6
    assert found.activity.value[~rest] == pytest.approx(2.5)
    assert found.activity.value[rest] == pytest.approx(1.0)
    assert found.mood.value[~rest] == pytest.approx(0.2)
    assert found.mood.value[rest] == pytest.approx(0.0, abs=1e-12)
    for curve, value in ((found.activity, 2.5), (found.mood, 0.2)):
        assert curve.beyond.tolist() == (~rest).tolist()
        assert change(curve, after=True) == Change(0, 3, pytest.approx(value))
        assert change(curve, after=False) is None
    assert found.messages.tolist() == (6 * np.where(rest, 20, 50)).tolist()


def test_where_nothing_happens_nothing_is_told() -> None:
    found = steady()
    assert not found.activity.beyond.any() and not found.mood.beyond.any()
    assert (found.activity.low, found.activity.high) == (pytest.approx(1), pytest.approx(1))


def test_chance_is_taken_for_an_effect_in_about_one_study_of_twenty() -> None:
    """As promised of activity and mood together; 20 studies of chat that wanders by itself."""
    told = [noisy(seed) for seed in range(20)]
    false = sum(bool(s.activity.beyond.any() or s.mood.beyond.any()) for s in told)
    assert false <= 2


def test_an_effect_among_noise_is_told_in_every_study() -> None:
    found = [noisy(seed, busy=3.0, mood=0.3) for seed in range(20)]
    busy, mood = ([change(curve, True) for curve in curves] for curves in
                  (([s.activity for s in found]), ([s.mood for s in found])))  # fmt: skip
    assert all(busy) and all(mood)
    assert np.mean([c.value for c in busy if c]) == pytest.approx(3.0, rel=0.1)
    assert np.mean([c.value for c in mood if c]) == pytest.approx(0.3, rel=0.15)


def test_silence_is_no_activity_and_no_mood() -> None:
    n = np.full(STREAM, 10)
    n[AT : AT + 2] = 0
    found = each(n)
    assert found is not None
    assert found.activity.value[ZERO] == 0.0 and found.activity.beyond[ZERO]
    assert np.isnan(found.mood.value[ZERO]) and not found.mood.beyond.any()


def test_chat_that_speaks_only_around_events_is_compared_with_all_of_it() -> None:
    """Away from them nobody speaks, and in most random moments nobody at all."""
    n = np.zeros(STREAM, int)
    n[AT - 4 : AT + 8] = 10
    found = each(n)
    assert found is not None
    assert found.activity.value[ZERO] > 1 and found.activity.beyond[ZERO]
    assert np.isfinite([found.activity.low, found.activity.high]).all()
    assert np.isfinite(found.mood.high[ZERO])


def test_moods_that_were_read_otherwise_are_left_out_but_not_their_messages() -> None:
    nothing = np.zeros(STREAM)
    found = each(np.full(STREAM, 10), n_read=nothing, weighted=nothing)
    assert found is not None
    assert found.activity.value == pytest.approx(1.0)
    assert np.isnan(found.mood.value).all() and change(found.mood, True) is None


def test_every_event_counts_alike_however_busy_its_chat() -> None:
    """A quiet chat that doubles and one a hundred times as busy that stays as it was."""
    doubles, stays = np.full(STREAM, 2), np.full(STREAM, 200)
    doubles[AT : AT + 2] = 4
    chats = [chat(doubles if k < 3 else stays, 0.1, f"c{k}") for k in range(6)]
    at = {f"c{k}": [AT] for k in range(6)}
    found = study(places(happened(**at), pa.concat_tables(chats)), seed=1)
    assert found is not None
    assert found.activity.value[ZERO] == pytest.approx(1.5, rel=0.01)


def test_too_few_events_are_no_study() -> None:
    assert each(np.full(STREAM, 10), events=FEWEST) is not None
    assert each(np.full(STREAM, 10), events=FEWEST - 1) is None
    assert each(np.zeros(STREAM, int), events=FEWEST) is None


def test_a_burst_is_one_event_and_those_too_near_are_not_alone() -> None:
    events = events_of(happened(a=[100, 101, 103, 200, 200 + APART - 1], b=[100]))
    assert events.first.tolist() == [100, 200, 200 + APART - 1, 100]
    assert events.last.tolist() == [103, 200, 200 + APART - 1, 100]
    assert events.alone().tolist() == [True, False, False, True]
    assert blocks_of(events, np.array([0, 1, 3])) == [("a", 0), ("b", 0)]


@pytest.mark.parametrize(
    ("at", "is_told"),
    [
        (BEFORE - 1, False),
        (BEFORE, True),
        (STREAM - AFTER, True),
        (STREAM - AFTER + 1, False),
        (299 - AFTER, True),
        (300 - AFTER, False),  # its stretch would end with the window that was not seen
        (299 + BEFORE, False),
        (300 + BEFORE, True),
    ],
)
def test_a_stretch_was_seen_whole_and_lies_within_its_stream(at: int, is_told: bool) -> None:
    observed_s = np.full(STREAM, 30.0)
    observed_s[299] = 20.0
    said = chat(np.full(STREAM, 10), 0.1, observed_s=observed_s)
    assert bool(places(happened(a=[at]), said)) == is_told


def test_a_stretch_lies_in_one_stream() -> None:
    parted = chat(np.full(STREAM, 10), 0.1, stream_id=["s"] * 360 + ["t"] * (STREAM - 360))
    told = [bool(places(happened(a=[at]), parted)) for at in (360 - AFTER, 361 - AFTER)]
    assert told == [True, False]


def test_moments_lie_in_the_same_two_hours_and_apart_from_other_events() -> None:
    (place, _) = places(happened(a=[60, 200]), chat(np.full(STREAM, 10), 0.1))
    free = [k for k in range(BEFORE, BLOCK) if abs(k - 200) >= APART]
    assert len(place.moments) == len(free) and free[place.own] == 60
    assert place.far.tolist() == [abs(k - 60) >= APART for k in free]


def test_an_event_with_too_little_beside_it_is_left_out() -> None:
    short = BEFORE + AFTER - 1 + FEWEST_MOMENTS
    assert places(happened(a=[20]), chat(np.full(short, 10), 0.1))
    assert not places(happened(a=[20]), chat(np.full(short - 1, 10), 0.1))


@pytest.mark.parametrize(
    ("busy", "mood", "said"),
    [
        (2, 0, "chat was 2.0 times as busy for 3 minutes; the mood did not change beyond chance."),
        (1.2, 0.2, "chat was 20 % busier for 3 minutes; the mood was 0.20 higher for 3 minutes."),
        (0.5, -0.1, "chat was 50 % quieter for 3 minutes; the mood was 0.10 lower for 3 minutes."),
        (1, 0.1, "activity did not change beyond chance; the mood was 0.10 higher for 3 minutes."),
        (1, 0.0, "neither activity nor mood changed beyond chance."),
    ],
)  # fmt: skip
def test_what_changed_is_told_in_a_sentence(busy: float, mood: float, said: str) -> None:
    assert words.sentence("raid", steady(busy, mood)) == f"After 6 raids {said}"


def test_what_had_changed_before_is_told_with_its_caution() -> None:
    assert words.already(steady(busy=2.0, since=AT - 6)) == (
        "Already in the five minutes before them chat was 2.0 times as busy for 3 minutes: "
        "something else may have brought it."
    )
    assert words.already(steady(busy=2.0)) == ""


def test_a_change_that_begins_later_or_does_not_end_says_so() -> None:
    assert words._lasting(Change(3, 2, 2.0)) == " from minute 3 to minute 5"
    assert words._lasting(Change(0, AFTER // 2, 2.0)) == " for at least 10 minutes"


def test_a_kind_that_somebody_named_is_no_markdown() -> None:
    kinds = {"$x$ **b**": 1, "ad_break": 2}
    assert options(kinds) == {"ad_break": "Ad break (2)", "$x$ **b**": r"\$x\$ \*\*b\*\* (1)"}
    counts = words.Counts(1, 1, 1, 1, 0, 0, 0)
    assert words.left_out("$x$ **b**", counts).startswith(r"Of 1 “\$x\$ \*\*b\*\*”")


def test_what_was_left_out_is_counted() -> None:
    counts = words.Counts(events=20, newest=20, moments=18, near=3, undrawn=0, unseen=1, silent=0)
    text = words.left_out("gift", counts)
    assert text.startswith("Of 20 gifts of subs: 2 less than a minute after another, counted as")
    assert "with it; 3 less than a quarter of an hour from another; 1 too near the start" in text
    assert words.left_out("raid", words.Counts(5, 5, 5, 0, 0, 0, 0)) == ""
    assert words.noun("<b>x_y", 2) == "times “<b>x y”"
