"""What a channel's past teaches: exact values, and that nothing is learnt before its time."""

import numpy as np
import pytest

from models.base import Prediction, View
from models.forecasters.naive import NORMAL, Baseline
from models.forecasters.online import AFTER, NOTES, Online, apart, facts, is_network, together
from models.inputs.features import views
from models.inputs.targets import WINDOWS, Targets, cutoffs, targets
from tests.helpers.forecasting import make_session, with_values
from warehouse.records import FIVE, STEPS

MODEL = Baseline("ewma")
SD = 0.3  # of the messages in `flat`


def flat(k: int) -> View:
    """k cutoffs of a session whose mean, average and last window are all 0."""
    no = np.zeros(k)
    one = np.ones(k)
    return View(np.zeros((k, 1, 1), np.float32), no, no, no, 9 * one, SD * one, one, one, one)


def normal(k: int, sd: float = 0.1) -> Prediction:
    quantiles = np.tile(sd * np.array(NORMAL), (k, STEPS, 1))
    return Prediction(quantiles, np.ones((k, STEPS, 3)))


def happening(y: np.ndarray) -> Targets:
    """Targets of k cutoffs from the values of k + 10 windows, nine messages each."""
    at = np.arange(len(y) - 10)[:, None] + np.arange(10)
    all_of = np.column_stack([y[at].mean(1), y[at]])
    n = np.full(all_of.shape, 9.0) * WINDOWS
    return Targets(all_of, np.full(all_of.shape, SD), n)


def learnt(steps: list[int], y: list[float], centre: bool = True) -> tuple[Online, np.ndarray]:
    """An Online after one window, and the notes it learnt from."""
    online = Online(centre)
    notes = facts(flat(1), normal(1))
    online.serve(notes)
    online.learn(notes[0, steps], np.array(steps), np.array(y), np.full(len(y), 30.0))
    return online, notes


def test_untaught_it_changes_nothing() -> None:
    session = make_session(80)
    view = views(session, cutoffs(session, 6))
    said = MODEL.predict(view)
    served, _ = Online().adjust(view, said)
    assert np.allclose(served.quantiles, said.quantiles, atol=1e-12)
    assert np.array_equal(served.volume, said.volume)


def test_a_miss_widens_its_side_and_hits_narrow_the_others() -> None:
    online, notes = learnt([2], [0.15], centre=False)  # beyond q90, at .128; inside q975, at .196
    q = online.serve(notes)[0, 2]
    rate = 0.5  # the fastest
    assert q[3] == pytest.approx(0.1281552 * np.exp(rate * 0.9))
    assert q[1] == pytest.approx(-0.1281552 * np.exp(-rate * 0.1))
    assert q[4] == q[3], "the 95 % band holds the 80 % band"
    assert q[0] == pytest.approx(-0.1959964 * np.exp(-rate * 0.025))
    assert np.allclose(online.serve(notes)[0, 3], 0.1 * np.array(NORMAL)), (
        "another step is as it was"
    )


def test_the_centre_follows_an_error_by_its_weight_against_the_prior() -> None:
    online, notes = learnt([1], [0.06])
    weight = 30 / 2 * SD**2 / 0.085
    expected = weight * 0.06 / (weight + 15_000)  # the constant is the only input that is not 0
    assert online.serve(notes)[0, 1, 2] == pytest.approx(expected, rel=1e-9)
    assert online.serve(notes)[0, 2, 2] == 0.0


def test_five_minutes_that_overlap_teach_a_tenth_each() -> None:
    online, notes = learnt([FIVE], [0.15])  # beyond q90
    weight = 0.1 * 30 / 2 * SD**2 / 0.085
    q = online.serve(notes)[0, FIVE]
    assert q[2] == pytest.approx(weight * 0.15 / (weight + 15_000), rel=1e-9)
    assert q[3] - q[2] == pytest.approx(0.1281552 * np.exp(0.05 * 0.9))


