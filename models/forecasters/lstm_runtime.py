"""The trained LSTM in the light runtime: no Keras, no TensorFlow."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.base import Floats, Prediction, View, tidy
from models.inputs.features import CONTEXT, NAMES
from warehouse.errors import ModelUnusable
from warehouse.records import QUANTILES, STEPS, VOLUME_QUANTILES

MOODS = len(QUANTILES)
OUTPUT = (STEPS, MOODS + len(VOLUME_QUANTILES))


class Lstm:
    """One version's network. Safe to share by threads: the runtime is used by one at a time."""

    def __init__(self, path: Path, name: str) -> None:
        """Raises ModelUnusable for a file the runtime or these features cannot use."""
        self.name = name
        self._lock = threading.Lock()
        try:
            self._net = _interpreter(path)
        except (ValueError, RuntimeError, OSError) as error:
            raise ModelUnusable(f"{path}: not a model the runtime can load ({error})") from error
        self._input = self._net.get_input_details()[0]
        self._output = self._net.get_output_details()[0]
        self.batch = int(self._input["shape"][0])
        self._check(path)

    def _check(self, path: Path) -> None:
        needed = (self.batch, CONTEXT, len(NAMES)), (self.batch, *OUTPUT)
        shapes = tuple(self._input["shape"]), tuple(self._output["shape"])
        if needed != shapes:
            raise ModelUnusable(f"{path}: shapes {shapes}, these features need {needed}")

    def predict(self, view: View) -> Prediction:
        return assemble(self.run(view.x), view)

    def run(self, x: NDArray[np.float32]) -> Floats:
        """Raw output (k, 11, 8) of windows (k, CONTEXT, F), a fixed batch at a time."""
        out = np.empty((len(x), *OUTPUT))
        rows = np.zeros((self.batch, CONTEXT, len(NAMES)), np.float32)
        for a in range(0, len(x), self.batch):
            part = x[a : a + self.batch]
            rows[: len(part)] = part
            out[a : a + len(part)] = self._invoke(rows)[: len(part)]
        return out

    def _invoke(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        with self._lock:
            self._net.set_tensor(self._input["index"], rows)
            self._net.invoke()
            return np.asarray(self._net.get_tensor(self._output["index"]))


def assemble(raw: Floats, view: View) -> Prediction:
    """Raw output (k, 11, 8) in the units of the tables: moods -1..1, counts >= 0."""
    if not np.all(np.isfinite(raw)):
        raise ModelUnusable("the network said something that is no number")
    mood = view.session_mean[:, None, None] + view.sd[:, None, None] * raw[..., :MOODS]
    return tidy(mood, np.expm1(np.minimum(raw[..., MOODS:], 15.0)))


def _interpreter(path: Path) -> Any:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    # the default delegate announces itself on stderr, and saves a millisecond at most
    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    net = Interpreter(str(path), num_threads=1, experimental_op_resolver_type=plain)
    net.allocate_tensors()
    return net
