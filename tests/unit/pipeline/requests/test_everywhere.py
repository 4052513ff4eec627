"""Requests over two shards: put in at shard 0, done everywhere, whatever ends half-way."""

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from pipeline.alerts import Alert
from pipeline.chat.message import Batch, ChannelInfo, Heard, Message, StreamStart, Watch
from pipeline.engine.control import ControlFile, Exchange
from pipeline.engine.engine import Engine
from pipeline.privacy.hashing import Hasher
from tests.helpers.build import (
    SALT,
    outcome,
    put,
    rows,
    send,
    settings,
    stored,
    stream_row,
    term_row,
    window_row,
)
from warehouse.bucket.control import get_control
from warehouse.bucket.errands import SENT, Settled
from warehouse.bucket.objects import Bucket, BucketFailed, open_bucket
from warehouse.bucket.shared_inbox import KEPT_S, SharedInbox
from warehouse.config import BucketSettings, DataFolder
from warehouse.inbox.requests import InboxFolder, Request
from warehouse.records import utc, window_start
from warehouse.shards import Shard, shard_of
from warehouse.store.import_files import ImportFiles
from warehouse.store.store import Store

OWN = {shard_of(name, 2): name for name in ("ann", "bob", "cid", "dan", "eve")}  # a channel each
NEW = "zorpTable"  # a name that says nothing by itself


class Machine:
    """A shard's daemon on a folder of its own; `kill` and `start` are what a crash is."""

    def __init__(self, root: Path, bucket: Bucket, number: int) -> None:
        self.folder, self.bucket = DataFolder(root / str(number)), bucket
        self.shard, self.channel = Shard(number, 2), OWN[number]
        self.folder.root.mkdir(parents=True)
        (self.folder.root / "salt").write_bytes(SALT)
        self.start()

    def start(self) -> None:
        self.store = Store(self.folder.warehouse)
        self.engine = Engine(self.folder, settings(lexicon="full"), "live", self.store)
        self.exchange = Exchange(self.bucket, self.shard, self.engine.state, self.pushed)
        self.control = ControlFile(self.bucket, self.folder)

    is_pushed = True

    def pushed(self) -> int:
        return self.store.revision if self.is_pushed else -1

    def push(self) -> None:
        """What other shards read of it, as a push has it."""
        published = self.folder.published
        raw = orjson.loads(self.folder.manifest.read_bytes())
        for table in ("channels", "vocabulary"):
            for file in raw["tables"][table]:
                data = (published / file["path"]).read_bytes()
                self.bucket.put(f"shard-{self.shard.number}/{file['path']}", data)
        self.bucket.put(f"shard-{self.shard.number}/manifest.json", orjson.dumps(raw))

    def kill(self) -> None:
        self.engine.state.buffer.close()
        self.store.close()

    def hear(self, now: float, *items: Any, channel: str = "") -> None:
        name = channel or self.channel
        self.engine.feed(Batch(now, (*items, Heard(name, now))))

    def restart(self) -> None:
        self.kill()
        self.start()

    def engine_commit(self) -> None:
        self.engine.commit()

    def exchange_step(self) -> None:
        self.exchange.step()
        if not self.shard.number:
            self.control.step()

    def turn(self) -> None:
        self.engine.commit()
        self.push()
        self.exchange_step()


@pytest.fixture
def bucket(request: pytest.FixtureRequest) -> Bucket:
    return open_bucket(BucketSettings(bucket_url=f"memory:{request.node.name}"))


@pytest.fixture
def two(tmp_path: Path, bucket: Bucket) -> Iterator[list[Machine]]:
    machines = [Machine(tmp_path, bucket, number) for number in (0, 1)]
    yield machines
    for machine in machines:
        machine.kill()


@pytest.fixture
def t0() -> float:
    return float(window_start(time.time() - 60))


def open_all(two: list[Machine], t0: float) -> None:
    for m in two:
        start = StreamStart(m.channel, t0 - 300, f"{m.channel}:1")
        m.hear(t0, start, Watch(m.channel, t0 - 300))


def say(channel: str, at: float, text: str, who: str = "zoe") -> Message:
    return Message(f"{channel}{at}{who}", channel, at, who, text)


def ask(two: list[Machine], action: str, at: float | None = None, **body: Any) -> str:
    name = f"r{time.monotonic_ns()}"
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at or time.time()))
    send(two[0].folder.inbox, Request(name, when, "test", action, body))
    return name


def settle(two: list[Machine], name: str, turns: int = 8) -> str | None:
    for _ in range(turns):
        for machine in two:
            machine.turn()
    return outcome(two[0].folder.inbox, name)


