import numpy as np
import pytest

from models.inputs import features, history
from models.inputs.features import CONTEXT, NAMES, enough, now, views, window_features
from models.inputs.sessions import SHARES, Session
from tests.helpers.forecasting import make_session, with_values
from warehouse.errors import BadInput


def column(x: np.ndarray, name: str) -> np.ndarray:
    return x[..., NAMES.index(name)]


def test_rewriting_the_future_changes_no_feature_of_the_past() -> None:
    before, other = make_session(200, seed=1), make_session(200, seed=2, rate=40)
    cut = 120
    mixed = {
        k: np.concatenate([v[: cut + 1], getattr(other, k)[cut + 1 :]])
        for k, v in vars(before).items()
        if isinstance(v, np.ndarray)
    }
    after = with_values(before, **mixed)
    ends = np.array([5, 60, cut])
    for name, values in vars(views(before, ends)).items():
        assert np.array_equal(values, getattr(views(after, ends), name)), name
    assert not np.array_equal(views(before, ends + 60).x, views(after, ends + 60).x)


def test_the_daemons_batch_sees_what_the_backtest_sees() -> None:
    sessions = [make_session(6 + 37 * i, seed=i, rate=3 + 9 * i) for i in range(8)]
    together = now(sessions)
    for i, session in enumerate(sessions):
        alone = views(session, np.array([len(session) - 1]))
        longer = views(make_longer(session), np.array([len(session) - 1]))
        for name, values in vars(alone).items():
            assert np.allclose(values[0], getattr(together, name)[i], rtol=0, atol=1e-6), name
            assert np.allclose(values[0], getattr(longer, name)[0], rtol=0, atol=1e-6), name


@pytest.mark.parametrize("said", [True, False])
def test_of_windows_let_go_their_sums_are_enough(said: bool) -> None:
    session = make_session(600, seed=4)
    if not said:  # nor watched, in all that is kept
        n, seen, mean = session.n.copy(), session.observed_s.copy(), session.mean.copy()
        n[300:], seen[300:], mean[300:] = 0, 0, np.nan
        nobody = {"n": n, "observed_s": seen, "mean": mean, "sd": mean, "sub_n": 0 * session.sub_n}
        session = with_values(session, **nobody, **dict.fromkeys(SHARES, mean))
    kept = without_first(without_first(session, 100), 250)
    assert len(kept) == 250 and enough(kept)
    whole = views(session, np.array([599]))
    for name, values in vars(now([kept])).items():
        assert np.allclose(values, getattr(whole, name), rtol=0, atol=1e-6), name
    assert history.sums(kept) == pytest.approx(history.sums(session))


def without_first(session: Session, gone: int) -> Session:
    rest = {k: v[gone:] for k, v in vars(session).items() if isinstance(v, np.ndarray)}
    return with_values(session, **rest, before=features.before(session.upto(gone - 1)))


def make_longer(session):  # type: ignore[no-untyped-def]
    more = make_session(50, seed=99)
    both = {
        k: np.concatenate([v, getattr(more, k)])
        for k, v in vars(session).items()
        if isinstance(v, np.ndarray)
    }
    return with_values(session, **both)


def test_context_before_the_session_began_is_zeros() -> None:
    x = views(make_session(30), np.array([2])).x
    assert x.shape == (1, CONTEXT, len(NAMES))
    assert not x[0, : CONTEXT - 3].any()
    assert column(x, "present")[0].tolist() == [0] * (CONTEXT - 3) + [1] * 3


def test_silence_and_unobserved_windows_say_nothing_rather_than_zero() -> None:
    session = make_session(40)
    n, mean, seen = session.n.copy(), session.mean.copy(), session.observed_s.copy()
    sub_n, sub_mean = session.sub_n.copy(), session.sub_mean.copy()
    n[20:22], mean[20:22], sub_n[20:22], sub_mean[20:22] = 0, np.nan, 0, np.nan
    seen[21] = 0
    holed = with_values(session, n=n, mean=mean, observed_s=seen, sub_n=sub_n, sub_mean=sub_mean)
    x = window_features(holed)
    assert np.isfinite(x).all()
    assert column(x, "window")[20:22].tolist() == [0, 0]
    assert column(x, "silent")[19:22].tolist() == [0, 1, 0]
    assert column(x, "unobserved")[19:22].tolist() == [0, 0, 1]
    view = views(holed, np.array([19, 20, 21]))
    assert len(set(view.session_mean)) == 1, "the mean of a session does not move in silence"
    assert view.last.tolist() == [mean[19]] * 3
    assert view.last_rate.tolist() == [n[19], 0, 0], "silence is a count of zero, a hole is none"
    assert view.rate[1] < view.rate[0] and view.rate[2] == pytest.approx(view.rate[1])


def test_statistics_of_the_view_are_weighted_by_messages() -> None:
    session = make_session(9)
    n = np.array([2.0, 6, 1, 1, 1, 1, 1, 1, 1])
    mean = np.array([0.5, -0.1, 0, 0, 0, 0, 0, 0, 0])
    view = views(with_values(session, n=n, mean=mean), np.array([1]))
    assert view.session_mean[0] == pytest.approx((2 * 0.5 - 6 * 0.1) / 8, abs=1e-15)
    older = 0.5 ** (1 / features.EWMA_HALF_LIFE)
    assert view.ewma[0] == pytest.approx((older * 1.0 - 0.6) / (older * 2 + 6), abs=1e-15)
    assert view.session_rate[0] == 4


def test_a_constant_series_has_finite_features() -> None:
    session = make_session(100)
    flat = with_values(session, mean=np.where(session.n > 0, 0.0, np.nan), sd=session.sd * 0)
    assert np.isfinite(window_features(flat)).all()


def test_a_forecast_needs_six_windows_and_a_word() -> None:
    assert not enough(make_session(5))
    assert enough(make_session(6))
    mute = make_session(50, rate=0.0)
    assert not enough(mute)
    with pytest.raises(BadInput, match="too little chat"):
        now([make_session(50), mute])
    with pytest.raises(BadInput, match="no session"):
        now([])


def test_a_cutoff_outside_the_session_is_refused() -> None:
    with pytest.raises(BadInput, match=r"0\.\.9"):
        views(make_session(10), np.array([10]))


def test_scatter_tells_a_moving_mood_from_samples_of_one() -> None:
    still = make_session(400, seed=3, rate=12)
    rng = np.random.default_rng(3)
    drawn = 0.3 / np.sqrt(np.maximum(still.n, 1)) * rng.normal(size=400)
    still = with_values(still, mean=np.where(still.n > 0, 0.05 + drawn, np.nan))
    moving = with_values(still, mean=still.mean + np.where(np.arange(400) % 80 < 40, 0.3, -0.3))
    for name in ("scatter", "scatter_8", "scatter_32"):
        assert abs(column(window_features(still), name)[100:].mean()) < 0.15, name
    # each window's squared deviation, 0.3 ** 2 * 12 messages, over the variance 0.3 ** 2: 12 more
    assert column(window_features(moving), "scatter")[-1] == pytest.approx(np.log(13), abs=0.15)
    assert column(window_features(moving), "scatter_8")[119] < 1.2  # one level for 40 windows


def test_scatter_is_shrunk_to_none_while_there_is_little() -> None:
    assert abs(column(window_features(make_session(6, rate=1)), "scatter")).max() < 0.5
