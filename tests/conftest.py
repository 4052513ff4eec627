"""Fixtures that many tests share."""

import gc
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from warehouse.config import DataFolder
from warehouse.sql import migrations
from warehouse.store import store as stores
from warehouse.store.store import Store

os.environ["DLD_EMOTES"] = "false"  # no test, nor what it starts, asks the emote catalogues

# a machine that is busy draws slowly: that says nothing of what is tested
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


@pytest.fixture(scope="module", autouse=True)
def settled() -> Iterator[None]:
    """What a file's tests leave in memory is out of the collector's way in the files after it.

    A collection looks at all there is: late in a run it takes 0.7 s, many times a test.
    """
    yield
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """What is out of the collector's way is not cleared at the end, and DuckDB's binding then
    reports it as leaked, after the summary."""
    gc.unfreeze()


@pytest.fixture(scope="session", autouse=True)
def migrated_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A new warehouse is a copy of one that has been through all migrations: going through them
    takes twice as long as all else of opening one."""
    migrated, connect, all_steps = (
        tmp_path_factory.mktemp("new") / "it",
        stores._connect,
        migrations(),
    )
    with Store(migrated):
        pass

    def connect_copy(path: Path, read_only: bool = False) -> stores.Connection:
        if not (path.exists() or read_only) and stores.migrations() == all_steps:
            with suppress(OSError):
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(migrated, path)
        return connect(path, read_only)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stores, "_connect", connect_copy)
        yield


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """An empty data folder; its place has a quote and a bracket, as a user's may."""
    return DataFolder(tmp_path / "it's [mine]")


@pytest.fixture
def store(folder: DataFolder) -> Iterator[Store]:
    """An open, empty warehouse."""
    with Store(folder.warehouse) as store:
        yield store


@pytest.fixture
def chat_parquet() -> Path:
    """The table of real chat, or a skip: DLD_TEST_DATA names the folder it is in."""
    root = os.environ.get("DLD_TEST_DATA")
    path = Path(root or "/nonexistent") / "data" / "chat.parquet"
    if not path.is_file():
        pytest.skip("needs real chat: DLD_TEST_DATA")
    return path
