"""tools.dashboards: ports, nginx's list and the commands of several dashboard processes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S
from tools import dashboards
from tools.checks import require_free_ports
from tools.config import RunSettings, run_settings
from warehouse.errors import BadInput

COMMANDS = {"pipeline": "p", "dashboard": "exec d --port $DLD_DASHBOARD_PORT", "ebs": "e"}


def settings(processes: int, port: int = 9000, ebs: int = 8081) -> RunSettings:
    return RunSettings(dashboard_processes=processes, dashboard_port=port, ebs_port=ebs)


@pytest.mark.parametrize("n", [1, 2, 64])
def test_every_process_is_in_nginx_s_list_twice_and_no_other_port(n: int) -> None:
    lines = dashboards.processes_conf(dashboards.ports(settings(n))).splitlines()
    written = [line for line in lines if line[:1] != "#"]
    ports = [str(9000 + k) for k in range(1, n + 1)]
    assert re.findall(r"server 127\.0\.0\.1:(\d+) ", "\n".join(written)) == ports
    assert re.findall(r"-(\d+)\$\"  127\.0\.0\.1:(\d+);", "\n".join(written)) == [
        (port, port) for port in ports
    ]
    assert "8502" not in "\n".join(written)


def test_the_commands_have_each_process_and_nginx(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(dashboards, "_nginx", lambda _: "/opt/my nginx")
    monkeypatch.setenv("DLD_UPLOAD_MB", "300")
    data = tmp_path / "a $b;'{c}"
    commands = dashboards.several(COMMANDS, settings(2), data)
    assert list(commands) == ["pipeline", "ebs", "dashboard1", "dashboard2", "nginx"]
    assert commands["dashboard2"].startswith("export DLD_DASHBOARD_PORT=9002; ")
    shown = subprocess.run(
        ["/bin/sh", "-c", commands["nginx"].replace("exec ", "printf '%s\\n' ")],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert shown == f"/opt/my nginx\n-e\nstderr\n-p\n{data}/nginx\n-c\nnginx.conf\n"
    assert "listen 127.0.0.1:9000;" in (data / "nginx/nginx.conf").read_text()
    assert "$b" not in (data / "nginx/nginx.conf").read_text()
    assert "client_max_body_size 301m;" in (data / "nginx/dashboard.conf").read_text()


@pytest.mark.parametrize(
    ("command", "code", "times"),
    [("exit 0", 0, 1), ("exit 3", 3, 1), ("test -e again || { touch again; kill -9 $$; }", 0, 2)],
)
def test_only_a_process_that_was_killed_is_started_again(
    tmp_path: Path, monkeypatch, command: str, code: int, times: int
) -> None:
    monkeypatch.setattr(dashboards, "_nginx", lambda _: "nginx")
    told = {"dashboard": f"echo begun >> times; {command}"}
    line = dashboards.several(told, settings(2), tmp_path)["dashboard1"]
    done = subprocess.run(["/bin/sh", "-c", line], cwd=tmp_path, timeout=PATIENCE_S, check=False)
    assert done.returncode == code
    assert (tmp_path / "times").read_text() == "begun\n" * times


def test_without_nginx_one_line_says_what_to_do(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(dashboards, "PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BadInput, match=r"^DLD_DASHBOARD_PROCESSES=2 needs nginx .* set it to 1$"):
        dashboards.several(COMMANDS, settings(2), tmp_path / "data")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("port", "ebs", "why"),
    [(8079, 8081, "8081 is DLD_EBS_PORT"), (65534, 8081, "65536 is no port")],
)
def test_a_port_that_a_process_cannot_have_is_refused(port: int, ebs: int, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        require_free_ports(settings(2, port, ebs))


@pytest.mark.parametrize("value", ["0", "65", "two", "-1"])
def test_a_number_that_is_none_names_its_setting(value: str, monkeypatch) -> None:
    monkeypatch.setenv("DLD_DASHBOARD_PROCESSES", value)
    with pytest.raises(BadInput, match=r"^DLD_DASHBOARD_PROCESSES: .*$"):
        run_settings()
    done = subprocess.run(
        [sys.executable, "-m", "tools.dashboards"], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("dld: DLD_DASHBOARD_PROCESSES: ")
