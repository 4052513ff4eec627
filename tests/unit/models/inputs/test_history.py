"""What earlier streams say of a channel: the same sums from arrays, from SQL and as it goes."""

from pathlib import Path

import numpy as np
import pytest

from models.inputs import history
from models.inputs.features import GROUPS, NAMES, now, views, window_features
from models.inputs.history import STREAMS, weighed, with_past
from pipeline.forecasting.session_log import SessionLog
from pipeline.forecasting.stored import past_streams
from tests.helpers.build import T, window_row
from tests.helpers.forecasting import make_session, windows_of, with_values
from warehouse.records import Window, utc
from warehouse.store.store import Store


def test_a_past_stream_is_four_sums_and_silence_adds_nothing():
    session = with_values(
        make_session(3), n=np.array([2.0, 0.0, 4.0]), mean=np.array([0.5, np.nan, -0.25])
    )
    assert history.sums(session) == (6.0, 0.0, 20.0, -2.0)


def test_sessions_come_in_the_order_they_began_each_with_those_before_it():
    late, early = make_session(20, 1, stream="a"), make_session(20, 2, stream="b")
    late = with_values(late, start=late.start + 86_400)
    first, second = with_past([late, early])
    assert (first.stream_id, first.past) == ("b", ())
    assert (second.stream_id, second.past) == ("a", (history.sums(early),))


def test_only_the_latest_streams_count():
    made = [make_session(6, i, stream=f"s{i:02}") for i in range(STREAMS + 3)]
    made = [with_values(s, start=s.start + 3_600 * i) for i, s in enumerate(made)]
    assert with_past(made)[-1].past == tuple(map(history.sums, made[2 : STREAMS + 2]))


def test_a_stream_of_long_ago_counts_half_after_a_half_life_of_messages():
    past = ((100.0, 50.0, 1.0, 1.0), (1_000.0, 0.0, 1.0, 0.0))
    found = weighed(past)
    assert found[:2] == pytest.approx([1_050.0, 25.0])  # 1,000 messages since: half
    assert found[4:6] == pytest.approx([1_100.0, 50.0])  # for ever
    assert found[6:] == pytest.approx([1 / 2 - 50 / 1_100, 1.0])


def test_without_a_past_there_is_none():
    assert weighed(()).tolist() == [0.0] * history.COLUMNS
    assert weighed(((0.0, 0.0, 0.0, 0.0),)).tolist() == [0.0] * history.COLUMNS
    x = window_features(make_session(30))
    assert not x[:, [NAMES.index(n) for n in GROUPS["past"] if n != "burst"]].any()


def test_a_sadder_past_shows_and_fades_as_the_stream_goes_on():
    session = with_values(make_session(200), past=((5_000.0, -1_000.0, 1e5, -2e4),))
    x = window_features(session)
    kept, fading = (x[:, NAMES.index(f"past_inf_{k}")] for k in ("inf", "1000"))
    assert (kept[5:] < -0.5).all()
    assert fading[5] / kept[5] > 0.9 and fading[199] / kept[199] < 0.4


def test_the_daemons_batch_knows_each_channels_own_past():
    sad = with_values(make_session(40, 1), past=((5_000.0, -1_000.0, 1e5, -2e4),))
    new = make_session(50, 2)
    together = now([sad, new])
    for i, session in enumerate((sad, new)):
        alone = views(session, np.array([len(session) - 1]))
        assert np.allclose(alone.x[0], together.x[i], rtol=0, atol=1e-6)


def test_the_warehouse_gives_the_sums_of_the_streams_before(tmp_path: Path):
    rows = [
        window_row(0, 2, 0.5, stream_id="a"), window_row(30, 0, stream_id="a"),
        window_row(60, 4, -0.25, stream_id="a"), window_row(600, 1, 1.0, stream_id="b"),
        window_row(900, 7, 0.1, stream_id="c"), window_row(1200, 9, 0.1, stream_id="d"),
        window_row(0, 5, 0.5, stream_id="x", channel="other"), window_row(300, 3, stream_id=None),
    ]  # fmt: skip
    with Store(tmp_path / "w.duckdb") as store:
        store.write({"windows": store.rows("windows", rows)})
        found = past_streams(store, window_at(900, "c"))
    assert found == ((6.0, 0.0, 20.0, -2.0), (1.0, 1.0, 1.0, 1.0))


def test_a_finished_log_adds_itself_to_the_past_with_what_it_had_let_go():
    session = make_session(3_000, 3)
    log = SessionLog("alpha", "a1", past=((1.0, 0.5, 1.0, 0.5),))
    for window in windows_of(session):
        log.put(window)
    assert log.length < len(session)  # the older half is gone
    before, this = log.with_this()
    assert before == (1.0, 0.5, 1.0, 0.5)
    assert this == pytest.approx(history.sums(session), rel=1e-5)


def window_at(at: float, stream: str) -> Window:
    row = {k: v for k, v in window_row(at, stream_id=stream).items() if k != "source"}
    return Window(**{**row, "start": utc(T + at)})
