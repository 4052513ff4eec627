"""Parts that work alone: what they load in a fresh interpreter, and what they leave out."""

import subprocess
import sys

import pytest

from tests.helpers.paths import ROOT

HEAVY = {"aiohttp", "duckdb", "numpy", "pyarrow", "pydantic", "rich", "typer", "warehouse.store"}
SCORING = """
from datetime import UTC, datetime
from pipeline.scoring.by_channel import Scorers
from pipeline.scoring.decisions import Decision

liked = Decision("1", "POG", "demo", datetime.now(UTC), "me", "change", 3.0, "emote", 0.0)
scorers = Scorers("full", [liked])
assert scorers.at("demo", 1.0).compound("so POG") > 0.5
assert scorers.at("other", 1.0).compound("so KEKW") > 0
assert Scorers("vader").at("demo", 1.0).compound("great") == 0.6249
"""
FORECASTING = """
from models.inputs.features import now
from models.versions.registry import serving
from pipeline.forecasting.forecasts import Forecasts
from pipeline.forecasting.session_log import SessionLog
from warehouse.records import Window, utc

log = SessionLog("demo", "s1")
for k in range(30):
    at, slots = utc(1_700_000_010 + 30 * k), (1,) * 6
    counts = dict(n_messages=6, n_chatters=4, n_filtered=0, n_late=0, sub_n=slots)
    moods = dict(mean_compound=0.1, sd_compound=0.2, sub_mean=(0.1,) * 6)
    shares = dict.fromkeys(("positive", "negative", "scored", "emote"), 0.25)
    shares = {f"share_{name}": value for name, value in shares.items()}
    log.put(Window("demo", at, "s1", 30.0, **counts, **moods, **shares, lexicon_version="full-1"))
network, *_ = serving().values()
assert network.name.startswith("lstm-")
assert network.predict(now([log.session()])).quantiles.shape == (1, 11, 5)
"""
TRAINING = {"keras", "optuna", "sklearn", "tensorflow"}
LANGUAGE = "from pipeline.scoring.language import Readable; Readable().saw([], 1.0)"

COMMAND = """
import io, runpy, sys
sys.argv, sys.stdin = ["pipeline", "score"], io.TextIOWrapper(io.BytesIO(b"great\\n"))
try:
    runpy.run_module("pipeline", run_name="__main__")
except SystemExit as stopped:
    assert not stopped.code
"""


@pytest.mark.parametrize(
    "code", [SCORING, LANGUAGE, COMMAND], ids=["scoring", "language", "command"]
)
def test_scoring_loads_neither_a_database_nor_what_only_commands_need(code: str) -> None:
    assert loaded(code) & HEAVY == set()


def test_forecasting_loads_neither_a_database_nor_what_only_training_needs() -> None:
    assert loaded(FORECASTING) & (HEAVY - {"numpy", "pydantic"} | TRAINING) == set()


def loaded(code: str) -> set[str]:
    """The modules there are once the code has run."""
    told = f"{code}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, check=True)
    return set(done.stdout.decode().split())
