"""Bodies out of order, twice, and some that never come."""

import random
from dataclasses import replace

from pipeline.chat.message import Heard, Lost, StreamStart, Watch
from pipeline.queue.body import Body
from pipeline.queue.coverage import Memory
from pipeline.queue.sequence import Sequence


class Clock:
    """Monotonic seconds, by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def body(number: int, run: str = "run", **told: object) -> Body:
    at = 100.0 + number
    return Body(run, number, 0, "salt", "live", at - 1, at, **told)  # type: ignore[arg-type]


def ready(sequence: Sequence) -> list[tuple[int, int]]:
    return [(body.number, missing) for body, missing, _ in sequence.ready()]


def test_bodies_come_in_order_however_they_were_sent() -> None:
    sequence, found = Sequence(None, Clock()), list[int]()
    numbers = [*range(1, 40), *range(1, 40)]
    random.Random(1).shuffle(numbers)
    added = [sequence.add(body(number)) for number in numbers]
    assert added.count(True) == 39
    for number, _ in ready(sequence):
        found.append(number)
    assert found == list(range(1, 40)) and sequence.waiting() == 0


def test_one_that_is_missing_is_waited_for_five_seconds() -> None:
    clock = Clock()
    sequence = Sequence(None, clock)
    for number in (1, 2, 4, 5):
        sequence.add(body(number))
    assert ready(sequence) == [(1, -1), (2, 0)]
    clock.now += 4.9
    assert ready(sequence) == [] and sequence.waiting() == 2
    clock.now += 0.2
    assert ready(sequence) == [(4, 1), (5, 0)]
    sequence.add(body(3))
    assert ready(sequence) == [(3, 0)]  # late is better than never


def test_a_reader_who_takes_over_waits_for_what_another_had() -> None:
    clock = Clock()
    sequence = Sequence(120.0, clock)
    sequence.add(body(70))
    clock.now += 40
    assert ready(sequence) == []
    for number in range(21, 70):  # the first begins where the others were settled
        sequence.add(body(number))
    assert [number for number, _ in ready(sequence)] == list(range(21, 71))


def test_it_does_not_wait_for_ever() -> None:
    clock = Clock()
    sequence = Sequence(120.0, clock)
    sequence.add(body(70))
    clock.now += 51
    assert ready(sequence) == [(70, -1)]


def test_requests_alone_are_missed_without_a_word() -> None:
    clock = Clock()
    sequence = Sequence(None, clock)
    for number in (1, 5):
        sequence.add(body(number, "requests", closes=False))
    assert ready(sequence) == [(1, -1)]
    clock.now += 6
    assert ready(sequence) == [(5, 0)]


def test_a_new_reader_is_told_what_went_before() -> None:
    memory, stream = Memory(), StreamStart("demo", 50.0, "s1")
    memory.sound["run"] = 90.0
    told = body(7, seen={"demo": (40.0, 105.5)}, streams=(stream,), items=(Heard("demo", 106.5),))
    first = [Watch("demo", 90.0), Heard("demo", 105.5), stream, Heard("demo", 106.5)]
    assert memory.items(told) == first  # seen no earlier than nothing is missed
    assert memory.items(body(8, seen=told.seen, streams=(stream,))) == []


def test_what_was_missed_was_not_observed() -> None:
    memory = Memory()
    memory.items(body(1, items=(Watch("demo", 100.5),)))
    assert memory.lost("run", 101.0, 108.0) == [Lost("demo", 101.0)]
    again = memory.items(body(9, seen={"demo": (100.5, 108.0)}))
    assert again == [Watch("demo", 108.0), Heard("demo", 108.0)]


def test_a_copy_of_one_that_was_settled_before_a_takeover_begins_nothing() -> None:
    sequence, known = Sequence(120.0, Clock()), body(1)
    assert sequence.is_past(replace(known, start=119.0, at=120.0))
    assert not sequence.is_past(replace(known, start=120.0, at=121.0))
    assert not Sequence(None, Clock()).is_past(known)
