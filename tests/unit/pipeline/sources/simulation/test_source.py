"""The simulated chat: the same every time, honest about gaps, and like a real crowd."""

import asyncio
import math
from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from pipeline.chat.message import (
    Batch,
    Happening,
    Heard,
    Item,
    Lost,
    Message,
    StreamEnd,
    StreamStart,
    Watch,
)
from pipeline.sources.simulation import phrases
from pipeline.sources.simulation.crowd import plan
from pipeline.sources.simulation.emotes import emote_weights, newcomers
from pipeline.sources.simulation.profiles import BUSY, MEDIUM, PROFILES, QUIET
from pipeline.sources.simulation.schedule import streams
from pipeline.sources.simulation.source import Simulate
from warehouse.errors import BadInput

NOW = 1_767_268_800.0  # 2026-01-01 12:00 UTC
DAY = 86400.0


class Clock:
    """A wall clock that only sleeping moves."""

    def __init__(self, now: float) -> None:
        self.now, self.slept = now, 0.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now, self.slept = self.now + seconds, self.slept + seconds


def batches(until: float, clock: Clock | None = None, **options) -> list[Batch]:
    clock = clock or Clock(NOW)
    source = Simulate(clock=clock, sleep=clock.sleep, **options)

    async def collect() -> list[Batch]:
        found = []
        async for batch in source.batches():
            found.append(batch)
            if batch.at >= until:
                break
        return found

    return asyncio.run(collect())


def items(until: float = NOW, **options) -> list[Item]:
    return [item for batch in batches(until, **options) for item in batch.items]


def chat(found: list[Item]) -> list[Message]:
    return [item for item in found if isinstance(item, Message)]


def said(found: list[Item], after: float) -> list[Item]:
    """What happened in [after, NOW), without what only tells of the watching."""
    own = (i for i in found if isinstance(i, Message | Happening | Lost | StreamEnd))
    return [i for i in own if after <= i.at < NOW]


@pytest.fixture(scope="module")
def past() -> list[Batch]:
    """Three days of every channel."""
    return batches(NOW)


@pytest.fixture(scope="module")
def told(past: list[Batch]) -> list[Item]:
    return [item for batch in past for item in batch.items]


def test_the_same_seed_and_time_give_the_same_items():
    assert items(past_days=0.2) == items(past_days=0.2)


def test_another_seed_gives_other_chat():
    first, second = (chat(items(past_days=0.1, seed=seed)) for seed in (1, 2))
    assert [m.text for m in first] != [m.text for m in second]


@pytest.mark.parametrize("hours", [1.0, 5.5, 11.0, 11.999])
def test_a_restart_goes_on_with_the_very_same_messages(hours: float, told: list[Item]):
    resume = NOW - 12 * 3600 + hours * 3600
    rest = items(past_days=0.5, resume_from=resume)
    assert said(rest, resume) == said(told, resume)
    assert len(said(rest, resume)) > 0 or resume > NOW - 60


def test_a_restart_names_the_streams_that_run():
    resume = NOW - 600
    rest = items(resume_from=resume)
    started = {i.channel: i for i in rest if isinstance(i, StreamStart) and i.at < resume}
    running = [s for c in PROFILES for s in streams(1, c, resume, resume)]
    assert {c: i.stream_id for c, i in started.items()} == {s.channel: s.stream_id for s in running}


def test_one_channel_alone_says_what_it_says_among_others():
    alone = items(past_days=0.3, channels=[QUIET])
    among = [i for i in items(past_days=0.3) if i.channel == QUIET]
    assert alone == among


def test_an_unknown_channel_is_refused():
    with pytest.raises(BadInput, match="no simulated channel 'nobody'"):
        Simulate(channels=["nobody"], now=NOW)


def test_message_ids_are_unique(told: list[Item]):
    assert max(Counter(m.id for m in chat(told)).values()) == 1


def test_batches_come_with_a_clock_that_only_moves_forward(past: list[Batch]):
    assert past[0].at == NOW - 3 * DAY + 5  # when the window before closes
    assert all(0 < later.at - earlier.at <= 30 for earlier, later in pairwise(past))


def test_every_item_lies_in_the_span_of_its_batch(past: list[Batch]):
    for earlier, batch in pairwise(past):
        fresh = [i for i in batch.items if not isinstance(i, StreamStart)]
        assert all(earlier.at <= i.at <= batch.at for i in fresh)


def test_times_do_not_run_backwards_in_a_batch(past: list[Batch]):
    for batch in past[1:]:
        assert all(a.at <= b.at for a, b in pairwise(batch.items))


def test_a_live_batch_comes_every_second_of_the_clock():
    clock = Clock(NOW)
    found = batches(NOW + 60, clock, past_days=0)
    assert [batch.at for batch in found] == [NOW + i for i in range(1, 61)]
    assert clock.now == NOW + 60


def test_a_clock_set_back_does_not_stop_the_chat():
    clock = Clock(NOW)
    source = Simulate(clock=clock, sleep=clock.sleep, past_days=0)

    async def collect() -> list[float]:
        stream, seen = source.batches(), []
        for _ in range(3):
            seen.append((await anext(stream)).at)
            clock.now -= 3600
        return seen

    assert asyncio.run(collect()) == [NOW + 1, NOW + 2, NOW + 3]
    assert clock.slept <= 3


def test_live_chat_is_the_past_of_tomorrow():
    later = Clock(NOW + 1800)
    live = items(NOW + 1800, clock=Clock(NOW), past_days=0)
    assert chat(live) == chat(items(NOW + 1800, clock=later, past_days=1800 / DAY))


