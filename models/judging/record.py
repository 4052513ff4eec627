"""A backtest's record: its sums by day too, as the daemon keeps them of live forecasts."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

import numpy as np

from models.base import Floats, Forecaster
from models.inputs.published import sessions_by_channel
from models.inputs.sessions import Ints, Session
from models.judging.backtest import judge_channel
from models.judging.tally import Tally
from warehouse.config import DataFolder
from warehouse.errors import BadInput
from warehouse.forecast_metrics import Outcomes, each
from warehouse.records import BASES

DAY_S = 86_400
Key = tuple[str, date, str, int, str]  # channel, day, model, step, basis


class Record(Tally):
    """days: SUMS of the targets of a UTC day, (sums,), by channel, day, model, step and
    basis."""

    def __init__(self) -> None:
        super().__init__()
        self.days: dict[Key, Floats] = {}

    def judged(self, session: Session, model: str, step: int, at: Ints, outcomes: Outcomes) -> None:
        super().judged(session, model, step, at, outcomes)
        days, sums = session.start[at] // DAY_S, each(outcomes)
        for day in np.unique(days):
            when = datetime.fromtimestamp(int(day) * DAY_S, UTC).date()
            key = (session.channel, when, model, step, session.basis)
            self.days[key] = self.days.get(key, 0.0) + sums[days == day].sum(0)


def record(
    folder: DataFolder,
    models: Mapping[str, Forecaster],
    say: Callable[[int], None] = lambda n: None,
) -> Record:
    """Of every stream that is published, by either basis. say: told of the cutoffs that were
    judged.

    Raises BadInput where no stream is long enough, NothingPublished where nothing is.
    """
    kept, left_out = Record(), list[str]()
    for sessions in sessions_by_channel(folder, left_out=left_out, bases=BASES):
        judge_channel(sessions, models, kept)
        say(kept.cutoffs[sessions[0].channel])
    if not sum(kept.cutoffs.values()):
        raise BadInput("nothing to judge: no stream is longer than half an hour")
    return kept
