"""Live chat as users start it: processes against a stand-in of Twitch, channels that change."""

import asyncio
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import partial
from unittest.mock import patch

import pytest

from pipeline.cli.app import COMMANDS
from pipeline.sources.channel_list import load_channels
from tests.helpers.build import stored
from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S, eventually, until
from tests.helpers.standins.irc import IrcServer
from tests.helpers.standins.twitch import TwitchServer
from tests.unit.tools.test_run_stops import answers, two_free_ports
from warehouse.commands import run_command
from warehouse.config import DataFolder
from warehouse.records import WINDOW_SECONDS, window_start
from warehouse.store.store import Store

GREETING = "DLD is reading the public chat of one, two, anonymously"


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    """Processes, stopped at the end if a test leaves them running; `tools` stops its own."""
    found: list[subprocess.Popen[str]] = []
    yield found
    for process in (process for process in found if process.returncode is None):
        process.terminate()
        try:
            process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()


def environment(folder: DataFolder, server: IrcServer, **more: str) -> dict[str, str]:
    here = {"DLD_DATA": str(folder.root), "DLD_TWITCH_URL": server.base}
    return {**os.environ, **here, "DLD_FORECAST": "false", "NO_COLOR": "1", **more}


def start(started: list[subprocess.Popen[str]], env: dict[str, str], *args: str) -> None:
    started.append(
        subprocess.Popen(
            [sys.executable, "-m", *args], cwd=ROOT, env=env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )
    )  # fmt: skip


def said(process: subprocess.Popen[str], text: str) -> None:
    """Read what the process prints until text is in a line of it; a process that ends fails."""
    assert process.stdout is not None
    assert any(text in line for line in process.stdout), f"ended without saying {text!r}"


async def command(env: dict[str, str], *args: str) -> str:
    """What a command prints, run in this process; it has to go well."""
    return await asyncio.to_thread(_run, env, args)


def _run(env: dict[str, str], args: tuple[str, ...]) -> str:
    printed = io.StringIO()
    with patch.dict(os.environ, env), redirect_stdout(printed):
        try:
            run_command("pipeline", COMMANDS, args)
        except SystemExit as stopped:
            assert not stopped.code
    return printed.getvalue()


def joined(server: IrcServer) -> set[str]:
    return {channel for peer in server.peers for channel in peer.channels}


def test_channels_come_and_go_while_it_runs(
    folder: DataFolder, started: list[subprocess.Popen[str]]
) -> None:
    async def play() -> None:
        async with IrcServer() as server:
            env = environment(folder, server)
            start(started, env, "pipeline", "run", "--source", "irc", "--channel", "One")
            await eventually(lambda: joined(server) == {"one"})
            assert "one two" in await command(env, "channels", "add", "https://twitch.tv/Two")
            await eventually(lambda: joined(server) == {"one", "two"})
            await command(env, "channels", "remove", "one")
            await eventually(lambda: joined(server) == {"two"})
            await command(env, "opt-out", "--channel", "two")
            await eventually(lambda: joined(server) == set())
            assert "opted out" in await command(env, "channels", "list")
            assert server.connects == 1
            started[0].send_signal(signal.SIGTERM)
            out, _ = await asyncio.to_thread(started[0].communicate)
            assert (started[0].returncode, "Traceback" in out) == (0, False)

    asyncio.run(play())
    assert load_channels(folder.channels) == ["two"]


