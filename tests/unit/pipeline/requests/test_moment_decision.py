"""Decisions on moments: kept as events, once each, and refused where they are none."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from pipeline.requests.actions import actions
from pipeline.requests.queue import apply_all
from pipeline.requests.workspace import Workspace, open_workspace
from tests.helpers.build import outcome, send, stored
from warehouse.config import DataFolder
from warehouse.inbox.requests import Request
from warehouse.store.store import Store

AT = "2026-01-01T12:25:00Z"
ASKED = "2026-01-02T08:00:00Z"


@pytest.fixture
def workspace(folder: DataFolder) -> Iterator[Workspace]:
    """A folder in which one channel, kate, is known."""
    row = {"channel": "kate", "source": "live", "login": "kate_now", "channel_id": "7"}
    with Store(folder.warehouse) as store:
        store.write({"channels": store.rows("channels", [row])})
    with open_workspace(folder) as opened:
        yield opened


def ask(workspace: Workspace, name: str = "a", asked: str = ASKED, **body: Any) -> str | None:
    """The outcome of a request: '' when done, else why not."""
    body = {"channel": "kate", "start": AT, "decision": "keep", **body}
    send(workspace.folder.inbox, Request(name, asked, "ann id:7", "moment", body))
    apply_all(workspace.inbox, workspace.store, actions(workspace))
    return outcome(workspace.folder.inbox, name)


def events(workspace: Workspace) -> list[tuple[Any, ...]]:
    query = 'SELECT channel, "at"::VARCHAR, kind, detail FROM events ORDER BY event_id'
    return stored(workspace.store, query)


@pytest.mark.parametrize(
    ("decision", "kind"),
    [("keep", "moment_kept"), ("drop", "moment_dropped"), ("clear", "moment_cleared")],
)
def test_a_decision_is_an_event_at_the_moments_start(
    workspace: Workspace, decision: str, kind: str
) -> None:
    assert ask(workspace, decision=decision, text="not of these") == ""
    assert events(workspace) == [("kate", "2026-01-01 12:25:00", kind, "")]


def test_whoever_decided_stays_with_the_request_and_out_of_what_is_published(
    workspace: Workspace,
) -> None:
    ask(workspace)
    done = (workspace.folder.inbox / "done" / "a.json").read_bytes()
    assert orjson.loads(done)["by"] == "ann id:7"
    assert not [cell for row in events(workspace) for cell in row if "ann" in str(cell)]


def test_a_range_is_kept_with_its_length_and_its_text(workspace: Workspace) -> None:
    assert ask(workspace, decision="add", seconds=40, text='<b>"our" run</b>' + "x" * 500) == ""
    ((_, at, kind, detail),) = events(workspace)
    assert (at, kind) == ("2026-01-01 12:25:00", "moment_added")
    told = orjson.loads(detail)
    assert told["seconds"] == 40
    assert told["text"].startswith('<b>"our" run</b>x') and len(told["text"]) == 200


def test_a_decision_sent_twice_is_one_and_the_later_asked_for_sorts_last(
    workspace: Workspace,
) -> None:
    ask(workspace, "z", "2026-01-02T08:00:00+00:00", decision="keep")
    ask(workspace, "z", "2026-01-02T08:00:00+00:00", decision="drop")
    ask(workspace, "b", "2026-01-02T10:00:00.5+02:00", decision="drop")  # half a second later
    assert [kind for _, _, kind, _ in events(workspace)] == ["moment_kept", "moment_dropped"]


def test_a_login_of_today_is_the_channel_that_had_another(workspace: Workspace) -> None:
    assert ask(workspace, channel="kate_now") == ""
    assert [channel for channel, *_ in events(workspace)] == ["kate"]


def far(days: float) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({"channel": "nobody"}, "nothing is stored of a channel nobody"),
        ({"channel": "../x"}, "is not a login"),
        ({"channel": ["kate"]}, "is not a login"),
        ({"decision": "praise"}, "decision is one of keep, drop, clear, add, not 'praise'"),
        ({"decision": ["keep"]}, "decision is one of"),
        ({"start": None}, "start is the moment's start"),
        ({"start": 5}, "start is the moment's start"),
        ({"start": "noon"}, "start is the moment's start"),
        ({"start": "0001-01-01T00:00:00+14:00"}, "start is the moment's start"),
        ({"start": "1969-12-31T23:59:59Z"}, "no stream is as old as 1969-12-31T23:59:59Z"),
        ({"start": far(2)}, "is yet to come"),
        ({"decision": "add"}, "seconds is a whole number"),
        ({"decision": "add", "seconds": True}, "seconds is a whole number"),
        ({"decision": "add", "seconds": 0}, "seconds is a whole number"),
        ({"decision": "add", "seconds": 3601}, "seconds is a whole number"),
        ({"decision": "add", "seconds": 1.5}, "seconds is a whole number"),
        ({"decision": "add", "seconds": 9, "text": {"a": 1}}, "text is what the range is called"),
    ],
)
def test_what_is_no_decision_is_refused(
    workspace: Workspace, body: dict[str, Any], why: str
) -> None:
    assert why in str(ask(workspace, **body))
    assert events(workspace) == []


def test_a_decision_that_is_yet_to_be_taken_is_refused(workspace: Workspace) -> None:
    assert "a decision is of what was" in str(ask(workspace, asked=far(2)))
    assert ask(workspace, "b", far(0.5)) == ""  # a clock that is half a day ahead
