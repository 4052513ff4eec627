"""The dictionary, read from wordfreq's file, against what wordfreq itself says."""

import pytest
from wordfreq import freq_to_zipf, get_frequency_dict

from pipeline.scoring.english import dictionary


def test_the_words_and_their_frequencies_are_what_wordfreq_tells() -> None:
    frequencies = get_frequency_dict("en", wordlist="small")
    words = dictionary()
    assert words.keys() == frequencies.keys()
    assert all(words[w] == pytest.approx(freq_to_zipf(f)) for w, f in frequencies.items())
