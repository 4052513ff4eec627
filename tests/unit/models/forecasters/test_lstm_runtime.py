"""What is served is what was trained: LiteRT against Keras, in a process of its own.

TensorFlow stays out of the test process: it costs 600 MB and warns of things not ours.
"""

import subprocess
import sys

import numpy as np
import pytest

from models.base import View
from models.forecasters.lstm_runtime import Lstm, assemble
from models.inputs.features import CONTEXT, NAMES, now
from tests.helpers.forecasting import make_session
from warehouse.errors import ModelUnusable

COMPARE = """
import pathlib, sys, tempfile
import keras
import numpy as np
from models.forecasters import lstm
from models.forecasters.lstm_config import Config
from models.inputs.features import NAMES, views
from models.forecasters.lstm_runtime import Lstm, assemble
from tests.helpers.forecasting import make_session

rng = np.random.default_rng(0)
features = len(NAMES)
start = tuple(rng.normal(0, 0.02, (1 + features + len(of), 11))
              for of in (lstm.PAIRS, lstm.RATE_PAIRS))
config = Config(members=2, layers=2, context=4)
few = rng.normal(size=(3, features))
solved, drawn = (lstm.paired(x, lstm.PAIRS) for x in (few, keras.ops.convert_to_tensor(few)))
assert np.allclose(solved, drawn), "the line that is solved is not the line that is drawn"
shapes = [w.shape for w in lstm.build(config, start).get_weights()]
states = [[rng.normal(0, 0.1, s).astype("f") for s in shapes] for _ in range(2)]
model = lstm.average(config, start, states)
path = pathlib.Path(tempfile.mkdtemp()) / "model.tflite"
path.write_bytes(lstm.export(model))
view = views(make_session(200), np.arange(5, 200))
keras_says = assemble(np.asarray(model.predict_on_batch(view.x), float), view)
served = Lstm(path, "lstm-test").predict(view)
print(abs(keras_says.quantiles - served.quantiles).max(), abs(
    np.log1p(keras_says.volume) - np.log1p(served.volume)).max(), np.ptp(served.quantiles[:, 0, 2]))
"""


def test_the_light_runtime_says_what_keras_says_to_1e_6() -> None:
    done = subprocess.run(
        [sys.executable, "-c", COMPARE], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    mood, volume, spread = map(float, done.stdout.split()[-3:])
    assert mood < 1e-6 and volume < 1e-5
    assert spread > 0.01, "a model that always says the same would prove nothing"


def test_a_file_that_is_no_network_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    for body in (b"", b"not a network", b"\x1c\x00\x00\x00TFL3" + bytes(100)):
        (tmp_path / "model.tflite").write_bytes(body)
        with pytest.raises(ModelUnusable, match=r"model\.tflite"):
            Lstm(tmp_path / "model.tflite", "lstm-test")


def test_numbers_that_are_none_are_refused_not_published() -> None:
    view: View = now([make_session(60)])
    with pytest.raises(ModelUnusable, match="no number"):
        assemble(np.full((1, 11, 8), np.nan), view)


def test_features_of_the_test_have_the_served_shape() -> None:
    assert now([make_session(60)]).x.shape == (1, CONTEXT, len(NAMES))
