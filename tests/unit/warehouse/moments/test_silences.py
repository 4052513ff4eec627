"""Silence as a moment: runs that the rest of the stream makes unlikely, and their exact scores."""

import pytest

from tests.helpers.moments import stream
from warehouse.moments.kinds import Moment
from warehouse.moments.silences import sigma_of, silences
from warehouse.moments.sums import Sums


def only(found: list[Moment]) -> Moment:
    (one,) = found
    return one


def test_silence_is_a_run_that_the_rest_of_the_stream_makes_unlikely() -> None:
    """The only run of 12: p = 1 / (388 + 2), and each further window half as likely."""
    found = only(silences(Sums(stream(n={(100, 112): 0}))))
    assert (found.kind, found.first, found.last) == ("silence", 100, 112)
    assert found.score == pytest.approx(sigma_of(0.5**11 / 390))


def test_a_run_of_silence_is_judged_by_how_the_other_runs_went_on() -> None:
    """Ten silent windows elsewhere, none followed by another: p = 11 / 397, q = 1 / 12."""
    lone = dict.fromkeys(range(10, 110, 10), 0)
    found = only(silences(Sums(stream(n={**lone, (200, 205): 0}))))
    assert found.score == pytest.approx(sigma_of(11 / 397 / 12**4))


def test_a_quiet_channel_is_used_to_silence() -> None:
    often = {(k, k + 12): 0 for k in range(20, 380, 30)}
    assert silences(Sums(stream(n=often))) == []


@pytest.mark.parametrize("where", [(0, 40), (360, 400)])
def test_silence_before_the_first_and_after_the_last_word_has_no_known_length(
    where: tuple[int, int],
) -> None:
    assert silences(Sums(stream(n={where: 0}))) == []


def test_silence_that_touches_a_hole_has_no_known_length() -> None:
    holed = stream(n={(100, 130): 0}, observed_s={(120, 130): 0.0})
    assert silences(Sums(holed)) == []