def test_the_bands_alone_leave_the_centre() -> None:
    online, notes = learnt(list(range(STEPS)), [0.9] * STEPS, centre=False)
    assert np.all(online.serve(notes)[..., 2] == 0.0)


def test_a_constant_series_is_forecast_to_stay() -> None:
    served = Online().follow(flat(600), normal(600), happening(np.zeros(610))).quantiles
    assert np.all(served[..., 2] == 0.0)
    width = (served[..., 3] - served[..., 1])[:, 1:]
    assert width[-1].max() < 0.01 < width[0].min(), "bands close in on what never moves"


def test_quantiles_stay_ordered_and_in_range_whatever_happens() -> None:
    rng = np.random.default_rng(1)
    y = np.where(rng.random(410) < 0.5, rng.choice([-1.0, 1.0, 0.0], 410), rng.normal(0, 0.4, 410))
    served = Online().follow(flat(400), normal(400, 1e-9), happening(np.clip(y, -1, 1))).quantiles
    assert np.all(np.diff(served, axis=-1) >= 0) and np.abs(served).max() <= 1.0


def covered(served: np.ndarray, y: np.ndarray, step: int, part: slice) -> tuple[float, float]:
    """Share of windows in the 80 % and the 95 % band, of the cutoffs in `part`."""
    q, y = served[part, step], y[step - 1 :][: len(served)][part]
    return (
        float(np.mean((q[:, 1] <= y) & (y <= q[:, 3]))),
        float(np.mean((q[:, 0] <= y) & (y <= q[:, 4]))),
    )


@pytest.mark.parametrize("step", [1, 5, 10])
def test_bands_hold_where_the_network_is_wrong_about_the_spread(step: int) -> None:
    y = np.clip(np.random.default_rng(step).normal(0, 0.16, 2010), -1, 1)  # not 0.1
    served = Online().follow(flat(2000), normal(2000), happening(y)).quantiles
    in80, in95 = covered(served, y, step, slice(100, None))
    assert abs(in80 - 0.80) < 0.02 and abs(in95 - 0.95) < 0.02


def test_an_abrupt_shift_is_followed_within_about_a_hundred_windows() -> None:
    found = []
    for seed in range(20):
        y = np.random.default_rng(seed).normal(0, 0.1, 1210)
        y[600:] *= 2
        served = Online().follow(flat(1200), normal(1200), happening(np.clip(y, -1, 1))).quantiles
        parts = slice(600, 630), slice(700, 800), slice(900, None)
        found.append([covered(served, y, 1, part) for part in parts])
    at_once, soon, later = np.mean(found, axis=0)
    assert at_once[0] < 0.6, "the shift is one"
    assert abs(soon[0] - 0.80) < 0.04 and abs(soon[1] - 0.95) < 0.02
    assert abs(later[0] - 0.80) < 0.01 and abs(later[1] - 0.95) < 0.01


def test_a_network_that_is_always_off_the_same_way_is_corrected() -> None:
    y = np.clip(np.random.default_rng(3).normal(0.05, 0.1, 6010), -1, 1)
    served = Online().follow(flat(6000), normal(6000), happening(y)).quantiles
    assert np.all(np.abs(served[-1, 1:, 2] - 0.05) < 0.03) and np.all(served[-1, 1:, 2] > 0.02)
    assert 0.01 < served[-1, FIVE, 2] < 0.05


def test_rewriting_the_future_changes_no_past_forecast() -> None:
    session = make_session(200, seed=5)
    ends = cutoffs(session, 6)
    mean = session.mean.copy()
    mean[120:] = np.where(np.isfinite(mean[120:]), -0.9, np.nan)
    told, retold = (
        Online().follow(views(s, ends), MODEL.predict(views(s, ends)), targets(s, ends)).quantiles
        for s in (session, with_values(session, mean=mean))
    )
    known = ends < 120
    assert np.array_equal(told[known], retold[known])
    assert not np.array_equal(told[~known], retold[~known])


def test_silent_and_partly_seen_windows_teach_nothing() -> None:
    y = np.full(110, np.nan)
    online = Online()
    before = online.to_bytes()
    online.follow(flat(100), normal(100), happening(y))
    assert online.to_bytes() == before


