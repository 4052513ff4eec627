"""What streamers ask through the extension: their token proves an id, never a login."""

import time
from collections.abc import Iterator

import orjson
import pytest

from pipeline.chat.message import Batch, ChannelInfo, Message, StreamStart
from pipeline.engine.engine import Engine
from pipeline.requests.actions import actions
from pipeline.requests.queue import apply_all
from pipeline.requests.workspace import open_workspace
from pipeline.sources.channel_list import load_channels, save_channels
from tests.helpers.build import outcome, rows, send, settings
from warehouse.config import DataFolder
from warehouse.consent import load_claims, load_optout
from warehouse.identities import made_up_id
from warehouse.inbox.requests import InboxFolder, Request
from warehouse.records import window_start
from warehouse.store.store import Store


@pytest.fixture
def t0() -> float:
    return float(window_start(time.time() - 3600))


@pytest.fixture
def engine(folder: DataFolder) -> Iterator[Engine]:
    with Store(folder.warehouse) as store:
        engine = Engine(folder, settings(), "live", store)
        yield engine
        engine.state.buffer.close()


def ask(engine: Engine, action: str, channel_id: object, **body: object) -> str:
    """The reason it was refused, '' when it was done."""
    name = f"ebs-{time.monotonic_ns()}"
    body = {"channel_id": channel_id, **body}
    send(engine.state.folder.inbox, Request(name, "2026-01-01T00:00:00Z", "test", action, body))
    engine.commit()
    found = outcome(engine.state.folder.inbox, name)
    assert found is not None
    return found


def read(engine: Engine, t0: float, login: str, at: float = 1) -> None:
    """A message of a channel."""
    start = StreamStart(login, t0, f"{login}:1")
    said = Message(f"{login}{at}", login, t0 + at, "ann", "great")
    engine.feed(Batch(t0 + at + 39, (start, said)))
    engine.commit()


def windows(folder: DataFolder) -> set[str]:
    return {channel for (channel,) in rows(folder, "SELECT DISTINCT channel FROM windows")}


# -- delete -------------------------------------------------------------------------------------


def test_a_channel_is_deleted_by_its_id_and_no_other(engine: Engine, t0: float) -> None:
    folder = engine.state.folder
    engine.know([ChannelInfo("mine", "11"), ChannelInfo("other", "22")])
    for login in ("mine", "other"):
        read(engine, t0, login)
    assert ask(engine, "forget", "11") == ""
    assert windows(folder) == {"other"}
    assert [path.stem for path in folder.latest.glob("*.json")] == ["22"]


def test_an_id_that_is_unknown_deletes_nothing(engine: Engine, t0: float) -> None:
    engine.know([ChannelInfo("mine", "11")])
    read(engine, t0, "mine")
    for channel_id in ("33", "", "11x", "١١", 11, None, ["11"]):
        assert ask(engine, "forget", channel_id) != ""
    assert windows(engine.state.folder) == {"mine"}


def test_a_login_of_another_channel_deletes_neither(engine: Engine, t0: float) -> None:
    engine.know([ChannelInfo("mine", "11"), ChannelInfo("other", "22")])
    for login in ("mine", "other"):
        read(engine, t0, login)
    told = ask(engine, "forget", "11", channel="other")
    assert told == "other is not the channel with the id 11; nothing was done"
    assert windows(engine.state.folder) == {"mine", "other"}


def test_a_channel_that_was_renamed_is_deleted_under_both_names(engine: Engine, t0: float) -> None:
    engine.know([ChannelInfo("before", "11"), ChannelInfo("after", "11")])
    for login in ("before", "after"):
        read(engine, t0, login)
    assert ask(engine, "forget", "11", channel="after") == ""
    assert windows(engine.state.folder) == set()


def test_a_deletion_cut_short_goes_on_with_the_names_it_had(engine: Engine, t0: float) -> None:
    engine.know([ChannelInfo("mine", "11")])
    read(engine, t0, "mine")
    body = {"channel_id": "11", "verified": ["mine"]}
    engine.state.store.cursor().execute("DELETE FROM channels")
    send(engine.state.folder.inbox, Request("r1", "2026-01-01T00:00:00Z", "test", "forget", body))
    engine.commit()
    assert outcome(engine.state.folder.inbox, "r1") == ""
    assert windows(engine.state.folder) == set()
    assert b"mine" not in (engine.state.folder.inbox / "done" / "r1.json").read_bytes()


