"""The EBS against a bare ASGI app that sends the same bytes, under the same uvicorn, in turns.

Needs wrk (Debian's package). One worker each; the load comes from the other core.
"""

import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.helpers.browser.panel_fixtures import mood_body
from tests.helpers.ebs import SECRET, token
from tests.helpers.ebs_process import running

ROUNDS, SECONDS, CONNECTIONS = 5, 3, 16
WRK = ("wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}", "--latency")
LEAST_SHARE, MOST_P99 = 1 / 3, 4.0
MOST_RSS_MB = 80
# counted as ever, and never reached by one viewer who asks as fast as wrk does
EBS = """
from functools import partial
import ebs.__main__ as ebs
ebs.create_app = partial(ebs.create_app, token_per_minute=100000000)
ebs.main()
"""
BARE = """
import socket, sys, uvicorn
body = open(sys.argv[1], "rb").read()
headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
config = uvicorn.Config(app, access_log=False, log_level="warning", server_header=False,
                        ws="none", proxy_headers=False, lifespan="off")
uvicorn.Server(config).run(sockets=[listening])
"""


def load(address: str, **headers: str) -> tuple[float, float]:
    """Requests a second and the 99th percentile (ms) of wrk; an answer but 200 and 304 fails."""
    given = [part for k, v in headers.items() for part in ("-H", f"{k.replace('_', '-')}: {v}")]
    said = subprocess.run(
        [*WRK, *given, f"{address}/v1/mood"], capture_output=True, text=True, check=True
    ).stdout
    assert "Non-2xx" not in said, said
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", said)
    assert rate and p99, said
    return float(rate[1]), float(p99[1]) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[p99[2]]


def answered(address: str, **headers: str) -> tuple[int, dict[str, str]]:
    """Status and headers of one request."""
    given = {k.replace("_", "-"): v for k, v in headers.items()}
    request = urllib.request.Request(f"{address}/v1/mood", headers=given)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}
    except urllib.error.HTTPError as exc:  # urllib takes 304 for one
        return exc.code, {}


@contextmanager
def bare_app(body: Path) -> Iterator[str]:
    """Its address."""
    process = subprocess.Popen(
        [sys.executable, "-c", BARE, str(body)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.terminate()
        process.communicate(timeout=10)


def middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def test_the_ebs_keeps_a_third_of_a_bare_apps_pace(tmp_path: Path) -> None:
    if shutil.which("wrk") is None:
        pytest.skip("no wrk: apt-get install wrk")
    limits = {"DLD_EBS_SECRET": SECRET, "DLD_EBS_ADDRESS_PER_MINUTE": "100000000"}
    with running(tmp_path, (sys.executable, "-c", EBS), **limits) as ebs:
        ebs.publish(mood_body())
        viewer = {"Authorization": f"Bearer {token(exp=int(time.time()) + 7200)}"}
        etag = answered(ebs.address, **viewer)[1]["etag"]
        ways = {
            "200": viewer,
            "304": viewer | {"If_None_Match": etag},
            "gzip": viewer | {"Accept_Encoding": "gzip"},
        }
        assert answered(ebs.address, **ways["304"])[0] == 304
        assert answered(ebs.address, **ways["gzip"])[1]["content-encoding"] == "gzip"
        with bare_app(ebs.latest / "123.json") as bare:
            time.sleep(1)
            rounds = [
                (load(bare), {way: load(ebs.address, **asked) for way, asked in ways.items()})
                for _ in range(ROUNDS)
            ]
        peak_mb = ebs.resident_mb("VmHWM")
    print(f"\nbare app {middle([b[0] for b, _ in rounds]):.0f}/s, EBS at most {peak_mb:.0f} MB")
    for way in ways:
        share = middle([mine[way][0] / theirs[0] for theirs, mine in rounds])
        slower = middle([mine[way][1] / theirs[1] for theirs, mine in rounds])
        rate = middle([mine[way][0] for _, mine in rounds])
        print(f"EBS {way}: {rate:.0f}/s, {share:.2f} of the bare app's, p99 x {slower:.1f}")
        assert share >= LEAST_SHARE
        assert slower < MOST_P99
    assert peak_mb < MOST_RSS_MB
