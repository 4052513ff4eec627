"""What several contracts look at: a folder of simulated chat, made once."""

import pytest

from tests.helpers.simulated import simulated_folder
from warehouse.config import DataFolder


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> DataFolder:
    """A few hours of simulated chat with forecasts, published."""
    return simulated_folder(tmp_path_factory.mktemp("simulated"))
