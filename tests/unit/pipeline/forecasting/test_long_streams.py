"""Streams of which only the newest windows are in memory."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from models.inputs.features import now, views
from pipeline.forecasting.forecasts import Forecasts
from pipeline.forecasting.session_log import KEPT, SessionLog
from pipeline.windows.track import Closed
from tests.helpers.forecasting import make_session, windows_of
from warehouse.config import DataFolder

LENGTH = 2 * KEPT + 40
WINDOWS = windows_of(make_session(LENGTH, 5))


def test_a_log_knows_of_a_long_stream_what_all_of_its_windows_say() -> None:
    log = SessionLog("alpha", "a1")
    for window in WINDOWS:
        assert log.put(window)
    assert log.length < KEPT
    whole = views(make_session(LENGTH, 5), np.array([LENGTH - 1]))
    for name, values in vars(now([log.session()])).items():
        assert np.allclose(values, getattr(whole, name), rtol=0, atol=1e-4), name


def test_a_hole_of_any_length_leaves_a_log_no_longer() -> None:
    log = SessionLog("alpha", "a1")
    for window in (*WINDOWS[:10], *WINDOWS[-10:]):
        assert log.put(window)
    assert log.length <= KEPT
    session = log.session()
    assert session.of_before("windows") + len(session) == LENGTH
    assert session.start[-1] == WINDOWS[-1].start.timestamp()
    assert session.n[-11:].tolist() == [0, *(w.n_messages for w in WINDOWS[-10:])]
    assert not log.put(WINDOWS[9]), "of what was let go nothing changes"


def test_another_lexicon_amid_a_stream_begins_the_log_anew_and_a_decision_does_not() -> None:
    log = SessionLog("alpha", "a1")
    for k, window in enumerate(WINDOWS[:30]):
        version = "full-2" if k >= 20 else "full-1+1a2b3c4d+mixed" if k >= 10 else "full-1"
        scored = replace(window, lexicon_version=version)
        assert log.has_room(scored) is (k != 20)
        assert log.put(scored)
    session = log.session()
    assert session.start.tolist() == [int(w.start.timestamp()) for w in WINDOWS[20:30]]
    assert (session.lexicons, session.before) == (("full-2",), ())


def test_a_window_of_before_another_lexicon_that_is_made_again_takes_nothing_away() -> None:
    log = SessionLog("alpha", "a1")
    for window in WINDOWS[:20]:
        log.put(window)
    assert not log.put(replace(WINDOWS[5], lexicon_version="full-2"))
    assert log.length == 20
    assert log.put(replace(WINDOWS[20], lexicon_version="full-2"))
    assert log.length == 1 and not log.put(WINDOWS[7])
    assert log.length == 1


def test_many_windows_at_once_are_forecast_as_one_by_one(tmp_path: Path) -> None:
    at_once, one_by_one = (Forecasts(DataFolder(tmp_path)) for _ in range(2))
    windows = WINDOWS[: KEPT + 20]
    together, scores = at_once.after([Closed(window, ()) for window in windows])
    alone = [row for window in windows for row in one_by_one.after([Closed(window, ())])[0]]
    assert [row["cutoff"] for row in together] == [row["cutoff"] for row in alone]
    assert len(together) == len(windows) - 5
    for row, other in zip(together, alone, strict=True):
        assert row["q50"] == pytest.approx(other["q50"], abs=2e-4)
    assert scores
