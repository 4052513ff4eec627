"""Fixtures that many tests share."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from warehouse.config import DataFolder
from warehouse.store.store import Store

os.environ["DLD_EMOTES"] = "false"  # no test, nor what it starts, asks the emote catalogues


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
