import numpy as np
import pytest

from models.forecasters.naive import Baseline
from models.judging.backtest import judge
from models.judging.record import DAY_S, Record, record
from models.judging.tally import Tally
from tests.helpers.forecasting import make_session, publish, with_values
from warehouse.config import DataFolder
from warehouse.errors import BadInput
from warehouse.forecast_metrics import SUMS

MODELS = {"session_mean": Baseline("session_mean"), "ewma": Baseline("ewma")}


def test_the_days_of_a_record_add_up_to_the_backtest() -> None:
    session = make_session(400)
    midnight = -(-int(session.start[0]) // DAY_S) * DAY_S
    session = with_values(session, start=midnight - 200 * 30 + 30 * np.arange(400))
    kept, tally = Record(), Tally()
    for one in (kept, tally):
        judge(session, MODELS, one)
        judge(with_values(session, stream_id="another"), MODELS, one)
    days = sorted({key[1] for key in kept.days})
    assert len(days) == 2 and (days[1] - days[0]).days == 1
    for model in MODELS:
        for step in (1, 10):
            total = sum(kept.days[session.channel, day, model, step, "words"] for day in days)
            whole = tally.sums[session.channel, model, step]
            assert total == pytest.approx([whole[s.name] for s in SUMS])
    # windows from midnight on: 200, of which none lacks chat
    second = kept.days[session.channel, days[1], "ewma", 1, "words"]
    assert second[0] == 2 * np.sum(session.n[200:] > 0)


def test_a_folder_of_short_streams_has_no_record(folder: DataFolder) -> None:
    publish(folder, make_session(40))
    with pytest.raises(BadInput, match="no stream is longer than half an hour"):
        record(folder, MODELS)


def test_a_record_tells_how_far_it_is(folder: DataFolder) -> None:
    publish(folder, make_session(100))
    told: list[int] = []
    kept = record(folder, MODELS, told.append)
    assert told == [sum(kept.cutoffs.values())] == [40]
