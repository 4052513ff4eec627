"""The words of English, with how often they are said: wordfreq's list, without its code."""

import gzip
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import msgpack

_WORDS = "small_en.msgpack.gz"


@cache
def dictionary() -> dict[str, float]:
    """English words that are said once in a million words or more, with how often: their Zipf
    frequency, 3 to 8, the logarithm of uses in 10^9 words."""
    spec = find_spec("wordfreq")  # its data alone: to import it takes 16 MB
    assert spec is not None and spec.origin is not None
    with gzip.open(Path(spec.origin).parent / "data" / _WORDS) as packed:
        _, *by_frequency = msgpack.load(packed)
    return {word: 9 - cb / 100 for cb, words in enumerate(by_frequency) for word in words}
