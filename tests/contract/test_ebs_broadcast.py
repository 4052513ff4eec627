"""Broadcasts over the wire: what reaches Twitch, signed by which secret, from which worker."""

import asyncio
import base64
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from ebs.broadcasting.pubsub import PubSub
from ebs.signing_keys import Secret, Secrets, parse
from tests.helpers import ebs_process
from tests.helpers.ebs import KEY, SECRET, bearer, publish, token
from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S, eventually
from tests.helpers.standins.pubsub import PubSubServer
from warehouse.config import DataFolder

OLD = b"o" * 32
BODY = '{"v":1,"top":[["Pögchamp",3]]}'.encode()


def post(server, *, secrets=None, client_id="abc123", owner_id="42", url=None, body=BODY, times=1):
    """What becomes of it, sent by a client of its own."""

    async def run():
        async with server:
            held = secrets or Secrets((Secret(KEY),))
            async with PubSub(url or server.url, client_id, owner_id, held) as client:
                return [await client.post("123", body) for _ in range(times)]

    return [found.name for found in asyncio.run(run())]


def test_what_arrives_is_the_body_and_all_that_twitch_checks_is_right():
    server = PubSubServer([KEY])
    assert post(server) == ["sent"]
    assert (server.told[0].channel_id, server.told[0].message.encode()) == ("123", BODY)
    assert server.wrong == []


@pytest.mark.parametrize("wrong", [{"client_id": "x"}, {"owner_id": "43"}])
def test_the_stand_in_takes_nothing_else(wrong, caplog):
    server = PubSubServer([KEY])
    assert post(server, **wrong) == ["refused"]
    assert "check DLD_EBS_SECRET, DLD_EBS_CLIENT_IDS and DLD_EBS_OWNER_ID" in caplog.text


def test_it_is_signed_with_the_active_secret_that_expires_last():
    text = ",".join(
        f"{base64.b64encode(key).decode()} - {at}"
        for key, at in ((OLD, "2099-01-01T00:00:00Z"), (KEY, "2100-01-01T00:00:00Z"))
    )
    server = PubSubServer([KEY])
    assert post(server, secrets=Secrets(parse(text, "x"))) == ["sent"]


def test_without_an_active_secret_nothing_is_sent(caplog):
    server = PubSubServer([KEY])
    held = Secrets((Secret(KEY, active_at=time.time() + 300),))
    assert post(server, secrets=held) == ["refused"]
    assert server.tries == 0
    assert "no secret is active now" in caplog.text


def test_trouble_that_lasts_is_one_line_a_minute_without_secrets(caplog):
    server = PubSubServer([KEY])
    server.answers.extend([(503, {})] * 5)
    assert post(server, times=5) == ["retried"] * 5
    said = [record for record in caplog.records if record.name == "ebs.broadcasting.pubsub"]
    assert len(said) == 1 and "status=503" in said[0].getMessage()
    assert "Bearer" not in caplog.text and SECRET not in caplog.text


@pytest.mark.parametrize(
    ("status", "outcome", "words"),
    [
        (500, "retried", "the first of DLD_EBS_CLIENT_IDS is not the extension's client id"),
        (401, "refused", "DLD_EBS_SECRET is none of the extension's, or this machine's clock"),
        (403, "refused", "are not of the same extension"),
        (404, "refused", "the channel does not have the extension"),
        (422, "refused", "the message is too large"),
        (418, "refused", "check DLD_EBS_SECRET, DLD_EBS_CLIENT_IDS and DLD_EBS_OWNER_ID"),
        (502, "retried", "tried again while the window is fresh"),
    ],
)
def test_what_twitch_refuses_points_to_the_setting(status, outcome, words, caplog):
    server = PubSubServer([KEY], says="Error: Wrong channel requested")
    server.answers.append((status, {}))
    assert post(server) == [outcome]
    assert words in caplog.text and f"status={status}: Error: Wrong channel" in caplog.text


@pytest.mark.parametrize("says", ["x" * 500, "<html>", "two\nlines", ["x"], None])
def test_an_answer_that_is_no_short_line_is_not_repeated(says, caplog):
    server = PubSubServer([KEY], says=says)
    server.answers.append((403, {}))
    assert post(server) == ["refused"]
    assert "status=403: secret, owner" in caplog.text


def test_a_twitch_that_cannot_be_reached_is_tried_again(caplog):
    server = PubSubServer([KEY])
    assert post(server, url="http://127.0.0.1:9/x") == ["retried"]
    assert "Twitch cannot be reached: ConnectError" in caplog.text


# as processes


def running(data, url, **settings):
    """An EBS that broadcasts to a stand-in for Twitch."""
    own = {"DLD_EBS_SECRET": SECRET, "DLD_EBS_CLIENT_IDS": "abc123", "DLD_EBS_OWNER_ID": "42"}
    return ebs_process.running(data.root, **own | {"DLD_TWITCH_URL": url} | settings)


async def get(address, path="/v1/mood", **options):
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as client:
        return await client.get(f"{address}{path}", **options)


@pytest.fixture
def data(tmp_path):
    return DataFolder(tmp_path)


