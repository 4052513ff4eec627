"""Settings that went: named once, with what holds instead, from the environment and `.env`."""

from pathlib import Path

import pytest

from warehouse import removed_settings as module
from warehouse.removed_settings import name_removed_settings, removed_settings


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "REMOVED", {"DLD_OLD": "it is 5 now", "DLD_OLDER": "set DLD_NEW"})
    monkeypatch.delenv("REMOVED_SETTINGS_NAMED", raising=False)
    monkeypatch.chdir(tmp_path)


def test_nothing_is_named_where_none_is_set() -> None:
    assert removed_settings() == {}


def test_one_is_found_in_the_environment_however_it_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("dld_old", "3")
    assert removed_settings() == {"DLD_OLD": "DLD_OLD is no longer a setting: it is 5 now"}


def test_one_is_found_in_the_env_file_though_it_is_empty(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DLD_OLDER=\n#DLD_OLD=3\n")
    assert list(removed_settings()) == ["DLD_OLDER"]


def test_each_is_a_line_without_its_value_and_only_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REMOVED_SETTINGS_NAMED", "")  # put back afterwards
    monkeypatch.setenv("DLD_OLD", "secret")
    monkeypatch.setenv("DLD_OLDER", "secret")
    name_removed_settings("ebs")
    name_removed_settings("ebs")  # as a process that this one starts does
    assert capsys.readouterr().err == (
        "ebs: DLD_OLD is no longer a setting: it is 5 now\n"
        "ebs: DLD_OLDER is no longer a setting: set DLD_NEW\n"
    )