def test_one_row_is_adjusted_as_in_a_batch() -> None:
    session = make_session(120, seed=2)
    ends = cutoffs(session, 6)
    view, online = views(session, ends), Online()
    said = MODEL.predict(view)
    online.follow(view, said, targets(session, ends))
    whole, notes = online.adjust(view, said)
    for i in (0, 7, len(ends) - 1):
        row = View(*(column[i : i + 1] for column in vars(view).values()))
        one = Prediction(said.quantiles[i : i + 1], said.volume[i : i + 1])
        alone, noted = online.adjust(row, one)
        assert np.array_equal(alone.quantiles[0], whole.quantiles[i])
        assert np.array_equal(noted[0], notes[i])


def test_a_stream_followed_at_once_teaches_what_it_does_window_by_window() -> None:
    session = make_session(60, seed=4)
    ends = cutoffs(session, 6)
    view, actual = views(session, ends), targets(session, ends)
    said = MODEL.predict(view)
    at_once, stepwise = Online(), Online()
    followed = at_once.follow(view, said, actual).quantiles
    notes = facts(view, said)
    for i in range(len(ends)):
        for step, after in enumerate(AFTER):  # one by one, as a window is only one per step
            if i >= after and np.isfinite(actual.y[i - after, step]):
                at = i - after, [step]
                seen = actual.y[at], actual.n[at]
                stepwise.learn(notes[at], np.array([step]), *seen)
        assert np.allclose(stepwise.serve(notes[i : i + 1])[0], followed[i], atol=1e-12)


def test_many_channels_together_are_as_each_alone() -> None:
    def made(seed: int) -> Online:
        online = Online()
        y = np.random.default_rng(seed).normal(0.02 * seed, 0.1, 110)
        online.follow(flat(100), normal(100), happening(y))
        return online

    alone, parts = [made(k) for k in range(3)], [made(k) for k in range(3)]
    notes = facts(flat(3), normal(3))
    steps, y, n = np.arange(STEPS), np.linspace(-0.3, 0.3, STEPS), np.full(STEPS, 20.0)
    whole = together(parts)
    whole.serve(notes)
    two = np.arange(2 * STEPS)
    whole.learn(notes.reshape(-1, NOTES)[two], two, np.tile(y, 2), np.tile(n, 2))
    apart(whole, parts)
    for i in range(3):
        own = facts(flat(1), normal(1))
        alone[i].serve(own)
        if i < 2:
            alone[i].learn(own[0], steps, y, n)
        assert parts[i].to_bytes() == alone[i].to_bytes()
        assert np.array_equal(whole.serve(notes)[i], alone[i].serve(own)[0])


def test_what_was_learnt_survives_being_kept() -> None:
    session = make_session(150, seed=6)
    ends = cutoffs(session, 6)
    view, online = views(session, ends), Online()
    online.follow(view, MODEL.predict(view), targets(session, ends))
    kept = online.to_bytes()
    again = Online.from_bytes(kept)
    assert (
        again is not None
        and again.to_bytes() == kept
        and len(kept) == 8 * (1 + STEPS * (16 + 4 + 4 + 4 + 1))
    )
    notes = facts(view, MODEL.predict(view))
    assert notes.shape == (len(ends), STEPS, NOTES)
    assert np.array_equal(again.serve(notes), online.serve(notes))


def test_a_state_that_cannot_be_read_is_none() -> None:
    good = np.frombuffer(Online().to_bytes(), "<f8").copy()
    assert Online.from_bytes(good.tobytes()) is not None
    assert Online.from_bytes(b"") is Online.from_bytes(good[:-1].tobytes()) is None
    other, broken = good.copy(), good.copy()
    other[0], broken[50] = 1.0, np.nan
    assert Online.from_bytes(other.tobytes()) is Online.from_bytes(broken.tobytes()) is None


def test_networks_alone_are_served_with_it() -> None:
    assert is_network("lstm-20261127-073109") and not is_network("ridge")
