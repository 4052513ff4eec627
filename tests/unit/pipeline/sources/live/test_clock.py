"""Twitch's clock, told from stamps as they arrive on a machine whose own clock is wrong."""

from email.utils import format_datetime

import pytest

from pipeline.sources.live.clock import TwitchClock
from tests.helpers.build import T
from warehouse.records import utc

WRONG = [-10_800.0, -600.0, -40.0, 0.0, 40.0, 600.0, 10_800.0]


class Machine:
    """A machine's monotonic and wall clock, at `true` seconds after T; the wall's is `off`."""

    def __init__(self, off: float = 0.0) -> None:
        self.true, self.mono, self.off = 0.0, 5000.0, off
        self.clock = TwitchClock(lambda: self.mono, lambda: T + self.true + self.off)

    def wait(self, seconds: float, step: float = 0.5) -> None:
        """Time goes by, and the clock is looked at meanwhile."""
        while seconds > 0:
            self.true, self.mono = self.true + min(step, seconds), self.mono + min(step, seconds)
            seconds -= step
            self.clock.now()

    def came(self, at: float | None = None, delay: float = 0.0) -> None:
        """A stamp comes: of now less the delay, or of `at` seconds after T."""
        self.clock.saw(T + (self.true - delay if at is None else at))

    def busy(self, seconds: float) -> None:
        """A message a second."""
        for _ in range(int(seconds)):
            self.wait(1)
            self.came(delay=0.1)

    @property
    def error(self) -> float:
        """The clock's, in seconds."""
        now = self.clock.now()
        assert now is not None
        return now - T - self.true


@pytest.mark.parametrize("off", WRONG)
def test_the_first_stamp_sets_it_whatever_the_machines_clock_says(off: float) -> None:
    machine = Machine(off)
    assert machine.clock.now() is None and not machine.clock.is_sure
    machine.came(delay=0.2)
    assert machine.error == pytest.approx(-0.2, abs=1e-6)
    machine.busy(300)
    assert machine.error == pytest.approx(-0.1, abs=1e-6)
    assert machine.clock.is_sure and machine.clock.steps == 1


@pytest.mark.parametrize("by", [-1800.0, -35.0, 35.0, 1800.0])
def test_what_is_told_again_with_other_stamps_moves_nothing(by: float) -> None:
    machine = Machine()
    for again in (0.0, by, by + 1):
        for k in range(9):
            machine.clock.saw(T + machine.true + again, f"m{k}")
    assert (machine.error, machine.clock.steps) == (pytest.approx(0.0, abs=1e-6), 1)


def test_a_line_without_a_stamp_has_the_machines_time_while_nothing_is_known() -> None:
    machine = Machine(off=40)
    assert machine.clock.arrival() == T + 40
    machine.came()
    assert machine.clock.arrival() == T


def test_the_largest_of_late_holds_and_a_delay_never_moves_it() -> None:
    machine = Machine()
    for delay in (0.9, 0.3, 1.4, 30.0, 0.6):
        machine.wait(1)
        machine.came(delay=delay)
    assert machine.error == pytest.approx(-0.3, abs=1e-6)


def test_a_date_header_counts_until_there_are_stamps() -> None:
    machine = Machine(off=600)
    machine.wait(0.7)
    machine.clock.dated(format_datetime(utc(T + 0), usegmt=True))
    assert machine.error == pytest.approx(-0.7, abs=1e-6)
    machine.clock.dated("no date")
    machine.clock.dated("Mon, 01 Jan 0001 00:00:00 GMT")
    machine.wait(1)
    machine.came()
    assert machine.error == pytest.approx(0, abs=1e-6)
    machine.clock.dated(format_datetime(utc(T + 5000), usegmt=True))
    assert machine.error == pytest.approx(0, abs=1e-6)


def test_stamps_win_over_a_date_header_that_says_another_time() -> None:
    for date in (-10_800, 10_800):
        machine = Machine()
        machine.clock.dated(format_datetime(utc(T + date), usegmt=True))
        machine.wait(2)
        machine.came()
        assert machine.error == pytest.approx(0, abs=1e-6)
        assert machine.clock.steps == 2


