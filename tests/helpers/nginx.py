"""Debian's nginx on this machine with deploy/nginx*.conf: only addresses, certificates and patience
are changed."""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.helpers.paths import ROOT
from tests.helpers.patience import PATIENCE_S
from tests.helpers.ports import free_port
from tools.dashboards import processes_conf

NGINX = Path("/usr/sbin/nginx")
SITE = ROOT / "deploy/nginx.conf"
DASHBOARD = "# --- the dashboard: "
CERTIFICATES = "/etc/letsencrypt/live/{}.example.com/"
MAIN = """
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections {connections}; }}
http {{
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/proxied;
    fastcgi_temp_path {folder}/unused;
    uwsgi_temp_path {folder}/unused;
    scgi_temp_path {folder}/unused;
    include site.conf;
}}
"""
QUICK = {  # seconds of the shipped file, made short
    "client_header_timeout": "1s",
    "client_body_timeout": "1s",
    "keepalive_timeout          75s": "keepalive_timeout 2s",
    "lingering_time": "1s",
    "lingering_timeout": "500ms",
}


def needs_nginx() -> None:
    """Skips where there is none; fails where DLD_REQUIRE_NGINX=1."""
    if NGINX.exists():
        return
    reason = f"no nginx at {NGINX}"
    if os.environ.get("DLD_REQUIRE_NGINX") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def running(
    folder: Path,
    ebs_port: int,
    tls: str = "ssl http2",
    patience: Mapping[str, str] = QUICK,
    dashboards: Sequence[int] = (9,),
    connections: int = 4096,
) -> Iterator[int]:
    """The port that it answers on. tls: of its listen directives; patience: directives to change,
    as QUICK has them; dashboards: ports of the dashboard's processes, none: all of it is cut off;
    connections: of a worker."""
    port = free_port()
    _certify(folder)
    changes = {
        CERTIFICATES.format("ebs"): f"{folder}/",
        CERTIFICATES.format("dashboard"): f"{folder}/",
        "/var/log/nginx/": f"{folder}/",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{port} {tls};",
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "listen [::]:443 ssl http2;": "",
        "listen [::]:80;": "",
        "server 127.0.0.1:8081;": f"server 127.0.0.1:{ebs_port};",
    }
    site = _site(changes, patience)
    (folder / "site.conf").write_text(site if dashboards else site.partition(DASHBOARD)[0])
    (folder / "dld").mkdir()
    (folder / "dld/processes.conf").write_text(processes_conf(dashboards))
    shutil.copyfile(SITE.with_name("nginx-dashboard.conf"), folder / "dld/dashboard.conf")
    with _started(folder, port, connections):
        yield port


@contextmanager
def before_scripts(folder: Path, api_port: int) -> Iterator[int]:
    """The port on which it answers for the data for scripts, by deploy/nginx-api.conf."""
    port = free_port()
    _certify(folder)
    site = SITE.with_name("nginx-api.conf").read_text()
    for old, new in {
        CERTIFICATES.format("api"): f"{folder}/",
        "/var/log/nginx/": f"{folder}/",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{port} ssl http2;",
        "listen [::]:443 ssl http2;": "",
        "127.0.0.1:8090": f"127.0.0.1:{api_port}",
    }.items():
        assert old in site, old
        site = site.replace(old, new)
    (folder / "site.conf").write_text(site)
    with _started(folder, port, connections=100):
        yield port


@contextmanager
def _started(folder: Path, port: int, connections: int) -> Iterator[None]:
    """nginx with the folder's site.conf, until the end of the block."""
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, connections=connections))
    log = folder / "error.log"
    process = subprocess.Popen(
        [NGINX, "-p", folder, "-e", log, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port, process, log)
        yield
    finally:
        process.terminate()
        assert process.wait(PATIENCE_S) == 0


def _site(changes: Mapping[str, str], patience: Mapping[str, str]) -> str:
    """The shipped file, for this machine."""
    site = SITE.read_text()
    for old, new in changes.items():
        assert old in site, old
        site = site.replace(old, new)
    for directive, value in patience.items():
        pattern = directive if " " in directive else rf"{directive} +\S+(?=;)"
        new = value if " " in directive else f"{directive} {value}"
        site, times = re.subn(pattern, new, site)
        assert times == 1, directive
    return site


def _certify(folder: Path) -> None:
    """privkey.pem and fullchain.pem of a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ebs.example.com")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "privkey.pem").write_bytes(private)
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
            return
        except OSError:
            assert process.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.02)
