"""Clips of viewers beside the moments, and what was set on Twitch."""

from datetime import UTC, datetime
from typing import Any

import pytest

from dashboard.review.record import on_twitch, viewers_clips
from dashboard.review.record.viewers_clips import REACH_S, Clip, clips
from warehouse.moments.cuts import Cut

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def clip(at_s: int, views: int = 5) -> Clip:
    return Clip("Some-Clip_1", at_s, at_s + 30, views)


def test_a_clip_lies_in_a_cut_that_it_touches_within_the_reach_of_its_place() -> None:
    cut = Cut(1000, 1090)
    assert clip(1000).lies_in(cut)
    assert clip(1000 - 30 - REACH_S + 1).lies_in(cut)
    assert not clip(1000 - 30 - REACH_S).lies_in(cut)
    assert clip(1090 + REACH_S - 1).lies_in(cut)
    assert not clip(1090 + REACH_S).lies_in(cut)


def test_the_record_tells_how_many_lie_in_the_moments_and_how_many_would_by_chance() -> None:
    """The cuts reach over 46 to 1,234 and 1,932 to 2,024 of 10,000 s."""
    cuts = [Cut(100, 1200), Cut(1986, 2000), Cut(990, 1210)]
    rows = [{"clip_id": "a", "vod_offset_s": at, "duration_s": 30.0, "views": 9}
            for at in (500, 700, 1990, 4000, 5000, 9000)]  # fmt: skip
    said = viewers_clips.record(clips(rows), cuts, 10_000)
    assert said.startswith("of its 6 most viewed clips 3 lie in the best ten, by chance 1 would")
    assert f"{REACH_S} s off" in said
    (one,) = clips(rows[:1])
    assert viewers_clips._chance(one, cuts, 10_000) == pytest.approx((1188 + 92) / 10_000)
    assert viewers_clips.record([], cuts, 10_000) == ""
    assert viewers_clips.record([one], [], 0.0).startswith("of its one clip 0 lie")


def test_a_clip_is_listed_with_its_views_its_moment_and_a_link() -> None:
    drawn = viewers_clips.clip_list([clip(1000, 1), clip(3000, 1234)], [(3, Cut(990, 1050))]).text
    assert 'href="https://clips.twitch.tv/Some-Clip_1"' in drawn
    assert "1 view, 30 s, in moment 3" in drawn
    assert "1,234 views, 30 s, in no moment" in drawn


def event(kind: str, detail: str) -> dict[str, Any]:
    return {"kind": kind, "detail": detail, "at": datetime(2026, 11, 22, 12, 10)}


def test_what_was_set_on_twitch_is_linked_only_to_twitch() -> None:
    events = [
        event("twitch_clip", "https://clips.twitch.tv/AbC-1"),
        event("twitch_marker", "https://www.twitch.tv/videos/42?t=0h10m0s"),
        event("twitch_failed", "<b>the stream is offline</b>"),
        event("twitch_clip", "javascript:alert(1)"),
        event("twitch_marker", "https://www.twitch.tv.evil.example/videos/42"),
        event("raid", "beta"),
    ]
    told = on_twitch.told(events)
    assert len(told) == 5
    drawn = on_twitch.event_list(told, NOON).text
    assert drawn.count("href=") == 2
    assert "0:10:00 Clip on Twitch" in drawn and "0:10:00 Marker on Twitch" in drawn
    assert "Not set on Twitch<span>: &lt;b&gt;the stream is offline" in drawn
