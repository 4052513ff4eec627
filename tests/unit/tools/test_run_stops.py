"""`python -m tools` as a process: starts a Procfile's commands, and leaves none of them behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S
from tools.run import answers

SERVE = "exec python -c 'import http.server as h; h.test(h.SimpleHTTPRequestHandler, port={port})'"

Start = Callable[..., subprocess.Popen[str]]


def two_free_ports() -> tuple[int, int]:
    with socket.create_server(("127.0.0.1", 0)) as a, socket.create_server(("127.0.0.1", 0)) as b:
        return a.getsockname()[1], b.getsockname()[1]


@pytest.fixture
def ports() -> tuple[int, int]:
    return two_free_ports()


@pytest.fixture
def start(tmp_path: Path, ports: tuple[int, int]) -> Iterator[Start]:
    """Start it with a Procfile of these commands; killed at the end if it still runs."""
    started: list[subprocess.Popen[str]] = []

    def run(*commands: str, **env: str) -> subprocess.Popen[str]:
        procfile = tmp_path / "Procfile"
        procfile.write_text("".join(f"part{i}: {line}\n" for i, line in enumerate(commands)))
        process = subprocess.Popen(
            [sys.executable, "-m", "tools", "--procfile", str(procfile)],
            cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
            # under nohup the tests ignore it, and so would what they start
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
            env={
                **os.environ, "CHANNELS": "", "DLD_DATA": str(tmp_path / "data"),
                "DLD_DASHBOARD_PORT": str(ports[0]), "DLD_EBS_PORT": str(ports[1]),
                "MARK": mark(tmp_path), **env,
            },
        )  # fmt: skip
        started.append(process)
        return process

    yield run
    for pid in left_running(tmp_path):  # not the process alone: its children hold its output open
        os.kill(pid, signal.SIGKILL)
    for process in started:
        process.communicate()


def mark(folder: Path) -> str:
    return f"started by {folder}"


def left_running(folder: Path) -> list[int]:
    """Processes that carry the mark of this test in their environment."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if f"MARK={mark(folder)}".encode() in (place / "environ").read_bytes().split(b"\0"):
                found.append(int(place.name))
        except OSError:
            continue  # ended meanwhile, or somebody else's
    return found


def read_until(process: subprocess.Popen[str], text: str) -> str:
    seen = ""
    assert process.stdout
    for line in process.stdout:
        seen += line
        if text in line:
            return seen
    raise AssertionError(f"{text!r} not in {seen}")


pytestmark = pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks in /proc")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_every_child_and_is_no_failure(
    number: signal.Signals, start: Start, tmp_path: Path
) -> None:
    process = start("sleep 1000; true", "sleep 1000 | cat", "echo all here; exec sleep 1000")
    read_until(process, "all here")
    process.send_signal(number)
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert "Traceback" not in out
    assert left_running(tmp_path) == []


@pytest.mark.parametrize("delay_s", [0.2, 0.3, 0.4, 0.5, 0.7])
def test_ctrl_c_while_starting_leaves_nothing(delay_s: float, start: Start, tmp_path: Path) -> None:
    process = start(*["sleep 1000; true"] * 3)
    time.sleep(delay_s)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the whole foreground group
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert "supervisor.py" not in out  # no traceback of ours
    assert left_running(tmp_path) == []


def test_a_child_that_ignores_signals_is_killed(start: Start, tmp_path: Path) -> None:
    stubborn = "trap '' TERM INT; echo ready; while true; do sleep 1; done"
    process = start(stubborn)
    read_until(process, "ready")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert left_running(tmp_path) == []


def test_a_child_that_fails_stops_the_rest_and_is_named(start: Start, tmp_path: Path) -> None:
    process = start("sleep 1000; true", "exit 3")
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 1
    assert "dld: part1 ended, so the rest was stopped\n" in out
    assert left_running(tmp_path) == []


def test_losing_the_output_stops_everything(start: Start, tmp_path: Path) -> None:
    process = start("while true; do echo still here; sleep 0.1; done")
    read_until(process, "still here")
    assert process.stdout
    process.stdout.close()
    process.stdout = None
    assert process.wait(timeout=PATIENCE_S) == 0
    assert left_running(tmp_path) == []


def test_addresses_are_printed_once_they_answer(start: Start, ports: tuple[int, int]) -> None:
    (dashboard, ebs) = ports
    late = "python -c 'import time; time.sleep(1)'; "
    preview = "mkdir -p $DLD_DATA/preview && cd $DLD_DATA && "
    process = start(late + SERVE.format(port=dashboard), preview + SERVE.format(port=ebs))
    out = read_until(process, "Ctrl-C stops everything.")
    assert answers(f"http://127.0.0.1:{dashboard}")
    assert f"  dashboard          http://127.0.0.1:{dashboard}\n" in out
    assert f"  extension preview  http://127.0.0.1:{ebs}/preview/\n" in out
    assert "DLD is running on simulated chat" in out


def test_a_busy_port_stops_before_anything_starts(start: Start, ports: tuple[int, int]) -> None:
    with socket.create_server(("127.0.0.1", ports[1])):
        out, _ = start("echo started").communicate(timeout=PATIENCE_S)
    assert out == (
        f"dld: port {ports[1]} is taken: stop what listens there (DLD itself?), "
        "or set DLD_EBS_PORT to a free one\n"
    )


def test_a_hostile_channel_stops_before_anything_starts(start: Start, tmp_path: Path) -> None:
    process = start("echo started", CHANNELS=f"a;touch${{IFS}}{tmp_path}/owned")
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert out.startswith("dld: CHANNELS: 'a;touch${IFS}")
    assert out.count("\n") == 1
    assert not (tmp_path / "owned").exists()


def test_channels_reach_the_pipeline_as_arguments(start: Start) -> None:
    process = start("echo got $SOURCE_ARGS", CHANNELS="One https://www.twitch.tv/two")
    out, _ = process.communicate(timeout=PATIENCE_S)
    assert "got --source irc --channel one --channel two\n" in out


def test_make_hands_channels_over_without_expanding_them(tmp_path: Path) -> None:
    """Neither make's own functions nor the shell see what CHANNELS holds."""
    hostile = f"$(shell touch {tmp_path}/one) $$(touch {tmp_path}/two) `touch {tmp_path}/three`"
    makefile = (ROOT / "Makefile").read_text() + "\nshow:\n\t@printenv CHANNELS\n"
    (tmp_path / "Makefile").write_text(makefile)
    done = subprocess.run(
        ["make", "-s", "show", f"CHANNELS={hostile}"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == f"{hostile}\n"
    assert [place.name for place in tmp_path.iterdir()] == ["Makefile"]
