"""Who may see what: claims, views of some channels only, requests, and what is cached."""

import ast
import math
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import SecretStr, ValidationError

from dashboard import access, data, inbox, rights
from dashboard.config import DashboardSettings
from dashboard.login import oidc
from dashboard.rights import Access
from tests.helpers.browser import published
from tests.helpers.pages import html_of, open_at
from tests.helpers.paths import ROOT
from warehouse.config import DataFolder
from warehouse.errors import BadInput, NotAuthorised
from warehouse.identities import Identities
from warehouse.published.manifest import read_manifest
from warehouse.published.reader import Reader

DASHBOARD = ROOT / "dashboard"
NOW = datetime(2026, 1, 31, 18, tzinfo=UTC)
OWN = "demo_busy"
WHO = Identities(
    {"channel": key, "channel_id": channel_id, "login": login}
    for key, channel_id, login in (
        ("alpha", "1001", "alpha"), ("beta", "91234567890", "beta"), ("gamma", None, "gamma"),
        ("delta", "2001", None), ("delta~2002", "2002", "delta"), ("epsilon", "2003", "epsilon2"),
    )
)  # fmt: skip
PAGES = sorted(path.stem for path in (DASHBOARD / "app_pages").glob("[a-z]*.py"))


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    return published.demo(tmp_path_factory.mktemp("access"), NOW)


ANALYSTS = "ann, 4242,id:Own-1,login:007,"


def who(sub: object, name: object = None) -> Access:
    claims = {"is_logged_in": True, "sub": sub, "preferred_username": name}
    return rights.of(claims, DashboardSettings(analysts=ANALYSTS).analyst_names, WHO)


@pytest.mark.parametrize(
    ("sub", "name", "channels"),
    [
        ("1001", "Alpha", ("alpha",)),
        ("1001", "Renamed", ("alpha", "renamed")),  # the id stays, and the new name is theirs
        ("1002", "Alpha", ()),  # the name went to somebody else
        ("5", "Beta", ("beta",)),  # its id is made up: the name has to do
        ("91234567890", "x", ("x",)),  # a made-up id is nobody's
        ("5", "Gamma", ("gamma",)),
        ("5", "new_one", ("new_one",)),  # to import into
        ("5", "\u212aim", ()),  # whose lower case is kim, who is somebody else
        ("2001", "Delta2", ("delta", "delta2")),  # whose login is another's
        ("2002", "Delta", ("delta~2002",)),
        ("2003", "Epsilon2", ("epsilon",)),
        ("2004", "Epsilon", ()),  # who took it, before we know
        ("5", "アルファ", ()),
        ("5", "'; DROP", ()),
        ("", None, ()),
        ("5", "Ann", None),
        ("4242", "somebody", None),
        ("5", "4242", ("4242",)),  # a login of digits is no id
        ("ann", "x", ("x",)),  # and no id is a login
        ("Own-1", None, None),
        ("own-1", None, ()),
        ("5", "007", None),
        ("007", None, ()),
        ("id:4242", "id:4242", ()),
        ("5", "login:007", ()),
        ("5", "\u0661\u0660", ()),  # digits, and none of Twitch's
        ("5", "Ann\n", ()),
        ("5", " ann", ()),
        (4242, None, ()),
        (["4242"], ["ann"], ()),
        (True, True, ()),
    ],
)
def test_claims_open_the_own_channel_by_id_and_analysts_see_all(
    sub: object, name: object, channels: tuple[str, ...] | None
) -> None:
    assert who(sub, name).channels == channels


def test_who_has_a_login_of_digits_does_not_sign_as_the_one_with_that_id() -> None:
    assert who("5", "1001").name != who("1001").name


@pytest.mark.parametrize("login", ["dashboard", "broadcaster", "command", "test", "waits"])
def test_no_login_nor_id_signs_as_one_of_us_or_as_another(login: str) -> None:
    theirs = who("77", login)
    assert theirs.name == login and not theirs.may_see(login) and not theirs.sees_all
    assert theirs.may_see(theirs.signature) and not who("78", login).may_see(theirs.signature)
    assert not who("77").may_see(f"{login} id:77")
    assert inbox.signature(theirs.signature) != theirs.signature  # typed, without a login
    assert inbox.signature(login) == login


@pytest.mark.parametrize(
    "entry", ["\u212aate", "\u0661", "id:", "login:", "id:a b", "login:a~1", "name:ann", "+5"]
)
def test_an_analyst_who_is_neither_id_nor_login_is_refused_at_the_start(entry: str) -> None:
    with pytest.raises(ValidationError, match="is neither id:ID nor login:NAME"):
        DashboardSettings(analysts=f"ann,{entry}")


