import numpy as np
import pytest

from models.base import FIRST_LIVE
from models.inputs.features import CONTEXT, views
from models.inputs.sessions import Session
from models.inputs.targets import cutoffs, targets
from models.inputs.training_arrays import arrays, check_enough, split
from tests.helpers.forecasting import make_session, with_values
from warehouse.errors import BadInput


def many(channels: str, streams: int = 10) -> list[Session]:
    return [
        with_values(make_session(40, seed=i), channel=c, stream_id=f"{c}{i}", start=s)
        for c in channels
        for i in range(streams)
        for s in [1_700_000_010 + 86_400 * i + 30 * np.arange(40)]
    ]


def test_the_split_is_by_whole_stream_and_channel_and_covers_all() -> None:
    sessions = many("abcdefgh")
    parts = split(sessions, seed=1)
    ids = [{(s.channel, s.stream_id) for s in part} for part in vars(parts).values()]
    assert sum(map(len, ids)) == len(set.union(*ids)) == 80
    assert len({s.channel for s in parts.held_out}) == 2 and len(parts.held_out) == 20
    assert not {s.channel for s in parts.held_out} & {s.channel for s in parts.train}
    for channel in {s.channel for s in parts.train}:
        latest = max(s.start[0] for s in parts.train if s.channel == channel)
        assert all(s.start[0] > latest for s in parts.valid if s.channel == channel)


def test_the_split_is_the_same_for_a_seed_whatever_the_order() -> None:
    sessions = many("abcdefgh")
    held = [{s.channel for s in split(x, 7).held_out} for x in (sessions, sessions[::-1])]
    assert held[0] == held[1]
    assert len({frozenset(s.channel for s in split(sessions, i).held_out) for i in range(9)}) > 1


def test_named_channels_are_held_out_and_unknown_ones_refused() -> None:
    sessions = many("abcdefgh", streams=3)
    assert {s.channel for s in split(sessions, 1, ["c"]).held_out} == {"c"}
    with pytest.raises(BadInput, match="nobody"):
        split(sessions, 1, ["nobody"])


def test_with_few_channels_none_is_held_out() -> None:
    assert split(many("abc"), 1).held_out == []


def test_arrays_hold_what_views_and_targets_say() -> None:
    sessions = [make_session(50, seed=1), make_session(4, seed=2), make_session(70, seed=3)]
    found = arrays(sessions)
    kept = [sessions[0], sessions[2]]
    ends = [cutoffs(s, FIRST_LIVE) for s in kept]
    assert [len(e) for e in ends] == [44, 64] and len(found) == 108
    x = np.concatenate([views(s, e).x for s, e in zip(kept, ends, strict=True)])
    y = np.concatenate([targets(s, e).y for s, e in zip(kept, ends, strict=True)])
    assert np.array_equal(found.full_view(slice(None)).x, x)
    assert x.shape[1] == CONTEXT
    assert np.array_equal(found.targets.y, y, equal_nan=True)


def test_no_cutoff_before_the_first_message() -> None:
    session = make_session(30)
    late = with_values(session, n=np.where(np.arange(30) < 12, 0, session.n))
    assert cutoffs(late, FIRST_LIVE)[0] == 12


@pytest.mark.parametrize("sessions", [many("a", 2), many("a", 9), many("abcd", 1)])
def test_too_little_data_is_one_clear_error(sessions: list[Session]) -> None:
    with pytest.raises(BadInput, match=r"too little to train on: \d+ windows"):
        check_enough(split(sessions, 1))


def test_enough_data_passes() -> None:
    check_enough(split(many("ab", 40), 1))