def marks(machine: Machine, name: str) -> str | None:
    return machine.store.meta(f"request:{name}")


def proposed(m: Machine) -> None:
    seen = datetime(2026, 1, 1, tzinfo=UTC)
    row = {"term": NEW, "channel": "", "kind": "emote", "n": 30, "n_channels": 1,
           "first_seen": seen, "last_seen": seen, "status": "proposed", "valence": 2.0,
           "n_scored": 12, "mean_compound": 0.4, "sd_compound": 0.2, "n_chatters": 9}  # fmt: skip
    put(m.store, vocabulary=[row])


def status(m: Machine) -> str:
    ((found,),) = stored(m.store, "SELECT status FROM vocabulary")
    return str(found)


def ask_import(two: list[Machine]) -> str:
    """Half an hour of both channels."""
    name = f"i{time.monotonic_ns()}"
    files = ImportFiles(two[0].folder.inbox / name)
    files.folder.mkdir(parents=True)
    channels = [m.channel for m in two]
    contents: dict[str, list[Any]] = {
        "streams": [stream_row(0, 1800, f"{c}:9", channel=c) for c in channels],
        "channels": [{"channel": c, "channel_id": None, "login": c, "source": "import"}
                     for c in channels],
        "windows": [window_row(30 * k, channel=c, stream_id=f"{c}:9", source="import")
                    for c in channels for k in range(60)],
        "window_terms": [term_row(30 * k, channel=c) for c in channels for k in range(60)],
    }  # fmt: skip
    for table, listed in contents.items():
        with files.writer(table) as writer:
            writer.write_table(two[0].store.rows(table, listed))
    request = Request(name, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "t", "import", {})
    send(two[0].folder.inbox, request)
    return name


def test_an_opt_out_reaches_every_shard_and_the_collector_and_so_does_its_undo(
    two: list[Machine], bucket: Bucket
) -> None:
    far = two[1].channel
    name = ask(two, "opt-out", channel=far)
    two[0].turn()
    two[0].turn()
    assert outcome(two[0].folder.inbox, name) is None  # shard 1 has not told
    assert settle(two, name) == ""
    assert [m.engine.state.optout.channels for m in two] == [{far}, {far}]
    found = get_control(bucket)
    assert found is not None and found[0].optout.channels == {far}
    assert settle(two, ask(two, "opt-out", channel=far, undo=True)) == ""
    assert [m.engine.state.optout.channels for m in two] == [set(), set()]
    found = get_control(bucket)
    assert found is not None and found[0].optout.channels == set()


def test_a_chatter_and_a_channel_are_forgotten_wherever_they_were(
    two: list[Machine], t0: float
) -> None:
    open_all(two, t0)
    for m in two:
        m.hear(t0 + 40, say(m.channel, t0 + 1, "great"), say(m.channel, t0 + 2, "bad", "yan"))
    zoe = Hasher(SALT).of("zoe")
    assert settle(two, ask(two, "forget", chatter_hash=str(zoe))) == ""
    for m in two:
        assert rows(m.folder, "SELECT n_messages FROM windows WHERE n_messages > 0") == [(1,)]
    name = ask(two, "forget", channel=two[1].channel)
    assert settle(two, name) == ""
    assert rows(two[1].folder, "SELECT * FROM windows") == []
    assert rows(two[0].folder, "SELECT n_messages FROM windows WHERE n_messages > 0") == [(1,)]
    place, content = InboxFolder(two[0].folder.inbox).read(name)
    assert place == "done" and two[1].channel not in str(content)


def test_a_decision_scores_the_same_windows_alike_everywhere(two: list[Machine], t0: float) -> None:
    open_all(two, t0)
    proposed(two[1])  # by the chat of shard 1 alone
    two[1].engine.housekeeping()
    two[1].push()
    asked_at = time.time()
    name = ask(two, "vocabulary", decision="accept", term=NEW)
    assert settle(two, name) == ""
    decided = [stored(m.store, "SELECT * EXCLUDE (rev) FROM decisions") for m in two]
    assert decided[0] == decided[1] and len(decided[0]) == 1
    first = two[0].engine.state.scorers.decisions[0].from_start
    assert first >= asked_at + 60
    for m in two:
        m.hear(first + 70, say(m.channel, first - 5, NEW), say(m.channel, first + 5, NEW))
    scored = [
        rows(m.folder, "SELECT start, mean_compound FROM windows WHERE n_messages > 0") for m in two
    ]
    assert scored[0] == scored[1]
    assert [mean for _, mean in scored[0]] == [0.0, pytest.approx(0.459, abs=0.001)]
    assert [status(m) for m in two] == ["accepted", "accepted"]
    assert settle(two, ask(two, "vocabulary", decision="undo", term=NEW)) == ""
    assert [status(m) for m in two] == ["proposed", "proposed"]


