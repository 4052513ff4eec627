"""Who a channel is: nothing of one broadcaster is ever another's, whoever has the login."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest

from pipeline.alerts.discord import title
from pipeline.alerts.watch import Alert
from pipeline.chat.message import (
    Batch,
    ChannelInfo,
    Heard,
    Item,
    Message,
    StreamStart,
    Watch,
)
from pipeline.engine.engine import Engine
from pipeline.sources.channel_list import load_channels
from tests.helpers.build import settings, stored
from warehouse.config import DataFolder
from warehouse.consent import load_optout
from warehouse.inbox.requests import InboxFolder, Request
from warehouse.published.reader import published_identities
from warehouse.records import utc
from warehouse.store.store import Store

ALICE, BOB = "111", "222"


class Twitch:
    """A source by hand: whoever has a login may speak."""

    def __init__(self, folder: DataFolder) -> None:
        self.folder, self.at, self.count = folder, float(int(time.time()) // 30 * 30 - 3600), 0
        self.store = Store(folder.warehouse)
        self.engine = Engine(folder, settings(), "live", self.store)

    def restart(self) -> None:
        """Stop, and begin again from what is stored."""
        self.engine.finish()
        self.store.close()
        self.store = Store(self.folder.warehouse)
        self.engine = Engine(self.folder, settings(), "live", self.store)
        self.engine.know([])

    def close(self) -> None:
        self.engine.finish()
        self.store.close()

    def says(
        self, login: str, channel_id: str, text: str = "great", n: int = 1, kept: bool = True
    ) -> None:
        """The broadcaster with the id is read by the login for a window, and something is said."""
        items: tuple[Item, ...] = (ChannelInfo(login, channel_id, login.title(), at=self.at),)
        if login not in self.engine.state.joined:
            items += (Watch(login, self.at),)
        for k in range(n):
            self.count += 1
            said = "hello" if k == 1 else text
            items += (Message(f"m{self.count}", login, self.at + 1, f"c{k}", said),)
        items += (Heard(login, self.at + 30),)
        self.at += 30
        # so that it is now, in the engine: alerts come of what is fresh
        offset = self.at + 6 - time.monotonic()
        self.engine.feed(Batch(self.at + 6, items, offset=offset))
        if kept:
            self.engine.commit()

    def ask(self, action: str, **body: Any) -> str:
        """A request, applied; why it was refused."""
        self.count += 1
        inbox, name = InboxFolder(self.folder.inbox), f"r{self.count}"
        inbox.put(Request(name, "2026-01-01T00:00:00Z", "t", action, body))
        self.engine.commit()
        return inbox.outcome(name) or ""

    def messages(self) -> dict[str, int]:
        """Messages stored by key."""
        counts = "SELECT channel, sum(n_messages)::INT FROM windows GROUP BY ALL ORDER BY ALL"
        return dict(stored(self.store, counts))

    def body(self, channel_id: str) -> dict[str, Any]:
        body: dict[str, Any] = orjson.loads(
            (self.folder.latest / f"{channel_id}.json").read_bytes()
        )
        return body

    def bodies(self) -> set[str]:
        return {path.stem for path in self.folder.latest.glob("*.json")}


@pytest.fixture
def twitch(folder: DataFolder) -> Iterator[Twitch]:
    found = Twitch(folder)
    found.engine.know([])
    yield found
    found.close()


def test_a_broadcaster_who_takes_another_login_keeps_the_key(twitch: Twitch) -> None:
    twitch.says("alice", ALICE)
    twitch.says("alice2", ALICE)
    twitch.restart()
    twitch.says("alice2", ALICE)
    assert twitch.messages() == {"alice": 3}
    body = twitch.body(ALICE)
    assert (body["login"], twitch.bodies()) == ("alice2", {ALICE})
    assert len(body["history"]) >= 3
    who = published_identities(twitch.folder)
    assert (who.resolve("alice"), who.resolve("alice2")) == ("alice", "alice")


def test_another_who_takes_the_login_gets_a_key_of_their_own(twitch: Twitch) -> None:
    twitch.says("alice", ALICE, "awful")
    twitch.says("alice", BOB)
    twitch.says("alice", BOB)
    for _ in range(2):
        assert twitch.messages() == {"alice": 1, f"alice~{BOB}": 2}
        assert [twitch.body(id)["channel_id"] for id in (ALICE, BOB)] == [ALICE, BOB]
        assert twitch.body(BOB)["login"] == "alice"
        assert all(mood is None or mood > 0 for _, mood, _ in twitch.body(BOB)["history"])
        assert twitch.body(ALICE)["status"] == "offline"
        assert not stored(twitch.store, "FROM events WHERE kind = 'connection_lost'")
        twitch.restart()


def test_a_login_that_comes_back_is_its_first_owners_again(twitch: Twitch) -> None:
    for channel_id in (ALICE, BOB, ALICE):
        twitch.says("alice", channel_id)
        twitch.restart()
    assert twitch.messages() == {"alice": 2, f"alice~{BOB}": 1}


def test_two_who_swap_their_logins_keep_their_own(twitch: Twitch) -> None:
    for alice, bob in (("alice", "bob"), ("bob", "alice"), ("alice", "bob")):
        twitch.says(alice, ALICE)
        twitch.says(bob, BOB)
    assert twitch.messages() == {"alice": 3, "bob": 3}


def test_what_was_observed_of_the_old_owner_ends_and_begins_for_the_new(twitch: Twitch) -> None:
    began = twitch.at
    items = (
        ChannelInfo("alice", ALICE), StreamStart("alice", began, "s1"), Watch("alice", began),
        Heard("alice", began + 40), ChannelInfo("alice", BOB, at=began + 45),
        Message("m1", "alice", began + 46, "ann", "great"), Heard("alice", began + 90),
    )  # fmt: skip
    twitch.engine.feed(Batch(began + 96, items))
    twitch.engine.commit()
    told = stored(
        twitch.store,
        f"""SELECT channel, epoch(start) - {began}, observed_s, n_messages FROM windows
        ORDER BY channel, start""",
    )
    assert told == [
        ("alice", 0, 30, 0), ("alice", 30, 10, 0),
        (f"alice~{BOB}", 30, 15, 1), (f"alice~{BOB}", 60, 30, 0),
    ]  # fmt: skip


def test_two_who_swap_their_logins_and_swap_back_stay_seen(twitch: Twitch) -> None:
    began, count = twitch.at, iter(range(99))

    def feed(at: float, *items: Item) -> None:
        twitch.engine.feed(Batch(began + at, items))
        twitch.engine.commit()

    def says(at: float, login: str, channel_id: str) -> tuple[Item, ...]:
        said = Message(f"s{next(count)}", login, began + at, "ann", "great")
        return ChannelInfo(login, channel_id, at=began + at), said

    def heard(at: float) -> None:
        feed(at, Heard("alice", began + at), Heard("bob", began + at))

    first = says(0, "alice", ALICE) + says(0, "bob", BOB)
    feed(1, *first, Watch("alice", began), Watch("bob", began))
    feed(10, *says(9, "alice", "333"))
    for at in (20, 36, 40):
        heard(at)
    feed(45, *says(42, "alice", ALICE), *says(43, "alice", "333"))
    feed(50, *says(46, "alice", BOB), *says(47, "bob", ALICE))
    feed(54, *says(51, "alice", ALICE), *says(52, "bob", BOB))
    for at in (60, 66):
        heard(at)
    told = "SELECT observed_s FROM windows WHERE channel = 'bob' ORDER BY start"
    # up to its last sign of life at 46, and again from 52 on
    assert [s for (s,) in stored(twitch.store, told)] == [30, pytest.approx(16 + 8, abs=0.1)]
    open_ended = "SELECT stream_id FROM streams WHERE channel = 'alice~333' AND ended_at IS NULL"
    assert stored(twitch.store, open_ended) == []
    assert published_identities(twitch.folder).login_of("bob") == "bob"


def test_a_login_passed_on_twice_more_is_nobodys_but_its_owners(twitch: Twitch) -> None:
    """Restarts between, the first owner renamed meanwhile, the last one met by another login."""
    twitch.says("carol", "333")
    for login, channel_id in (
        ("alice", ALICE), ("alice", BOB), ("alice2", ALICE), ("alice", "333"), ("bob", BOB),
        ("alice", "444"), ("carol", "333"), ("alice2", ALICE),
    ):  # fmt: skip
        twitch.restart()
        twitch.says(login, channel_id)
    assert twitch.messages() == {
        "alice": 3, f"alice~{BOB}": 2, "carol": 3, "alice~444": 1,
    }  # fmt: skip
    who = published_identities(twitch.folder)
    names = ("alice", "alice2", "bob", "carol", f"alice~{ALICE}")
    assert [who.resolve(name) for name in names] == [
        "alice~444", "alice", f"alice~{BOB}", "carol", "alice",
    ]  # fmt: skip


def test_an_alert_is_of_whose_chat_it_was(twitch: Twitch) -> None:
    for login, channel_id, text, windows in (
        ("alice", ALICE, "good", 28),
        ("alice", BOB, "terrible awful", 7),  # what is unusual for one is no news of the other
        ("alice2", ALICE, "good", 28),
        ("alice3", ALICE, "terrible awful", 7),
    ):
        for k in range(windows):
            twitch.says(login, channel_id, text, n=5, kept=k == windows - 1)
    kinds = stored(twitch.store, "SELECT DISTINCT channel, kind FROM alerts ORDER BY ALL")
    assert kinds == [("alice", "mood_drop")]
    alert = Alert("1", "alice", utc(twitch.at), "mood_drop", {})
    name_of = twitch.engine.state.webhook.name_of
    assert title(alert, name_of) == "Mood drop, alice3"
    assert title(replace(alert, channel=f"alice~{BOB}"), name_of) == "Mood drop, alice"


def test_lines_published_under_a_key_of_before_are_forgotten_with_it(twitch: Twitch) -> None:
    twitch.says("alice2", ALICE)
    twitch.engine.finish()
    files = [*(twitch.folder.published / "samples").rglob("*.parquet")]
    assert any(pq.read_table(file).num_rows for file in files)
    twitch.store.write({}, {"moved alice2": "alice"})  # as migration 007 says
    twitch.restart()
    files = [*(twitch.folder.published / "samples").rglob("*.parquet")]
    assert not any(pq.read_table(file).num_rows for file in files)


# -- consent ------------------------------------------------------------------------------------


def test_a_login_passed_on_is_not_opted_out_for_the_new_owner(twitch: Twitch) -> None:
    twitch.says("alice", ALICE)
    assert twitch.ask("opt-out", channel="alice") == ""
    twitch.says("alice", ALICE)
    twitch.says("alice", BOB)
    twitch.says("alice2", ALICE)  # renamed, and still out
    twitch.restart()
    twitch.says("alice2", ALICE)
    assert twitch.messages() == {"alice": 1, f"alice~{BOB}": 1}
    assert twitch.bodies() == {BOB}
    found = load_optout(twitch.folder.optout)
    assert (found.channels, found.ids) == ({"alice"}, {ALICE: "alice"})


def test_an_id_that_opted_out_is_out_under_any_login(twitch: Twitch) -> None:
    assert twitch.ask("opt-out", channel_id=ALICE) == ""
    for login in ("alice", "alice2"):
        twitch.says(login, ALICE)
    twitch.says("alice", BOB)
    assert twitch.messages() == {f"alice~{BOB}": 1}


def test_a_login_opted_out_before_it_was_met_binds_whoever_is_met_first(twitch: Twitch) -> None:
    assert twitch.ask("opt-out", channel="alice") == ""
    twitch.says("bob", BOB)
    twitch.says("alice", BOB)  # who is known as bob
    twitch.says("bob", BOB)
    twitch.says("alice", ALICE)
    assert twitch.messages() == {"bob": 1, "alice": 1}
    assert load_optout(twitch.folder.optout).ids == {BOB: "bob"}


def test_a_claim_ends_when_the_login_turns_out_to_be_anothers(twitch: Twitch) -> None:
    assert twitch.ask("opt-in", channel_id=BOB, channel="alice") == ""
    assert load_channels(twitch.folder.channels) == ["alice"]
    twitch.says("alice", ALICE)
    assert (load_channels(twitch.folder.channels), twitch.messages()) == ([], {})
    assert twitch.bodies() == set()
    twitch.engine.housekeeping()
    assert twitch.bodies() == set()


def test_a_claim_ends_though_somebody_broke_the_list(twitch: Twitch) -> None:
    assert twitch.ask("opt-in", channel_id=BOB, channel="alice") == ""
    twitch.folder.channels.write_text("broken")
    twitch.says("alice", ALICE)
    assert twitch.messages() == {}


# -- forgetting, by any name --------------------------------------------------------------------


@pytest.mark.parametrize("verified", ["", "alice", [], {}, 5, None, [5], ["../x"], ["\u212aim"]])
def test_what_a_request_says_of_itself_is_no_key(twitch: Twitch, verified: object) -> None:
    twitch.says("alice", ALICE)
    for name in ({"channel": "alice"}, {"channel_id": ALICE}):
        assert twitch.ask("forget", **name, verified=verified) != ""
    assert twitch.messages() == {"alice": 1}


@pytest.mark.parametrize(
    "name", ["~", "~~", "~1", "a~b", "\u212aim", "a" * 25 + "~" + "1" * 21, "\0"]
)
def test_what_is_no_name_is_refused(twitch: Twitch, name: str) -> None:
    for action in ("forget", "opt-out"):
        assert "not a login" in twitch.ask(action, channel=name)
    assert "no channel" in twitch.ask("channels", change="add", channels=[name])
    assert twitch.ask("opt-in", channel_id=BOB, channel=name) != ""
    assert load_optout(twitch.folder.optout).channels == set()


@pytest.mark.parametrize(
    ("name", "left"),
    [("alice", "alice"), (f"alice~{BOB}", "alice"), (f"alice~{ALICE}", f"alice~{BOB}")],
)
def test_forgotten_is_who_has_the_name_today(twitch: Twitch, name: str, left: str) -> None:
    twitch.says("alice", ALICE)
    twitch.says("alice", BOB)
    assert twitch.ask("forget", channel=name) == ""
    assert list(twitch.messages()) == [left]
    assert twitch.bodies() == {ALICE if left == "alice" else BOB}


def test_forgotten_by_id_is_who_has_the_id(twitch: Twitch) -> None:
    twitch.says("alice", ALICE)
    twitch.says("alice", BOB)
    assert twitch.ask("forget", channel_id=ALICE) == ""
    assert (list(twitch.messages()), twitch.bodies()) == ([f"alice~{BOB}"], {BOB})
