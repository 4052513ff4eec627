"""Ids of messages seen lately: new ones and repeats a second, and bytes an id, beside a dict that
forgets its oldest."""

import random
import time
import tracemalloc
from collections import OrderedDict
from collections.abc import Callable

import pytest

from pipeline.windows.seen_ids import SeenIds

MOST, IDS = 100_000, 1_000_000  # remembered, as by the daemon; told
MOST_BYTES = 30.0  # an id


class Ordered:
    """The last `2 * most` numbers, so that both hold as many at most."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._numbers = OrderedDict[int, None]()

    def add(self, number: int) -> bool:
        if number in self._numbers:
            return True
        self._numbers[number] = None
        if len(self._numbers) > 2 * self.most:
            self._numbers.popitem(last=False)
        return False


@pytest.mark.parametrize("kind", [SeenIds, Ordered])
def test_ids_are_remembered_in_little(kind: type[SeenIds | Ordered]) -> None:
    draw = random.Random(1)
    ids = [hash(f"{draw.getrandbits(128):032x}") for _ in range(IDS)]
    seen = kind(MOST)
    new_s = _seconds(lambda: [seen.add(each) for each in ids])
    last, told = ids[-MOST:], list[bool]()
    again_s = _seconds(lambda: told.extend(map(seen.add, last)))
    each = _bytes(kind, ids[: 2 * MOST - 1])
    print(f"\n{kind.__name__:8}: {IDS / new_s:,.0f} new ids a second, {MOST / again_s:,.0f} "
          f"repeats, {each:.0f} bytes each")  # fmt: skip
    assert all(told)
    assert kind is Ordered or each < MOST_BYTES


def _seconds(run: Callable[[], object]) -> float:
    """Of CPU."""
    began = time.process_time()
    run()
    return time.process_time() - began


def _bytes(kind: type[SeenIds | Ordered], ids: list[int]) -> float:
    """An id takes where most are held; the number itself counts where it is kept."""
    tracemalloc.start()
    seen = kind(MOST)
    for each in ids:
        seen.add(int(str(each)))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held / len(ids)