def test_what_no_shard_has_proposed_cannot_be_accepted(two: list[Machine]) -> None:
    name = ask(two, "vocabulary", decision="accept", term=NEW)
    assert settle(two, name) == f"{NEW!r} is not proposed (any more)"
    assert [stored(m.store, "SELECT * FROM decisions") for m in two] == [[], []]


def test_a_marker_goes_to_the_shard_of_its_channel(two: list[Machine]) -> None:
    near, far = (ask(two, "marker", channel=m.channel, text="here") for m in two)
    assert settle(two, near) == "" and settle(two, far) == ""
    told = "SELECT channel, kind FROM events"
    assert [stored(m.store, told) for m in two] == [[(m.channel, "marker")] for m in two]


def test_a_decision_on_a_moment_goes_to_the_shard_of_its_channel(two: list[Machine]) -> None:
    said = {"decision": "keep", "start": "2026-01-01T12:00:00Z"}
    for m in two:
        row = {"channel": m.channel, "login": m.channel, "source": "live"}
        m.store.write({"channels": m.store.rows("channels", [row])})
    near, far = (ask(two, "moment", channel=m.channel, **said) for m in two)
    assert settle(two, near) == "" and settle(two, far) == ""
    told = "SELECT channel, kind FROM events"
    assert [stored(m.store, told) for m in two] == [[(m.channel, "moment_kept")] for m in two]


def test_an_import_over_two_shards_has_one_summary(two: list[Machine], tmp_path: Path) -> None:
    for _ in range(2):  # the second says what became of what was there
        name = ask_import(two)
        assert settle(two, name) == ""
    for m in two:
        assert stored(m.store, "SELECT DISTINCT channel FROM windows") == [(m.channel,)]
        assert stored(m.store, "SELECT channel FROM channels") == [(m.channel,)]
    _, content = InboxFolder(two[0].folder.inbox).read(name)
    assert sorted(row["channel"] for row in content["told"]) == sorted(m.channel for m in two)
    assert not (two[0].folder.inbox / name).exists() and not list(two[0].bucket.list("requests"))