def test_a_viewer_who_asked_once_is_sent_every_window_after(data):
    async def run():
        async with PubSubServer([KEY]) as server:
            server.answers.append((429, {"retry-after": "1"}))
            with running(data, server.address) as ebs:
                publish(data, history=[["w1", 0.1, 5]])
                await asyncio.sleep(1.5)
                assert server.tries == 0  # nobody watches
                first = await get(ebs.address, headers=bearer())
                await eventually(lambda: server.told)
                publish(data, history=[["w2", 0.1, 5]])
                await eventually(lambda: len(server.told) == 2)
                assert server.told[0].message == first.text
                assert [told.body()["history"][0][0] for told in server.told] == ["w1", "w2"]
                counted = (await get(ebs.address, "/metrics")).text
                assert 'dld_ebs_broadcasts_total{outcome="sent"} 2.0' in counted
                assert 'dld_ebs_broadcasts_total{outcome="retried"} 1.0' in counted
                assert "dld_ebs_watched_channels 1.0" in counted

    asyncio.run(run())


def workers(process):
    """Pids of the workers, and of the one that has the lock's file open."""
    pids = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    found = [pid for pid in pids if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    held = [pid for pid in found if has_lock(pid)]
    return found, held


def has_lock(pid):
    return any(
        target(file).endswith("broadcast.lock") for file in Path(f"/proc/{pid}/fd").iterdir()
    )


def target(file):
    try:
        return str(file.readlink())
    except OSError:
        return ""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="asks Linux who has the lock")
def test_of_two_workers_one_broadcasts_and_the_other_takes_over_when_it_is_killed(data):
    async def run():
        async with PubSubServer([KEY]) as server:
            with running(data, server.address, DLD_EBS_WORKERS="2") as ebs:
                publish(data, history=[["w1", 0.1, 5]])
                await eventually(lambda: len(workers(ebs.process)[1]) == 1)
                for _ in range(8):  # connections of their own: both workers
                    assert (await get(ebs.address, headers=bearer())).status_code == 200
                await eventually(lambda: server.told)
                await asyncio.sleep(1.5)
                assert len(server.told) == 1
                before, (leader,) = workers(ebs.process)
                os.kill(int(leader), signal.SIGKILL)
                await eventually(lambda: workers(ebs.process)[1] not in ([], [leader]))
                publish(data, history=[["w2", 0.1, 5]])
                await eventually(lambda: server.told[-1].body()["history"][0][0] == "w2")
                await asyncio.sleep(1.5)
                assert [told.message for told in server.told].count(server.told[-1].message) == 1
                await eventually(lambda: len(workers(ebs.process)[0]) == len(before) == 2)
                counted = (await get(ebs.address, "/metrics")).text
                total = re.search(r'route="/v1/mood",status="200"} (\S+)', counted)[1]
                assert float(total) == 8
                assert "dld_ebs_broadcasters 1.0" in counted

    asyncio.run(run())


def test_a_rotation_needs_no_restart(data, tmp_path):
    """Through the hours of one: old; old and new; new alone; a token of before is replayed."""
    file = tmp_path / "secrets"
    old, new = (base64.b64encode(key).decode() for key in (OLD, KEY))

    def set_secrets(text):
        aside = tmp_path / "aside"
        aside.write_text(text)
        aside.chmod(0o600)
        aside.replace(file)

    async def answers(address, *keys):
        return [
            (await get(address, headers=bearer(token(key, exp=LATER)))).status_code for key in keys
        ]

    async def settled(address, expected):
        end = time.monotonic() + PATIENCE_S
        while (found := await answers(address, OLD, KEY)) != expected:
            assert time.monotonic() < end, found
            await asyncio.sleep(0.3)

    async def run():
        async with PubSubServer([OLD]) as server:
            set_secrets(old)
            options = {"DLD_EBS_SECRET": "", "DLD_EBS_SECRET_FILE": str(file)}
            with running(data, server.address, **options) as ebs:
                publish(data, history=[["w1", 0.1, 5]])
                await settled(ebs.address, [200, 401])
                set_secrets(f"{new} 2099-01-01T00:00:00Z 2100-01-01T00:00:00Z\n{old}\n")
                await settled(ebs.address, [200, 200])
                # signed with the old one: the new is not active
                await eventually(lambda: server.told)
                set_secrets(new)
                server.keys = [KEY]
                await settled(ebs.address, [401, 200])
                publish(data, history=[["w2", 0.1, 5]])
                await eventually(lambda: len(server.told) == 2)
                assert server.wrong == []

    LATER = int(time.time()) + 3000
    asyncio.run(run())


def test_an_ebs_without_an_owner_broadcasts_nothing_and_loads_no_client(data):
    program = (
        "import sys; from ebs.app import create_app; from ebs.config import EbsSettings\n"
        "from warehouse.config import data_folder\n"
        "create_app(EbsSettings(), data_folder())\n"
        "print([m for m in ('httpx', 'ebs.broadcasting.pubsub') if m in sys.modules])"
    )
    env = os.environ | {"DLD_EBS_SECRET": SECRET, "DLD_DATA": str(data.root)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert done.stdout == "[]\n", done.stderr
