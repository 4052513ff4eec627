"""Requests that are refused: tokens of nobody, of others, of before; what no parameter may be."""

import base64
import json
import logging
from datetime import UTC, datetime, timedelta

import jwt
import pytest

from dashboard.api.parameters import encoded
from dashboard.api.tokens import MOST_OF_ONE, Tokens
from tests.helpers.browser import published
from tests.helpers.scripts import LOGIN, ROUTES, client, token
from warehouse.config import DataFolder
from warehouse.errors import BadInput, NotAuthorised

NOW = datetime(2026, 1, 31, 18, tzinfo=UTC)
OWN, ANALYST = "demo_busy", "4242"  # their ids


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    return published.demo(tmp_path_factory.mktemp("api"), NOW)


@pytest.fixture(autouse=True)
def no_tokens(demo: DataFolder) -> None:
    (demo.api / "tokens.json").unlink(missing_ok=True)


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in LOGIN.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DLD_DASHBOARD_ANALYSTS", f"id:{ANALYST},login:ann")


def channels(demo: DataFolder, given: str) -> list[str]:
    answer = client(demo, given).get("/v1/channels")
    assert answer.status_code == 200, answer.text
    return [row["channel"] for row in answer.json()["items"]]


ALL = ["demo_busy", "demo_past", "demo_quiet"]


@pytest.mark.usefixtures("login")
def test_the_login_s_scopes_hold(demo: DataFolder) -> None:
    assert channels(demo, token(demo, OWN)) == [OWN]
    assert channels(demo, token(demo, ANALYST)) == ALL
    assert channels(demo, token(demo, login="ann")) == ALL
    own = client(demo, token(demo, OWN))
    assert {row["channel"] for row in own.get("/v1/streams").json()["items"]} == {OWN}
    for path in (
        "/v1/windows?channel=demo_past", "/v1/terms?channel=demo_past",
        "/v1/streams?channel=demo_past", "/v1/moments?stream=demo_past:20260131T090000",
        "/v1/windows?channel=nobody",
    ):  # fmt: skip
        answer = own.get(path)
        assert (answer.status_code, answer.json()["error"]) == (404, "NotFound"), path
        assert client(demo, token(demo, ANALYST)).get(path).status_code == (
            404 if "nobody" in path else 200
        )


@pytest.mark.usefixtures("login")
@pytest.mark.parametrize(("sub", "name"), [("77", "demo_past"), ("77", ""), ("", "demo_past")])
def test_a_stranger_s_token_opens_nothing(demo: DataFolder, sub: str, name: str) -> None:
    """A name is not enough where a channel's id is known."""
    answer = client(demo, token(demo, sub, name)).get("/v1/channels")
    assert (answer.status_code, answer.json()["error"]) == (403, "Forbidden")