@pytest.mark.parametrize("seed", range(5))
def test_two_channels_are_live_at_any_moment(seed: int):
    for quarter in range(4 * 24 * 4):
        at = NOW + quarter * 900
        assert sum(len(list(streams(seed, c, at, at + 0.001))) for c in PROFILES) >= 2


@pytest.mark.parametrize("seed", range(5))
def test_streams_of_a_channel_do_not_overlap(seed: int):
    for channel in PROFILES:
        found = list(streams(seed, channel, NOW, NOW + 10 * DAY))
        assert all(b.start - a.end > 1800 for a, b in pairwise(found))
        assert len({s.stream_id for s in found}) == len(found)


def test_chat_and_happenings_come_only_while_a_stream_runs(told: list[Item]):
    live: dict[str, bool] = defaultdict(bool)
    for item in told:
        if isinstance(item, StreamStart | StreamEnd):
            live[item.channel] = isinstance(item, StreamStart)
        elif isinstance(item, Message | Happening | Lost):
            assert live[item.channel]


def test_nothing_is_heard_between_a_lost_connection_and_the_next_watch(told: list[Item]):
    lost: dict[str, bool] = defaultdict(bool)
    for item in told:
        if isinstance(item, Lost | Watch):
            lost[item.channel] = isinstance(item, Lost)
        elif isinstance(item, Message | Happening | Heard):
            assert not lost[item.channel]


def test_a_loss_is_noticed_later_than_the_last_sign_of_life(told: list[Item]):
    heard: dict[str, float] = {}
    for item in told:
        if isinstance(item, Heard | Message):
            heard[item.channel] = item.at
        elif isinstance(item, Lost):
            assert 5 < item.at - heard[item.channel] <= 10


def test_starting_inside_a_lost_connection_watches_only_when_it_is_back():
    gap = next(g for s in streams(1, MEDIUM, NOW, NOW + 30 * DAY) for g in plan(1, s).gaps)
    middle = sum(gap) / 2
    found = items(gap[1] + 60, clock=Clock(gap[1] + 60), channels=[MEDIUM], resume_from=middle)
    first = next(i for i in found if not isinstance(i, StreamStart | Lost))
    assert first == Watch(MEDIUM, gap[1])


def test_three_days_hold_every_kind_of_special_case(told: list[Item]):
    kinds = Counter(i.kind for i in told if isinstance(i, Happening))
    assert min(kinds[k] for k in ("raid", "sub", "gift", "cheer", "category")) > 0
    assert sum(isinstance(i, Lost) for i in told) > 3
    assert {m.text for m in chat(told)} & set(phrases.PASTES)
    assert any(m.bot for m in chat(told))
    assert any(m.text.startswith("!") for m in chat(told))
    assert longest_silence(told) > 60


def longest_silence(told: list[Item]) -> float:
    """Seconds without a message of the busy channel while it streams and is seen."""
    longest, last = 0.0, math.inf
    for item in (i for i in told if i.channel == BUSY):
        if isinstance(item, Message) and not item.bot:
            longest, last = max(longest, item.at - last), item.at
        elif isinstance(item, Lost | StreamEnd):
            last = math.inf
    return longest


def test_a_raid_brings_a_wave_of_greetings(told: list[Item]):
    raids = [i for i in told if isinstance(i, Happening) and i.kind == "raid" and i.channel == BUSY]
    greetings = [m.at for m in chat(told) if m.channel == BUSY and "raid" in m.text.lower()]
    raid = raids[0]
    before, after = (
        sum(raid.at + low <= at < raid.at + low + 60 for at in greetings) for low in (-60, 0)
    )
    assert after > before + 10
    assert raid.detail in phrases.RAIDERS


@pytest.mark.parametrize(
    ("channel", "low", "high"), [(QUIET, 2, 4), (MEDIUM, 11, 19), (BUSY, 35, 55)]
)
def test_rates_are_those_of_real_channels_of_that_size(
    told: list[Item], channel: str, low: float, high: float
):
    hours = Counter()
    for item in told:
        if isinstance(item, StreamStart | StreamEnd):
            hours[item.channel] += item.at * (1 if isinstance(item, StreamEnd) else -1)
        last = item.at
    if hours[channel] < 0:
        hours[channel] += last
    lines = sum(m.channel == channel and not m.bot for m in chat(told))
    assert low < lines / (hours[channel] / 30) < high


def test_emotes_are_marked_in_order_with_repeats(told: list[Item]):
    known = {
        name
        for channel in PROFILES
        for day in range(4)
        for tone in emote_weights(1, channel, NOW - day * DAY).values()
        for name in tone
    }
    for message in chat(told):
        assert message.emotes is not None
        assert tuple(w for w in message.text.split() if w in known) == message.emotes


def test_a_new_emote_comes_into_use_within_three_days(told: list[Item]):
    new = {name for name, _, _ in newcomers(1, BUSY, NOW)} - {
        name for name, _, _ in newcomers(1, BUSY, NOW - 3 * DAY)
    }
    users = {m.chatter for m in chat(told) for e in (m.emotes or ()) if e in new}
    assert new
    assert len(users) > 20


def test_what_is_shown_says_that_it_is_simulated(told: list[Item]):
    assert Simulate.kind == "simulated"
    assert all("(simulated)" in info.display_name for info in Simulate(now=NOW).channels())
    titles = [i.title for i in told if isinstance(i, StreamStart)]
    assert titles
    assert all(title.startswith("Simulated stream") for title in titles)
