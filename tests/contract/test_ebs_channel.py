"""What a broadcaster's configuration page may ask, and that it ends in the inbox alone."""

import asyncio
import json
import time

import pytest
from starlette.requests import Request

from ebs.errors import TooSlow
from ebs.streamer import login_of
from pipeline.requests.actions import actions
from pipeline.requests.queue import apply_all
from pipeline.requests.workspace import open_workspace
from tests.helpers.ebs import (  # fixtures among them
    Client,
    bearer,
    client,
    data,
    is_failure,
    publish,
    token,
)
from warehouse.config import DataFolder
from warehouse.inbox.requests import InboxFolder

__all__ = ["client", "data"]

WISHES = ("opt-in", "opt-out", "delete")
MINE = {"role": "broadcaster", "channel_id": "777"}


def me(**changed):
    return bearer(token(**MINE | changed))


def ask(client: Client, action: str, body=None, **changed):
    content = body if isinstance(body, bytes) else json.dumps(body).encode() if body else b""
    return client.request("POST", f"/v1/channel/{action}", headers=me(**changed), content=content)


def waiting(data: DataFolder):
    return [json.loads(path.read_bytes()) for path in sorted(data.inbox.glob("*.json"))]


def standing(client: Client, **changed):
    return client.get("/v1/channel", headers=me(**changed)).json()


@pytest.mark.parametrize(("action", "does"), [("opt-out", "opt-out"), ("delete", "forget")])
def test_a_wish_is_one_request_in_the_inbox(client, data, action, does):
    answer = ask(client, action)
    assert answer.status_code == 202
    (found,) = waiting(data)
    assert answer.json() == {"id": found["id"]}
    assert found.pop("at") and found.pop("id").startswith(f"ebs-777-{action}-")
    assert found == {"by": "broadcaster", "action": does, "channel_id": "777"}
    assert {path.name for path in data.root.iterdir()} == {"published", "inbox"}


def test_opting_in_says_the_login(client, data):
    assert ask(client, "opt-in", {"login": "my_channel"}).status_code == 202
    assert [(r["action"], r["channel_id"], r["channel"]) for r in waiting(data)] == [
        ("opt-in", "777", "my_channel")
    ]
    assert "login" in is_failure(ask(client, "opt-in"), 422, "BadInput")


def test_the_channel_is_the_tokens_whatever_the_body_says(client, data):
    for body in ({"channel_id": "1"}, {"login": "a", "channel_id": "1"}, {"action": "import"}):
        is_failure(ask(client, "delete", body), 422, "BadInput")
    assert waiting(data) == []


@pytest.mark.parametrize("action", WISHES)
@pytest.mark.parametrize("role", ["viewer", "moderator"])
def test_nobody_but_the_broadcaster_may(client, data, action, role):
    is_failure(ask(client, action, {"login": "a"}, role=role), 403, "Forbidden")
    answer = client.get("/v1/channel", headers=me(role=role))
    is_failure(answer, 403, "Forbidden")
    assert waiting(data) == []


@pytest.mark.parametrize("action", WISHES)
def test_nobody_at_all_without_a_token(client, data, action):
    answer = client.request("POST", f"/v1/channel/{action}", content=b'{"login":"a"}')
    is_failure(answer, 401, "NotAuthorised")
    assert waiting(data) == []


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"[]", b"null", b'"a"', b"1", b"\xff", b"[" * 1000, b'{"login":1}', b'{"login":""}',
        b'{"login":"../x"}', b'{"login":"a b"}', b'{"login":"UPPER"}', b'{"login":"a\\n"}',
        b'{"login":"\\u0661"}', b'{"login":"' + b"a" * 26 + b'"}', b'{"login":["a"]}',
        b'{"login":"a","x":1}', b'{"login":NaN}', b'{"login":null}',
    ],
)  # fmt: skip
def test_a_body_of_another_form_is_422_and_asks_for_nothing(client, data, body):
    for action in ("opt-in", "delete"):
        is_failure(ask(client, action, body), 422, "BadInput")
    assert waiting(data) == []


def test_a_body_that_does_not_say_its_length_is_bounded_too(client, data):
    def parts():
        async def made():
            for _ in range(100):
                yield b" " * 100

        return made()

    answer = client.request("POST", "/v1/channel/delete", headers=me(), content=parts())
    is_failure(answer, 413, "TooLarge")


def test_a_body_that_does_not_come_is_408(monkeypatch):
    monkeypatch.setattr("ebs.streamer.BODY_S", 0.05)

    async def never():
        await asyncio.Event().wait()

    async def read():
        await login_of(Request({"type": "http", "headers": []}, never), is_needed=False)

    with pytest.raises(TooSlow) as caught:
        asyncio.run(read())
    assert caught.value.response().status_code == 408


