"""Random numbers that depend on what they are for, never on what was drawn before.

So any stretch of simulated time can be made alone, and comes out the same each time.
"""

from hashlib import blake2b
from random import Random

import numpy as np


def generator(*purpose: object) -> np.random.Generator:
    """A numpy generator for one purpose, say (seed, "plan", channel, stream start)."""
    return np.random.Generator(np.random.PCG64(_entropy(purpose)))


def dice(*purpose: object) -> Random:
    """A plain generator for one purpose; for strings it is much faster than numpy's."""
    return Random(_entropy(purpose))


def uniform(low: float, high: float, *purpose: object) -> float:
    """One number in [low, high) for one purpose."""
    return low + (high - low) * dice(*purpose).random()


def _entropy(purpose: tuple[object, ...]) -> int:
    text = "|".join(map(str, purpose)).encode()
    return int.from_bytes(blake2b(text, digest_size=16).digest(), "big")
