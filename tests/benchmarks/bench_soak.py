"""Ten minutes of public chat with a fault every ten seconds, read on a machine whose clock is set
to another time every 45 s: is every message and every event counted once?

DLD_BENCH_SECONDS: shorter or longer than 600.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse.config import DataFolder

SECONDS = float(os.environ.get("DLD_BENCH_SECONDS", "600"))
CLOSES_S = 45.0  # after the last message, until its window is committed
LAG_S = 2.0


def test_no_message_is_missed_or_counted_twice(tmp_path: Path) -> None:
    out, data = tmp_path / "sent.json", tmp_path / "data"
    server = _python("soak_server", str(SECONDS), str(out))
    daemon = None
    try:
        assert server.stdout
        url = server.stdout.readline().strip()
        env = {"DLD_TWITCH_URL": url}
        daemon = _python("soak_driver", str(data), log=tmp_path / "daemon.log", **env)
        memory = _watch(daemon, SECONDS + CLOSES_S)
        daemon.send_signal(signal.SIGTERM)
        told = json.loads(daemon.communicate(timeout=60)[0].splitlines()[-1])
    finally:
        for process in filter(None, (daemon, server)):
            process.kill()
            process.communicate()
    _report(json.loads(out.read_text()), _stored(data), told, memory)
    events = _rows(data, "SELECT count(*) FROM events WHERE kind = 'sub'")[0][0]
    sent = json.loads(out.read_text())["events"]
    print(f"events sent {sent}, each three times with other times; stored {events}")
    assert events == sent


def _python(module: str, *words: str, log: Path | None = None, **env: str) -> Any:
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *words]
    with (log or Path(os.devnull)).open("w") as errors:
        return subprocess.Popen(
            command, env=os.environ | env, stdout=subprocess.PIPE, stderr=errors, text=True
        )


def _watch(daemon: Any, seconds: float) -> list[float]:
    """Its resident memory in MB, every ten seconds."""
    found, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(min(10.0, max(0.0, end - time.monotonic())))
        assert daemon.poll() is None, "the daemon died"
        status = Path(f"/proc/{daemon.pid}/status").read_text()
        found.append(int(status.split("VmRSS:")[1].split()[0]) / 1024)
    return found


def _stored(data: Path) -> dict[tuple[str, int], tuple[int, float]]:
    """By channel and start: messages counted, seconds observed."""
    rows = _rows(
        data,
        "SELECT channel, epoch(start)::BIGINT, n_messages + n_filtered, observed_s FROM windows",
    )
    return {(channel, start): (n, observed) for channel, start, n, observed in rows}


def _rows(data: Path, query: str) -> list[Any]:
    with duckdb.connect(str(DataFolder(data).warehouse), read_only=True) as con:
        return con.execute(query).fetchall()


def _report(
    sent: Any, stored: dict[tuple[str, int], tuple[int, float]], told: Any, memory: list[float]
) -> None:
    want = {(channel, start): n for channel, start, n, _ in sent["rows"] if n}
    said = {(channel, start): n for channel, start, _, n in sent["rows"]}
    have = {key: n for key, (n, _) in stored.items() if n}
    missing = sum(max(0, n - have.get(key, 0)) for key, n in want.items())
    twice = sum(max(0, n - want.get(key, 0)) for key, n in have.items())
    lags = sorted((int(bin_), n) for bin_, n in told["lags"].items())
    p50, p99, worst = (_quantile(lags, q) for q in (0.5, 0.99, 1.0))
    whole = {key: n for key, (n, observed) in stored.items() if observed == 30}
    unseen = sum(said.get(key, 0) - n for key, n in whole.items())
    third = len(memory) // 3
    print(f"\n{len(sent['faults'])} faults: {' '.join(dict.fromkeys(sent['faults']))}")
    print(f"said {sent['said']}, while connected {sum(want.values())}, stored {sum(have.values())}")
    print(f"missing {missing}, counted twice {twice}; {told['counts']}")
    print(
        f"windows {len(stored)}, {len(whole)} of them seen whole; said in these, not seen: {unseen}"
    )
    print(f"lag s: p50 {p50:.2f}, p99 {p99:.2f}, worst {worst:.2f}")
    print(f"memory MB: {', '.join(f'{m:.0f}' for m in memory[:: max(1, len(memory) // 12)])}")
    assert (missing, twice, unseen) == (0, 0, 0)
    assert p99 < LAG_S
    assert max(memory[-third:]) < 1.15 * max(memory[third : 2 * third])
    assert all(0 <= observed <= 30 for _, observed in stored.values())


def _quantile(bins: list[tuple[int, int]], q: float) -> float:
    """Seconds, the upper end of the bin."""
    left = q * sum(n for _, n in bins)
    for lag, n in bins:
        left -= n
        if left <= 0:
            return (lag + 1) / 100
    pytest.fail("no message was taken in")
