"""Simulated chatters: made-up names, a few who talk much and many who talk little."""

from functools import lru_cache

import numpy as np

from pipeline.sources.simulation.dice import generator
from pipeline.sources.simulation.profiles import PROFILES

FIRST = (
    "mossy", "copper", "quiet", "salty", "paper", "velvet", "rusty", "tiny", "solar", "foggy",
    "amber", "hollow", "plaid", "sleepy", "brisk", "dusty", "marble", "woolly", "crooked", "mint",
)  # fmt: skip
SECOND = (
    "kettle", "otter", "lantern", "pickle", "compass", "teapot", "walnut", "badger", "anvil",
    "mitten", "parsnip", "beetle", "saucer", "magnet", "turnip", "heron", "button", "ladder",
    "thimble", "radish",
)  # fmt: skip
BOT = "sim_helperbot"
HEAVY_TAIL = 1.5  # sd of log activity: the top tenth writes half of all messages
CLUMP = 0.8  # gamma shape of activity in ten minutes: people talk for a while, then don't


@lru_cache(maxsize=8)
def names(channel: str) -> list[str]:
    """Everyone who ever comes to the channel; made up, so that no login is anybody's."""
    size, prefix = PROFILES[channel].crowd, PROFILES[channel].prefix[0]
    return [
        f"sim_{FIRST[i % 20]}_{SECOND[i // 20 % 20]}{prefix}{i // 400 or ''}" for i in range(size)
    ]


def activity(seed: int, channel: str, stream_start: float) -> np.ndarray:
    """How much each chatter talks in this stream, shape (crowd,); most stay away."""
    size = PROFILES[channel].crowd
    always = generator(seed, "people", channel).normal(0, HEAVY_TAIL, size)
    draw = generator(seed, "people", channel, stream_start)
    here = draw.random(size) < 0.25 + 0.6 * (always > 1)
    return np.asarray(np.exp(always + draw.normal(0, 0.5, size)) * here)


def speakers(draw: np.random.Generator, weights: np.ndarray, n: int) -> np.ndarray:
    """Who writes each of n messages, as places in `names`; regulars of the moment clump."""
    steps = np.cumsum(weights * draw.gamma(CLUMP, 1 / CLUMP, len(weights)))
    return np.asarray(np.searchsorted(steps, draw.random(n) * steps[-1]))
