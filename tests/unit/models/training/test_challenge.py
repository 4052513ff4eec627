"""A challenger is better only beyond chance, on recent streams that neither has seen."""

from dataclasses import dataclass

import numpy as np
import pytest

from models.base import Floats, Prediction, View
from models.forecasters.naive import Baseline
from models.inputs.sessions import Session
from models.training.challenge import FEWEST, challenge, compare, set_aside, unseen
from models.versions.registry import Version
from tests.helpers.forecasting import days_of, make_session, with_values
from warehouse.config import DataFolder
from warehouse.records import iso, utc


@dataclass
class Shifted:
    """The session mean's forecast, off by `off` and by random steps of `jitter`, with bands
    `wide` times as wide. jitter is one number a call: a whole stream is lucky or not."""

    off: float = 0.0
    jitter: float = 0.0
    wide: float = 1.0
    name: str = "stub"

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(3)

    def predict(self, view: View) -> Prediction:
        said = Baseline("session_mean").predict(view)
        centre = said.quantiles[..., 2:3]
        spread = (said.quantiles - centre) * self.wide
        moved = centre + self.off + self.jitter * self.rng.normal()
        return Prediction(np.clip(moved + spread, -1, 1), said.volume)


def streams(count: int = 30, length: int = 100) -> list[Session]:
    return days_of("alpha", count, length)


def test_a_better_one_is_better_on_both_errors() -> None:
    found = compare(Shifted(), Shifted(off=0.2), streams())
    assert found["better"] is True
    assert found["streams"] == 30
    assert found["crps"]["p"] < 0.01 and found["squared_error"]["p"] < 0.01
    assert found["crps"]["new"] < found["crps"]["old"]
    assert found["why"].startswith("better: CRPS 0.0")


def test_an_equal_one_is_not() -> None:
    found = compare(Shifted(), Shifted(), streams())
    assert found["better"] is False
    assert found["crps"]["mean"] == 0
    assert found["why"].startswith("not better (within chance, or worse)")


def test_a_lucky_one_is_not() -> None:
    lucky, other = Shifted(jitter=0.02), Shifted(off=-0.002, jitter=0.02)
    found = compare(lucky, other, streams(12))
    assert found["crps"]["mean"] < 0, "it came out better"
    assert found["better"] is False and found["crps"]["p"] >= 0.05


def test_a_worse_one_is_not() -> None:
    assert compare(Shifted(off=0.2), Shifted(), streams())["better"] is False


def test_better_bands_around_a_worse_centre_are_not_better() -> None:
    found = compare(Shifted(off=0.03), Shifted(wide=4), streams())
    assert found["crps"]["p"] < 0.05 and found["squared_error"]["mean"] > 0
    assert found["better"] is False
    assert "squared error grew" in found["why"]


def test_with_too_few_streams_it_cannot_be_told() -> None:
    found = compare(Shifted(), Shifted(off=0.3), streams(FEWEST - 1) + streams(20, 40))
    assert found["better"] is None
    assert found["why"] == (
        "too little to judge by: 7 recent streams neither has seen, 8 needed"
    ), "streams of less than an hour and a half are not judged"


def test_the_latest_fifth_of_each_channel_is_set_aside() -> None:
    many = days_of("alpha", 10, 30) + days_of("beta", 4, 30) + days_of("gamma", 200, 30)
    rest, recent = set_aside(many[::-1])
    kept = {c: [s.stream_id for s in recent if s.channel == c] for c in ("alpha", "beta", "gamma")}
    assert kept["alpha"] == ["alpha8", "alpha9"]
    assert kept["beta"] == [], "four streams are needed to train"
    assert kept["gamma"] == [f"gamma{i}" for i in range(175, 200)]
    assert len(rest) + len(recent) == len(many)


def at(day: int) -> str:
    return iso(utc(float(make_session(1).start[0] + 86_400 * day)))


@pytest.mark.parametrize(
    "data",
    [
        {"until": {"alpha": at(3)}, "channels": ["alpha"], "to": at(5)},
        {"channels": ["alpha"], "to": at(3)},
    ],
)
def test_only_streams_after_a_versions_own_data_are_unseen(data: dict[str, object]) -> None:
    recent = days_of("alpha", 6, 30) + days_of("beta", 2, 30)
    found = [s.stream_id for s in unseen(recent, {"data": data})]
    assert found == ["alpha4", "alpha5", "beta0", "beta1"], "of beta it has seen nothing"


def test_without_a_version_that_could_serve_any_is_better(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.training import challenge as module
    from warehouse.errors import ModelUnusable

    def none(_: DataFolder) -> None:
        raise ModelUnusable("none")

    monkeypatch.setattr(module, "first_usable", none)
    found = challenge(Version(folder.models / "x", {}), folder, streams())
    assert found == {"better": True, "why": "no other version could serve"}


def test_silent_streams_do_not_weigh() -> None:
    silent = with_values(
        make_session(100), n=np.zeros(100), mean=np.full(100, np.nan), stream_id="silent"
    )
    loud: list[Floats | Session] = [*streams(10)]
    found = compare(Shifted(), Shifted(off=0.2), [*loud, silent])  # type: ignore[list-item]
    assert found["streams"] == 10


def test_streams_that_fall_silent_are_not_enough_to_judge_by() -> None:
    def hushed(session: Session) -> Session:
        late = np.arange(len(session)) >= 50
        n, mean = np.where(late, 0.0, session.n), np.where(late, np.nan, session.mean)
        return with_values(session, n=n, mean=mean)

    found = compare(Shifted(), Shifted(off=0.3), [*streams(2), *map(hushed, streams(FEWEST))])
    assert (found["better"], found["streams"]) == (None, 2)
