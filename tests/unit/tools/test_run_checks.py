"""tools.checks: what make run refuses before it starts anything."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools.checks import require_free, require_free_ports, require_space
from tools.config import RunSettings, run_settings
from warehouse.errors import BadInput, StorageFull


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_a_busy_dashboard_port_names_port_and_setting(busy_port: int, free_port: int) -> None:
    with pytest.raises(BadInput, match=rf"port {busy_port} is taken.*DLD_DASHBOARD_PORT"):
        require_free_ports(RunSettings(dashboard_port=busy_port, ebs_port=free_port))


def test_a_busy_ebs_port_names_port_and_setting(busy_port: int, free_port: int) -> None:
    with pytest.raises(BadInput, match=rf"port {busy_port} is taken.*DLD_EBS_PORT"):
        require_free_ports(RunSettings(dashboard_port=free_port, ebs_port=busy_port))


def test_one_port_for_both_is_refused(free_port: int) -> None:
    with pytest.raises(BadInput, match="are both"):
        require_free_ports(RunSettings(dashboard_port=free_port, ebs_port=free_port))


def test_the_port_of_the_data_for_scripts_is_looked_at_where_it_is_set(
    busy_port: int, free_port: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        other = server.getsockname()[1]
    ports = {"dashboard_port": free_port, "ebs_port": other}
    with pytest.raises(BadInput, match=rf"port {busy_port} is taken.*DLD_API_PORT"):
        require_free_ports(RunSettings(**ports, api_port=busy_port))
    with pytest.raises(BadInput, match="DLD_DASHBOARD_PORT and DLD_API_PORT are both"):
        require_free_ports(RunSettings(**ports, api_port=free_port))


def test_an_address_of_another_machine_is_refused(free_port: int) -> None:
    settings = RunSettings(dashboard_port=free_port, ebs_host="192.0.2.1", ebs_port=1)
    with pytest.raises(BadInput, match=r"cannot listen on 192\.0\.2\.1 port 1"):
        require_free_ports(settings)


def test_free_ports_pass(free_port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        other = server.getsockname()[1]
    require_free_ports(RunSettings(dashboard_port=free_port, ebs_port=other))


def test_a_server_that_has_just_stopped_leaves_its_port_free(free_port: int) -> None:
    place = ("127.0.0.1", free_port)
    with socket.create_server(place) as server, socket.create_connection(place) as client:
        server.accept()[0].close()  # closed here first: the port lingers in TIME_WAIT
        assert client.recv(1) == b""
    require_free("127.0.0.1", free_port, "DLD_EBS_PORT")


@pytest.mark.parametrize("value", ["abc", "0", "65536", "-1", "80.5"])
def test_a_port_that_is_none_names_its_setting(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DLD_EBS_PORT", value)
    with pytest.raises(BadInput, match=r"^DLD_EBS_PORT: .*$"):
        run_settings()


def test_a_full_disk_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda place: SimpleNamespace(free=199_000_000))
    with pytest.raises(StorageFull, match=r"199 MB free for DLD_DATA=.*new/data, 200 MB needed"):
        require_space(tmp_path / "new" / "data")


def test_space_is_looked_up_where_the_folder_will_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []

    def usage(place: Path) -> SimpleNamespace:
        asked.append(place)
        return SimpleNamespace(free=200_000_000)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    require_space(tmp_path / "new" / "data")
    assert asked == [tmp_path]
