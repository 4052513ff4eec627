"""Memory of the EBS over a day: its clock runs 480 times as fast, and tens of thousands of viewers
come and go, each with tokens, an address and connections of their own, of channels that do too.

Shorter: DLD_BENCH_HOURS=8.
"""

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

from tests.helpers.browser.panel_fixtures import mood_body
from tests.helpers.ebs import SECRET, token
from tests.helpers.ebs_process import EbsProcess, running

HOURS = float(os.environ.get("DLD_BENCH_HOURS", 24))
SPEED = 480  # a day in three minutes
CONNECTIONS, EACH = 8, 20  # requests of a connection, half of which end in a reset
CHANNELS = 100  # on air at once; each hour takes a tenth of them off, and puts others on
MOST_MB, MOST_GROWTH_MB = 80.0, 1.0  # an hour
LEAST_TOLD = 0.95  # of the answers
EBS = f"""
import time
real, begun = time.time, float({{begun}})
time.time = lambda: begun + (real() - begun) * {SPEED}
time.monotonic = time.time
import ebs.__main__ as ebs
ebs.main()
"""
SETTINGS = {
    "DLD_EBS_SECRET": SECRET,
    "DLD_EBS_CLIENT_IDS": "abc123",
    "DLD_EBS_TRUSTED_PROXIES": "127.0.0.1",
}


class Day:
    """Hours since the start, by the EBS's clock, and what is on air in them."""

    def __init__(self) -> None:
        self.begun = time.time()

    def now(self) -> float:
        return self.begun + (time.time() - self.begun) * SPEED

    def hour(self) -> float:
        return (self.now() - self.begun) / 3600

    def channel(self, number: int) -> str:
        return str(1000 + int(self.hour()) * CHANNELS // 10 + number % CHANNELS)


async def viewers(ebs: EbsProcess, day: Day, numbers: Iterator[int], told: Counter[str]) -> None:
    """One after another, on a connection for a few of them; told: answers by their status."""
    while day.hour() < HOURS:
        reader, writer = await asyncio.open_connection("127.0.0.1", ebs.port)
        for _ in range(EACH):
            number = next(numbers)
            given = token(
                exp=int(day.now()) + 3600,
                channel_id=day.channel(number),
                opaque_user_id=f"U{number}",
            )
            address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
            head = (
                "GET /v1/mood HTTP/1.1\r\nHost: ebs.example.com\r\nAccept-Encoding: gzip\r\n"
                f"X-Forwarded-For: {address}\r\nAuthorization: Bearer {given}\r\n\r\n"
            ).encode()
            for _ in range(2):
                writer.write(head)
                answer = await reader.readuntil(b"\r\n\r\n")
                told[answer.split(maxsplit=2)[1].decode()] += 1
                length = answer.lower().partition(b"content-length: ")[2]
                await reader.readexactly(int(length.partition(b"\r\n")[0]))
        writer.transport.abort() if next(numbers) % 2 else writer.close()


async def publisher(ebs: EbsProcess, day: Day) -> None:
    """What is on air, and nothing else, at the EBS's time."""
    while day.hour() < HOURS:
        on_air = {day.channel(number) for number in range(CHANNELS)}
        for path in ebs.latest.glob("*.json"):
            if path.stem not in on_air:
                path.unlink()
        for channel_id in on_air:
            body: dict[str, Any] = mood_body(channel_id)
            ebs.publish(body)
        await asyncio.sleep(1)


async def load(ebs: EbsProcess, day: Day, told: Counter[str]) -> list[tuple[float, float, int]]:
    """Hours, resident MB and answers, every half hour."""
    numbers, samples = count(), []
    tasks = [asyncio.create_task(viewers(ebs, day, numbers, told)) for _ in range(CONNECTIONS)]
    tasks.append(asyncio.create_task(publisher(ebs, day)))
    while day.hour() < HOURS:
        await asyncio.sleep(1800 / SPEED)
        samples.append((day.hour(), ebs.resident_mb(), told.total()))
    await asyncio.gather(*tasks)
    return samples


def test_a_day_of_viewers_leaves_nothing_behind(tmp_path: Path) -> None:
    day, told = Day(), Counter[str]()
    command = (sys.executable, "-c", EBS.format(begun=day.begun))
    with running(tmp_path, command, **SETTINGS) as ebs:
        samples = asyncio.run(load(ebs, day, told))
        peak_mb = ebs.resident_mb("VmHWM")
    print(f"\n{'hours':>6} {'resident MB':>12} {'answers':>10}")
    for at, resident, answers in samples:
        print(f"{at:6.1f} {resident:12.1f} {answers:10,}")
    resident_mb = [sample[1] for sample in samples]
    quarter = len(samples) // 4
    growth = (resident_mb[-1] - resident_mb[-2 * quarter]) / (HOURS / 2)
    print(f"at most {peak_mb:.1f} MB; in the second half {growth:.2f} MB an hour; told", dict(told))
    assert told["200"] > 1000 * HOURS
    # what only went on air is told a second later, which is minutes of this day
    assert told["200"] > LEAST_TOLD * told.total()
    assert peak_mb < MOST_MB
    assert growth < MOST_GROWTH_MB
