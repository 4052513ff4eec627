"""Timecodes, against SMPTE's rule counted out label by label and against OpenTimelineIO's."""

from collections.abc import Iterator
from itertools import islice

import opentimelineio as otio
import pytest

from dashboard.review.files.frame_rates import RATES, FrameRate

DROP = [name for name, rate in RATES.items() if rate.drop]


def labels(rate: FrameRate) -> Iterator[str]:
    """Every label in turn, but the first of each minute that is no tenth."""
    for minute in range(24 * 60):
        for second in range(60):
            skipped = rate.base // 15 if minute % 10 and not second else 0
            for frame in range(skipped, rate.base):
                yield f"{minute // 60:02d}:{minute % 60:02d}:{second:02d};{frame:02d}"


@pytest.mark.parametrize("name", DROP)
def test_drop_frame_leaves_out_the_first_labels_of_every_minute_but_each_tenth(name: str) -> None:
    rate = RATES[name]
    half_an_hour = list(islice(labels(rate), 30 * 60 * rate.base))
    assert [rate.timecode(k) for k in range(len(half_an_hour))] == half_an_hour


@pytest.mark.parametrize("name", RATES)
def test_timecodes_are_those_of_opentimelineio(name: str) -> None:
    rate = RATES[name]
    exact = float(1 / rate.frame_s)
    for frame in range(0, 22 * 3600 * rate.base, 104729):  # a prime: all places of a minute
        time = otio.opentime.RationalTime(frame, exact)
        assert rate.timecode(frame) == time.to_timecode(exact, rate.drop), frame


@pytest.mark.parametrize("name", DROP)
def test_with_drop_frame_an_hour_of_timecode_is_an_hour(name: str) -> None:
    rate = RATES[name]
    assert rate.timecode(rate.frames(3600)) == "01:00:00;00"
    slower = FrameRate(rate.base, ntsc=True)
    assert slower.timecode(slower.frames(3600)).startswith("00:59:56:")  # 3.6 s behind


def test_a_frame_is_the_nearest_one_and_whole_seconds_are_whole_labels() -> None:
    assert RATES["29.97"].frames(1) == 30
    assert RATES["29.97"].frames(100) == 2997
    assert RATES["23.976"].timecode(RATES["23.976"].frames(60)) == "00:00:59:23"
    assert RATES["25"].timecode(RATES["25"].frames(3723)) == "01:02:03:00"


def test_a_day_has_no_25th_hour() -> None:
    rate = RATES["30"]
    assert rate.timecode(30 * 3600 * 23 - 1, first_h=1) == "23:59:59:29"
    assert rate.timecode(30 * 3600 * 23, first_h=1) is None