def test_a_login_holds_for_its_hours_and_no_longer() -> None:
    claims = {"is_logged_in": True, "sub": "1", "iat": 1000}
    assert rights.holds(claims, 1, 1000 + 3599)
    assert not rights.holds(claims, 1, 1000 + 3600)
    for wrong in ({"is_logged_in": False}, {"sub": ""}, {"iat": None}, {"iat": "1000"},
                  {"iat": True}, {"iat": 10**400}, {"iat": math.nan}, {"sub": 1}):  # fmt: skip
        assert not rights.holds({**claims, **wrong}, 1, 1001)
    assert not rights.holds({}, 1, 1001)


def test_every_published_table_shows_the_own_channel_alone(demo: DataFolder) -> None:
    all_, own, none = Reader(demo), Reader(demo, (OWN,)), Reader(demo, ())
    for table in read_manifest(demo.manifest).tables:
        rows = own.run(f"FROM {table}").to_pylist()
        named = {row["channel"] for row in rows if "channel" in row}
        assert named <= {OWN, ""}, table
        if "channel" in all_.run(f"FROM {table}").column_names:
            seen = {r["channel"] for r in none.run(f"FROM {table}").to_pylist()}
            assert seen <= {""}, table
            mine = all_.run(f"SELECT count(*) AS n FROM {table} WHERE channel = '{OWN}'")
            assert len([r for r in rows if r["channel"] == OWN]) == mine["n"][0].as_py(), table
    assert own.run("FROM windows").num_rows > 100
    assert set(own.run("FROM models")["params"].to_pylist()) == {None}
    assert set(own.run("FROM health")["name"].to_pylist()) <= {"lag_s", "told_at"}


def test_a_table_nobody_thought_of_is_empty_and_a_name_is_no_sql(demo: DataFolder) -> None:
    from warehouse.published.channel_views import visible

    assert visible("secrets", "FROM x", (OWN,)).endswith("WHERE false")
    assert "' OR" not in visible("windows", "FROM x", ("a' OR 'b",))


