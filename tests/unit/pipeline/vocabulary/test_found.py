"""What an import finds is counted once, with what is known, and for the channel it is of."""

from functools import partial
from typing import Any

import pytest

from pipeline.scoring.by_channel import Scorers
from pipeline.scoring.scored import Scored
from pipeline.scoring.scored_message import ScoredMessage
from pipeline.vocabulary.drift import FAST, SLOW
from pipeline.vocabulary.found import Finder, Found, merged
from pipeline.vocabulary.proposals import Vocabulary
from pipeline.vocabulary.usage import _moments
from tests.unit.pipeline.vocabulary.test_proposals import NEW, nobody, said, window
from warehouse.errors import BadInput


def finder(decided: list[dict[str, Any]] | None = None) -> Finder:
    return Finder(Scorers("full"), decided or [])


def read(target: Finder, n: int = 40, first: int = 0, channel: str = "demo") -> None:
    lines = [
        said(f"{NEW} w{k}" if k % 2 else NEW, 0.5, 1 + k % 4, float(first + k)) for k in range(n)
    ]
    target.window(window(*lines, start=float(first), channel=channel))


def vocabulary() -> Vocabulary:
    return Vocabulary()


def test_two_imports_count_together_as_one_of_both_does() -> None:
    whole, first, second = finder(), finder(), finder()
    for target, start in ((whole, 0), (first, 0), (whole, 600), (second, 600)):
        read(target, first=start)
    before = merged(vocabulary(), first.found(), [])
    (after,) = merged(vocabulary(), second.found(), before)
    (once,) = merged(vocabulary(), whole.found(), [])
    same = ("term", "n", "n_scored", "n_chatters", "n_channels", "first_seen", "last_seen")
    assert {k: after[k] for k in same} == {k: once[k] for k in same}
    assert (once["n"], once["n_scored"], once["status"]) == (80, 80, "proposed")
    assert "80 uses by 4 people, 50 % of them alone" in after["evidence"]


def test_what_was_said_at_the_same_time_counts_over_imports() -> None:
    finders = [finder(), finder()]
    for target, start in zip(finders, (0, 600), strict=True):
        for k in range(20):
            others = [said("well", 0.5, 9) for _ in range(5)]
            lines = [said("zorpTable", 0.0, 1 + k % 3), *others]
            target.window(window(*lines, start=start + k * 30.0))
    first, second = (target.found() for target in finders)
    before = merged(vocabulary(), first, [])
    (after,) = merged(vocabulary(), second, before)
    assert "200 messages at the same moments: their mood is +0.3" in after["evidence"]
    assert after["valence"] > before[0]["valence"] > 1


def test_what_it_would_change_is_told_of_all_windows_with_it() -> None:
    target = finder()
    read(target)
    read(target, first=86400 * 700)  # years apart
    read(target, first=86400 * 900)
    (row,) = merged(vocabulary(), target.found(), [])
    assert row["impact_windows"] == 3


def test_names_of_a_channel_outlive_all_that_the_next_ones_say() -> None:
    target = finder()
    read(target, channel="one")
    for k in range(120):
        noise = [said(f"zorb{k}x{i}Q", 0.0, 9) for i in range(50)]
        target.window(window(*noise, start=600.0 + 30 * k, channel="two"))
    read(target, n=8, first=9000, channel="three")
    read(target, first=10_000, channel="one")
    (name,) = target.found().names
    assert (name.term, name.n, name.places, name.impact_windows) == (NEW, 88, 2, 2)


def test_a_login_of_an_earlier_channel_is_no_name() -> None:
    target = finder()
    read(target, channel="one")
    read(target, first=600, channel="two")
    target.part_over(lambda word: word == NEW)
    assert target.found().names == []


def test_a_login_of_any_part_is_no_name() -> None:
    target = finder()
    read(target)
    target.part_over(lambda word: word == NEW)
    read(target, first=600)
    target.part_over(nobody)
    assert target.found().names == []


def test_what_was_decided_on_is_not_found_again() -> None:
    target = finder([{"term": NEW, "channel": "", "status": "rejected"}])
    read(target)
    assert target.found().names == []


def drifting(target: Finder, channel: str, late: float) -> None:
    """LUL is said in good company, and at last in company of `late`."""
    for k in range(SLOW + FAST):
        compound = 0.6 if k < SLOW else late
        scored = Scored(compound + 0.1, (("LUL", "emote", 0.1),), True)
        line = ScoredMessage(float(k), 1 + k % 9, "LUL and more", scored, 0)
        target.window(window(line, start=float(k), channel=channel))


def test_drift_is_told_for_the_channel_it_is_of() -> None:
    target, scorers = finder(), Scorers("full")
    drifting(target, "ann", 0.6)
    drifting(target, "bob", -0.6)
    found = Found.parsed(target.found().model_dump())
    assert set(found.drift) == {"bob"}
    (row,) = found.drifted(scorers)
    assert (row["term"], row["channel"], row["status"]) == ("LUL", "bob", "proposed")
    assert row["in_force"] == scorers.valence("LUL", "bob")
    assert row["valence"] < row["in_force"] - 1


@pytest.mark.parametrize(
    "body",
    [
        None,
        {"names": [{"term": ""}]},
        {"names": "all"},
        {"drift": {"ann": {"LUL": [1, 2]}}},
        {"drift": {"ann": {"LUL": [2000, 0.1, 0.2, 0.1, 1e99]}}},
        {"mood": float("nan")},
        {"more": 1},
    ],
)
def test_what_is_none_is_refused(body: Any) -> None:
    with pytest.raises(BadInput):
        Found.parsed(body)


def test_a_running_daemon_goes_on_counting() -> None:
    target, daemon = finder(), vocabulary()
    read(target)
    found = target.found()
    daemon.add([name.sighting() for name in found.names], found.said, found.mood)
    daemon.window(window(said(NEW, 0.0, 77, 9e5), start=9e5))
    (row,) = daemon.take_rows(partial(nobody))
    assert (row["n"], row["n_chatters"]) == (41, 4)


@pytest.mark.parametrize(
    ("evidence", "near", "beside"),
    [
        ("1,200 messages at the same moments: their mood is −0.500 from usual", 1200, -600.0),
        ("1,200 said at the same time feel −0.500 from usual", 1200, -600.0),  # of before
        ("1200 said at the same time feel -0.500 from usual", 1200, -600.0),  # of before
        ("40 messages at the same moments: their mood is 0.000 from usual", 40, 0.0),
        ("its name says Hype (+2.3)", 0, 0.0),
    ],
)
def test_what_was_said_at_the_same_time_is_read_as_it_is_told(
    evidence: str, near: int, beside: float
) -> None:
    assert _moments({"evidence": evidence}) == (near, beside)
