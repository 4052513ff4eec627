import numpy as np
import pytest

from models.base import Prediction, View
from models.forecasters.naive import Baseline
from models.judging.backtest import judge, report_of
from models.judging.comparisons import by_size, comparisons, networks, size
from models.judging.tally import Tally
from tests.helpers.forecasting import make_session, with_values
from warehouse.records import STEPS


class Shifted:
    """The session mean, off by so much."""

    def __init__(self, name: str, off: float) -> None:
        self.name, self.off = name, off

    def predict(self, view: View) -> Prediction:
        said = Baseline("session_mean").predict(view)
        return Prediction(np.clip(said.quantiles + self.off, -1, 1), said.volume)


MODELS = {
    m.name: m
    for m in (
        Baseline("session_mean"),
        Baseline("ewma"),
        Shifted("lstm-a", 0.3),
        Shifted("lstm-b", 0),
    )
}


@pytest.fixture
def tally() -> Tally:
    found = Tally()
    for seed, (channel, rate) in enumerate(
        [("alpha", 3), ("alpha", 3), ("beta", 40), ("beta", 40)]
    ):
        stream = f"{channel}{seed}"
        judge(make_session(100, seed, rate, channel, stream), MODELS, found)
    return found


def test_networks_are_known_by_their_name() -> None:
    assert networks(["ewma", "lstm-1", "lightgbm-1", "lstm-2"]) == ["lstm-1", "lstm-2"]


def test_every_network_meets_every_other_model(tally: Tally) -> None:
    found = [(c["model"], c["rival"], c["streams"]) for c in comparisons(tally, list(MODELS))]
    assert found == [
        (model, rival, 4) for model in ("lstm-a", "lstm-b") for rival in MODELS if rival != model
    ]


def test_the_difference_is_that_of_the_reports_errors(tally: Tally) -> None:
    of = tally.report(MODELS)["all"]["models"]
    for pair in comparisons(tally, list(MODELS)):
        for key, figure in (("squared", "nmse"), ("crps", "crps")):
            for h in range(STEPS):
                expected = of[pair["model"]][figure][h] - of[pair["rival"]][figure][h]
                assert pair[key]["difference"][h] == pytest.approx(expected, abs=2e-6)
                if expected:
                    assert pair[key]["low"][h] <= pair[key]["difference"][h] <= pair[key]["high"][h]


def test_a_worse_network_has_p_near_one_and_an_equal_one_no_difference(tally: Tally) -> None:
    worse, equal = (
        next(c for c in comparisons(tally, list(MODELS)) if (c["model"], c["rival"]) == pair)
        for pair in (("lstm-a", "session_mean"), ("lstm-b", "session_mean"))
    )
    assert worse["squared"]["p"] == [1.0] * STEPS and min(worse["squared"]["difference"]) > 0.05
    assert equal["squared"]["difference"] == [0.0] * STEPS and equal["crps"]["p"] == [1.0] * STEPS


def test_one_stream_tells_nothing_about_others() -> None:
    found = Tally()
    judge(make_session(100), MODELS, found)
    pair = comparisons(found, list(MODELS))[0]
    assert pair["streams"] == 1 and pair["squared"]["p"] == [None] * STEPS


def test_the_edges_of_the_sizes() -> None:
    found = [size(rate) for rate in (0, 4.99, 5, 15, 15.01, float("nan"))]
    assert found == ["quiet", "quiet", "middle", "middle", "busy", "quiet"]


def test_channels_are_grouped_by_messages_a_watched_window(tally: Tally) -> None:
    found = by_size(tally, list(MODELS))
    assert {k: v["channels"] for k, v in found.items()} == {"quiet": ["alpha"], "busy": ["beta"]}
    assert {c["streams"] for c in found["quiet"]["comparisons"]} == {2}
    assert found["busy"]["models"] == tally.report(MODELS)["channels"]["beta"]["models"]


def test_windows_nobody_watched_make_no_channel_quieter() -> None:
    session, found = make_session(100, rate=12), Tally()
    seen = np.where(np.arange(100) < 50, 30.0, 0.0)
    n = np.where(seen > 0, session.n, 0)
    found.saw(with_values(session, n=n, observed_s=seen))
    assert found.rate("alpha") == pytest.approx(n.sum() / 50)


def test_errors_relative_to_the_ewma(tally: Tally) -> None:
    of = tally.report(MODELS)["all"]["models"]
    assert of["ewma"]["crps_to_ewma"] == [1.0] * STEPS == of["ewma"]["volume_mae_to_ewma"]
    ratio = of["lstm-a"]["crps"][4] / of["ewma"]["crps"][4]
    assert of["lstm-a"]["crps_to_ewma"][4] == pytest.approx(ratio, abs=1e-4) and ratio > 2
    ratio = of["lstm-a"]["volume_mae"][4] / of["ewma"]["volume_mae"][4]
    assert of["lstm-a"]["volume_mae_to_ewma"][4] == pytest.approx(ratio, abs=1e-4)


def test_without_the_ewma_nothing_is_relative_to_it() -> None:
    found, alone = Tally(), {"session_mean": MODELS["session_mean"]}
    judge(make_session(100), alone, found)
    of = report_of(found, alone)["all"]["models"]["session_mean"]
    assert of["crps_to_ewma"] == [None] * STEPS and of["nmse"][0] > 0


def test_a_channel_of_single_messages_has_no_variance_of_its_own() -> None:
    found, lone = Tally(), make_session(100, 5, channel="lone")
    n, none = np.minimum(lone.n, 1), np.full(100, np.nan)
    judge(make_session(100), MODELS, found)
    judge(with_values(lone, n=n, sd=none), MODELS, found)
    report = found.report(MODELS)
    assert report["channels"]["lone"]["floor"] == [None] * STEPS
    targets = {c: of["models"]["ewma"]["targets"][1] for c, of in report["channels"].items()}
    weight = sum(make_session(100).n[60:]) + targets["lone"]
    expected = 0.09 * sum(targets.values()) / weight  # 0.3 squared: sd of the other's messages
    assert report["all"]["floor"][1] == pytest.approx(expected, abs=2e-6)
    assert None not in report["all"]["models"]["ewma"]["latent_skill"][1:]
