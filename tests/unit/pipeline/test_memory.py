"""The daemon does without what it does not use."""

import importlib.util
import subprocess
import sys
from pathlib import Path

CODE = """
import sys
from pathlib import Path
from pipeline.memory import spare_memory
spare_memory()
spare_memory()
import pyarrow as pa
from tests.helpers.build import put, rows, sample_row, samples, settings, window_row
from pipeline.engine.commit import publish
from pipeline.engine.engine import Engine
from warehouse.config import DataFolder
from warehouse.store.store import Store
folder = DataFolder(Path(sys.argv[1]))
with Store(folder.warehouse) as store:
    engine = Engine(folder, settings(), "live", store)
    put(store, windows=[window_row(0)])
    publish(engine.state, samples(sample_row(0)))
print(rows(folder, "SELECT n_messages FROM windows"))
print(sorted(name for name in sys.modules if name.partition(".")[0] == "pandas"))
print(len([finder for finder in sys.meta_path if "pipeline.memory" in repr(finder)]))
print(pa.default_memory_pool().backend_name)
"""


def test_pandas_is_not_imported_though_it_is_there_nor_is_arrows_pool_used(tmp_path: Path) -> None:
    assert importlib.util.find_spec("pandas")
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == ["[(3,)]", "[]", "1", "system"], done.stderr


def test_commands_load_nothing_that_only_some_of_them_need() -> None:
    heavy = "pandas lingua wordfreq tensorflow optuna streamlit twitchio".split()
    code = f"import sys, pipeline.__main__; print([n for n in {heavy} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "[]\n", done.stderr
