"""A full house: 3,000 viewers poll every 30 s, spread evenly, over connections of their own to
nginx (deploy/nginx.conf, but without TLS), and each closed window is broadcast; for ten minutes,
the EBS on one core.

Shorter: DLD_BENCH_VIEWERS_S=60.
"""

import asyncio
import os
import resource
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.helpers import nginx
from tests.helpers.browser.panel_fixtures import mood_body
from tests.helpers.ebs import KEY, SECRET, token
from tests.helpers.ebs_process import COMMAND, EbsProcess, running
from tests.helpers.standins.pubsub import PubSubServer

VIEWERS, EVERY_S = 3000, 30.0
CHANNELS = [str(100 + n) for n in range(10)]
LASTS_S = float(os.environ.get("DLD_BENCH_VIEWERS_S", "600"))
MOST_RSS_MB = 80
SETTINGS = {
    "DLD_EBS_SECRET": SECRET,
    "DLD_EBS_CLIENT_IDS": "abc123",
    "DLD_EBS_OWNER_ID": "42",
    "DLD_EBS_TRUSTED_PROXIES": "127.0.0.1",
}


@dataclass
class Seen:
    """What the viewers met. waits: seconds from request to whole answer."""

    waits: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


class Viewer:
    """One panel, on one connection."""

    def __init__(self, number: int, port: int) -> None:
        self.number, self.port = number, port
        self.etag = b""
        self.channel_id = CHANNELS[number % len(CHANNELS)]
        given = token(
            exp=int(time.time()) + 7200, channel_id=self.channel_id, opaque_user_id=f"U{number:07d}"
        )
        self.address = f"127.1.{number >> 8}.{number & 255}"  # each has its own
        self.head = (
            "GET /v1/mood HTTP/1.1\r\nHost: localhost\r\nOrigin: https://abc123.ext-twitch.tv\r\n"
            "Accept: */*\r\nAccept-Encoding: gzip, deflate, br\r\n"
            f"Authorization: Bearer {given}\r\n"
        ).encode()

    async def watch(self, begin: float, until: float, seen: Seen) -> None:
        """Poll at the same second of every half minute."""
        at = begin + self.number * EVERY_S / VIEWERS
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        try:
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", self.port, local_addr=(self.address, 0)
            )
            while at < until:
                await asyncio.sleep(max(0.0, at - time.monotonic()))
                await self._poll(reader, writer, seen)
                at += EVERY_S
            writer.close()
        except (OSError, asyncio.IncompleteReadError, ValueError) as exc:
            seen.errors.append(repr(exc))

    async def _poll(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Seen
    ) -> None:
        known = b"If-None-Match: " + self.etag + b"\r\n" if self.etag else b""
        begun = time.perf_counter()
        writer.write(self.head + known + b"\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        fields = (line.partition(b": ") for line in head.split(b"\r\n")[1:])
        headers = {name.lower(): value for name, _, value in fields}
        if status != 304:
            await reader.readexactly(int(headers[b"content-length"]))
        seen.waits.append(time.perf_counter() - begun)
        seen.statuses[status] = seen.statuses.get(status, 0) + 1
        self.etag = headers.get(b"etag", b"")
        if status not in (200, 304):
            seen.errors.append(f"status {status}")


def publish(ebs: EbsProcess, window: int) -> None:
    """A closed window of every channel."""
    for channel_id in CHANNELS:
        body: dict[str, Any] = mood_body(channel_id)
        body["history"][-1] = [f"window {window}", 0.1, 20]
        ebs.publish(body)


async def house(ebs: EbsProcess, port: int) -> tuple[Seen, int]:
    """All of it; returns what was seen and how many windows closed after the first."""
    seen, window = Seen(), 0
    publish(ebs, window)
    begin = time.monotonic() + 1
    viewers = [Viewer(number, port) for number in range(VIEWERS)]
    tasks = [asyncio.create_task(v.watch(begin, begin + LASTS_S, seen)) for v in viewers]
    everybody = asyncio.gather(*tasks)
    while not everybody.done():
        await asyncio.wait([everybody], timeout=EVERY_S)
        if not everybody.done():
            window += 1
            publish(ebs, window)
    await asyncio.sleep(3)
    return seen, window


def test_a_full_house_is_served_without_an_error(tmp_path: Path) -> None:
    nginx.needs_nginx()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 8192)), hard))
    one_core = ("taskset", "-c", "0") if shutil.which("taskset") else ()

    async def run() -> None:
        async with PubSubServer([KEY]) as twitch:
            settings = SETTINGS | {"DLD_TWITCH_URL": twitch.address}
            with (
                running(tmp_path, (*one_core, *COMMAND), **settings) as ebs,
                nginx.running(tmp_path, ebs.port, tls="", patience={}) as port,
            ):
                seen, windows = await house(ebs, port)
                tell(seen, twitch, windows, ebs)

    asyncio.run(run())


def tell(seen: Seen, twitch: PubSubServer, windows: int, ebs: EbsProcess) -> None:
    """Prints the figures and holds them against the aims."""
    waits = sorted(seen.waits)
    told = [(t.channel_id, t.body()["history"][-1][0]) for t in twitch.told]
    cpu, peak_mb = ebs.cpu_s() / LASTS_S, ebs.resident_mb("VmHWM")
    print(
        f"\n{VIEWERS} viewers {LASTS_S:.0f} s: {len(waits)} answers {seen.statuses}, "
        f"errors {len(seen.errors)}, p50 {waits[len(waits) // 2] * 1e3:.1f} ms, "
        f"p99 {waits[len(waits) * 99 // 100] * 1e3:.1f} ms, max {waits[-1] * 1e3:.0f} ms; "
        f"{len(told)} broadcasts of {windows + 1} windows of {len(CHANNELS)} channels; "
        f"{cpu:.1%} of a core, at most {peak_mb:.0f} MB"
    )
    assert seen.errors == []
    assert len(set(told)) == len(told), "a window was broadcast twice"
    assert len(told) == (windows + 1) * len(CHANNELS)
    assert twitch.wrong == []
    assert peak_mb < MOST_RSS_MB
