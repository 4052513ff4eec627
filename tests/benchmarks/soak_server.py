"""Public chat that misbehaves: python -m tests.benchmarks.soak_server SECONDS OUT.

A hundred channels, a thousand messages a second, and a fault every ten seconds. Prints its
address; at the end writes to OUT, by channel and start of window: messages that reached somebody,
messages said; and how many events did.
"""

import asyncio
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path

from tests.helpers.standins.irc import HOST, IrcServer, Peer, channel_names, said_by

CHANNELS = list(channel_names(100))
PER_S = 1000
FAULT_S = 10.0
TICK_S = 0.02
CHATTERS = 20_000
WORDS = (
    "great love terrible sad nice bad LUL PogChamp Kappa monkaS win lose fun hate wow :) :( "
    "the stream is on again and what a game that was look at him go"
).split()


class Soak:
    """The server's mouth. late: lines to be sent out of order or again, (when, channel, line)."""

    def __init__(self, server: IrcServer) -> None:
        self.server = server
        self.random = random.Random(1)
        self.late: list[tuple[float, str, str, int]] = []
        self.disorder = self.doubles = 0.0  # shares of messages held back, and told twice
        self.faults: list[str] = []
        self.events = 0  # that reached somebody, each told three times

    async def talk(self, until: float) -> None:
        """A thousand messages a second."""
        began, said = time.monotonic(), 0
        while (now := time.monotonic()) < until:
            while said < (now - began) * PER_S:
                await self._say(now)
                said += 1
            await self._tell_late(now)
            await asyncio.sleep(TICK_S)
        await self._tell_late(until + 60)

    async def _say(self, now: float) -> None:
        draw = self.random
        channel = CHANNELS[min(draw.randrange(100), draw.randrange(100))]  # some are busier
        text = " ".join(draw.choices(WORDS, k=draw.randint(1, 8)))
        _, line = self.server.line(channel, text, f"viewer{draw.randrange(CHATTERS)}")
        index = len(self.server.sent) - 1
        if not any(channel in p.channels and not p.frozen for p in self.server.peers):
            return  # said while nobody listened
        if draw.random() < self.disorder:
            self.late.append((now + draw.uniform(0.1, 3), channel, line, index))
            return
        await self._tell(channel, line, index)
        if draw.random() < self.doubles:
            self.late.append((now + draw.uniform(0, 20), channel, line, index))

    async def _tell(self, channel: str, line: str, index: int) -> None:
        """Say it to whoever is there; it reached somebody if it ever did. Its last word is the
        time of this, in ms: what is held back or told twice is not late because of the reader."""
        reached, line = 0, f"{line} {int(time.time() * 1000)}"
        for peer in [peer for peer in self.server.peers if channel in peer.channels]:
            reached += await peer.send(line)
        sent = self.server.sent[index]
        if reached and not sent.reached:
            self.server.sent[index] = type(sent)(sent.id, sent.channel, sent.at_ms, reached)

    async def _tell_late(self, now: float) -> None:
        due = [late for late in self.late if late[0] <= now]
        self.late = [late for late in self.late if late[0] > now]
        for _, channel, line, index in due:
            await self._tell(channel, line, index)

    async def break_things(self, until: float) -> None:
        """A fault every ten seconds, one kind after another."""
        kinds = [
            self.drop, self.duplicates, self.freeze, self.disorders, self.reconnect,
            self.garbage, self.reconnect_to_nowhere, self.split, self.events_again,
        ]  # fmt: skip
        await asyncio.sleep(FAULT_S)
        while time.monotonic() < until - FAULT_S:
            kind = kinds[len(self.faults) % len(kinds)]
            self.faults.append(kind.__name__)
            self.server.refuse, self.disorder, self.doubles = False, 0.0, 0.0
            await kind()
            await asyncio.sleep(FAULT_S)
        self.server.refuse, self.disorder, self.doubles = False, 0.0, 0.0

    def _one(self) -> Peer | None:
        open_ = [peer for peer in self.server.peers if peer.channels and not peer.frozen]
        return self.random.choice(open_) if open_ else None

    async def drop(self) -> None:
        if peer := self._one():
            peer.drop()

    async def freeze(self) -> None:
        if peer := self._one():
            peer.frozen = True

    async def duplicates(self) -> None:
        self.doubles = 0.3

    async def disorders(self) -> None:
        self.disorder = 0.3

    async def reconnect(self) -> None:
        if peer := self._one():
            await peer.send(f"{HOST} RECONNECT")

    async def reconnect_to_nowhere(self) -> None:
        """Told to reconnect while nobody can, and put out after half of that time."""
        self.server.refuse = True
        if peer := self._one():
            await peer.send(f"{HOST} RECONNECT")
            asyncio.get_running_loop().call_later(FAULT_S / 2, peer.drop)

    async def garbage(self) -> None:
        for peer in list(self.server.peers):
            junk = self.random.randbytes(200).replace(b"\n", b" ")
            await peer.raw(b"@\xff=;;;\x00 :\r\n", b"\r\n\r\n" + junk + b"\r\n", ":x!y PRIVMSG\r\n")

    async def events_again(self) -> None:
        """Subs, each told three times, with other times and in another order."""
        for peer in [p for p in self.server.peers if p.channels and not p.frozen]:
            subs = [(channel, f"s{self.events}-{channel}") for channel in sorted(peer.channels)]
            lines = [_sub(*sub, late_s) for late_s in (0, 7, 3) for sub in subs]
            self.random.shuffle(lines)
            if await peer.send(*lines):
                self.events += len(subs)

    async def split(self) -> None:
        """Two lines in three frames."""
        for peer in [p for p in self.server.peers if p.channels and not p.frozen]:
            channel = sorted(peer.channels)[0]
            now = int(time.time() * 1000)
            told = [self.server.line(channel, f"split {k} \u00e9 {now}")[1] for k in range(2)]
            data = "".join(f"{line}\r\n" for line in told).encode()
            third = len(data) // 3
            done = await peer.raw(data[:third], data[third:-3], data[-3:])
            for k in (-2, -1):
                sent = self.server.sent[k]
                self.server.sent[k] = type(sent)(sent.id, channel, sent.at_ms, int(done))


def _sub(channel: str, name: str, late_s: int) -> str:
    """A sub without words."""
    stamp = int((time.time() - late_s) * 1000)
    more = {"id": name, "msg-id": "sub", "msg-param-sub-plan": "1000", "login": "viewer1"}
    tags = said_by("viewer1", channel=channel, **more, **{"tmi-sent-ts": stamp})
    return f"@{tags} {HOST} USERNOTICE #{channel}"


async def main(seconds: float, out: Path) -> None:
    """Serve, talk and break for so long, then wait to be stopped."""
    async with IrcServer() as server:
        print(server.base, flush=True)
        soak, until = Soak(server), time.monotonic() + seconds
        await asyncio.gather(soak.talk(until), soak.break_things(until))
        said = Counter((s.channel, s.at_ms // 30_000 * 30) for s in server.sent)
        reached = server.counts()
        rows = [[*place, reached[place], n] for place, n in sorted(said.items())]
        told = {"rows": rows, "said": len(server.sent), "faults": soak.faults}
        told["events"] = soak.events
        out.write_text(json.dumps(told))
        await asyncio.sleep(120)  # the reader closes its windows, then stops us


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), Path(sys.argv[2])))
