"""`.env.example` is the one list of settings: complete, with true defaults, nothing stale."""

import importlib
import json
import re
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from tests.helpers.paths import ROOT
from warehouse.removed_settings import REMOVED

CONFIGS = ["warehouse.config", "pipeline.config", "ebs.config", "tools.config"]
CONFIGS += [name for name in ["dashboard.config", "models.config"] if find_spec(name)]
READ_BY_TESTS = {"DLD_PICTURES", "DLD_TEST_DATA", "DLD_CHROMIUM", "DLD_REQUIRE_CHROMIUM"}
READ_BY_TESTS |= {"DLD_REQUIRE_MACHINES", "DLD_REQUIRE_NGINX"}
LINE = re.compile(r"#([A-Z_]+)=(.*)")
NAME = re.compile(r"DLD_[A-Z_]*[A-Z]\b(?!_)")


def documented() -> dict[str, str]:
    """Names in .env.example with the values shown; a name given twice fails."""
    pairs = [
        match.groups()
        for line in (ROOT / ".env.example").read_text().splitlines()
        if (match := LINE.fullmatch(line))
    ]
    assert len({name for name, _ in pairs}) == len(pairs), "a setting is listed twice"
    return dict(pairs)


def settings_classes() -> Iterator[type[BaseSettings]]:
    for module in map(importlib.import_module, CONFIGS):
        for value in vars(module).values():
            is_settings = isinstance(value, type) and issubclass(value, BaseSettings)
            if is_settings and value.__module__ == module.__name__:
                yield value


def env_name(cls: type[BaseSettings], field: str, info: FieldInfo) -> str:
    alias = info.validation_alias
    return alias if isinstance(alias, str) else f"{cls.model_config['env_prefix']}{field}".upper()


def all_settings() -> list[tuple[str, str, type[BaseSettings], FieldInfo]]:
    return [
        (env_name(cls, field, info), field, cls, info)
        for cls in settings_classes()
        for field, info in cls.model_fields.items()
    ]


def as_written(default: Any) -> str:
    """A default the way .env.example shows it."""
    if default is None or isinstance(default, SecretStr):
        return ""
    if isinstance(default, bool | list | tuple | dict):
        return json.dumps(default)
    return str(default)


def test_every_setting_is_in_env_example_and_nothing_else_is() -> None:
    assert set(documented()) - READ_BY_TESTS == {name for name, *_ in all_settings()}


@pytest.mark.parametrize(("name", "field", "cls", "info"), all_settings())
def test_the_default_shown_is_the_default(
    name: str, field: str, cls: type[BaseSettings], info: FieldInfo
) -> None:
    assert documented().get(name) == as_written(info.get_default(call_default_factory=True))


@pytest.mark.parametrize(("name", "field", "cls", "info"), all_settings())
def test_a_setting_says_what_it_is_and_can_be_set(
    name: str, field: str, cls: type[BaseSettings], info: FieldInfo
) -> None:
    assert info.description
    assert name.startswith("DLD_")
    assert cls.model_config["env_file"] == ".env"
    assert cls.model_config["frozen"] is True


def test_every_line_has_a_comment_above_it() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    undocumented, commented = [], False
    for line in lines:
        if LINE.fullmatch(line):
            if not commented:
                undocumented.append(line)
        else:
            commented = line.startswith("# ") and not line.startswith("# ---")
    assert undocumented == []


def test_the_example_as_it_is_sets_nothing() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert [line for line in lines if line.strip() and not line.startswith("#")] == []


def test_every_name_that_code_mentions_is_documented() -> None:
    files = [ROOT / "Makefile", ROOT / "Procfile", ROOT / ".ci/run"]
    for package in ["warehouse", "models", "pipeline", "ebs", "dashboard", "tools"]:
        files += (ROOT / package).rglob("*.py")
    mentioned = {name for file in files for name in NAME.findall(file.read_text())}
    assert mentioned - set(documented()) - set(REMOVED) == set()


@pytest.mark.parametrize("name", sorted(REMOVED))
def test_a_removed_setting_is_none_any_more(name: str) -> None:
    assert name not in {name for name, *_ in all_settings()}
    assert name not in NAME.findall((ROOT / ".env.example").read_text())