@pytest.mark.usefixtures("login")
def test_a_token_loses_what_the_login_s_settings_take_away(
    demo: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = client(demo, token(demo, ANALYST))
    assert asked.get("/v1/channels").status_code == 200
    monkeypatch.setenv("DLD_DASHBOARD_ANALYSTS", "id:1")
    assert asked.get("/v1/channels").status_code == 403


def test_a_token_made_without_a_login_ends_where_there_is_one(
    demo: DataFolder, request: pytest.FixtureRequest
) -> None:
    given = token(demo)
    assert channels(demo, given) == ALL
    request.getfixturevalue("login")
    answer = client(demo, given).get("/v1/channels")
    assert answer.status_code == 403 and "--for" in answer.json()["detail"]


def test_without_a_login_a_token_of_somebody_sees_what_is_theirs(demo: DataFolder) -> None:
    assert channels(demo, token(demo, OWN)) == [OWN]


def none_alg() -> str:
    return jwt.encode({"sub": OWN, "exp": 1 << 40}, None, algorithm="none")


@pytest.mark.parametrize(
    "header",
    [
        None, "", "Bearer", "Bearer ", "Bearer x", "Basic dTpw", "Bearer dld_00000000_" + "A" * 43,
        f"Bearer {none_alg()}", "Bearer \xff", "Bearer dld_1_2", "Bearer " + "a" * 5000,
    ],
)  # fmt: skip
def test_without_a_good_token_every_address_answers_401_alike(
    demo: DataFolder, header: str | None
) -> None:
    asked = client(demo, "")
    for path in ROUTES:
        headers = {} if header is None else {"Authorization": header.encode("latin-1")}
        answer = asked.get(path, params={"limit": "x"}, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (401, "NotAuthorised")
        assert answer.headers["www-authenticate"] == "Bearer"


def test_an_id_that_is_known_opens_nothing_without_its_own_secret(demo: DataFolder) -> None:
    """Ids stand in lists, and are no secret."""
    mine, other = token(demo, OWN), token(demo)
    for wrong in (f"{other[:13]}{mine[13:]}", f"{other[:-1]}{'A' if other[-1] != 'A' else 'E'}"):
        assert client(demo, wrong).get("/v1/channels").status_code == 401
    assert channels(demo, other) == ALL


def test_two_tokens_are_none(demo: DataFolder) -> None:
    good = ("Authorization", f"Bearer {token(demo)}")
    assert client(demo, "").get("/v1/channels", headers=[good, good]).status_code == 401


def test_a_token_in_an_address_opens_nothing_and_is_not_told(demo: DataFolder) -> None:
    given = token(demo)
    assert client(demo, "").get(f"/v1/channels?token={given}").status_code == 401
    answer = client(demo).get(f"/v1/channels?{given}={given}")
    assert answer.status_code == 422 and given not in answer.text


def test_an_ended_token_and_one_that_is_over_open_nothing(demo: DataFolder) -> None:
    tokens, now = Tokens(demo), datetime.now(UTC)
    given, holder = tokens.add("", "", now)
    asked = client(demo, given)
    assert asked.get("/v1/channels").status_code == 200
    with pytest.raises(NotAuthorised, match="was good until"):
        tokens.holder(given, holder.ends)
    assert not tokens.end(given[4:12], now, ("somebody", "")), "not theirs to end"
    assert asked.get("/v1/channels").status_code == 200
    assert tokens.end(given[4:12], now)
    assert asked.get("/v1/channels").status_code == 401
    assert not tokens.end(given[4:12], now)


def test_the_file_holds_no_token_and_is_its_owner_s_alone(demo: DataFolder) -> None:
    given = token(demo)
    path = demo.api / "tokens.json"
    assert given[4:12] in path.read_text() and given[13:] not in path.read_text()
    assert (path.stat().st_mode & 0o777, demo.api.stat().st_mode & 0o777) == (0o600, 0o700)


def test_with_a_damaged_file_no_token_holds_and_it_stays(
    demo: DataFolder, caplog: pytest.LogCaptureFixture
) -> None:
    given = token(demo)
    path = demo.api / "tokens.json"
    before = path.read_bytes()
    try:
        path.write_text('{"tokens": {"' + given + '": 1}}')
        with caplog.at_level(logging.ERROR):
            assert client(demo, given).get("/v1/channels").status_code == 401
        assert "no token holds" in caplog.text and given not in caplog.text
        with pytest.raises(BadInput, match="damaged"):
            token(demo)
        assert given in path.read_text()
    finally:
        path.write_bytes(before)
    assert channels(demo, given) == ALL


def test_a_person_has_only_so_many_tokens_and_those_that_are_over_go(demo: DataFolder) -> None:
    tokens, now = Tokens(demo), datetime.now(UTC)
    for _ in range(MOST_OF_ONE):
        tokens.add("5", "five", now, days=1)
    with pytest.raises(BadInput, match="end one first"):
        tokens.add("5", "renamed", now)
    tokens.add("6", "six", now)
    later = now + timedelta(days=2)
    tokens.add("5", "five", later)
    assert [held.sub for held in tokens.listed(later).values()].count("5") == 1


def test_too_many_requests_wait_and_others_do_not(demo: DataFolder) -> None:
    asked = client(demo, per_minute=3)
    codes = [asked.get("/v1/channels").status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    answer = asked.get("/v1/channels")
    assert answer.json()["error"] == "TooMany"
    assert 0 < int(answer.headers["retry-after"]) <= 20
    other = {"Authorization": f"Bearer {token(demo)}"}
    assert asked.get("/v1/channels", headers=other).status_code == 200


@pytest.mark.parametrize("path", [*ROUTES, "/openapi.json", "/healthz"])
@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_but_get_is_answered(demo: DataFolder, path: str, method: str) -> None:
    answer = client(demo).request(method, path)
    allowed = {"GET", "HEAD"} if path == "/openapi.json" else {"GET"}
    if method in allowed:
        assert answer.status_code == 200
        return
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET"}
    assert method == "HEAD" or answer.json()["error"] == "MethodNotAllowed"


def forged(*values: object) -> str:
    return encoded(values)


BAD = [
    ("/v1/channels", {"limit": "0"}, "limit: "), ("/v1/channels", {"limit": "5001"}, "limit: "),
    ("/v1/channels", {"limit": "1e3"}, "limit: "), ("/v1/channels", {"format": "xml"}, "format: "),
    ("/v1/channels", {"limit": "9" * 5000}, "limit: "),
    ("/v1/channels", {"from": "2026-01-01"}, "not known here"),
    ("/v1/windows", {}, "channel: "), ("/v1/windows", {"channel": "x" * 51}, "channel: "),
    ("/v1/windows", {"channel": ["demo_busy", "demo_past"]}, "once"),
    ("/v1/terms", {"channel": "demo_busy", "kind": "rest"}, "kind: "),
    ("/v1/terms", {"channel": "demo_busy", "from": "2026-01-01T10:00"}, "from: send a day"),
    ("/v1/terms", {"channel": "demo_busy", "from": "2026-01-02", "to": "2026-01-02"}, "before"),
    ("/v1/moments", {}, "stream: "), ("/v1/moments", {"stream": "x" * 501}, "stream: "),
]  # fmt: skip


@pytest.mark.parametrize(("path", "given", "told"), BAD)
def test_a_wrong_parameter_is_named(
    demo: DataFolder, path: str, given: dict[str, str], told: str
) -> None:
    answer = client(demo).get(path, params=given)
    assert (answer.status_code, answer.json()["error"]) == (422, "BadInput")
    assert told in answer.json()["detail"] and "Value error" not in answer.text


@pytest.mark.parametrize(
    "cursor",
    [
        "", "x", "AAAA", "=", "é", "\x00", forged(), forged({}), forged("a", "b", "c", "d"),
        forged(-1, "a", "b"), forged("2026-01-01", 5), "W10", "bnVsbA", "a" * 401,
        base64.urlsafe_b64encode(b"[" * 200).decode(),
        base64.urlsafe_b64encode(json.dumps([10**400, "", ""]).encode()).decode()[:400],
        base64.urlsafe_b64encode(json.dumps([1 << 63, "", ""]).encode()).decode(),
    ],
)  # fmt: skip
def test_a_forged_cursor_is_refused(demo: DataFolder, cursor: str) -> None:
    asked = client(demo)
    for path in ("/v1/streams", "/v1/windows", "/v1/terms"):
        given = {"cursor": cursor} | ({} if path == "/v1/streams" else {"channel": "demo_busy"})
        assert asked.get(path, params=given).status_code == 422, path


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00", "9999-12-31T23:59:59.999999", "1e9"])
def test_a_cursor_of_an_impossible_place_shows_no_more_than_there_is(
    demo: DataFolder, at: str
) -> None:
    answer = client(demo).get(f"/v1/windows?channel=demo_busy&cursor={forged(at)}")
    assert answer.status_code in (200, 422)


HOSTILE = [
    "demo_busy' OR 1=1 --", "'; DROP TABLE windows; --", "') UNION SELECT text FROM samples --",
    "$channel", "%", "../../etc/passwd", "\x00", "\ud7ff", "＇", "read_csv('/etc/passwd')",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_sql_in_a_parameter_is_a_name_that_nobody_has(demo: DataFolder, text: str) -> None:
    asked = client(demo)
    for path, name in (
        ("/v1/windows", "channel"), ("/v1/streams", "channel"), ("/v1/terms", "channel"),
        ("/v1/moments", "stream"),
    ):  # fmt: skip
        answer = asked.get(path, params={name: text})
        assert (answer.status_code, answer.json()["error"]) == (404, "NotFound"), path
        assert text not in answer.text
    place = forged(1 << 62, text, text)
    answer = asked.get(f"/v1/terms?channel=demo_busy&cursor={place}")
    assert answer.status_code == 200 and len(answer.json()["items"]) == 5


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421), ({"Host": ""}, 400),
        ({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403),
    ],
)  # fmt: skip
def test_another_name_and_a_page_of_another_site_are_refused(
    demo: DataFolder, headers: dict[str, str], status: int
) -> None:
    answer = client(demo).get("/v1/channels", headers=headers)
    assert answer.status_code == status and set(answer.json()) == {"error", "detail"}
    assert "access-control-allow-origin" not in answer.headers


def test_what_nobody_foresaw_is_an_error_in_the_one_shape(
    demo: DataFolder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = client(demo)
    monkeypatch.setattr("dashboard.api.routes.moments", lambda *_: 1 / 0)
    answer = asked.get("/v1/moments?stream=secret-name")
    assert answer.status_code == 500 and answer.json()["error"] == "InternalServerError"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "ZeroDivisionError" in caplog.text and "secret-name" not in caplog.text
