"""What of `make compare` needs none of its packages."""

import numpy as np
import pyarrow as pa
import pytest

from models.base import FIRST_JUDGED
from models.forecasters.naive import Baseline
from models.inputs.features import views
from models.inputs.targets import cutoffs, targets
from models.judging.backtest import judge
from models.judging.tally import Tally
from tests.benchmarks.compare import classical
from tests.benchmarks.compare.sample import Sample
from tests.benchmarks.compare.summary import markdown
from tests.helpers.forecasting import make_session, with_values
from warehouse.records import FIVE, STEPS

SESSIONS = [
    make_session(150, 1),
    make_session(61, 2, stream="a2"),
    make_session(200, 3, channel="b"),
]
MODELS = {name: Baseline(name) for name in ("session_mean", "ewma")}


def test_the_sample_is_seeded_and_drawn_from_every_cutoff() -> None:
    def drawn(seed: int) -> list[tuple[str, int]]:
        places = Sample(SESSIONS, 100, seed).places
        return [(s.stream_id + s.channel, int(e)) for s, ends in places for e in ends]

    assert drawn(1) == drawn(1) != drawn(2)
    assert len(set(drawn(1))) == 100
    judged = {(s.stream_id + s.channel, int(e)) for s in SESSIONS for e in cutoffs(s, FIRST_JUDGED)}
    assert set(drawn(1)) < judged and len(Sample(SESSIONS, 10_000, 1)) == len(judged) == 231


def test_a_sample_of_everything_is_judged_as_the_backtest_does() -> None:
    sample, tally = Sample(SESSIONS, 10_000, 1), Tally()
    for session in SESSIONS:
        judge(session, MODELS, tally, sample.write)
    expected, found = (t.report(MODELS)["all"] for t in (tally, sample.tally))
    for name in ("nmse", "latent_skill", "coverage80", "crps", "targets"):
        assert found["models"]["ewma"][name] == pytest.approx(expected["models"]["ewma"][name])


def test_quantiles_made_elsewhere_are_judged_at_the_same_places() -> None:
    sample = Sample(SESSIONS, 60, 1)
    for session in SESSIONS:
        judge(session, MODELS, Tally(), sample.write)
    said = [MODELS["ewma"].predict(views(s, ends)).quantiles[:, 1:] for s, ends in sample.places]
    sample.judge("again", np.concatenate(said))
    of = sample.tally.report([*MODELS, "again"])["all"]["models"]
    assert of["again"]["nmse"][1:] == of["ewma"]["nmse"][1:]
    assert of["again"]["nmse"][FIVE] is None, "ten steps have no five-minute mean"
    assert of["again"]["targets"][1:] == [
        sum(int(np.isfinite(targets(s, e).y[:, h]).sum()) for s, e in sample.places)
        for h in range(1, STEPS)
    ]


def test_rows_of_other_streams_are_left_alone() -> None:
    sample = Sample(SESSIONS[:1], 5, 1)
    rows: list[pa.Table] = []
    judge(SESSIONS[2], MODELS, Tally(), rows.append)
    for table in rows:
        sample.write(table)
    assert sample.tally.sums == {}


def test_history_fills_silence_with_the_mean_so_far_and_looks_at_nothing_later() -> None:
    session = make_session(400, 1)
    n, mean = session.n.copy(), session.mean.copy()
    n[:3], mean[:3] = 0, np.nan
    n[10], mean[10] = 0, np.nan
    session = with_values(session, n=n, mean=mean)
    found = classical.history(session, 12)
    assert len(found) == 10, "it begins with the first message"
    assert found[7] == pytest.approx(n[3:10] @ mean[3:10] / n[3:10].sum(), abs=1e-12)
    assert np.array_equal(found[8:], mean[11:13])
    assert len(classical.history(session, 399)) == classical.HISTORY
    n[13:] = 0
    assert np.array_equal(classical.history(with_values(session, n=n), 12), found)


def test_where_a_model_fails_the_mean_stands_in_and_is_counted() -> None:
    said = np.zeros((3, 10, 5))
    said[1, 4, 2] = np.nan
    assert classical.fill(said, np.array([0.1, 0.2, 0.3])) == 1
    assert said[1].min() == said[1].max() == 0.2 and said[2].max() == 0


def test_seeds_are_told_together() -> None:
    figures = {"nmse": [1.0] * 11, "crps": [0.05] * 11, "coverage80": [0.8] * 11}
    figures |= {"coverage95": [0.95] * 11}
    models = {
        name: {**figures, "latent_skill": [skill] * 11}
        for name, skill in (("lstm-1", 0.2), ("lightgbm-1", 0.1), ("lightgbm-2", 0.14))
    }
    pairs = [
        {
            "model": "lstm-1",
            "rival": f"lightgbm-{i}",
            "squared": {"difference": [-0.01 * i] * 11, "p": [0.02 / i] * 11},
            "crps": {"difference": [0.001 * i] * 11, "p": [0.9] * 11},
        }
        for i in (1, 2)
    ]
    all_of = {"cutoffs": 9, "streams": 2, "models": models}
    text = markdown({"New": {"all": all_of, "comparisons": pairs}}, ["a note"])
    assert "## New: 9 cutoffs, 2 streams" in text and "- a note" in text
    assert "| lightgbm, 2 seeds | 0.120 ± 0.028 |" in text and "| lstm-1 | 0.200 |" in text
    assert "| lstm-1 - lightgbm | -1.50 (0.0100 to 0.0200) |" in text
    assert "| lstm-1 - lightgbm | +3.00 (0.9000 to 0.9000) |" in text, "of the CRPS"
    models["lstm-1"]["latent_skill"] = pairs[0]["crps"]["p"] = [None] * 11
    text = markdown({"New": {"all": all_of, "comparisons": pairs}}, [])
    assert "| lstm-1 | - | - |" in text and "| lstm-1 - lightgbm | - | - |" in text
