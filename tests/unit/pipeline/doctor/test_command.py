"""The doctor: what is not well is named, with what to do; nothing secret is said."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from pipeline.doctor import folder as folder_checks
from pipeline.doctor.command import examine
from pipeline.doctor.finding import OK, PROBLEM, WARNING, Finding
from pipeline.doctor.network import Reachability, ask_all, check_clock
from pipeline.sources.channel_list import save_channels
from pipeline.sources.eventsub.tokens import Token, TokenFile
from tests.helpers import commands
from tests.helpers.build import put, send
from tests.helpers.commands import Done
from tests.helpers.standins.irc import IrcServer
from warehouse import packages
from warehouse.config import DataFolder
from warehouse.consent import OptOut, save_optout
from warehouse.errors import ModelUnusable
from warehouse.inbox.requests import Request
from warehouse.published.manifest import read_manifest, write_manifest
from warehouse.published.publisher import Publisher
from warehouse.records import iso, utc
from warehouse.store.store import Store

SECRET = "sEcReT0123"


@pytest.fixture(autouse=True)
def place(folder: DataFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No .env, no model, and an endpoint on this machine that nobody listens on."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DLD_DATA", str(folder.root))
    monkeypatch.setenv("DLD_FORECAST", "false")
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    monkeypatch.setenv("DLD_TWITCH_URL", f"http://127.0.0.1:{port}")


def run(*words: str) -> Done:
    return commands.run("doctor", *words)


@pytest.fixture
def published(folder: DataFolder) -> Iterator[DataFolder]:
    """A folder with an empty warehouse, published just now."""
    with Store(folder.warehouse) as store:
        Publisher(folder, store, "live").publish()
    yield folder


def said(check: str) -> list[Finding]:
    return [found for found in examine() if found.check == check]


def only(check: str) -> Finding:
    (found,) = said(check)
    return found


def public_chat() -> Finding:
    (found,) = (found for found in said("network") if found.says.startswith("public chat"))
    return found


# -- the whole ----------------------------------------------------------------------------------


def test_a_new_install_has_no_problem() -> None:
    done = run()
    assert (done.code, done.err) == (0, "")
    assert "problem" not in done.out
    lines = done.out.splitlines()
    assert lines[0].startswith("ok      settings    ")
    assert all(line.split()[0] in (OK, WARNING) or line[:20].isspace() for line in lines)


def test_a_problem_is_exit_code_one_in_both_formats(folder: DataFolder) -> None:
    folder.root.mkdir()
    folder.channels.write_text("?")
    assert run().code == 1
    done = run("--format", "json")
    assert done.code == 1
    found = {row["check"]: row for row in orjson.loads(done.out)}
    assert found["channels"]["status"] == PROBLEM
    assert found["channels"]["do"] == "delete it and add the channels"


def test_whatever_is_not_well_says_what_to_do(folder: DataFolder) -> None:
    folder.root.mkdir()
    for path in (folder.channels, folder.warehouse, folder.root / "tokens.json"):
        path.write_text("?")
    found = list(examine())
    assert {f.check for f in found if f.status == PROBLEM} >= {"channels", "warehouse", "login"}
    assert all(bool(f.do) == (f.status != OK) for f in found)
    assert all(f.says.isprintable() and f.do.isprintable() for f in found)


def test_looking_changes_nothing(published: DataFolder) -> None:
    def stamps() -> dict[Path, int]:
        return {p: p.stat().st_mtime_ns for p in published.root.rglob("*") if p.is_file()}

    before = stamps()
    list(examine())
    assert stamps() == before


# -- settings -----------------------------------------------------------------------------------


def test_a_setting_that_nothing_reads_is_named_with_the_one_that_was_meant(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DLD_RETENTION", "3")
    (tmp_path / ".env").write_text(f"DLD_NOBODY_READS_THIS={SECRET}\nOTHER=1\n")
    near, far = sorted(said("settings"), key=lambda f: f.do)
    assert "'DLD_RETENTION' is set" in near.says and near.do == "is it DLD_RETENTION_H?"
    assert "'DLD_NOBODY_READS_THIS' is set" in far.says and SECRET not in far.says
    assert {near.status, far.status} == {WARNING}


def test_a_setting_that_went_is_named_with_what_holds_instead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DLD_UPLOAD_MINUTES", "5")
    (finding,) = said("settings")
    assert finding.status == WARNING
    assert finding.says == (
        "DLD_UPLOAD_MINUTES is no longer a setting: an import of a dropped log may take 30 minutes"
    )
    assert finding.do == "take DLD_UPLOAD_MINUTES out of the environment or .env"


def test_a_bad_value_is_named_without_a_password_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLD_TWITCH_URL", f"http://me:{SECRET}@example.com")
    monkeypatch.setenv("DLD_RETENTION_H", "long")
    found = said("settings")
    assert [f.status for f in found] == [PROBLEM] * 2
    assert [f.says.split(":")[0] for f in found] == ["DLD_TWITCH_URL", "DLD_RETENTION_H"]
    assert not any(SECRET in f.says for f in examine())


def test_a_setting_that_does_nothing_without_another_one_names_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DLD_TWITCH_CONDUIT_ID", "c1")
    monkeypatch.setenv("DLD_EBS_CLIENT_IDS", "")
    (tmp_path / ".env").write_text("DLD_EBS_OWNER_ID=42\n")
    found = said("settings")
    assert [(f.status, f.do) for f in found] == [
        (PROBLEM, "set DLD_TWITCH_CLIENT_SECRET too"),
        (PROBLEM, "set DLD_EBS_CLIENT_IDS too"),
    ]


# -- the folder -----------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_made_is_a_problem(folder: DataFolder) -> None:
    folder.root.write_text("a file")
    assert only("data").status == PROBLEM
    assert "DLD_DATA" in only("data").do


@pytest.mark.parametrize(
    ("free", "status"), [(199e6, PROBLEM), (201e6, WARNING), (1.9e9, WARNING), (2.1e9, OK)]
)
def test_little_room_is_told(free: float, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type("Usage", (), {"free": free})
    monkeypatch.setattr(folder_checks.shutil, "disk_usage", lambda path: usage)
    assert only("disk").status == status


def test_a_file_with_secrets_that_others_can_read_is_a_problem(published: DataFolder) -> None:
    salt = published.root / "salt"
    salt.write_bytes(bytes(16))
    salt.chmod(0o640)
    salt.parent.chmod(0o755)
    found = only("privacy")
    assert found.says == f"{salt.parent} is not its owner's alone, and 1 more"
    assert found.do == f"chmod 700 {salt.parent}; the next run mends the rest"
    salt.parent.chmod(0o700)
    assert only("privacy").do == f"chmod 600 {salt}"
    salt.chmod(0o600)
    assert said("privacy") == []


def test_a_running_pipeline_is_seen_by_its_lock(published: DataFolder) -> None:
    assert only("warehouse").says.endswith("; no pipeline runs")
    holds = "import sys, duckdb; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", holds, str(published.warehouse)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as other:  # fmt: skip
        assert other.stdout and other.stdout.readline()
        assert only("warehouse").says == f"in use by process {other.pid}: a pipeline runs"
        other.kill()


def test_a_warehouse_of_a_newer_dld_is_a_problem(published: DataFolder) -> None:
    with Store(published.warehouse) as store:
        store.write({}, {"schema": "999"})
    found = only("warehouse")
    assert (found.status, found.says[:11]) == (PROBLEM, "schema 999,")
    assert "update DLD" in found.do


def test_requests_that_wait_long_beside_a_running_pipeline_are_told(
    published: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(published.inbox, Request("r1", iso(utc(0)), "test", "marker"))
    assert only("inbox").status == OK
    monkeypatch.setattr("pipeline.doctor.command.is_running", lambda folder: True)
    monkeypatch.setattr(folder_checks, "_WAITS_S", -1.0)
    assert only("inbox").status == WARNING


# -- what is published --------------------------------------------------------------------------


def test_what_is_published_whole_and_just_now_is_well(published: DataFolder) -> None:
    assert only("published").status == OK
    assert only("freshness").status == OK


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"PAR1 half")])
def test_a_published_file_that_is_missing_or_cut_is_a_problem(
    published: DataFolder, harm: Callable[[Path], object]
) -> None:
    name = sorted(read_manifest(published.manifest).paths())[0]
    harm(published.published / name)
    assert only("published").says == f"1 files missing or cut: {name}"


def test_files_that_a_takeover_has_yet_to_bring_are_no_problem(folder: DataFolder) -> None:
    with Store(folder.warehouse) as store:
        put(store, health=[{"name": "past_files", "at": utc(0), "value": 1.0}])
        Publisher(folder, store, "live").publish()
    names = sorted(read_manifest(folder.manifest).tables["windows"], key=str)
    (folder.published / names[0].path).unlink()
    first, second = said("published")
    assert (first.status, second.status) == (WARNING, OK)
    assert first.says == "1 files of the past are still in the bucket"
    (folder.published / read_manifest(folder.manifest).tables["streams"][0].path).unlink()
    assert only("published").status == PROBLEM


@pytest.mark.parametrize(
    ("age", "running", "check", "status"),
    [
        (60, True, "freshness", OK), (100, True, "freshness", PROBLEM),
        (100, False, "freshness", WARNING), (-60, True, "clock", PROBLEM),
    ],
)  # fmt: skip
def test_the_age_of_what_is_published_is_judged(
    published: DataFolder,
    monkeypatch: pytest.MonkeyPatch,
    age: int,
    running: bool,
    check: str,
    status: str,
) -> None:
    manifest = read_manifest(published.manifest)
    at = manifest.published_at - timedelta(seconds=age)
    write_manifest(published.manifest, replace(manifest, published_at=at))
    monkeypatch.setattr("pipeline.doctor.command.is_running", lambda folder: running)
    assert said(check)[0].status == status


def test_a_body_that_cannot_be_served_is_named(published: DataFolder) -> None:
    published.latest.mkdir(exist_ok=True)
    (published.latest / "1.json").write_text('{"v": 1, "channel_id": "1"}')
    assert only("latest") == Finding("latest", OK, "1 channels can be served")
    for text in ("{", '{"v": 1, "channel_id": "3"}', '{"v": 1, "channel_id": "2"}' + " " * 5000):
        (published.latest / "2.json").write_text(text)
        assert only("latest").says == "1 bodies cannot be served: '2.json'"


# -- what a run would use -----------------------------------------------------------------------


def test_channels_that_opted_out_are_counted(published: DataFolder) -> None:
    save_channels(published.channels, ["a", "b"])
    save_optout(published.optout, OptOut(channels={"b"}))
    assert [(f.status, f.says) for f in said("channels")] == [
        (WARNING, "1 of them opted out: not read"), (OK, "1 to be read live"),
    ]  # fmt: skip


def test_a_model_that_cannot_be_used_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(folder: DataFolder) -> None:
        raise ModelUnusable("no usable version")

    monkeypatch.setenv("DLD_FORECAST", "true")
    monkeypatch.setattr("pipeline.doctor.reading.serving", none)
    assert only("model").says == "none: no usable version; everything but forecasts works"


def test_nightly_training_without_its_packages_is_told(
    monkeypatch: pytest.MonkeyPatch, folder: DataFolder
) -> None:
    monkeypatch.setenv("DLD_FORECAST", "true")
    monkeypatch.setenv("DLD_RETRAIN", "true")
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    (finding,) = (f for f in said("model") if "RETRAIN" in f.says)
    assert (finding.status, finding.do) == (WARNING, "make setup-train installs what is missing")
    assert finding.says == ("DLD_RETRAIN is on, but training needs tensorflow, optuna, sklearn")


def token(**more: object) -> Token:
    found = Token(SECRET, SECRET, "1", "someone", "client", ("user:read:chat",), time.time() + 7300)
    return replace(found, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kept", "status", "says"),
    [
        ({}, OK, "valid for 2.0 hours, then renewed; 1 scopes"),
        ({"expires_at": 1.0}, WARNING, "the access token has expired"),
        ({"scopes": ()}, PROBLEM, "it does not allow user:read:chat"),
    ],
)
def test_the_login_is_judged_without_showing_it(
    published: DataFolder, kept: dict[str, object], status: str, says: str
) -> None:
    assert only("login").status == OK
    TokenFile(published.root).save(token(**kept))  # now: its hours are counted from here
    assert (only("login").status, only("login").says) == (status, says)
    assert not any(SECRET in f.says + f.do for f in examine())


def test_what_markers_and_clips_lack_is_named_with_the_login_that_gives_it(
    published: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert said("markers") == []
    monkeypatch.setenv("DLD_MARKERS", "ann")
    monkeypatch.setenv("DLD_CLIPS", "ann")
    login = "python -m pipeline login"
    lacking = [
        ("the login does not allow channel:manage:broadcast", f"{login} --markers"),
        ("the login does not allow clips:edit", f"{login} --clips"),
        ("the login does not allow channel:manage:clips", f"{login} --clips"),
    ]
    assert [(f.says, f.do) for f in said("markers")] == lacking  # without any login, too
    file = TokenFile(published.root)
    file.save(token(scopes=("user:read:chat", "channel:manage:broadcast")))
    assert [(f.says, f.do) for f in said("markers")] == lacking[1:]
    file.save(token(scopes=("channel:manage:broadcast", "clips:edit", "editor:manage:clips")))
    assert said("markers") == []


def test_a_name_that_fits_no_channel_is_told(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLD_MARKERS", "Ann, anne, id:5, id:55, beth, soon")
    TokenFile(folder.root).save(token(scopes=("channel:manage:broadcast",)))
    assert said("markers") == [], "nobody was read yet"
    save_channels(folder.channels, ["soon"])
    rows = [
        {"channel": "ann", "channel_id": "5", "login": "ann", "source": "live"},
        {"channel": "beth", "channel_id": "6", "login": "beth_of_today", "source": "live"},
    ]
    with Store(folder.warehouse) as store:
        put(store, channels=rows)
        Publisher(folder, store, "live").publish()
        told = [f.says.partition(" is no")[0] for f in said("markers")]
    assert told == ["anne", "beth", "id:55"]


def test_what_twitch_refused_is_told_while_the_pipeline_runs(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DLD_MARKERS", "ann")
    wrong = {"troubles": {"ann marker": "the channel is offline; wait"}}
    row = {"name": "twitch", "at": utc(time.time()), "value": 0.0}
    with Store(folder.warehouse) as store:
        put(store, health=[{**row, "detail": orjson.dumps(wrong).decode()}])
        Publisher(folder, store, "live").publish()
        TokenFile(folder.root).save(token(scopes=("channel:manage:broadcast",)))
        (found,) = said("markers")
    assert (found.status, found.says, found.do) == (
        WARNING, "ann marker: the channel is offline", "wait",
    )  # fmt: skip
    assert said("markers") == []


# -- outside ------------------------------------------------------------------------------------


def test_an_endpoint_that_does_not_answer_is_a_problem_only_where_chat_is_read_live(
    published: DataFolder,
) -> None:
    assert public_chat().status == WARNING
    assert "Connection refused" in public_chat().says
    save_channels(published.channels, ["a"])
    assert public_chat().status == PROBLEM


def test_an_endpoint_that_answers_is_well_and_tells_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def look() -> tuple[Finding, Finding]:
        async with IrcServer() as server:
            monkeypatch.setenv("DLD_TWITCH_URL", server.base)
            return await asyncio.to_thread(lambda: (public_chat(), only("clock")))

    network, clock = asyncio.run(look())
    assert network.status == OK
    assert clock.status == OK and clock.says.endswith(" s against the endpoints'")


def test_an_endpoint_that_accepts_and_says_nothing_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipeline.doctor.network._TIMEOUT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"ws://127.0.0.1:{silent.getsockname()[1]}"
        (answer,) = ask_all([("chat", url)])
    assert answer.trouble == "no answer in time"


def test_a_password_in_an_address_is_not_shown() -> None:
    (answer,) = ask_all([("chat", f"ws://me:{SECRET}@127.0.0.1:1")])
    assert (answer.host, SECRET in answer.trouble) == ("127.0.0.1:1", False)


@pytest.mark.parametrize(
    ("offs", "status"),
    [([], OK), ([None], OK), ([1.9], OK), ([-2.1], WARNING), ([5.1], PROBLEM), ([9.0, 0.5], OK)],
)
def test_a_clock_that_is_off_is_told(offs: list[float | None], status: str) -> None:
    (found,) = check_clock([Reachability("chat", "host", "", off) for off in offs])
    assert found.status == status
