import numpy as np
import pytest

from models.forecasters.naive import Baseline, Spread, fit_spread
from models.forecasters.ridge import Ridge, inputs, solve
from models.inputs.features import views
from models.inputs.targets import WINDOWS, Targets
from tests.helpers.forecasting import make_session
from warehouse.records import FIVE, STEPS


def test_baselines_say_the_same_mood_for_all_steps() -> None:
    session = make_session(80)
    view = views(session, np.array([70]))
    expected = {
        "last_value": session.mean[70],
        "session_mean": np.average(session.mean[:71], weights=session.n[:71]),
        "ewma": view.ewma[0],
    }
    for name, mood in expected.items():
        said = Baseline(name).predict(view)
        assert said.quantiles[0, :, 2] == pytest.approx([mood] * STEPS, abs=1e-12)
    counts = Baseline("last_value").predict(view).volume[0, :, 1]
    assert counts == pytest.approx(session.n[70] * np.array([10, *[1] * 10]))


def test_a_band_is_the_normal_quantiles_of_its_variance() -> None:
    view = views(make_session(80), np.array([70]))
    spread = Spread(np.tile([0.01, 1.0, 0.0], (STEPS, 1)), np.full(STEPS, 0.5))
    q = Baseline("session_mean", spread).predict(view).quantiles[0, 0]
    sd = view.sd[0] * np.sqrt(0.01 + 1 / (view.rate[0] + 1))
    assert (q[3] - q[2]) / sd == pytest.approx(1.281552, abs=1e-6)
    assert (q[4] - q[2]) / sd == pytest.approx(1.959964, abs=1e-6)


def test_spread_is_found_again_in_errors_made_with_it() -> None:
    rng = np.random.default_rng(3)
    sessions = [make_session(400, seed=i, rate=r) for i, r in enumerate((2, 8, 30, 100))]
    parts = [views(s, np.arange(60, 400)) for s in sessions]
    view = type(parts[0])(
        **{k: np.concatenate([getattr(p, k) for p in parts]) for k in vars(parts[0])}
    )
    true = Spread(np.tile([0.03, 1.0, 0.0], (STEPS, 1)), np.full(STEPS, 0.4))
    mood = np.zeros((len(view), STEPS))
    y = rng.normal(0, true.sd(view))
    n = np.expm1(np.log1p(20.0) + rng.normal(0, 0.4, y.shape))
    actual = Targets(y, np.full_like(y, 0.3), n)
    found = fit_spread(view, mood, np.full_like(y, 20.0) * WINDOWS, actual)
    ratio = found.sd(view) / true.sd(view)
    assert np.median(ratio, axis=0) == pytest.approx(np.ones(STEPS), abs=0.08)
    assert found.volume[1:] == pytest.approx(true.volume[1:], abs=0.03)
    assert found.volume[FIVE] < 0.25, "ten windows together scatter less than one"


def test_ridge_recovers_a_linear_rule() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 3))
    true = np.array([[0.1], [0.5], [-0.2], [0.0]])
    y = true[0] + x @ true[1:]
    assert solve(x, y, np.ones_like(y)) == pytest.approx(true, abs=1e-3)


def test_ridge_survives_being_written_and_read() -> None:
    view = views(make_session(100), np.array([60, 90]))
    coef = np.random.default_rng(0).normal(0, 0.05, (1 + inputs(view).shape[1], STEPS))
    ridge = Ridge(coef)
    again = Ridge.from_json(ridge.as_json())
    assert np.allclose(ridge.predict(view).quantiles, again.predict(view).quantiles, atol=1e-6)
