"""The parts of the simulated chat: its phrases, people, emotes, and the figures on it."""

import os
from pathlib import Path

import numpy as np
import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from pipeline.sources.simulation import phrases
from pipeline.sources.simulation.crowd import KINDS, _ads, plan
from pipeline.sources.simulation.emotes import emote_weights
from pipeline.sources.simulation.people import names
from pipeline.sources.simulation.profiles import BUSY, PROFILES, QUIET
from pipeline.sources.simulation.schedule import streams
from pipeline.sources.simulation.speak import messages
from tests.benchmarks.simulation.compare import (
    SIZES,
    measured,
    real_streams,
    simulated_streams,
)
from tests.benchmarks.simulation.figures import (
    Grid,
    Stream,
    ewma,
    figures,
    last_value,
    session_mean,
)

NOW = 1_767_268_800.0  # 2026-01-01 12:00 UTC


def test_every_login_is_made_up_and_possible_on_twitch():
    for channel, profile in PROFILES.items():
        everyone = names(channel)
        assert len(set(everyone)) == profile.crowd
        assert all(name.startswith("sim_") and len(name) <= 25 for name in everyone)


def test_ads_run_while_everybody_is_away():
    plans = [plan(1, stream) for name in PROFILES for stream in streams(1, name, NOW - 9e5, NOW)]
    ads = [(made, one) for made in plans for one in made.happenings if one.kind == "ad_break"]
    assert len(ads) > 10
    for made, one in ads:
        seconds = int(one.detail.removesuffix(" s"))
        first = int((one.at - made.stream.start) // 5)
        assert 30 <= seconds <= 180
        assert not made.rate[first : first + seconds // 5].any(), "nobody speaks meanwhile"
        assert not first or made.rate[first - 1] > 0, "and before it somebody may"


def test_an_ad_break_that_the_streams_end_cuts_to_nothing_is_none():
    stream = next(iter(streams(1, BUSY, NOW - 9e5, NOW)))
    quiet = np.ones(100)
    quiet[10:30] = quiet[97:] = 0
    assert [one.detail for one in _ads(stream, quiet)] == ["90 s"]


def every_phrase(templates: tuple[str, ...]) -> list[str]:
    """Each template with each opener, each tail and each filler once."""
    fill = {"thing": "the rope", "move": "turn", "time": "today", "number": "two"}
    lists = {"move": phrases.MOVES, "time": phrases.TIMES, "number": phrases.NUMBERS}
    lists["thing"] = tuple(t for things in phrases.THINGS.values() for t in things)
    plain = [t.format(**fill) for t in templates]
    varied = [o + plain[0] + t for o in phrases.OPENERS for t in phrases.TAILS]
    filled = [f"it was {word}" for words in lists.values() for word in words]
    return plain + (varied + filled if templates is phrases.UNSCORED else [])


@pytest.mark.parametrize(
    ("templates", "sign"),
    [
        (phrases.UNSCORED, 0), (phrases.SHORT_UNSCORED, 0),
        (phrases.PRAISE, 1), (phrases.SHORT_PRAISE, 1),
        (phrases.BLAME, -1), (phrases.SHORT_BLAME, -1),
    ],
)  # fmt: skip
def test_phrases_score_as_their_list_says(templates: tuple[str, ...], sign: int):
    vader = SentimentIntensityAnalyzer()
    scores = {text: vader.polarity_scores(text)["compound"] for text in every_phrase(templates)}
    wrong = {text: score for text, score in scores.items() if (score > 0) - (score < 0) != sign}
    assert wrong == {}


def test_every_burst_has_words_and_emotes():
    weights = emote_weights(1, BUSY, NOW)
    for kind in set(KINDS) - {"paste"}:
        assert phrases.BURST_WORDS[kind]
        assert weights[kind]


def test_figures_of_a_known_stream():
    lines = [(t, who, text, emote) for t, who, text, emote in (
        (1.0, "a", "lol", False), (2.0, "a", "KEKW", True), (31.0, "b", "lol", False),
        (95.0, "b", "ugh", False),
    )]  # fmt: skip
    found = figures([Stream("x", 1.0, lines)])
    assert found["messages a window, mean"] == 1.0
    assert found["silent windows, share"] == 0.25
    assert found["messages with an emote, share"] == 0.25
    assert found["compound exactly 0, share"] == 0.25
    assert found["mean compound"] == pytest.approx((0.4215 * 2 - 0.4215) / 4)


def test_baselines_see_only_what_came_before():
    grid = Grid(
        *(np.array(c, float) for c in ([2, 0, 1, 1], [2, 0, 1, 1], [1, 0, -1, 0.4], [1] * 4))
    )
    assert np.array_equal(last_value(grid), [np.nan, 0.5, 0.5, -1], equal_nan=True)
    assert np.array_equal(session_mean(grid), [np.nan, 0.5, 0.5, 0], equal_nan=True)
    assert ewma(grid)[2] == pytest.approx(0.5)


@pytest.mark.data
def test_window_means_move_as_those_of_real_channels_do():
    root = os.environ.get("DLD_TEST_DATA")
    if not root:
        pytest.skip("real chat not here: DLD_TEST_DATA is not set")
    simulated = measured(simulated_streams(days=4))
    real = measured(real_streams(Path(root) / "data" / "chat.parquet", 15_000))
    for name, (low, high) in SIZES.items():
        alike = [own for own in real.values() if low <= own["messages a window, mean"] < high]
        for figure, slack in (
            ("lag-1 autocorrelation of window means", 0.03),
            ("rms error of session mean / last value", 0.04),
            ("sd of compounds within a window", 0.03),
            ("compound exactly 0, share", 0.04),
        ):
            values = [own[figure] for own in alike if np.isfinite(own[figure])]
            assert min(values) - slack <= simulated[name][figure] <= max(values) + slack, figure


def test_a_block_lies_inside_its_stream():
    stream = next(streams(1, QUIET, NOW, NOW + 86400))
    planned = plan(1, stream)
    last = int((stream.end - stream.start) // 600)
    block = messages(1, planned, last)
    assert all(stream.start + last * 600 <= m.at < stream.end for m in block)
