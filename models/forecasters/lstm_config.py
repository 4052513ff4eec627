"""Values of an LSTM that tuning may change, known without Keras."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from models.inputs.features import CONTEXT, GROUPS
from warehouse.errors import BadInput


@dataclass(frozen=True)
class Config:
    """Values of a network and of its training; they go into the model card."""

    context: int = 8  # windows it looks back, at most CONTEXT
    units: int = 32
    layers: int = 2
    hidden: int = 24
    dropout: float = 0.2
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    batch: int = 512
    epochs: int = 3
    members: int = 3  # networks averaged
    volume_weight: float = 2.5  # of the counts' loss beside that of the moods' bands
    band_n: float = 5.0  # a mood's loss weighs n / (n + band_n)
    without: str = ""  # a group of features it may not see, for ablations

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def checked(params: dict[str, Any]) -> Config:
    """The values of a network. Raises BadInput for those that none can have: they may be of a
    file that was edited, or of an older search."""
    for name, default in Config().as_json().items():
        value = params.get(name, default)
        if isinstance(default, str):
            good = value in ("", *GROUPS)
        else:
            whole = isinstance(default, int)
            good = type(value) in ((int,) if whole else (int, float)) and np.isfinite(value)
            good = good and (0 <= value < 1 if name == "dropout" else value > 0)
        if not good or (name == "context" and value > CONTEXT):
            raise BadInput(f"no network can have {name} {value!r}; run tune again")
    if unknown := sorted(set(params) - {*Config().as_json()}):
        raise BadInput(f"networks have no value {', '.join(unknown)}; run tune again")
    return Config(**params)
