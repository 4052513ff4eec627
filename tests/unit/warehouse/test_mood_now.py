"""The mood of now, by words and by emotes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.windows.rows import window_of
from tests.helpers.build import window_row
from warehouse.mood_now import Lately, MoodNow, is_told, label, lately, mood_now, shown
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


def five_of(windows: list[Window], readable: float = 0.9) -> Lately | None:
    return lately(windows, mood_now(windows, readable))


def words(at: float, n: int, mean: float | None, sd: float | None = None) -> Window:
    return replace(window(at, n, mean, 1.0, "words"), sd_compound=sd)


def usual(mean: float = 0.1) -> list[Window]:
    """Twenty-five minutes of chat."""
    return [words(30 * k, 20, mean, 0.3) for k in range(50)]


def test_one_message_says_next_to_nothing() -> None:
    alone = five_of([words(0, 1, 0.62)])
    # precisions: 1 / .125^2 = 64 of neutral, 1 / .07 = 14.3 of the message
    assert alone == Lately(0.11, -0.03, 0.26, 1, "neutral")
    after = five_of([*usual(), words(1770, 1, -0.9)])
    # 64 of neutral, 1 / (.09 / 1000 + .045^2) = 473 of the half hour, 1 / .09 = 11 of the message
    assert after is not None and after.label == "positive" and after.mood == 0.07


def test_many_messages_are_believed() -> None:
    told = five_of([*usual(-0.1), *(words(1500 + 30 * k, 400, 0.3, 0.3) for k in range(10))])
    assert told is not None and (told.n, told.label) == (4000, "positive")
    assert told.mood == pytest.approx(0.3, abs=0.01) and told.high - told.low < 0.03


def test_the_five_minutes_are_those_up_to_the_last_window() -> None:
    told = five_of([words(0, 10**6, -0.5), *(words(30 * k, 1000, 0.2) for k in range(1, 11))])
    assert told is not None and told.n == 10_000
    gap = five_of([words(0, 9, 0.5), words(270, 0, None)])
    assert gap is not None and gap.n == 9
    assert five_of([words(0, 9, 0.5), words(300, 0, None)]) is None, "nobody spoke"
    assert five_of([]) is None


def test_what_is_half_an_hour_ago_is_not_what_is_usual() -> None:
    late = words(1800, 1, 0.0)
    assert five_of([words(0, 10**6, 0.9), late]) == five_of([late])
    assert five_of([words(30, 10**6, 0.9), late]) != five_of([late])


def test_a_usual_of_one_message_counts_as_one() -> None:
    told = five_of([words(0, 1, 0.9), words(600, 1, 0.0)])
    # 64 of neutral, 1 / (.07 + .045^2) = 13.9 of the message before, 14.3 of that of now
    assert told is not None and (told.mood, told.label) == (0.14, "neutral")


def test_nothing_is_told_lately_where_no_mood_is() -> None:
    spoken = [words(0, 40, 0.5)]
    assert lately(spoken, mood_now(spoken, None)) is None, "it waits"
    assert five_of(spoken, readable=0.2) is None
    few = [window(30 * k, 20, 0.01, 0.05 if k < 2 else 0.0) for k in range(5)]
    assert five_of(few, readable=0.0) is None


def test_by_emotes_the_minutes_are_as_many_as_the_mood_rests_on() -> None:
    told = [window(30 * k, 20, 0.1, 0.05) for k in range(20)]
    assert mood_now(told, 0.0).seconds == 300
    found = five_of(told, 0.0)
    assert found is not None and found.n == 200
    rare = [window(30 * k, 15, 0.1, 1 / 15 if k % 2 else 0.0) for k in range(1, 20)]
    assert mood_now(rare, 0.0).seconds == 570
    found = five_of([words(0, 10**6, -0.9), *rare], 0.0)
    assert found is not None and (found.n, found.label) == (285, "positive")


def test_a_band_ends_where_moods_do() -> None:
    told = five_of([words(0, 10**6, 1.0, 0.0)])
    assert told is not None and told.high == 1.0


@pytest.mark.parametrize(
    ("mood", "band", "word"),
    [
        (None, (), "silent"), (0.05, (), "positive"), (-0.05, (), "negative"),
        (0.0449, (), "neutral"), (0.0451, (), "positive"),  # it is shown as +0.05
        (0.2, (0.01, 0.4), "positive"), (0.2, (0.004, 0.4), "neutral"),
        (0.2, (-0.1, 0.5), "neutral"),
        (-0.2, (-0.4, -0.004), "neutral"), (-0.2, (-0.4, -0.01), "negative"),
    ],
)  # fmt: skip
def test_a_word_follows_from_what_is_shown(
    mood: float | None, band: tuple[float, ...], word: str
) -> None:
    assert label(mood, *band) == word


def test_nothing_is_shown_as_minus_zero() -> None:
    assert str(shown(-0.001)) == "0.0" and shown(0.126) == 0.13