@pytest.mark.parametrize("name", PAGES)
def test_no_page_tells_a_streamer_of_another_channel(
    demo: DataFolder, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(access, "current", lambda: Access(OWN, (OWN,)))
    address = {"channels": "demo_past", "stream": f"demo_past{NOW}", "channel": "demo_past"}
    page = open_at(monkeypatch, NOW, name, demo.root, address)
    assert not page.exception
    drawn = str(page.main) + html_of(page)
    assert not {"demo_past", "demo_quiet"} & set(re.findall(r"demo_\w+", drawn))


def test_what_one_may_see_is_not_answered_to_another_from_the_cache(
    demo: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLD_DATA", str(demo.root))
    seen = []
    for channels in (None, (OWN,), ("demo_past",), ()):
        monkeypatch.setattr(access, "current", lambda c=channels: Access("x", c))
        seen.append([r["channel"] for r in data.rows("dash_channels", now=NOW)])
    assert seen == [["demo_busy", "demo_past", "demo_quiet"], [OWN], ["demo_past"], []]


def test_whatever_is_cached_from_queries_is_cached_by_who_may_see_it() -> None:
    """A cached function that reads data without `allowed` would answer one with another's."""
    for path in DASHBOARD.rglob("*.py"):
        if path.name == "access.py":  # it decides what is allowed
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and any(
                "cache" in ast.unparse(decorator) for decorator in node.decorator_list
            ):
                names = {arg.arg for arg in node.args.args}
                reads = any(w in ast.unparse(node) for w in ("data.", "Reader(", "_reader("))
                assert not reads or "allowed" in names, f"{path.name}: {node.name}"


def test_a_streamer_asks_for_the_own_channel_only_and_signs_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLD_DATA", str(tmp_path))
    monkeypatch.setattr(access, "current", lambda: Access("alpha", ("alpha",), "1001"))
    for channel in ("", "beta", "<b>"):
        with pytest.raises(NotAuthorised, match="only for the own channel"):
            inbox.ask("vocabulary", {"channel": channel})
    with pytest.raises(NotAuthorised):
        inbox.ask("forget", {"chatter": "ann"})
    assert not (tmp_path / "inbox").exists()
    sent = inbox.ask("vocabulary", {"channel": "alpha"}, by="somebody else")
    body = orjson.loads((tmp_path / "inbox" / f"{sent}.json").read_bytes())
    assert (body["by"], body["channel"]) == ("alpha id:1001", "alpha")


@pytest.mark.parametrize(
    ("name", "log", "others", "own", "told"),
    [
        ("ann", True, 0, 2, None), ("ann", True, 0, 3, "3 logs of yours wait for the pipeline"),
        ("ann", True, 9, 0, None), ("ann", True, 10, 0, "10 logs wait"), ("", True, 9, 0, None),
        ("", True, 10, 0, "10 logs wait"), ("ann", False, 10, 3, None),
        ("ann", False, 0, 100, "100 requests of yours wait"), ("ann", False, 900, 99, None),
        ("ann", False, 901, 99, "1,000 requests wait"), ("", False, 0, 1000, "1,000 requests wait"),
    ],
)  # fmt: skip
def test_what_waits_is_bounded_by_person_and_in_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, log: bool, others: int, own: int,
    told: str | None,
) -> None:  # fmt: skip
    monkeypatch.setenv("DLD_DATA", str(tmp_path))
    monkeypatch.setattr(access, "current", lambda: Access(name))
    (tmp_path / "inbox").mkdir()
    action = "import-log" if log or others == 10 else "vocabulary"
    for n in range(others + own):
        by = f"{name} id:" if n < own else "somebody"
        request = {"id": f"r{n}", "at": "2026-01-01T00:00:00Z", "by": by, "action": action}
        (tmp_path / "inbox" / f"r{n}.json").write_bytes(orjson.dumps(request))
    (tmp_path / "inbox" / "ebs-1-opt-in-1-x.json").write_bytes(b"{}")  # the EBS bounds its own
    pieces = [b"text"] if log else []
    sent = inbox.ask("import-log" if log else "vocabulary", {}, log=pieces)  # on this machine alone
    (tmp_path / "inbox" / f"{sent}.json").unlink()
    monkeypatch.setenv("DLD_DASHBOARD_OPEN", "true")
    if told is None:
        assert inbox.ask("import-log" if log else "vocabulary", {}, log=pieces)
        return
    before = sorted((tmp_path / "inbox").iterdir())
    with pytest.raises(BadInput, match=told):
        inbox.ask("import-log" if log else "vocabulary", {}, log=pieces)
    assert sorted((tmp_path / "inbox").iterdir()) == before


LOGIN: dict[str, Any] = {
    "oidc_metadata_url": "https://id.twitch.tv/oauth2/.well-known/openid-configuration",
    "oidc_client_id": "dld",
    "oidc_client_secret": SecretStr("hidden"),
    "oidc_redirect_uri": "https://dld.example/oauth2callback",
    "oidc_cookie_secret": SecretStr("s" * 32),
}


def test_without_a_login_only_this_machine_is_listened_on_unless_it_is_meant() -> None:
    off = DashboardSettings(_env_file=None)
    for address in ("127.0.0.1", "localhost", "::1"):
        oidc.check_address(off, address)
    for address in (None, "", "0.0.0.0", "192.168.0.4", "dld.example"):
        with pytest.raises(BadInput, match="DLD_DASHBOARD_OPEN=true"):
            oidc.check_address(off, address)
        oidc.check_address(DashboardSettings(_env_file=None, open=True), address)
        oidc.check_address(DashboardSettings(_env_file=None, **LOGIN), address)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"oidc_client_id": ""}, "needs DLD_DASHBOARD_OIDC_CLIENT_ID too"),
        ({"oidc_metadata_url": "http://id.twitch.tv/x"}, "METADATA_URL is not an address with"),
        ({"oidc_redirect_uri": "https://dld.example/"}, "does not end in /oauth2callback"),
        ({"oidc_cookie_secret": SecretStr("short")}, "fewer than 32 characters"),
    ],
)
def test_a_login_set_up_by_half_is_told_without_a_secret(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as found:
        DashboardSettings(_env_file=None, **{**LOGIN, **change})
    (error,) = found.value.errors()
    assert told in error["msg"]
    assert "hidden" not in error["msg"]


def test_streamlit_gets_what_twitch_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in LOGIN.items():
        plain = value.get_secret_value() if isinstance(value, SecretStr) else value
        monkeypatch.setenv(f"DLD_DASHBOARD_{name.upper()}", plain)
    auth = oidc.secrets()["auth"]
    provider = auth.pop("oidc")
    assert auth == {"redirect_uri": LOGIN["oidc_redirect_uri"], "cookie_secret": "s" * 32}
    assert provider["client_kwargs"]["scope"] == "openid"
    assert provider["authorize_params"] == {"claims": '{"id_token": {"preferred_username": null}}'}
    monkeypatch.setenv("DLD_DASHBOARD_OIDC_CLIENT_ID", "")
    with pytest.raises(SystemExit, match=r"^error: a login needs DLD_DASHBOARD_OIDC_CLIENT_ID too"):
        oidc.secrets()
