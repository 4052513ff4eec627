"""The gate: what reaches Streamlit of requests with a login, without one, and by other names."""

import json
import math
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from itsdangerous import URLSafeTimedSerializer
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from dashboard.login import gate
from dashboard.login.gate import Gate
from dashboard.uploads import upload_room
from tests.helpers.patience import PATIENCE_S

SECRET = "not-a-secret-but-long-enough-for-it"
HOST = "dld.example.org"
LOGIN = {
    "OIDC_METADATA_URL": "http://127.0.0.1:9/.well-known/openid-configuration",
    "OIDC_CLIENT_ID": "dld", "OIDC_CLIENT_SECRET": "x", "OIDC_COOKIE_SECRET": SECRET,
    "OIDC_REDIRECT_URI": f"https://{HOST}/oauth2callback", "ANALYSTS": "id:4242",
}  # fmt: skip
UPLOAD = "/_stcore/upload_file/some-session/some-file"
HELD = [
    "/_stcore/stream", "/_stcore/metrics", "/_stcore/host-config", "/_stcore/script-health-check",
    UPLOAD, "/_stcore/upload_file/auth/login", "/_stcore/upload_file/x/oauth2callback",
    "/_stcore/agent/mcp", "/_stcore/bidi-components/a/b", "/media/abc.png", "/component/a/b.html",
    "/static/js/index.js", "/app/static/x", "/_stcore/health/x",
]  # fmt: skip


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLD_DATA", str(tmp_path))
    for name, value in LOGIN.items():
        monkeypatch.setenv(f"DLD_DASHBOARD_{name}", value)


def cookie(secret: str = SECRET, salt: str = "_streamlit_user", **changed: Any) -> dict[str, str]:
    """Of the analyst's login; what is changed is."""
    claims = {"is_logged_in": True, "sub": "4242", "iat": time.time()} | changed
    value = URLSafeTimedSerializer(secret, salt=salt).dumps(json.dumps(claims))
    return {"cookie": f"_streamlit_user={value}"}


class Behind:
    """Streamlit, as far as a gate knows it: what has reached it."""

    def __init__(self) -> None:
        self.reached: list[str] = []
        self.goes_on = anyio.Event()
        self.goes_on.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.reached.append(scope["path"])
        await self.goes_on.wait()
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": scope["query_string"]})


def status(behind: Behind, path: str, method: str = "GET", **headers: str) -> int:
    """Of the answer; of a websocket 101 or 403."""
    return answer(behind, path, method, **headers)[0]


