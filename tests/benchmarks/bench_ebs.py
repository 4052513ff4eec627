"""The EBS against a bare ASGI app that sends the same bytes, under the same uvicorn, in turns.

Needs wrk (Debian's package). One worker each; the load comes from the other core.
"""

import json
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.browser.panel_fixtures import mood_body, running_ebs

ROUNDS, SECONDS, CONNECTIONS = 5, 3, 16
WRK = ("wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}", "--latency")
LEAST_SHARE, MOST_P99 = 1 / 3, 4.0
MOST_RSS_MB = 80
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


def load(address: str, token: str) -> tuple[float, float]:
    """Requests a second and the 99th percentile (ms) of wrk; an answer but 200 fails."""
    said = subprocess.run(
        [*WRK, "-H", f"Authorization: Bearer {token}", f"{address}/v1/mood"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "Non-2xx" not in said, said
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", said)
    assert rate and p99, said
    return float(rate[1]), float(p99[1]) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[p99[2]]


def test_the_ebs_keeps_a_third_of_a_bare_apps_pace(tmp_path: Path) -> None:
    if shutil.which("wrk") is None:
        pytest.skip("no wrk: apt-get install wrk")
    with running_ebs(tmp_path) as ebs:
        ebs.publish(mood_body())
        with urllib.request.urlopen(f"{ebs.address}/preview/token?channel_id=123") as answer:
            token = json.load(answer)["token"]
        latest = tmp_path / "published" / "latest" / "123.json"
        bare = subprocess.Popen(
            [sys.executable, "-c", BARE, str(latest)], stdout=subprocess.PIPE, text=True
        )
        assert bare.stdout is not None
        try:
            at = f"http://127.0.0.1:{bare.stdout.readline().strip()}"
            time.sleep(1)
            pairs = [(load(at, token), load(ebs.address, token)) for _ in range(ROUNDS)]
        finally:
            bare.terminate()
            bare.communicate(timeout=10)
        with urllib.request.urlopen(f"{ebs.address}/metrics") as answer:
            rss = re.search(r"\nprocess_resident_memory_bytes (\S+)", answer.read().decode())
    shares = sorted(mine[0] / theirs[0] for theirs, mine in pairs)
    slower = sorted(mine[1] / theirs[1] for theirs, mine in pairs)
    share, p99 = shares[ROUNDS // 2], slower[ROUNDS // 2]
    rss_mb = float(rss[1]) / 1e6 if rss else 0.0
    rates = ", ".join(f"{mine[0]:.0f}/{theirs[0]:.0f}" for theirs, mine in pairs)
    print(
        f"\nEBS {share:.2f} of a bare app's requests/s ({rates}), p99 x {p99:.1f}, {rss_mb:.0f} MB"
    )
    assert share >= LEAST_SHARE
    assert p99 < MOST_P99
    assert rss_mb < MOST_RSS_MB
