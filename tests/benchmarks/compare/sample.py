"""A seeded sample of cutoffs, for models too slow for all; the others are judged on it too."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.base import FIRST_JUDGED, Floats
from models.inputs.sessions import Session
from models.inputs.targets import cutoffs, targets
from models.judging.backtest import QUANTILE_NAMES
from models.judging.tally import Tally
from warehouse.forecast_metrics import Outcomes, total
from warehouse.records import STEPS, WINDOW_SECONDS


class Sample:
    """places: (session, its drawn cutoffs as window indices), in the order of the sessions."""

    def __init__(self, sessions: Sequence[Session], count: int, seed: int) -> None:
        ends = [cutoffs(s, FIRST_JUDGED) for s in sessions]
        at = np.concatenate([[0], np.cumsum([len(e) for e in ends])])
        drawn = np.random.default_rng(seed).permutation(at[-1])[:count]
        self.places: list[tuple[Session, np.ndarray]] = []
        self.tally = Tally()
        for i, (session, mine) in enumerate(zip(sessions, ends, strict=True)):
            self.tally.saw(session)
            picked = np.sort(drawn[(at[i] <= drawn) & (drawn < at[i + 1])]) - at[i]
            if len(picked):
                self.places.append((session, mine[picked]))
                self.tally.streams[session.channel] += 1
                self.tally.cutoffs[session.channel] += len(picked)
        self._at = {
            (s.channel, s.stream_id): pa.array(
                (s.start[e] + WINDOW_SECONDS) * 1_000_000, pa.int64()
            ).cast(pa.timestamp("us"))
            for s, e in self.places
        }

    def __len__(self) -> int:
        return sum(len(ends) for _, ends in self.places)

    def write(self, rows: pa.Table) -> None:
        """Take a backtest's rows, of one stream and model, at the drawn cutoffs."""
        stream = (rows["channel"][0].as_py(), rows["stream"][0].as_py()) if len(rows) else None
        if stream not in self._at:
            return
        kept = rows.filter(pc.is_in(rows["cutoff"], self._at[stream]))
        quantiles = np.stack([kept[name].to_numpy() for name in QUANTILE_NAMES], 1)
        y, n, step = (kept[k].to_numpy() for k in ("actual", "n", "step"))
        for h in range(STEPS):
            at = step == h
            sums = total(Outcomes(y[at], n[at].astype(float), quantiles[at]))
            self.tally.add(stream, rows["model"][0].as_py(), h, sums)

    def judge(self, model: str, quantiles: Floats) -> None:
        """Take a model's quantiles (k, 10, 5) of steps 1..10, in the order of `places`."""
        begin = 0
        for session, ends in self.places:
            actual, said = targets(session, ends), quantiles[begin : begin + len(ends)]
            begin += len(ends)
            for h in range(1, STEPS):
                at_step = Outcomes(actual.y[:, h], actual.n[:, h], said[:, h - 1])
                self.tally.add((session.channel, session.stream_id), model, h, total(at_step))