def test_a_clock_that_is_hours_off_changes_no_window(
    folder: DataFolder, started: list[subprocess.Popen[str]]
) -> None:
    """Twitch's clock is another than this machine's, and than the Date of its answers."""

    async def play(ahead_s: float, env_folder: DataFolder) -> None:
        async with IrcServer() as server:
            args = ("pipeline", "run", "--source", "irc", "--channel", "one")
            start(started, environment(env_folder, server), *args)
            process = started[-1]
            await eventually(lambda: joined(server) == {"one"})
            # a window that is to close in a moment
            server.ahead_s = ahead_s + (20 - time.time() - ahead_s) % WINDOW_SECONDS
            for k in range(4):
                await server.say("one", f"line {k}")
                await asyncio.sleep(0.3)
            await asyncio.to_thread(said, process, "window closed")
            process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(process.communicate)
        with Store(env_folder.warehouse) as store:
            assert stored(store, "SELECT epoch(start), n_messages FROM windows") == [
                (window_start(server.sent[0].at_ms / 1000), 4)
            ]
            query = "SELECT arg_max(value, \"at\") FROM health WHERE name = 'clock_offset_s'"
            assert stored(store, query) == [(pytest.approx(server.ahead_s, abs=1),)]

    async def both() -> None:
        await asyncio.gather(
            play(10_800, DataFolder(folder.root / "1")),
            play(-10_800, DataFolder(folder.root / "2")),
        )

    asyncio.run(both())


def test_without_names_the_kept_channels_are_read(
    folder: DataFolder, started: list[subprocess.Popen[str]]
) -> None:
    async def play() -> None:
        async with IrcServer() as server:
            env = environment(folder, server)
            await command(env, "channels", "add", "kept", "too")
            start(started, env, "pipeline", "run", "--source", "irc")
            await eventually(lambda: joined(server) == {"kept", "too"})

    asyncio.run(play())


def test_make_run_goes_live_on_its_channels_with_everything_else(
    folder: DataFolder, started: list[subprocess.Popen[str]]
) -> None:
    dashboard, ebs = two_free_ports()
    ports = {"DLD_DASHBOARD_PORT": str(dashboard), "DLD_EBS_PORT": str(ebs)}

    async def play() -> None:
        async with IrcServer() as server:
            channels = "https://www.twitch.tv/One two"
            start(started, environment(folder, server, CHANNELS=channels, **ports), "tools")
            await eventually(lambda: joined(server) == {"one", "two"})
            for port, page in ((dashboard, ""), (ebs, "preview/")):
                url = f"http://127.0.0.1:{port}/{page}"
                await asyncio.to_thread(until, partial(answers, url))
            await asyncio.to_thread(said, started[0], GREETING)
            started[0].send_signal(signal.SIGINT)
            await asyncio.to_thread(started[0].communicate)
            assert started[0].returncode == 0

    asyncio.run(play())


def test_a_login_reads_chat_through_eventsub(
    folder: DataFolder, started: list[subprocess.Popen[str]]
) -> None:
    async def play() -> None:
        async with TwitchServer() as twitch:
            env = {**os.environ, "DLD_DATA": str(folder.root), "DLD_FORECAST": "false"}
            env |= {"DLD_TWITCH_URL": twitch.base, "DLD_TWITCH_CLIENT_ID": "client"}
            out = await command(env, "login")
            assert "ABCDEFGH" in out and "logged in as reader" in out
            start(started, env, "pipeline", "run", "--source", "eventsub", "--channel", "One")
            await eventually(lambda: twitch.of() == ["one"])
            await command(env, "channels", "add", "two")
            await eventually(lambda: twitch.of() == ["one", "two"])
            await twitch.say("one", "hello")
            assert "login       valid for 4" in await command(env, "doctor")
            started[0].send_signal(signal.SIGTERM)
            log, _ = await asyncio.to_thread(started[0].communicate)
            assert (started[0].returncode, "Traceback" in log) == (0, False)
            for secret in (*twitch.access, *twitch.refresh):
                assert secret not in out + log

    asyncio.run(play())


def test_without_a_login_eventsub_says_what_to_do(folder: DataFolder) -> None:
    asked = [sys.executable, "-m", "pipeline", "run", "--source", "eventsub", "--channel", "one"]
    env = {**os.environ, "DLD_DATA": str(folder.root), "DLD_TWITCH_CLIENT_ID": "client"}
    done = subprocess.run(
        asked, cwd=ROOT, env=env, text=True, capture_output=True, timeout=PATIENCE_S
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "python -m pipeline login" in done.stderr
