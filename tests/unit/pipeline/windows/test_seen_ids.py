"""Ids seen lately: each once, for long enough and no longer."""

import random

from pipeline.windows.seen_ids import SeenIds


def test_a_number_is_there_once_it_was_added_and_gone_when_twice_as_many_came_after_it() -> None:
    dice, target = random.Random(2), SeenIds(1000)
    new, old = set[int](), set[int]()
    for _ in range(20_000):
        number = dice.randrange(-3000, 3000) << 40 | 1  # most would have the same place
        is_there = number in new or number in old
        assert target.add(number) is is_there
        if not is_there:
            new.add(number)
        if len(new) >= 1000:
            new, old = set[int](), new
