"""Step 0, the mean of the next five minutes: forecast, told, judged and learnt from as it came."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from models.inputs.sessions import Session
from models.inputs.targets import targets
from models.versions.promotion import promote
from pipeline.forecasting.corrections import MEAN, Taught
from pipeline.forecasting.forecasts import Forecasts
from pipeline.forecasting.track_record import Standing
from pipeline.forecasting.verify import Made, Verifier
from pipeline.windows.track import Closed
from tests.helpers.forecasting import make_session, windows_of, with_values
from tests.helpers.model_versions import edit_card, put_version
from warehouse.chances import EVENTS, chances
from warehouse.config import DataFolder
from warehouse.forecast_metrics import SUMS, Outcomes, each
from warehouse.records import FIVE, STEPS, Window
from warehouse.trust import ENOUGH

NAMES = [s.name for s in SUMS]
QUANTILES = np.tile(np.array([-0.3, -0.1, 0.0, 0.1, 0.3]), (1, STEPS, 1))
VOLUME = np.tile(np.array([20.0, 30.0, 60.0]), (1, STEPS, 1))
SERIES = ("alpha", "words")


def made(**more: object) -> Made:
    same = {"stream_id": "a1", "basis": "words", "lexicon": "full-1"}
    of = {"quantiles": QUANTILES, "volume": VOLUME, "notes": np.zeros((0, STEPS, 0))}
    return Made(**{**same, **of, **more})  # type: ignore[arg-type]


def judged(windows: Sequence[Window], cutoffs: Sequence[int], **more: object) -> dict[str, float]:
    """Sums of step 0 of forecasts that were made at the cutoffs, all of one day."""
    verifier = Verifier((MEAN,))
    for cutoff in cutoffs:
        verifier.expect("alpha", cutoff, made(**more))
    for window in windows:
        verifier.happened([window])
    verifier.take()
    total = [v for key, v in verifier.sums.items() if key[3] == FIVE]
    return dict(zip(NAMES, np.sum(total, axis=0), strict=True)) if total else {}


def some_lost(session: Session) -> Session:
    """Three of 29 windows were seen in part."""
    seen = np.where(np.arange(len(session)) % 29 > 25, 12.0, 30.0)
    return with_values(session, observed_s=seen)


@pytest.mark.parametrize("rate", [2.5, 12.0])
def test_what_is_verified_live_is_what_a_backtest_judges(rate: float) -> None:
    session = some_lost(make_session(120, 3, rate))
    ends = np.arange(5, 120 - 10)
    actual = targets(session, ends)
    shown = np.repeat(QUANTILES[0, :1], len(ends), 0), np.repeat(VOLUME[0, :1], len(ends), 0)
    outcomes = Outcomes(
        actual.y[:, FIVE], actual.n[:, FIVE], *shown, actual.counts[:, FIVE]
    )  # fmt: skip
    expected = dict(zip(NAMES, each(outcomes).sum(0), strict=True))
    found = judged(windows_of(session), [int(session.start[end]) + 30 for end in ends])
    assert 0 < expected["targets"] < len(ends)
    assert found == pytest.approx(expected)


def test_windows_that_never_come_hold_nothing_up() -> None:
    session = make_session(40, 1)
    windows, cutoff = windows_of(session), int(session.start[9]) + 30
    assert judged(windows, [cutoff])["targets"] == 1
    late = [w for k, w in enumerate(windows) if k not in (15, 19)]  # one amid them, and the tenth
    assert judged(late, [cutoff])["targets"] == 1
    assert judged(late, [cutoff])["n"] == sum(
        windows[k].n_messages for k in range(10, 19) if k != 15
    )
    assert judged(late, [cutoff])["counts"] == 0, "not all of it was seen"
    few = [w for k, w in enumerate(windows) if k not in (12, 13, 14)]
    assert judged(few, [cutoff]) == {}, "of three in ten nothing is known"


def test_a_stream_that_ends_within_the_five_minutes_is_judged_by_its_own_windows() -> None:
    session = make_session(40, 1)
    windows, cutoff = windows_of(session), int(session.start[9]) + 30
    next_one = [replace(w, stream_id="a2", mean_compound=-1.0) for w in windows[25:]]
    found = judged([*windows[:18], *next_one], [cutoff])
    assert (found["targets"], found["counts"]) == (1, 0)
    assert found["n"] == sum(w.n_messages for w in windows[10:18])
    assert judged([*windows[:17], *next_one], [cutoff]) == {}


def test_five_minutes_of_silence_are_no_target_but_their_number_is_known() -> None:
    session = make_session(40, 1)
    silent = [replace(w, n_messages=0, mean_compound=None) for w in windows_of(session)]
    found = judged(silent, [int(session.start[9]) + 30])
    assert (found["targets"], found["counts"], found["volume_error"]) == (0, 1, 30.0)


@pytest.mark.parametrize(
    "other", [{"stream_id": "a0"}, {"basis": "emotes"}, {"lexicon": "full-2"}], ids=str
)
def test_another_stream_or_measure_is_not_what_was_forecast(other: dict[str, str]) -> None:
    session = make_session(40, 1)
    assert judged(windows_of(session), [int(session.start[9]) + 30], **other) == {}


def test_it_is_learnt_from_once_its_ten_windows_are_over() -> None:
    session = make_session(40, 1)
    taught, verifier = Taught([MEAN]), Verifier((MEAN,))
    notes = np.ones((1, STEPS, 11))
    verifier.expect("alpha", int(session.start[9]) + 30, made(notes=notes))
    learnt = []
    for window in windows_of(session):
        taught.learn(verifier.happened([window]))
        learnt.append(taught.of(SERIES, MEAN)._targets[FIVE])
    assert learnt[18] == 0 < learnt[19] == learnt[-1]


@pytest.fixture
def forecasts(tmp_path: Path) -> Forecasts:
    return Forecasts(DataFolder(tmp_path))


def fed(forecasts: Forecasts, windows: Sequence[Window]) -> list[dict[str, object]]:
    """Rows of forecasts that follow, window by window."""
    return [dict(row) for w in windows for row in forecasts.after([Closed(w, ())])[0]]


def test_a_stream_of_ten_minutes_is_forecast_and_judged(forecasts: Forecasts) -> None:
    rows = fed(forecasts, windows_of(make_session(20, 2)))
    assert len(rows) == 15
    assert all(row["five_q025"] < row["five_q50"] < row["five_q975"] for row in rows)  # type: ignore[operator]
    assert all(len(row["q50"]) == 10 for row in rows)  # type: ignore[arg-type]
    scored = {
        k: v[NAMES.index("targets")] for k, v in forecasts.verifier.sums.items() if k[3] == FIVE
    }
    assert set(scored.values()) == {5.0} and len(scored) == 5


def test_where_nobody_ever_spoke_nothing_is_forecast(forecasts: Forecasts) -> None:
    silent = [replace(w, n_messages=0, mean_compound=None) for w in windows_of(make_session(40))]
    assert fed(forecasts, silent) == [] and not forecasts.verifier.sums


def test_its_usual_is_the_mean_of_the_stream_so_far(forecasts: Forecasts) -> None:
    session = make_session(30, 4)
    row = fed(forecasts, windows_of(session))[-1]
    n = session.n
    assert row["usual"] == pytest.approx(np.nansum(n * session.mean) / n.sum(), abs=1e-4)


def reliable(folder: DataFolder, *events: str) -> DataFolder:
    """A folder whose version tells these chances of its network."""
    put_version(folder.models, "m", 2)
    holds = {event: {"holds": event in events} for event in EVENTS}
    edit_card(folder.models / "m", chances={"lstm-m": holds})
    promote(folder, "m", "asked for")
    return folder


def test_only_chances_that_hold_are_told(tmp_path: Path) -> None:
    forecasts = Forecasts(reliable(DataFolder(tmp_path), "above", "rise"))
    row = fed(forecasts, windows_of(make_session(20, 2)))[-1]
    assert row["model"] == "lstm-m"
    bands = np.array([[row[f"five_{q}"] for q in ("q025", "q10", "q50", "q90", "q975")]], float)
    said = chances(bands, np.array([row["usual"]], float))
    assert row["chance_above"] == pytest.approx(said["above"][0], abs=2e-3)
    assert row["chance_rise"] == pytest.approx(said["rise"][0], abs=2e-3)
    assert row["chance_drop"] is None
    assert forecasts.means["alpha"].chance_above is None, "of the session mean nothing is known"


def test_chances_of_a_mood_by_emotes_are_not_told(tmp_path: Path) -> None:
    forecasts = Forecasts(reliable(DataFolder(tmp_path), *EVENTS))
    windows = [replace(w, basis="emotes") for w in windows_of(make_session(20, 2))]
    row = fed(forecasts, windows)[-1]
    assert [row[f"chance_{event}"] for event in EVENTS] == [None] * 3
    assert row["five_q50"] is not None and row["basis"] == "emotes"


@pytest.mark.parametrize("card", [{"chances": None}, {"chances": []}, {"chances": {"lstm-m": 7}}])
def test_a_card_that_says_nonsense_of_chances_tells_none(
    tmp_path: Path, card: dict[str, object]
) -> None:
    folder = reliable(DataFolder(tmp_path), *EVENTS)
    edit_card(folder.models / "m", **card)
    row = fed(Forecasts(folder), windows_of(make_session(10, 2)))[-1]
    assert (row["model"], row["chance_above"]) == ("lstm-m", None)


def test_where_it_is_no_better_the_session_mean_s_is_shown(forecasts: Forecasts) -> None:
    fed(forecasts, windows_of(make_session(20, 2)))
    latest, mean = forecasts.latest["alpha"], forecasts.means["alpha"]
    assert forecasts.shown("alpha") is latest
    forecasts.standings[SERIES, forecasts.served, FIVE] = Standing(-0.1, ENOUGH)
    shown = forecasts.shown("alpha")
    assert shown is not None and shown.q50 == latest.q50 and shown.model == latest.model
    assert (shown.five_q10, shown.five_q50) == (mean.five_q10, mean.five_q50)
    forecasts.standings[SERIES, forecasts.served, FIVE] = Standing(-0.1, ENOUGH - 1)
    assert forecasts.shown("alpha") is latest


def other_lexicon(windows: Sequence[Window], since: int, version: str) -> Iterator[Window]:
    for k, window in enumerate(windows):
        yield replace(window, lexicon_version=version) if k >= since else window


def test_another_lexicon_amid_a_stream_is_another_measure(forecasts: Forecasts) -> None:
    windows = list(other_lexicon(windows_of(make_session(40, 2)), 20, "full-2"))
    rows = fed(forecasts, windows)
    at = [round((row["cutoff"] - windows[0].start) / timedelta(seconds=30)) for row in rows]  # type: ignore[operator]
    assert at == [*range(6, 21), *range(26, 41)]
    session = forecasts._logs[SERIES].session()
    assert session.start[0] == windows[20].start.timestamp() and len(session) == 20
    key = next(key for key in forecasts.verifier.sums if key[3] == 10 and key[2] == MEAN)
    assert forecasts.verifier.sums[key][0] == (20 - 6 - 9) + (40 - 26 - 9)


def test_a_decision_amid_a_stream_or_another_reading_is_not(forecasts: Forecasts) -> None:
    windows = list(other_lexicon(windows_of(make_session(40, 2)), 20, "full-1+1a2b3c4d+mixed"))
    assert len(fed(forecasts, windows)) == 35


def test_what_an_earlier_version_forecast_is_not_waited_for(tmp_path: Path) -> None:
    first, again = (Forecasts(DataFolder(tmp_path)) for _ in range(2))
    windows = windows_of(make_session(20, 2))
    rows = [{**row, "cutoff": row["cutoff"].replace(tzinfo=None)} for row in fed(first, windows)]  # type: ignore[attr-defined]
    for window in windows:
        again.saw(window)
    again.resume([{**row, "usual": None} for row in rows])
    assert not again.verifier.waiting
    again.resume(rows)
    assert sorted(again.verifier.waiting["alpha"]) == sorted(first.verifier.waiting["alpha"])
    (kept,) = {m.quantiles.shape for m in again.verifier.waiting["alpha"].values()}
    assert kept == (5, STEPS, 5)