def answer(behind: Behind, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    return anyio.run(asked, Gate(behind), path, method, headers)


async def asked(
    layer: Gate, path: str, method: str = "GET", headers: dict[str, str] | None = None
) -> tuple[int, str]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        raise AssertionError("nothing of a body is read")

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    path, _, query = path.partition("?")
    scope = {
        "type": "websocket" if method == "WS" else "http", "method": method, "path": path,
        "query_string": query.encode(), "scheme": "https", "server": (HOST, 443),
        "headers": [
            (k.encode(), v.encode()) for k, v in ({"host": HOST} | (headers or {})).items()
        ],
    }  # fmt: skip
    await layer(scope, receive, send)
    if method == "WS":
        return (403 if sent else 101), ""
    body = b"".join(m.get("body", b"") for m in sent)
    return sent[0]["status"], body.decode()


@pytest.mark.parametrize("path", HELD)
def test_nothing_that_is_kept_answers_whoever_is_not_logged_in(path: str) -> None:
    behind = Behind()
    for method in ("GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"):
        assert status(behind, path, method) == 401
    assert status(behind, path, "WS", origin=f"https://{HOST}") == 403
    assert behind.reached == []
    assert status(behind, path, "OPTIONS", **cookie()) == 200
    assert status(behind, path, "WS", **cookie(), origin=f"https://{HOST}") == 101
    assert behind.reached == [path, path]


@pytest.mark.parametrize("path", ["/", "/review", "/x/auth/login", "//_stcore/metrics", "/_STCORE"])
def test_any_page_is_the_way_to_the_login_and_is_streamlit_s_after_it(path: str) -> None:
    behind = Behind()
    code, body = answer(behind, path)
    assert code == 200 and "Log in with 127.0.0.1" in body and behind.reached == []
    assert status(behind, path, "POST") == 401
    assert answer(behind, path, **cookie()) == (200, "")


NO_LOGINS = {
    "another secret": cookie("x" * 40), "another cookie": cookie(salt="_streamlit_session"),
    "old": cookie(iat=time.time() - 90_000), "of tomorrow": cookie(iat=time.time() + 90_000),
    "nan": cookie(iat=math.nan), "no time": cookie(iat=None), "no one": cookie(sub=""),
    "a number": cookie(sub=4242), "logged out": cookie(is_logged_in=False),
    "almost": cookie(is_logged_in="true"), "unsigned": {"cookie": "_streamlit_user=e30.x.y"},
    "bytes": {"cookie": '_streamlit_user="\\377\\376"'}, "empty": {"cookie": "_streamlit_user="},
    "chunks": {"cookie": f"_streamlit_user=chunks-9; {cookie()['cookie'].replace('=', '_1=', 1)}"},
}  # fmt: skip


@pytest.mark.parametrize("name", NO_LOGINS)
def test_what_is_no_login_lets_nobody_in(name: str) -> None:
    behind = Behind()
    assert status(behind, "/_stcore/metrics", **NO_LOGINS[name]) == 401
    assert status(behind, "/_stcore/stream", "WS", **NO_LOGINS[name]) == 403
    assert "Log in with" in answer(behind, "/", **NO_LOGINS[name])[1]
    assert behind.reached == []


def test_a_login_that_opens_nothing_is_a_sentence_and_no_session() -> None:
    behind = Behind()
    stranger = cookie(sub="77", preferred_username="<b>Nö</b>")
    code, body = answer(behind, "/review", **stranger)
    assert code == 200 and "There is nothing for you here" in body and "<b>" not in body
    assert status(behind, "/_stcore/stream", "WS", **stranger) == 403
    assert status(behind, UPLOAD, "PUT", **stranger) == 401
    assert behind.reached == []
    assert status(behind, "/auth/logout", **stranger) == 200


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"host": "evil.example"}, 421), ({"host": ""}, 400), ({"host": "dld.example.org:0"}, 400),
        ({"host": "localhost.evil.example"}, 421), ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403), ({"origin": f"https://{HOST}:8443"}, 403),
        ({"host": "evil.example", "origin": "https://evil.example"}, 421),
    ],
)  # fmt: skip
def test_another_name_or_site_reaches_nothing_but_health(
    headers: dict[str, str], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for has_login in (True, False):
        behind = Behind()
        for path in ("/", "/auth/login", "/auth/logout", "/oauth2callback?code=x", *HELD):
            assert status(behind, path, **cookie(), **headers) == code
            assert status(behind, path, "WS", **cookie(), **headers) == 403
        assert behind.reached == []
        assert status(behind, "/_stcore/health", **headers) == 200
        for name in LOGIN if has_login else ():
            monkeypatch.delenv(f"DLD_DASHBOARD_{name}")
        if has_login:
            monkeypatch.setenv("DLD_PUBLIC_NAMES", HOST)


def test_without_a_login_all_is_as_streamlit_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LOGIN:
        monkeypatch.delenv(f"DLD_DASHBOARD_{name}")
    behind = Behind()
    for path in ("/", *HELD):
        assert status(behind, path, host="localhost:8501") == 200
        assert status(behind, path, "WS", host="[::1]:8501", origin="http://[::1]:8501") == 101


def test_a_page_may_show_twitch_s_player_in_a_frame_and_nobody_else_s(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in LOGIN:
        monkeypatch.delenv(f"DLD_DASHBOARD_{name}")
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/review", "query_string": b"",
             "headers": [(b"host", b"localhost:8501")]}  # fmt: skip
    anyio.run(Gate(Behind()), scope, None, send)
    policy = b"frame-src 'self' https://player.twitch.tv"
    assert (b"content-security-policy", policy) in sent[0]["headers"]


def test_the_login_begins_where_the_provider_answers_and_fails_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    behind = Behind()
    code, body = answer(behind, "/auth/login?provider=x")
    assert code == 503 and "127.0.0.1 does not answer" in body
    code, body = answer(behind, "/oauth2callback?error=access_denied&error_description=<b>no</b>")
    assert code == 403 and "The login was not completed" in body and "<b>" not in body
    assert behind.reached == []

    async def answers(_: Gate) -> bool:
        return True

    monkeypatch.setattr(Gate, "_provider_answers", answers)
    monkeypatch.setattr(gate, "encode_provider_token", "token-of-{}".format)
    assert answer(behind, "/auth/login?provider=x") == (200, "provider=token-of-oidc")
    assert status(behind, "/oauth2callback?code=x&state=y") == 200


def test_logins_under_way_and_open_pages_are_bounded() -> None:
    async def story() -> None:
        behind = Behind()
        behind.goes_on = anyio.Event()
        layer, codes = Gate(behind), []
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(asked, layer, "/oauth2callback?code=x")
                tasks.start_soon(asked, layer, "/_stcore/stream", "WS", cookie())
            with anyio.fail_after(PATIENCE_S):
                while len(behind.reached) < 40:
                    await anyio.sleep(0.01)
            codes.append((await asked(layer, "/auth/login"))[0])
            codes.append((await asked(layer, "/_stcore/stream", "WS", cookie()))[0])
            behind.goes_on.set()
        codes.append((await asked(layer, "/oauth2callback?code=x"))[0])
        codes.append((await asked(layer, "/_stcore/stream", "WS", cookie()))[0])
        assert codes == [503, 403, 200, 101]

    anyio.run(story)


def test_a_session_ends_when_its_login_has_been_over_for_a_while() -> None:
    heard: list[str] = []

    async def streamlit(scope: Any, receive: Any, send: Any) -> None:
        heard.append((await receive())["type"])

    async def message() -> dict[str, Any]:
        return {"type": "websocket.receive"}

    async def story(ago_s: float) -> None:
        layer = Gate(streamlit)
        who = SimpleNamespace(name="ann")
        await layer._session(who, {"iat": time.time() - ago_s}, {}, message, None)  # type: ignore

    for ago_s in (86_400 + 500, 86_400 + 700):
        anyio.run(story, ago_s)
    assert heard == ["websocket.receive", "websocket.disconnect"]


def test_uploads_in_memory_are_bounded_by_person_and_in_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DLD_UPLOAD_MB", "1")
    manager = MemoryUploadedFileManager("/x")
    monkeypatch.setattr(
        upload_room, "get_instance", lambda: SimpleNamespace(uploaded_file_mgr=manager)
    )
    room = upload_room.UploadRoom()

    def put(person: str, session: str) -> str:
        with room.taken(person, session) as reason:
            if not reason:
                file = UploadedFileRec(
                    f"{session}-{time.monotonic_ns()}", "x", "", b"a" * (1 << 20)
                )
                manager.add_file(session, file)
            return reason

    assert [put("ann", s).partition(" ")[0] for s in ("a1", "a2", "a1")] == ["", "", "other"]
    assert [put("bob", s).partition(" ")[0] for s in ("b1", "b1", "b2")] == ["", "", "other"]
    assert put("cleo", "c1").startswith("too many logs")
    manager.remove_session_files("a1")  # its page was closed
    with room.taken("cleo", "c1") as coming:
        assert coming == "" and put("dan", "d1").startswith("too many logs")
    assert put("ann", "a3") == ""
