"""Made-up windows of a stream, for what finds moments in them."""

from typing import Any

import numpy as np

from warehouse.moments.sums import Windows

T = 400  # windows


def stream(size: int = T, **changed: Any) -> Windows:
    """Ten messages a window, mood 0, sd 0.3, nothing else; `changed`: n={5: 60, (8, 10): 0}."""
    found = {
        "observed_s": np.full(size, 30.0),
        "n": np.full(size, 10.0),
        "mean": np.zeros(size),
        "sd": np.full(size, 0.3),
        "laughs": np.zeros(size),
        "capitals": np.zeros(size),
        "alike": np.zeros(size),
    }
    for name, values in changed.items():
        for where, value in values.items():
            found[name][slice(*where) if isinstance(where, tuple) else where] = value
    silent = found["n"] == 0
    found["mean"][silent] = found["sd"][silent] = np.nan
    return Windows(**found)