def test_one_stamp_of_another_time_never_moves_what_two_say() -> None:
    machine = Machine()
    machine.busy(10)
    for at in (7200.0, -7200.0, 7200.0, 7200.0):  # a message told twice is one
        machine.came(at)
    assert abs(machine.error) < 0.2
    machine.busy(200)
    assert machine.clock.steps == 1


@pytest.mark.parametrize("at", [-600.0, 600.0])
def test_a_first_stamp_of_another_time_is_outvoted_by_the_next_two(at: float) -> None:
    machine = Machine()
    machine.came(at)
    machine.busy(2)
    assert machine.error == pytest.approx(-0.1, abs=1e-6)


@pytest.mark.parametrize("stamp", [0.0, -1.0, 5e9, 1e300])
def test_a_stamp_of_no_time_is_none(stamp: float) -> None:
    machine = Machine()
    machine.clock.saw(stamp)
    machine.clock.saw(None)
    assert machine.clock.now() is None


@pytest.mark.parametrize("by", [-10_800.0, -40.0, 40.0, 10_800.0])
def test_a_wall_clock_that_is_set_changes_nothing(by: float) -> None:
    machine = Machine()
    machine.busy(10)
    machine.off = by
    machine.wait(1)
    assert not machine.clock.is_sure  # until a stamp says which of the two was right
    machine.busy(1)
    assert machine.clock.is_sure and machine.error == pytest.approx(-0.1, abs=1e-6)


def test_after_a_sleep_that_monotonic_time_left_out_one_stamp_is_enough() -> None:
    machine = Machine()
    machine.busy(10)
    machine.true += 600
    before = machine.clock.now()
    machine.wait(2)
    assert machine.clock.now() == before  # nothing closes until it is known
    machine.came()
    assert machine.error == pytest.approx(0, abs=1e-6) and machine.clock.is_sure


def test_after_a_sleep_a_date_header_that_agrees_with_the_wall_is_enough() -> None:
    machine = Machine()
    machine.busy(10)
    machine.true += 600
    machine.wait(0.5)
    machine.clock.dated(format_datetime(utc(T + machine.true), usegmt=True))
    machine.wait(1)
    assert machine.clock.is_sure and machine.error == pytest.approx(-0.5, abs=0.6)


@pytest.mark.parametrize("by", [40.0, 600.0])
def test_a_monotonic_clock_that_is_set_ahead_is_set_right_by_the_next_stamps(by: float) -> None:
    machine = Machine()
    machine.busy(10)
    before = machine.error
    machine.mono += by
    machine.off += by
    for _ in range(20):
        machine.wait(0.5)
        machine.came()
        assert machine.error <= 0.01 and machine.error > before - 4  # it never runs ahead
    assert machine.error == pytest.approx(0, abs=1e-6) and machine.clock.is_sure


def test_what_had_waited_while_the_process_was_stopped_does_not_move_it() -> None:
    machine = Machine()
    machine.busy(10)
    machine.true, machine.mono = machine.true + 60, machine.mono + 60
    for delay in (59, 58.5, 58, 30, 5, 0.1):
        machine.came(delay=delay)
    assert machine.clock.is_sure and machine.error == pytest.approx(-0.1, abs=1e-6)
    assert machine.clock.steps == 1


def test_without_a_stamp_a_doubt_ends_after_a_while() -> None:
    machine = Machine()
    machine.busy(3)
    machine.true, machine.mono = machine.true + 30, machine.mono + 30
    assert machine.error < -29
    machine.wait(16)
    assert machine.clock.is_sure and machine.error == pytest.approx(-0.1, abs=1e-6)


def test_it_steps_back_when_for_long_all_say_that_it_is_ahead() -> None:
    machine = Machine()
    machine.busy(10)
    machine.mono += 4  # too little to be noticed
    machine.busy(130)
    assert machine.error == pytest.approx(-0.1, abs=1e-6)


def test_between_steps_it_never_goes_back() -> None:
    machine, told = Machine(), [0.0]
    for k in range(400):
        machine.wait(1)
        machine.came(delay=0.1 + 1.7 * (k % 150) / 150)
        told.append(machine.clock.now() or 0)
    assert told == sorted(told)