# limits


def test_more_wishes_of_all_than_the_inbox_holds_are_503(client, data, monkeypatch):
    monkeypatch.setattr("ebs.streamer.MOST_IN_ALL", 1)
    mine, other = (bearer(token(role="broadcaster", channel_id=c)) for c in ("123", "124"))
    assert client.request("POST", "/v1/channel/delete", headers=mine).status_code == 202
    answer = client.request("POST", "/v1/channel/delete", headers=other)
    is_failure(answer, 503, "Unavailable")
    assert len(list(data.inbox.glob("*.json"))) == 1


def test_a_wish_that_waits_is_not_asked_for_twice(client, data):
    first = ask(client, "delete").json()
    assert ask(client, "delete").json() == first
    assert len(waiting(data)) == 1


def test_a_wish_that_another_one_has_undone_meanwhile_is_asked_for_again(client, data):
    for action, body in (("opt-out", None), ("opt-in", {"login": "mine"}), ("opt-out", None)):
        assert ask(client, action, body).status_code == 202
        time.sleep(0.002)  # requests of one millisecond have no order
    apply(data)
    assert standing(client)["state"] == "opted_out"


def test_wishes_are_bounded_where_no_pipeline_takes_them(client, data):
    answers = [ask(client, "opt-in", {"login": f"a{n}"}) for n in range(8)]
    assert [a.status_code for a in answers] == [202] * 5 + [429] * 3
    is_failure(answers[5], 429, "TooMany")
    assert len(waiting(data)) == 5


def test_wishes_of_a_channel_are_limited_by_the_minute_however_many_tokens(client, data):
    def one(n):
        for path in data.inbox.glob("*.json"):
            path.unlink()
        return ask(client, "delete", opaque_user_id=f"U{n}").status_code

    assert [one(n) for n in range(8)] == [202] * 6 + [429] * 2
    assert ask(client, "delete", channel_id="778").status_code == 202


def test_an_inbox_that_cannot_be_written_is_503_and_says_no_path(client, data):
    data.inbox.write_text("in the way")
    answer = ask(client, "delete")
    assert str(data.root) not in is_failure(answer, 503, "Unavailable")
    assert answer.headers["retry-after"] == "60"


# how it stands


def test_a_channel_nobody_heard_of_is_unknown(client):
    assert standing(client) == {"state": "unknown", "login": None, "refused": None}
    answer = client.get("/v1/channel", headers=me())
    assert answer.headers["cache-control"] == "no-store"


def test_a_channel_that_is_published_is_followed(client, data):
    publish(data, "777", login="mine")
    assert standing(client) == {"state": "followed", "login": "mine", "refused": None}


def apply(data):
    with open_workspace(data) as workspace:
        apply_all(InboxFolder(data.inbox), workspace.store, actions(workspace))


def test_from_a_wish_to_what_the_pipeline_made_of_it(client, data):
    ask(client, "opt-in", {"login": "mine"})
    assert standing(client)["state"] == "requested"
    apply(data)
    assert standing(client) == {"state": "requested", "login": "mine", "refused": None}
    ask(client, "opt-out")
    assert standing(client)["state"] == "requested"  # until it is applied
    apply(data)
    assert standing(client) == {"state": "opted_out", "login": None, "refused": None}
    ask(client, "delete")
    apply(data)
    told = standing(client)
    assert told["refused"] == "nothing is stored of the channel with the id 777; is it right?"
    time.sleep(0.002)  # requests of one millisecond have no order
    ask(client, "opt-in", {"login": "mine"})
    assert standing(client)["refused"] is None
    apply(data)
    assert standing(client) == {"state": "requested", "login": "mine", "refused": None}


def test_other_channels_requests_are_none_of_its_business(client, data):
    ask(client, "opt-in", {"login": "mine"})
    assert standing(client, channel_id="77")["state"] == "unknown"
    assert standing(client, channel_id="7777")["state"] == "unknown"


@pytest.mark.parametrize("text", ["{", "[]", "null", '{"ids": 1}', '{"ids": {"777": 1}}'])
def test_a_damaged_list_of_the_pipelines_is_no_500(client, data, text):
    data.optout.write_text(text)
    data.claims.write_text(text.replace("ids", "claims"))
    assert client.get("/v1/channel", headers=me()).status_code == 200


def test_the_page_may_post_from_the_extensions_origin(client):
    asked = {
        "Origin": "https://abc123.ext-twitch.tv",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    answer = client.request("OPTIONS", "/v1/channel/opt-out", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "https://abc123.ext-twitch.tv"