# -- opting out ---------------------------------------------------------------------------------


def test_opting_out_by_id_stops_the_channel_and_says_so_by_id(engine: Engine, t0: float) -> None:
    engine.know([ChannelInfo("mine", "11"), ChannelInfo("other", "22")])
    assert ask(engine, "opt-out", "11") == ""
    read(engine, t0, "mine")
    read(engine, t0, "other")
    assert windows(engine.state.folder) == {"other"}
    assert [path.stem for path in engine.state.folder.latest.glob("*.json")] == ["22"]
    found = load_optout(engine.state.folder.optout)
    assert (found.channels, found.ids) == ({"mine"}, {"11": "mine"})


def test_a_channel_that_was_never_read_is_not_once_its_id_is_seen(
    engine: Engine, t0: float
) -> None:
    assert ask(engine, "opt-out", "11") == ""
    items = (StreamStart("mine", t0, "m:1"), Message("m1", "mine", t0 + 1, "ann", "great"))
    engine.feed(Batch(t0 + 40, (ChannelInfo("mine", "11"), *items)))
    engine.commit()
    assert windows(engine.state.folder) == set()
    assert load_optout(engine.state.folder.optout).ids == {"11": "mine"}
    assert load_optout(engine.state.folder.optout).channels == {"mine"}


def test_a_channel_that_took_a_new_name_is_still_out(engine: Engine, t0: float) -> None:
    engine.know([ChannelInfo("before", "11")])
    ask(engine, "opt-out", "11")
    engine.know([ChannelInfo("after", "11")])
    read(engine, t0, "after")
    assert windows(engine.state.folder) == set()
    assert load_optout(engine.state.folder.optout).channels == {"before"}


def test_opting_out_by_name_is_known_by_id_and_undone_so(engine: Engine) -> None:
    engine.know([ChannelInfo("mine", "11")])
    for undo, ids in ((False, {"11": "mine"}), (True, {})):
        body = {"channel": "mine", "undo": undo}
        send(
            engine.state.folder.inbox,
            Request(f"r{undo}", "2026-01-01T00:00:00Z", "t", "opt-out", body),
        )
        engine.commit()
        assert load_optout(engine.state.folder.optout).ids == ids


def test_a_list_of_before_has_no_ids(folder: DataFolder) -> None:
    folder.root.mkdir()
    folder.optout.write_bytes(orjson.dumps({"v": 1, "chatters": [], "channels": ["a"]}))
    assert load_optout(folder.optout).ids == {}


# -- opting in ----------------------------------------------------------------------------------


def test_a_known_channel_is_read_again_without_a_claim(engine: Engine) -> None:
    engine.know([ChannelInfo("mine", "11")])
    ask(engine, "opt-out", "11")
    assert ask(engine, "opt-in", "11", channel="mine") == ""
    assert load_channels(engine.state.folder.channels) == ["mine"]
    assert load_optout(engine.state.folder.optout).channels == set()
    assert load_optout(engine.state.folder.optout).ids == {}
    assert load_claims(engine.state.folder.claims) == {}


def test_an_unknown_channel_is_claimed_until_its_id_is_known(engine: Engine, t0: float) -> None:
    assert ask(engine, "opt-in", "11", channel="mine") == ""
    assert load_channels(engine.state.folder.channels) == ["mine"]
    assert load_claims(engine.state.folder.claims)["11"].login == "mine"
    engine.feed(Batch(t0 + 1, (ChannelInfo("mine", "11"),)))
    assert load_claims(engine.state.folder.claims) == {}
    assert load_channels(engine.state.folder.channels) == ["mine"]
    read(engine, t0, "mine")
    assert windows(engine.state.folder) == {"mine"}


