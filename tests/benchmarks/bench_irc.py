"""A million broken lines and frames of IRC: none raises. How fast whole ones are read, and channels
changed."""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict

from pipeline.chat.oddities import Oddities
from pipeline.sources.irc.items import items
from pipeline.sources.irc.lines import Frames, IrcLine, parse
from pipeline.sources.live.shared import Limits
from pipeline.windows.intake import whole
from tests.contract.test_irc import Listening
from tests.helpers.patience import play
from tests.helpers.standins.irc import IrcServer

LINES = int(os.environ.get("DLD_BENCH_LINES", "1000000"))
NOW = 1_795_000_000.0
TAGS = (
    "badges=subscriber/12;color=#1E90FF;display-name=Ann;emotes=25:0-4,12-16;id=a1b2-c3;"
    f"room-id=42;subscriber=1;tmi-sent-ts={int(NOW * 1000)};turbo=0;user-id=77;user-type="
)
WHOLE = [
    f"@{TAGS} :ann!ann@ann.tmi.twitch.tv PRIVMSG #demo :Kappa hello Kappa \U0001f602 é",
    f"@{TAGS} :ann!ann@ann.tmi.twitch.tv PRIVMSG #demo :\x01ACTION waves\x01",
    f"@{TAGS};bits=100 :ann!ann@ann.tmi.twitch.tv PRIVMSG #demo :Cheer100",
    f"@{TAGS};reply-parent-display-name=Ben :a!a@a PRIVMSG #demo :@Ben yes",
    f"@{TAGS};source-room-id=43 :a!a@a PRIVMSG #demo :a copy",
    f"@{TAGS};login=ann;msg-id=resub;msg-param-cumulative-months=9 :t USERNOTICE #demo :hi",
    f"@{TAGS};login=ann;msg-id=raid;msg-param-login=o;msg-param-viewerCount=4 :t USERNOTICE #demo",
    f"@target-msg-id=a1;tmi-sent-ts={int(NOW * 1000)} :t CLEARMSG #demo :gone",
    f"@ban-duration=600;tmi-sent-ts={int(NOW * 1000)} :t CLEARCHAT #demo :ann",
    "@emote-only=0;room-id=42 :tmi.twitch.tv ROOMSTATE #demo",
    ":justinfan1!justinfan1@justinfan1.tmi.twitch.tv JOIN #demo",
    "@msg-id=msg_banned :tmi.twitch.tv NOTICE #demo :You are banned.",
    "PING :tmi.twitch.tv",
    ":tmi.twitch.tv RECONNECT",
]
BITS = (
    "\x00 \r \n \r\n @ : ; = \\ \\s # ! , / - PRIVMSG CLEARMSG tmi-sent-ts=9e999 emotes=1:9-1 "
    "\ud800 \u202e \U000e0000 \x01ACTION id= room-id= ² ٣ 99999999999999999999999"
).split(" ")


def mutated(draw: random.Random) -> str:
    """A line with a few pieces dropped, doubled, moved or put in."""
    line = draw.choice(WHOLE)
    for _ in range(draw.randint(1, 6)):
        first = draw.randint(0, len(line))
        last = min(len(line), first + draw.randint(0, 12))
        piece = draw.choice((draw.choice(BITS), line[first:last] * 2, chr(draw.randrange(0x250))))
        line = line[:first] + piece + line[last:]
    return line


def frames(draw: random.Random, line: str) -> Iterator[str | bytes]:
    """The line in one frame, in two of bytes, or with no end."""
    end = draw.choice(("\r\n", "\n", "", "\r\n\r\n"))
    if draw.random() < 0.5:
        yield line + end
        return
    data = (line + end).encode(errors="surrogatepass")
    cut = draw.randint(0, len(data))
    yield data[:cut]
    yield data[cut:]


def test_a_million_broken_lines_raise_nothing() -> None:
    draw, reader, found = random.Random(1), Frames(), Counter[str]()
    for _ in range(LINES):
        for frame in frames(draw, mutated(draw)):
            for raw in reader.lines(frame):
                line = parse(raw)
                found["lines" if line else "malformed"] += 1
                for item in items(line, NOW) if line else ():
                    whole(item)
                    found[type(item).__name__] += 1
    print(f"\n{LINES} broken lines: {dict(found)}")
    assert found["malformed"] and found["Message"] and found["Retract"]


def test_whole_lines_are_read_fast() -> None:
    began, count, odd = time.process_time(), 0, Oddities()
    for _ in range(20_000):
        for raw in WHOLE[:6]:
            line = parse(raw)
            assert isinstance(line, IrcLine)
            count += len(items(line, NOW, odd)) >= 0
    print(f"\n{count / (time.process_time() - began):,.0f} lines of chat/s of CPU to items")


def test_a_change_of_channels_is_soon_in_force() -> None:
    async def story() -> float:
        async with IrcServer() as server, Listening(server, "demo", **as_shipped) as chat:
            await chat.watching("demo")
            began = time.monotonic()
            chat.wanted[:] = ["other"]
            while server.joined() != {"other"}:
                await asyncio.sleep(0.01)
            return time.monotonic() - began

    as_shipped = asdict(Limits())
    took = [play(story()) for _ in range(10)]
    print(f"\na channel for another: {min(took):.1f} to {max(took):.1f} s")
