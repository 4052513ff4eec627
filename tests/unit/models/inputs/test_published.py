import numpy as np
import pyarrow as pa
import pytest

from models.inputs.published import sessions_from_table
from tests.helpers.forecasting import START, as_table, make_session
from warehouse.errors import BadInput


def test_sessions_come_back_from_rows_in_any_order() -> None:
    one, two = make_session(8, seed=1), make_session(5, seed=2, channel="beta", stream="b1")
    table = as_table(two, one)
    found = sessions_from_table(table.take(pa.array(np.random.default_rng(0).permutation(13))))
    assert [(s.channel, s.stream_id) for s in found] == [("alpha", "a1"), ("beta", "b1")]
    for was, now in zip((one, two), found, strict=True):
        for name, values in vars(was).items():
            assert np.array_equal(values, getattr(now, name), equal_nan=name not in _EXACT), name


_EXACT = ("channel", "stream_id", "lexicons", "basis")


def test_a_hole_becomes_windows_nobody_observed() -> None:
    table = as_table(make_session(6))
    found = sessions_from_table(table.take([0, 1, 4, 5]))[0]
    assert found.start.tolist() == [START + 30 * i for i in range(6)]
    assert found.observed_s.tolist() == [30, 30, 0, 0, 30, 30]
    assert found.n[2:4].tolist() == [0, 0]
    assert np.isnan(found.mean[2:4]).all() and np.isnan(found.sub_mean[2:4]).all()


def test_windows_outside_a_stream_are_left_out() -> None:
    table = as_table(make_session(3))
    lost = pa.array([None, "a1", None], pa.string())
    table = table.set_column(table.column_names.index("stream_id"), "stream_id", lost)
    assert [len(s) for s in sessions_from_table(table)] == [1]


def test_an_empty_table_has_no_sessions() -> None:
    assert sessions_from_table(as_table(make_session(3)).slice(0, 0)) == []


def _changed(column: str, row: int, value: object) -> pa.Table:
    table = as_table(make_session(6))
    values = table[column].to_pylist()
    values[row] = value
    array = pa.array(values, table[column].type)
    return table.set_column(table.column_names.index(column), column, array)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (_changed("start", 1, (START + 29) * 1_000_000), "multiples of 30 s"),
        (_changed("start", 1, START * 1_000_000), "multiples of 30 s"),
        (_changed("start", 5, (START + 30 * 86_400 * 9) * 1_000_000), "clock jumped"),
        (_changed("mean_compound", 2, None), "no mean"),
        (_changed("mean_compound", 2, float("nan")), "no mean"),
        (_changed("mean_compound", 2, 1.5), "outside -1..1"),
        (_changed("n_messages", 2, -1), "no mean"),
        (_changed("sub_n", 2, [1, 2]), "must hold 6"),
        (as_table(make_session(3)).drop_columns("sub_n"), "lacks the columns sub_n"),
    ],
)
def test_windows_that_make_no_sense_are_refused(table: pa.Table, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        sessions_from_table(table)


def test_another_lexicon_amid_a_stream_begins_another_session_and_a_decision_does_not() -> None:
    table = as_table(make_session(12))
    versions = [*["full-1"] * 4, *["full-1+1a2b"] * 3, *["full-2"] * 5]
    at = table.column_names.index("lexicon_version")
    found = sessions_from_table(table.set_column(at, "lexicon_version", pa.array(versions)))
    assert [(len(s), s.lexicons) for s in found] == [
        (7, ("full-1", "full-1+1a2b")),
        (5, ("full-2",)),
    ]
    assert found[1].start[0] == START + 7 * 30
