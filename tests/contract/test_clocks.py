"""The same chat on machines whose clocks are wrong: the same windows, through both live sources.

Time is injected: what a connection brings is given to its slot as it would be read.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from pipeline.chat.message import Batch
from pipeline.chat.oddities import Oddities
from pipeline.engine import state as engine_state
from pipeline.engine.engine import Engine
from pipeline.sources.eventsub.session import Session
from pipeline.sources.eventsub.shared import EventSubLimits, EventSubShared
from pipeline.sources.eventsub.slot import SessionSlot
from pipeline.sources.eventsub.source import EventSub
from pipeline.sources.irc.lines import parse
from pipeline.sources.irc.link import Link
from pipeline.sources.irc.source import Irc
from pipeline.sources.live.clock import TwitchClock
from pipeline.sources.live.shared import Limits
from tests.helpers.build import settings, stored
from tests.helpers.standins.irc import room_id
from tests.helpers.standins.twitch import CHAT, said, stamp
from warehouse.config import DataFolder, TwitchAddress
from warehouse.records import window_start
from warehouse.store.store import Store

OFFS = [-10_800.0, -600.0, -40.0, 40.0, 600.0, 10_800.0]
SOCKET: Any = SimpleNamespace(response=None)
T0 = float(window_start(1_790_000_000.0))
Places = dict[tuple[str, int], tuple[object, ...]]
RIGHT: dict[str, Places] = {}  # by source


@dataclass
class Machine:
    """Its clocks, at `true` epoch seconds; the wall's is `off`."""

    true: float = T0 + 3
    mono: float = 7000.0
    off: float = 0.0

    def wall(self) -> float:
        return self.true + self.off

    def monotonic(self) -> float:
        return self.mono


class IrcWire:
    """Public chat as it comes to a source on that machine."""

    def __init__(self, machine: Machine) -> None:
        self.clock = TwitchClock(machine.monotonic, machine.wall)
        self.source = Irc(list, "", Limits(), self.clock)
        self.slot: Any = self.source._slot()
        self.connection: Any = self._connection()
        self.slot.connections.append(self.connection)
        self.source.slots[self.slot] = None  # type: ignore[assignment]
        for name in ("demo", "quiet"):
            self.slot.channels[name] = room_id(name)
            self.slot._joined(self.connection, name)

    def _connection(self) -> Any:
        return Link(SOCKET, Limits(), self.clock)

    def came(self, channel: str, name: str, at: float) -> None:
        """A message that Twitch sent at `at`."""
        tags = f"@id={name};tmi-sent-ts={int(at * 1000)};room-id={room_id(channel)}"
        line = parse(f"{tags} :ann!ann@ann.tmi.twitch.tv PRIVMSG #{channel} :great")
        assert line
        self.source.shared.outbox.add(self.slot._heard(self.connection, line))

    def batch(self, heard: float | None) -> Batch:
        """What there is after the connection was heard of last at that monotonic time."""
        if heard is not None:
            self.connection.heard = heard
        self.source._tell(self.slot)
        offset = self.clock.offset if self.clock.is_sure else None
        return Batch(self.clock.now(), self.source.shared.outbox.take(), offset=offset)


class EventSubWire(IrcWire):
    """The same with a login."""

    def __init__(self, machine: Machine) -> None:
        clock = TwitchClock(machine.monotonic, machine.wall)
        api: Any = SimpleNamespace(address=TwitchAddress(), oddities=Oddities())
        self.shared = EventSubShared(api, EventSubLimits(), clock)
        super().__init__(machine)
        self.clock = clock

    def _connection(self) -> Any:
        source = EventSub.__new__(EventSub)  # without a login
        super(EventSub, source).__init__()
        self.source: Any = source
        self.source.shared, self.clock = self.shared, self.shared.clock
        self.slot = SessionSlot(self.shared, self.source._tell)
        return Session(SOCKET, EventSubLimits(), self.clock, True)

    def came(self, channel: str, name: str, at: float) -> None:
        told = {"message_id": f"f{name}", "message_type": "notification"}
        told |= {"message_timestamp": stamp(at), "subscription_type": CHAT}
        event = {"broadcaster_user_id": room_id(channel), **said(name, "great")}
        frame = self.connection.parsed(
            orjson.dumps({"metadata": told, "payload": {"event": event}})
        )
        self.slot._follow_clock()
        self.source.shared.outbox.add(self.slot._heard(self.connection, frame))


WIRES = {"irc": IrcWire, "eventsub": EventSubWire}


@dataclass
class Run:
    """A pipeline on a machine with a clock that is `off`."""

    folder: DataFolder
    wire_of: type[IrcWire]
    machine: Machine
    engines: list[Engine] = field(default_factory=list)

    def begin(self) -> None:
        """Start it, again where it ran: what was not committed is lost but for the buffer."""
        self.close()
        self.engines.append(Engine(self.folder, settings(), "live", Store(self.folder.warehouse)))
        self.wire = self.wire_of(self.machine)

    def close(self) -> None:
        for engine in self.engines[-1:]:
            engine.state.buffer.close()
            engine.state.store.close()

    def play(self, seconds: int) -> None:
        """Chat: two a second, but for a silence of a minute and a half; and hardly any."""
        for _ in range(seconds):
            self.machine.true, self.machine.mono = self.machine.true + 1, self.machine.mono + 1
            at = self.machine.true
            past = int(at - T0)
            for k in range(0 if 100 <= past % 240 < 190 else 2):
                self.wire.came("demo", f"d{past}.{k}", at - 0.3 + 0.1 * k)
            if past % 97 == 5:
                self.wire.came("quiet", f"q{past}", at - 0.1)
            self.engines[-1].feed(self.wire.batch(self.machine.mono))

    def windows(self, since: float = 60) -> Places:
        """Stored windows from the second minute on: messages, observed seconds, late ones."""
        self.engines[-1].commit()
        rows = stored(
            self.engines[-1].state.store,
            f"SELECT channel, epoch(start)::INT - {T0:.0f}, n_messages, observed_s, n_late "
            "FROM windows ORDER BY ALL",
        )
        return {(row[0], row[1]): tuple(row[2:]) for row in rows if row[1] >= since}

    def alerts(self) -> list[tuple[object, ...]]:
        return stored(self.engines[-1].state.store, "SELECT kind FROM alerts")


