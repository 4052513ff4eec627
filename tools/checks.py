"""Conditions of a start, each refusal in one line."""

import errno
import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tools.config import RunSettings
from tools.dashboards import ports
from warehouse.config import DataFolder
from warehouse.errors import BadInput, StorageFull
from warehouse.kinds import SIMULATED, refuse_mixing

_ROOT = Path(__file__).parents[1]
NEEDED_MB = 200  # simulated chat fills a tenth of it; a live channel needs less a day


def require_free_ports(settings: RunSettings) -> None:
    """Raises BadInput for the first port that something else listens on."""
    taken: dict[int, str] = {}
    for part in ("DASHBOARD", "EBS", "API"):
        port = getattr(settings, f"{part.lower()}_port")
        if port in taken:
            raise BadInput(f"{taken[port]} and DLD_{part}_PORT are both {port}: change one of them")
        taken[port] = f"DLD_{part}_PORT"
    require_free("127.0.0.1", settings.dashboard_port, "DLD_DASHBOARD_PORT")
    for port in ports(settings) if settings.dashboard_processes > 1 else []:
        _require_free_process(port, settings, taken)
    require_free(settings.ebs_host, settings.ebs_port, "DLD_EBS_PORT")
    if settings.api_port:
        require_free(settings.api_host, settings.api_port, "DLD_API_PORT")


def _require_free_process(port: int, settings: RunSettings, taken: Mapping[int, str]) -> None:
    """Raises BadInput for a port of one of several dashboard processes that is none, or taken."""
    if port in taken or port > 65535:
        why = f"is {taken[port]}" if port in taken else "is no port"
        raise BadInput(
            f"DLD_DASHBOARD_PROCESSES={settings.dashboard_processes} take the ports after "
            f"DLD_DASHBOARD_PORT={settings.dashboard_port}, and {port} {why}: change one of them"
        )
    require_free("127.0.0.1", port, "DLD_DASHBOARD_PORT")


def require_free(host: str, port: int, setting: str) -> None:
    """Raises BadInput naming port and setting where host and port cannot be listened on."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as sock:
            # a server that has just stopped does not count as listening
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address)
    except OSError as exc:
        if exc.errno == errno.EADDRINUSE:
            why = f"port {port} is taken: stop what listens there (DLD itself?)"
        else:
            why = f"cannot listen on {host} port {port} ({exc.strerror})"
        raise BadInput(f"{why}, or set {setting} to a free one") from exc


def require_space(folder: Path) -> None:
    """Raises StorageFull when too little is left where folder is or will be."""
    existing = next(place for place in [folder, *folder.parents] if place.exists())
    free_mb = shutil.disk_usage(existing).free / 1e6
    if free_mb < NEEDED_MB:
        raise StorageFull(
            f"disk full: {free_mb:.0f} MB free for DLD_DATA={folder}, {NEEDED_MB} MB needed"
        )


def require_kind(folder: Path, channels: list[str]) -> None:
    """Raises BadInput where simulated chat would come to real chat, or the other way round."""
    command = f'make run CHANNELS="{" ".join(channels)}"' if channels else "make run"
    more = "" if channels else ', or read live chat into this one: make run CHANNELS="NAME"'
    refuse_mixing(folder, _sources(folder), "live" if channels else SIMULATED, command + more)


def _sources(folder: Path) -> list[str]:
    """Where the folder's chat is from; none where nothing is published that can be read."""
    if not DataFolder(folder).manifest.exists():
        return []
    asked = [sys.executable, "-m", "tools.sources", str(folder)]
    done = subprocess.run(asked, cwd=_ROOT, capture_output=True, check=False)
    return list(json.loads(done.stdout or "[]"))