def test_files_of_a_request_go_when_nobody_is_sent_there_any_more(
    two: list[Machine], tmp_path: Path, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shard 0 ends between the two steps; another machine of its goes on."""
    real = Bucket.drop

    def drop(self: Bucket, names: Iterable[str]) -> None:
        gone = [*names]
        if any(name.startswith("requests/") for name in gone):
            raise BucketFailed("down")
        real(self, gone)

    with monkeypatch.context() as patch:
        patch.setattr(Bucket, "drop", drop)
        name = ask_import(two)
        settle(two, name)
    assert name not in str(bucket.get(SENT)) and list(bucket.list("requests"))
    two[0].kill()
    two[0] = Machine(tmp_path / "other", bucket, 0)
    two[0].turn()
    assert not list(bucket.list("requests"))


def test_what_another_shard_pushed_and_nobody_can_read_makes_requests_wait(
    two: list[Machine], bucket: Bucket
) -> None:
    name = ask(two, "opt-out", channel=two[1].channel)
    two[1].push = lambda: None  # type: ignore[method-assign]
    for odd in (b"{}", b"nothing", b"[]"):
        bucket.put("shard-1/manifest.json", odd)
        assert settle(two, name, 2) is None
    del two[1].push
    assert settle(two, name) == ""


def test_a_shard_that_refuses_is_named(two: list[Machine]) -> None:
    two[1].engine.state.optout.channels.add(two[1].channel)  # shard 0 does not know
    reason = settle(two, ask_import(two))
    assert reason is not None
    assert reason.startswith(f"shard 1 refused: {two[1].channel} opted out")


def test_a_request_at_another_shard_says_where_to_put_it(two: list[Machine]) -> None:
    ask_there = Request("r1", "2026-01-01T00:00:00Z", "test", "forget", {"channel": "bob"})
    send(two[1].folder.inbox, ask_there)
    two[1].turn()
    told = outcome(two[1].folder.inbox, "r1")
    assert told is not None and told.startswith("this is shard 1; ask shard 0")


def test_requests_of_readers_come_and_are_answered_through_the_bucket(
    two: list[Machine], bucket: Bucket
) -> None:
    body = {"id": "m1", "at": "2026-01-01T00:00:00Z", "by": "mirror", "action": "opt-out"}
    bucket.put("inbox/m1.json", orjson.dumps({**body, "channel": two[1].channel}))
    bucket.put("inbox/no.json", b"nothing")
    bucket.put("inbox/m1/x/y", b"no file of a request")
    bucket.put("inbox/m2/log", b"its request never came")
    for _ in range(8):
        for m in two:
            m.turn()
    answered = {found.name for found in bucket.list("inbox/")}
    assert answered == {"inbox/done/m1.json", "inbox/refused/no.json", "inbox/m1/x/y",
                        "inbox/m2/log"}  # fmt: skip
    assert two[1].engine.state.optout.channels == {two[1].channel}
    settled = Settled(InboxFolder(two[0].folder.inbox), lambda: 0, lambda: 0)
    times = iter((0.0, KEPT_S + 1))
    shared = SharedInbox(bucket, settled, lambda: next(times))
    shared.step()
    shared.step()
    assert [found.name for found in bucket.list("inbox/")] == ["inbox/m1/x/y"]


@pytest.mark.parametrize("step", (1, 2, 3, 5, 7, 8))
def test_a_kill_between_any_two_steps_leaves_all_of_it_right(
    two: list[Machine], t0: float, step: int
) -> None:
    """Each machine is killed and started after so many steps, and once more than once."""
    proposed(two[1])
    two[1].engine.housekeeping()
    two[1].push()
    opted = ask(two, "opt-out", channel=two[1].channel)
    decided = ask(two, "vocabulary", decision="accept", term=NEW)
    marked = ask(two, "marker", channel=two[0].channel, text="here")
    steps = [part for m in two for part in (m.engine_commit, m.push, m.exchange_step)]
    for number in range(66):
        if 0 < number < 30 and number % step == 0:
            two[number // step % 2].restart()
        steps[number % len(steps)]()
        told = [outcome(two[0].folder.inbox, name) for name in (opted, decided, marked)]
        if number >= 30 and told == [""] * 3:
            break
    assert told == [""] * 3
    decisions = [stored(m.store, "SELECT * EXCLUDE (rev) FROM decisions") for m in two]
    assert decisions[0] == decisions[1] and len(decisions[0]) == 1
    assert [m.engine.state.optout.channels for m in two] == [{two[1].channel}] * 2
    assert [len(stored(m.store, "SELECT * FROM events")) for m in two] == [1, 0]


def test_what_was_not_pushed_is_not_told(two: list[Machine]) -> None:
    """Who takes over from the bucket would know nothing of it."""
    name = ask(two, "opt-out", channel=two[1].channel)
    two[1].is_pushed = False
    assert settle(two, name) is None
    assert two[1].engine.state.optout.channels == {two[1].channel}
    assert two[0].engine.state.workspace.others is not None
    assert two[0].engine.state.workspace.others.waiting() == {1: 1}
    two[1].is_pushed = True
    assert settle(two, name) == ""
    assert two[0].engine.state.workspace.others.waiting() == {}


def test_a_new_machine_of_shard_0_sees_through_what_the_old_one_sent(
    two: list[Machine], tmp_path: Path, bucket: Bucket
) -> None:
    name = ask_import(two)
    for _ in range(4):
        two[0].turn()
    assert name in str(bucket.get(SENT))
    two[0].kill()
    two[0] = Machine(tmp_path / "other", bucket, 0)  # nothing was restored
    assert settle(two, name) == ""
    for m in two:
        assert stored(m.store, "SELECT DISTINCT channel FROM windows") == [(m.channel,)]


def test_chat_of_another_shard_is_dropped_and_counted(two: list[Machine], t0: float) -> None:
    far = two[1].channel
    two[0].engine.know([ChannelInfo(far, "77"), ChannelInfo(two[0].channel, "78")])
    open_all(two, t0)
    start = StreamStart(far, t0 - 300, f"{far}:1")
    two[0].hear(t0 + 40, start, say(far, t0 + 1, "great"), channel=far)
    assert two[0].engine.state.intake.counts.dropped == 1
    assert rows(two[0].folder, f"SELECT * FROM windows WHERE channel = '{far}'") == []
    assert [path.stem for path in two[0].folder.latest.glob("*.json")] == ["78"]


def test_a_new_term_is_told_to_the_webhook_by_one_shard(two: list[Machine]) -> None:
    told: list[str] = []
    for m in two:
        m.engine.state.webhook.put = lambda alerts: told.extend(  # type: ignore[method-assign]
            alert.alert_id for alert in alerts
        )
        assert m.engine.state.tell_terms is not None
        m.engine.state.tell_terms([Alert("new_term x", "", utc(0), "new_term", {})])
        m.exchange.step()
    assert told == ["new_term x"]