def test_a_claim_of_anothers_login_ends_before_a_line_is_read(engine: Engine, t0: float) -> None:
    assert ask(engine, "opt-in", "11", channel="victim") == ""
    items = (StreamStart("victim", t0, "v:1"), Message("m1", "victim", t0 + 1, "ann", "great"))
    engine.feed(Batch(t0 + 20, (ChannelInfo("victim", "22"), *items)))
    read(engine, t0, "victim", 5)
    assert windows(engine.state.folder) == set()
    assert load_channels(engine.state.folder.channels) == []
    assert load_claims(engine.state.folder.claims) == {}
    assert list(engine.state.folder.latest.glob("*.json")) == []


def test_the_victim_may_still_ask_itself(engine: Engine, t0: float) -> None:
    ask(engine, "opt-in", "11", channel="victim")
    engine.feed(Batch(t0 + 1, (ChannelInfo("victim", "22"),)))
    assert ask(engine, "opt-in", "22", channel="victim") == ""
    engine.feed(Batch(t0 + 2, (ChannelInfo("victim", "22"),)))
    read(engine, t0, "victim")
    assert windows(engine.state.folder) == {"victim"}


def test_a_channel_that_is_read_anyway_stays_when_a_claim_is_wrong(
    engine: Engine, t0: float
) -> None:
    save_channels(engine.state.folder.channels, ["chosen"])
    ask(engine, "opt-in", "11", channel="chosen")
    engine.feed(Batch(t0 + 1, (ChannelInfo("chosen", "22"),)))
    assert load_channels(engine.state.folder.channels) == ["chosen"]
    read(engine, t0, "chosen")
    assert windows(engine.state.folder) == {"chosen"}


def test_a_login_known_to_be_anothers_cannot_be_claimed(engine: Engine) -> None:
    engine.know([ChannelInfo("other", "22")])
    assert "other is not the channel" in ask(engine, "opt-in", "11", channel="other")
    assert load_channels(engine.state.folder.channels) == []


def test_a_channel_claims_one_login_at_a_time(engine: Engine) -> None:
    for login in ("a", "b", "c"):
        ask(engine, "opt-in", "11", channel=login)
    assert load_channels(engine.state.folder.channels) == ["c"]
    assert list(load_claims(engine.state.folder.claims)) == ["11"]


def test_who_opted_out_by_name_is_not_opted_in_by_a_stranger(engine: Engine) -> None:
    body = {"channel": "shy"}
    send(engine.state.folder.inbox, Request("r1", "2026-01-01T00:00:00Z", "t", "opt-out", body))
    engine.commit()
    assert "shy opted out" in ask(engine, "opt-in", "11", channel="shy")
    assert load_optout(engine.state.folder.optout).channels == {"shy"}


def test_opting_out_ends_a_claim(engine: Engine) -> None:
    ask(engine, "opt-in", "11", channel="mine")
    ask(engine, "opt-out", "11")
    assert load_channels(engine.state.folder.channels) == []
    assert load_claims(engine.state.folder.claims) == {}


def test_what_is_no_login_is_refused(engine: Engine) -> None:
    for login in (None, "", "../x", "a b", "x" * 26, "directory", 7, ["a"]):
        assert ask(engine, "opt-in", "11", channel=login) != ""
    assert load_channels(engine.state.folder.channels) == []


def test_a_made_up_id_is_nobodys_word(engine: Engine, t0: float) -> None:
    engine.know([ChannelInfo("mine")])  # Twitch's id is not known yet
    assert ask(engine, "opt-in", "11", channel="mine") == ""
    assert ask(engine, "opt-in", made_up_id("mine"), channel="mine") == ""


def test_a_damaged_list_of_claims_is_a_reason_not_a_crash(engine: Engine, t0: float) -> None:
    engine.state.folder.claims.write_text("{")
    assert "claims.json cannot be used" in ask(engine, "opt-in", "11", channel="mine")
    engine.feed(Batch(t0 + 1, (ChannelInfo("mine", "11"),)))


def test_it_works_the_same_where_no_pipeline_runs(folder: DataFolder) -> None:
    body = {"channel_id": "11", "channel": "mine"}
    send(folder.inbox, Request("r1", "2026-01-01T00:00:00Z", "t", "opt-in", body))
    with open_workspace(folder) as workspace:
        assert apply_all(InboxFolder(folder.inbox), workspace.store, actions(workspace)) == 1
    assert load_channels(folder.channels) == ["mine"]
