"""The mood of now, by words and by emotes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.windows.rows import window_of
from tests.helpers.build import window_row
from warehouse.mood_now import MoodNow, is_told, mood_now
from warehouse.records import Window


def window(at: float, n: int, mean: float | None, share: float, basis: str = "emotes") -> Window:
    row = dict(window_row(at, n, mean, share_scored=share, basis=basis))
    row["start"] = row["start"].replace(tzinfo=None)
    return window_of(row)


def test_words_tell_the_last_window_alone() -> None:
    told = [window(0, 4, -0.9, 1.0, "words"), window(30, 8, 0.5, 0.5, "words")]
    assert mood_now(told, 0.9) == MoodNow(0.5, "words", 8, 4, None, 30, "")


def test_the_mood_waits_until_it_is_known_what_the_channel_writes() -> None:
    told = [window(0, 4, 0.5, 1.0, "words")]
    assert mood_now(told, None)[0] is None and mood_now(told, None).why == "waiting"
    assert mood_now([], None).why == "waiting" and mood_now([], 0.9).why == ""
    assert mood_now(told, 0.2).why == "unsupported", "of before there were emote moods"
    assert mood_now(told, 0.46).why == "", "it has not gone over yet"


def test_emotes_tell_as_many_windows_as_have_ten_messages_with_signs() -> None:
    told = [window(30 * k, 10, 0.1 * k, 0.4) for k in range(8)]
    assert mood_now(told, 0.0) == MoodNow(pytest.approx(0.6), "emotes", 30, 12, 0.4, 90, "")
    assert mood_now([window(0, 50, -0.2, 0.5)], 0.0) == MoodNow(-0.2, "emotes", 50, 25, 0.5, 30, "")


def test_emotes_tell_ten_minutes_at_most() -> None:
    told = [window(30 * k, 10, 1.0 if k < 20 else 0.0, 0.1) for k in range(40)]
    assert mood_now(told[:25], 0.0).seconds == 300, "ten of them have one each"
    told = [window(60 * k, 20, float(k), 0.05) for k in range(12)]
    found = mood_now([replace(w, mean_compound=0.1) for w in told], 0.0)
    assert (found.n, found.signed, found.share) == (200, 10, 0.05)
    late = replace(told[-1], start=told[-1].start + timedelta(seconds=590))
    assert mood_now([told[0], late], 0.0).n == 20


def test_where_signs_are_too_rare_no_mood_is_told() -> None:
    few = [window(30 * k, 20, 0.01, 0.05 if k < 2 else 0.0) for k in range(5)]
    assert mood_now(few, 0.0)[:5] == (None, "emotes", 100, 2, 0.02)
    assert mood_now(few, 0.0).why == "unsupported"
    assert is_told(3, 100) and not is_told(3, 101) and not is_told(2, 2) and not is_told(0, 0)


def test_silence_is_no_lack_of_signs() -> None:
    assert mood_now([window(0, 0, None, 0.0)], 0.0) == MoodNow(None, "emotes", 0, 0, None, 30, "")


def test_windows_of_another_basis_are_never_in_it() -> None:
    told = [window(0, 30, -0.9, 1.0, "words"), window(30, 30, 0.2, 0.2)]
    assert mood_now(told, 0.4)[:4] == (pytest.approx(0.2), "emotes", 30, 6)
    back = [window(0, 30, -0.9, 0.2), window(30, 30, 0.2, 0.2, "words")]
    assert mood_now(back, 0.6)[:3] == (0.2, "words", 30)
