import numpy as np
import pandas as pd
import pytest

from warehouse.forecast_metrics import (
    BACKTEST_METRICS,
    METRICS,
    Outcomes,
    crps,
    floor,
    latent_skill,
    of_row,
    total,
)

Q = np.array([[-0.5, -0.25, 0.0, 0.25, 0.5]])
OF = {metric.key: metric.finish for metric in BACKTEST_METRICS}


def sums(
    y: list[float],
    n: list[float],
    volume: list[list[float]] | None = None,
    counts: list[float] | None = None,
) -> dict[str, float]:
    quantiles = np.repeat(Q, len(y), 0)
    said, counted = (None if v is None else np.array(v, float) for v in (volume, counts))
    outcomes = Outcomes(np.array(y), np.array(n), quantiles, said, counted)
    with_base = total(outcomes) | {"noise": 0.0}
    return with_base | {f"base_{name}": value for name, value in with_base.items()}


def test_nmse_weighs_by_messages_and_leaves_silence_out() -> None:
    of = sums([0.2, -0.4, np.nan, 0.9], [3.0, 1, 0, 0])
    assert of["targets"] == 2 and of["n"] == 4
    assert OF["nmse"](of) == pytest.approx((3 * 0.04 + 0.16) / 4, abs=1e-15)


def test_coverage_and_width_by_target_and_by_message() -> None:
    of = sums([0.25, -0.4, 0.6, 0.0], [1.0, 2, 3, 4])
    assert OF["coverage80"](of) == 0.5
    assert OF["coverage95"](of) == 0.75
    assert OF["coverage80_by_n"](of) == 0.5
    assert OF["coverage95_by_n"](of) == 0.7
    assert OF["width80"](of) == 0.5 and OF["width95"](of) == 1.0


def test_the_floor_is_message_variance_over_messages_a_window() -> None:
    of = sums([0.0, 0, 0], [1.0, 2, 5])
    assert floor(of | {"noise": 0.08 * 3}) == pytest.approx(3 * 0.08 / 8, abs=1e-15)


@pytest.mark.parametrize(
    ("error", "base", "skill"), [(0.03, 0.03, 0), (0.01, 0.03, 1), (0.025, 0.03, 0.25)]
)
def test_latent_skill_is_zero_for_the_reference_and_one_at_the_floor(
    error: float, base: float, skill: float
) -> None:
    assert latent_skill(skill_sums(error, base)) == pytest.approx(skill, abs=1e-15)


def skill_sums(error: float, base: float) -> dict[str, float]:
    """Of 100 messages, with a floor of 0.01."""
    of = {"n": 100, "squared_error": 100 * error, "noise": 1.0}
    return of | {"base_n": 100, "base_squared_error": 100 * base, "base_noise": 1.0}


def test_latent_skill_is_none_where_there_is_nothing_to_know() -> None:
    assert np.isnan(latent_skill(skill_sums(0.01, 0.01)))
    assert of_row(latent_skill, skill_sums(0.01, 0.01)) is None
    assert of_row(latent_skill, {**skill_sums(0.01, 0.03), "noise": None}) is None
    assert of_row(latent_skill, skill_sums(0.01, 0.03) | {"model": "lstm"}) == 1.0


def test_a_column_of_sums_is_finished_as_each_row_is() -> None:
    rows = [skill_sums(0.02, 0.03), skill_sums(0.01, 0.01)]
    column = latent_skill(pd.DataFrame(rows, index=["a", "b"]))
    assert column["a"] == latent_skill(rows[0]) and np.isnan(column["b"])


def test_crps_of_a_point_forecast_is_its_absolute_error() -> None:
    same = np.full((1, 5), 0.1)
    for y in (-0.3, 0.1, 0.7):
        assert crps(np.array([y]), same)[0] == pytest.approx(abs(y - 0.1), abs=0.02)


def test_crps_prefers_the_narrow_band_that_holds() -> None:
    y = np.array([0.0])
    assert crps(y, Q * 0.5)[0] == pytest.approx(crps(y, Q)[0] / 2, abs=1e-15)


def test_counts_are_judged_in_silence_too() -> None:
    of = sums([0.1, np.nan, np.nan], [5.0, 0, np.nan], [[1, 3, 4], [0, 2, 5], [2, 6, 9]])
    assert of["counts"] == 2 and of["targets"] == 1
    assert OF["volume_mae"](of) == 2.0
    assert OF["volume_coverage80"](of) == 0.5


def test_what_was_not_counted_whole_is_no_count() -> None:
    of = sums([0.1, 0.2], [5.0, 8.0], [[1, 3, 4], [5, 8, 9]], [5.0, np.nan])
    assert (of["targets"], of["counts"], of["volume_error"]) == (2, 1, 2.0)
    assert sums([0.1], [5.0])["counts"] == 0, "no count was forecast"


def test_a_sum_kept_later_is_a_mean_over_the_scores_that_have_it() -> None:
    width = next(m for m in METRICS if m.name == "width95")
    assert width.finish({"width95": 6.0, "n": 100.0}) == pytest.approx(0.06)
    assert width.finish({"width95": 6.0, "n": 100.0, "n_width95": 12.0}) == 0.5


def test_a_share_of_counts_is_of_those_that_have_it() -> None:
    held = next(m for m in METRICS if m.name == "volume_coverage80")
    assert held.finish({"volume_hits80": 8, "counts": 20, "counts_volume_hits80": 10}) == 0.8


def test_without_targets_every_figure_is_nan() -> None:
    nothing = sums([np.nan], [0.0])
    assert all(np.isnan(finish(nothing)) for finish in OF.values())


def test_a_share_is_told_in_per_cent() -> None:
    told = {m.name: (m.is_share, m.is_signed, m.digits) for m in METRICS}
    assert told["skill"] == (False, True, 3)
    assert (told["coverage80"], told["crps"]) == ((True, False, 1), (False, False, 4))
