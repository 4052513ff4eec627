"""Several processes of the dashboard as one address, which nginx answers on.

`python -m tools.dashboards` prints nginx's list of them, for DLD_DASHBOARD_PROCESSES.
"""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.config import RunSettings, run_settings
from warehouse.config import UploadSettings
from warehouse.errors import AppError, BadInput

DEPLOY = Path(__file__).resolve().parent.parent / "deploy"
EXAMPLE = "8502"  # stands for the port of each process in nginx-processes.conf
UPLOAD = "client_max_body_size 201m;"  # of a log, in nginx-dashboard.conf
PLACES = ("/usr/sbin", "/usr/local/sbin", "/usr/local/bin", "/opt/homebrew/bin")
# of `make run`, on this machine alone; places are in its own folder
OWN = """\
{user}daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path bodies;
    proxy_temp_path answers;
    fastcgi_temp_path unused;
    uwsgi_temp_path unused;
    scgi_temp_path unused;
    include processes.conf;
    server {{
        listen 127.0.0.1:{port};
        include dashboard.conf;
    }}
}}
"""
# a process that was killed is started again; one that ended by itself has said why
AGAIN = "while sh -c {command}; code=$?; [ $code -gt 128 ]; do sleep 1; done; exit $code"


def main() -> int:
    """0, or 2 for a wrong setting."""
    try:
        print(processes_conf(ports(run_settings())), end="")
    except AppError as exc:
        print(f"dld: {exc}", file=sys.stderr)
        return 2
    return 0


def ports(settings: RunSettings) -> list[int]:
    """Of the processes: those after DLD_DASHBOARD_PORT, on which nginx answers."""
    first = settings.dashboard_port + 1
    return list(range(first, first + settings.dashboard_processes))


def processes_conf(ports: Sequence[int]) -> str:
    """nginx-processes.conf for processes on these ports."""
    lines = (DEPLOY / "nginx-processes.conf").read_text("utf-8").splitlines()
    written = [
        line.replace(EXAMPLE, str(port))
        for line in lines
        for port in (ports if EXAMPLE in line and not line.startswith("#") else [EXAMPLE])
    ]
    return "\n".join(written) + "\n"


def several(commands: Mapping[str, str], settings: RunSettings, data: Path) -> dict[str, str]:
    """A Procfile's commands with the dashboard's once for each process, and nginx.

    Raises BadInput where nginx is not installed.
    """
    binary = _nginx(settings)
    folder = data / "nginx"
    _write(folder, settings)
    others = {name: command for name, command in commands.items() if name != "dashboard"}
    dashboards = {
        f"dashboard{number}": f"export DLD_DASHBOARD_PORT={port}; "
        + AGAIN.format(command=shlex.quote(commands["dashboard"]))
        for number, port in enumerate(ports(settings), 1)
    }
    place = shlex.quote(str(folder))
    nginx = f"exec {shlex.quote(binary)} -e stderr -p {place} -c nginx.conf"
    return {**others, **dashboards, "nginx": nginx}


def _nginx(settings: RunSettings) -> str:
    found = shutil.which("nginx", path=os.pathsep.join([os.environ.get("PATH", ""), *PLACES]))
    if not found:
        raise BadInput(
            f"DLD_DASHBOARD_PROCESSES={settings.dashboard_processes} needs nginx before them: "
            "install it (apt install nginx, brew install nginx), or set it to 1"
        )
    return found


def _write(folder: Path, settings: RunSettings) -> None:
    """All that nginx reads, into a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    user = "user root root;\n" if os.geteuid() == 0 else ""  # else nobody, who cannot write there
    own = OWN.format(user=user, port=settings.dashboard_port)
    (folder / "nginx.conf").write_text(own, "utf-8")
    (folder / "processes.conf").write_text(processes_conf(ports(settings)), "utf-8")
    site = (DEPLOY / "nginx-dashboard.conf").read_text("utf-8")
    size = f"client_max_body_size {UploadSettings().mb + 1}m;"
    (folder / "dashboard.conf").write_text(site.replace(UPLOAD, size), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
