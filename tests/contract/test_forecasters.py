"""Every forecaster, whatever it is: the same promises."""

import numpy as np
import pytest

from models.base import Forecaster
from models.inputs.features import now, views
from models.versions.registry import FORECASTERS
from tests.helpers.forecasting import make_session, with_values
from warehouse.records import FIVE

ENDS = np.array([5, 6, 20, 59, 60, 118])
every = pytest.mark.parametrize("model", FORECASTERS.values(), ids=FORECASTERS)


def test_the_registry_holds_the_baselines_and_a_trained_network() -> None:
    assert list(FORECASTERS)[:4] == ["last_value", "session_mean", "ewma", "ridge"]
    assert any(name.startswith("lstm-") for name in FORECASTERS)


@every
def test_its_name_is_its_key(model: Forecaster) -> None:
    assert FORECASTERS[model.name] is model


@every
@pytest.mark.parametrize("rate", [0.4, 12.0, 400.0])
def test_it_fills_every_step_within_range_and_without_crossing(
    model: Forecaster, rate: float
) -> None:
    said = model.predict(views(make_session(120, rate=rate, seed=4), ENDS))
    assert said.quantiles.shape == (6, 11, 5) and said.volume.shape == (6, 11, 3)
    assert np.isfinite(said.quantiles).all() and np.isfinite(said.volume).all()
    assert (np.abs(said.quantiles) <= 1).all() and (said.volume >= 0).all()
    assert (np.diff(said.quantiles) >= 0).all() and (np.diff(said.volume) >= 0).all()


@every
def test_rewriting_the_future_changes_no_past_forecast(model: Forecaster) -> None:
    before, other = make_session(120, seed=1), make_session(120, seed=2, rate=30)
    cut = 70
    mixed = {
        k: np.concatenate([v[: cut + 1], getattr(other, k)[cut + 1 :]])
        for k, v in vars(before).items()
        if isinstance(v, np.ndarray)
    }
    past = np.array([10, 60, cut])
    first = model.predict(views(before, past))
    second = model.predict(views(with_values(before, **mixed), past))
    assert np.array_equal(first.quantiles, second.quantiles)
    assert np.array_equal(first.volume, second.volume)


@every
def test_a_channel_is_forecast_alike_alone_and_in_a_batch(model: Forecaster) -> None:
    sessions = [make_session(20 + 9 * i, seed=i, rate=2 + 3 * i) for i in range(7)]
    together = model.predict(now(sessions))
    for i, session in enumerate(sessions):
        alone = model.predict(views(session, np.array([len(session) - 1])))
        assert np.allclose(alone.quantiles[0], together.quantiles[i], rtol=0, atol=1e-6)
        assert np.allclose(alone.volume[0], together.volume[i], rtol=1e-5, atol=1e-4)


@every
def test_a_constant_series_is_forecast_to_stay(model: Forecaster) -> None:
    session = make_session(120)
    flat = np.where(session.n > 0, 0.0, np.nan)
    slots = np.where(session.sub_n > 0, 0.0, np.nan)
    still = with_values(session, mean=flat, sub_mean=slots, sd=session.sd * 0)
    middle = model.predict(views(still, np.array([110]))).quantiles[..., 2]
    assert np.abs(middle).max() < 0.02


@every
def test_silence_and_holes_before_the_cutoff_still_get_a_forecast(model: Forecaster) -> None:
    session = make_session(60)
    n, mean, seen = session.n.copy(), session.mean.copy(), session.observed_s.copy()
    n[40:], mean[40:], seen[50:] = 0, np.nan, 0
    quiet = with_values(
        session, n=n, mean=mean, observed_s=seen, sub_n=session.sub_n * (n > 0)[:, None]
    )
    said = model.predict(now([quiet]))
    assert np.isfinite(said.quantiles).all() and np.isfinite(said.volume).all()


@every
def test_bands_are_wider_on_a_quiet_channel(model: Forecaster) -> None:
    quiet, busy = (now([make_session(120, rate=r)]) for r in (2, 80))
    widths = [np.ptp(model.predict(v).quantiles[0], axis=-1) for v in (quiet, busy)]
    assert widths[0][1] > 2 * widths[1][1]
    assert widths[0][FIVE] > 1.4 * widths[1][FIVE]


@every
def test_five_minutes_are_surer_than_a_window_and_hold_ten_times_its_messages(
    model: Forecaster,
) -> None:
    said = model.predict(now([make_session(120, rate=12.0)]))
    widths = np.ptp(said.quantiles[0], axis=-1)
    assert widths[FIVE] < 0.8 * widths[1:].min()
    middle = said.volume[0, :, 1]
    assert 0.7 < middle[FIVE] / middle[1:].sum() < 1.4


@every
def test_no_view_no_forecast(model: Forecaster) -> None:
    said = model.predict(views(make_session(10), np.array([], dtype=np.int64)))
    assert said.quantiles.shape == (0, 11, 5) and said.volume.shape == (0, 11, 3)