@pytest.fixture(params=WIRES)
def begin(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Any]:
    """A run with a clock that is so wrong, of either source; begun again it is another."""
    runs: list[Run] = []

    def start(off: float = 0.0) -> Run:
        machine = Machine(off=off)
        clocks = SimpleNamespace(time=machine.wall, monotonic=machine.monotonic)
        monkeypatch.setattr(engine_state, "time", clocks)
        folder = DataFolder(tmp_path_factory.mktemp("data"))
        runs.append(Run(folder, WIRES[request.param], machine))
        runs[-1].begin()
        return runs[-1]

    start.right = RIGHT.setdefault(request.param, {})  # type: ignore[attr-defined]
    yield start
    for run in runs:
        run.close()


def played(begin: Any, off: float, seconds: int = 290) -> Run:
    run: Run = begin(off)
    run.play(seconds)
    return run


def right_windows(begin: Any) -> Places:
    """Those of a machine with the right clock."""
    if not begin.right:
        begin.right.update(played(begin, 0).windows())
    return dict(begin.right)


def test_the_same_chat_is_the_same_windows_at_any_clock(
    begin: Any, caplog: pytest.LogCaptureFixture
) -> None:
    right = right_windows(begin)
    chat = {place: row for place, row in right.items() if place[0] == "demo"}
    assert [row[0] for row in chat.values()] == [60, 18, 0, 0, 42, 60, 60]
    assert {row[1:] for row in right.values()} == {(30.0, 0)}
    for off in OFFS:
        run = played(begin, off)
        assert run.windows() == right, off
        assert run.alerts() == []
        state = run.engines[-1].state
        assert state.clock_offset() == pytest.approx(-off, abs=0.5)
        assert abs(state.now() - run.machine.true) < 0.5
        run.engines[-1].housekeeping()
        told = "SELECT arg_max(value, \"at\") FROM health WHERE name = 'clock_offset_s'"
        assert stored(state.store, told) == [(pytest.approx(-off, abs=0.5),)]
    said = [r.getMessage() for r in caplog.records if "clock" in r.getMessage()]
    assert len(said) == len(OFFS) and "3 h behind Twitch's" in said[0]


@pytest.mark.parametrize("by", [-600.0, -40.0, 40.0, 600.0])
def test_a_wall_clock_that_is_set_while_it_runs_changes_nothing(begin: Any, by: float) -> None:
    right = right_windows(begin)
    run = begin(0)
    run.play(75)
    run.machine.off += by
    run.play(215)
    assert run.windows() == right


@pytest.mark.parametrize("by", [40.0, 600.0])
def test_nor_does_one_with_which_monotonic_time_is_set_ahead(begin: Any, by: float) -> None:
    right = right_windows(begin)
    run = begin(0)
    run.play(75)
    run.machine.off, run.machine.mono = run.machine.off + by, run.machine.mono + by
    run.wire.connection.joined = dict.fromkeys(run.wire.connection.joined, 7000.0)
    run.play(215)
    found = run.windows()
    assert {place: row[0] for place, row in found.items()} == {p: r[0] for p, r in right.items()}
    assert all(row[1] >= 20 for row in found.values())


def test_a_sleep_is_not_observed_whatever_the_clocks_did_meanwhile(begin: Any) -> None:
    for wall in (420.0, 0.0):  # the wall clock went on, or it stood still, too
        run = begin(0)
        run.play(65)
        run.machine.true, run.machine.off = run.machine.true + 420, run.machine.off - 420 + wall
        run.wire.connection.joined = dict.fromkeys(run.wire.connection.joined, run.machine.mono)
        run.play(100)
        asleep = [row for (_, at), row in run.windows().items() if 90 <= at < 480]
        assert len(asleep) == 2 * 13 and {row[:2] for row in asleep} == {(0, 0.0)}
        after = [row for (name, at), row in run.windows().items() if at >= 510 and name == "demo"]
        assert {row[1] for row in after} == {30.0}


@pytest.mark.parametrize("off", [-10_800.0, 10_800.0])
def test_after_a_restart_with_another_clock_it_goes_on_where_it_was(begin: Any, off: float) -> None:
    run = begin(0)
    run.play(100)
    run.machine.off = off
    run.begin()
    run.play(190)
    found = {place: row[0] for place, row in run.windows().items()}
    right = {place: row[0] for place, row in right_windows(begin).items()}
    assert found == right
    streams = stored(run.engines[-1].state.store, "SELECT count(*) FROM streams")
    assert streams == [(2,)]


def test_a_first_message_of_another_time_does_no_lasting_harm(begin: Any) -> None:
    right = right_windows(begin)
    for at in (-3000.0, 3000.0):
        run = begin(0)
        run.wire.came("demo", "odd", T0 + at)
        run.play(290)
        assert {p: run.windows().get(p) for p in right} == right
