import pytest

from warehouse.limits import Limiter, network


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_minutes_worth_may_come_at_once_and_then_one_each_time_it_is_due(clock):
    limiter = Limiter(6, clock)
    assert [limiter.wait_s("a") for _ in range(7)] == [0, 0, 0, 0, 0, 0, pytest.approx(10)]
    clock.now += 9.5
    assert limiter.wait_s("a") == pytest.approx(0.5)
    clock.now += 0.5
    assert limiter.wait_s("a") == 0
    assert limiter.wait_s("a") == pytest.approx(10)


def test_who_is_refused_waits_no_longer_for_having_asked(clock):
    limiter = Limiter(1, clock)
    limiter.wait_s("a")
    assert [limiter.wait_s("a") for _ in range(5)] == [60] * 5


def test_each_asker_is_counted_apart(clock):
    limiter = Limiter(1, clock)
    assert [limiter.wait_s(name) for name in "abab"] == [0, 0, 60, 60]


def test_one_who_keeps_to_the_limit_is_never_refused(clock):
    limiter = Limiter(60, clock)
    for _ in range(500):
        assert limiter.wait_s("a") == 0
        clock.now += 1.0


def test_zero_is_no_limit(clock):
    limiter = Limiter(0, clock)
    assert {limiter.wait_s("a") for _ in range(10_000)} == {0}


def test_no_more_askers_are_remembered_than_it_keeps(clock):
    limiter = Limiter(1, clock, most=3)
    for n in range(10):
        assert limiter.wait_s(n) == 0
        assert len(limiter) <= 6
    assert limiter.wait_s(9) == 60


def test_askers_of_before_the_last_minute_are_forgotten(clock):
    limiter = Limiter(1, clock)
    for n in range(100):
        limiter.wait_s(n)
        clock.now += 1.0
    assert limiter.wait_s(99) == 59
    clock.now += 61
    assert [limiter.wait_s("new"), len(limiter)] == [0, 41]
    clock.now += 61
    assert [limiter.wait_s("new"), len(limiter)] == [0, 2]


@pytest.mark.parametrize(
    ("address", "asker"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        ("2001:db8:1:2::9", "2001:0db8:0001:0002"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80:0000:0000:0000"),
        ("not:an:address", "not:an:address"),
        ("testclient", "testclient"),
    ],
)
def test_a_household_is_one_asker(address, asker):
    assert network(address) == asker
