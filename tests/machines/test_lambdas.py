"""Zips of the Lambda functions: run from their own content alone, within Lambda's bounds."""

import json
import random
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from models.inputs.features import CONTEXT
from tests.helpers.patience import PATIENCE_S
from tests.unit.pipeline.lambdas.test_forecast import START, asked, rows
from tests.unit.pipeline.lambdas.test_score import PACKED, batch
from tools.extension import write_zip
from tools.lambdas import FUNCTIONS, files_for

UNPACKED, RESIDENT = 250e6, 256e6  # bytes: Lambda's limit, and the original's
# as Lambda does: nothing but the zip's content and Python's own library
ALONE = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
from importlib import import_module
handler = import_module("pipeline.lambdas." + sys.argv[2]).handler
events = [json.loads(line) for line in sys.stdin]
answers = [handler(event, None) for event in events]
begun = time.process_time()
handler(events[-1], None)
took = time.process_time() - begun
with open("/proc/self/status") as status:  # getrusage knows of the parent's, too
    resident = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
print(json.dumps({"answers": answers, "s": took, "resident": resident}))
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder a function, of what its zip has."""
    folder = tmp_path_factory.mktemp("lambdas")
    for name in FUNCTIONS:
        path = folder / f"{name}.zip"
        write_zip(path, files_for(name))
        with zipfile.ZipFile(path) as zipped:
            zipped.extractall(folder / name)
    return folder


def called(folder: Path, name: str, *events: dict[str, Any]) -> dict[str, Any]:
    """Answers of a fresh process; s: CPU seconds of the last event; its resident bytes."""
    lines = "\n".join(map(json.dumps, events))
    command = [sys.executable, "-I", "-S", "-c", ALONE, str(folder / name), name]
    done = subprocess.run(
        command, input=lines, capture_output=True, text=True, cwd=folder, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr
    size = sum(p.stat().st_size for p in (folder / name).rglob("*") if p.suffix != ".pyc")
    told: dict[str, Any] = json.loads(done.stdout)
    print(f"\n{name}: {size / 1e6:.1f} MB unpacked, {told['resident'] / 1e6:.0f} MB resident")
    assert size < UNPACKED and told["resident"] < RESIDENT
    return told


def test_score_answers_a_batch_of_sqs_from_its_zip_alone(unpacked: Path) -> None:
    rng = random.Random(1)
    words = "great stream lol KEKW that was not so bad but why gg LUL never again 😂 chat".split()
    texts = [" ".join(rng.choices(words, k=rng.randint(1, 12))) for _ in range(20_000)]
    messages = [{"text": text} for text in texts]
    bodies = [json.dumps({"v": 1, "messages": messages[k::10]}) for k in range(10)]
    told = called(unpacked, "score", batch("no JSON", PACKED), batch(*bodies))
    broken, whole = told["answers"]
    assert broken["batchItemFailures"] == [{"itemIdentifier": "0"}]
    assert broken["answers"]["1"]["ids"] == ["a", "b"]
    assert whole["batchItemFailures"] == []
    assert {len(answer["compounds"]) for answer in whole["answers"].values()} == {2000}
    print(f"score: {len(texts) / told['s']:,.0f} messages a CPU-second")
    assert len(texts) / told["s"] > 2000


def test_forecast_answers_a_batch_of_sqs_and_a_hundred_channels_from_its_zip_alone(
    unpacked: Path,
) -> None:
    hundred = [row for k in range(100) for row in rows(CONTEXT, START, channel=f"channel_{k}")]
    one = json.dumps(asked(*rows(30)))
    told = called(unpacked, "forecast", batch(one, one[:-9], one), asked(*hundred))
    few, many = told["answers"]
    assert few["batchItemFailures"] == [{"itemIdentifier": "1"}]
    assert len(few["answers"]["2"]["forecasts"][0]["quantiles"]) == 10
    assert len(many["forecasts"]) == 100
    print(f"forecast: 100 channels in {told['s'] * 1000:.0f} ms")
    assert told["s"] < 2
