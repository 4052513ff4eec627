"""When a channel was seen, told from what its connections saw; and how fast they may ask."""

import asyncio
import time

from pipeline.chat.message import Heard, Item, Lost, Watch
from pipeline.sources.live.coverage import Coverage, Span
from pipeline.sources.live.outbox import Outbox
from pipeline.sources.live.pace import Pace
from tests.helpers.build import T
from tests.helpers.patience import PATIENCE_S


def told(*steps: tuple[float, list[Span]]) -> list[Item]:
    """What is told when at `now` the connections had seen these spans; times from T on."""
    coverage, items = Coverage("demo"), list[Item]()
    for now, spans in steps:
        items += coverage.step([(T + since, T + to) for since, to in spans], T + now)
    return items


def watch(at: float) -> Watch:
    return Watch("demo", T + at)


def heard(at: float) -> Heard:
    return Heard("demo", T + at)


def lost(at: float) -> Lost:
    return Lost("demo", T + at)


def test_a_connection_is_told_from_its_join_to_its_last_byte() -> None:
    steps = (4, [(1.0, 3.5)]), (6, [(1.0, 5.0)]), (7, [(1.0, 5.4)])
    assert told(*steps) == [watch(1), heard(3.5)]  # 5.0 and 5.4 are less than 2 s later
    assert told(*steps, (8, [])) == [watch(1), heard(3.5), heard(5.4), lost(8)]


def test_a_new_window_is_told_at_once() -> None:
    assert told((29, [(1.0, 29.0)]), (30.5, [(1.0, 30.0)])) == [watch(1), heard(29), heard(30)]


def test_connections_that_overlap_are_one_span() -> None:
    steps = (5, [(0.0, 5.0)]), (8, [(0.0, 7.0), (6.0, 8.0)]), (9, [(6.0, 9.0)])
    assert told(*steps, (11, [(6.0, 11.0)])) == [watch(0), heard(5), heard(8), heard(11)]


def test_one_that_joins_after_the_last_byte_of_the_other_begins_anew() -> None:
    steps = (5, [(0.0, 5.0)]), (8, [(0.0, 5.0), (6.0, 8.0)]), (9, [(6.0, 9.0)])
    assert told(*steps) == [watch(0), heard(5), lost(6), watch(6), heard(9)]


def test_a_channel_nobody_joined_is_not_told_of() -> None:
    assert told((1, []), (2, [])) == []


def test_what_is_not_yet_told_is_told_before_a_loss() -> None:
    assert told((5, [(0.0, 5.0)]), (6, [(0.0, 5.5)]), (7, [])) == [
        watch(0), heard(5), heard(5.5), lost(7),
    ]  # fmt: skip


def test_while_nobody_knows_the_time_a_loss_alone_is_told() -> None:
    coverage = Coverage("demo")
    assert coverage.step([(T, T + 4)], T + 4) == [watch(0), heard(4)]
    assert coverage.step([(T, T + 9)], T + 9, is_sure=False) == []
    assert coverage.step([(T + 20, T + 21)], T + 21, is_sure=False) == [lost(20)]
    assert coverage.step([(T + 20, T + 23)], T + 23) == [watch(20), heard(23)]


def test_turns_are_never_more_than_allowed_in_any_span() -> None:
    async def story() -> list[float]:
        looks, times = list[float](), list[float]()

        def clock() -> float:
            looks.append(time.monotonic())
            return looks[-1]

        pace = Pace(3, 0.1, clock)
        for _ in range(8):
            await pace.turn()
            times.append(looks[-1])
        return times

    times = asyncio.run(story())
    assert all(b - a >= 0.1 for a, b in zip(times, times[3:], strict=False))


def test_a_full_outbox_has_room_again_when_it_is_taken() -> None:
    async def story() -> None:
        outbox = Outbox(most=2)
        await outbox.put([watch(0)])
        waiting = asyncio.ensure_future(outbox.put([heard(1)]))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        assert outbox.take() == (watch(0), heard(1))
        await asyncio.wait_for(waiting, PATIENCE_S)
        assert outbox.take() == ()

    asyncio.run(story())
