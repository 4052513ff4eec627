"""The challenge of the version that serves by a new one, on recent streams unseen by both.

The latest streams of every channel are kept from training and early stopping. Both networks
forecast them as in a backtest; streams, not windows, are drawn again to tell luck from skill.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from models.base import FIRST_JUDGED, Floats, Forecaster
from models.inputs.sessions import Session
from models.inputs.targets import cutoffs, targets
from models.judging.backtest import judge
from models.judging.bootstrap import paired
from models.judging.tally import PAIRED, Tally
from models.versions.registry import Version, first_usable
from warehouse.config import DataFolder
from warehouse.errors import ModelUnusable

# of each channel's streams, its latest. A tenth would leave most installs too few streams to
# tell a gain of 2 % from luck; more would keep the newest mood of a channel from the network
RECENT_SHARE = 0.2
MOST_RECENT = 25  # of one channel: no more is needed, and the rest had better be learnt from
FEWEST_TO_SHARE = 5  # streams of a channel below which all of them train
FEWEST = 8  # streams below which drawing them again says nothing
LEVEL = 0.01  # with a dozen streams the bootstrap is too sure: this is passed by chance in 4 %
ERRORS = ("crps", "squared_error")  # of forecast_metrics.SUMS


def set_aside(sessions: Sequence[Session]) -> tuple[list[Session], list[Session]]:
    """(sessions to train and validate on, the latest of each channel)."""
    rest, recent = [], []
    for channel in sorted({s.channel for s in sessions}):
        mine = sorted((s for s in sessions if s.channel == channel), key=lambda s: s.start[0])
        share = round(RECENT_SHARE * len(mine)) if len(mine) >= FEWEST_TO_SHARE else 0
        later = len(mine) - min(MOST_RECENT, share)
        rest += mine[:later]
        recent += mine[later:]
    return rest, recent


def unseen(recent: Sequence[Session], card: Mapping[str, Any]) -> list[Session]:
    """Of these streams, those that begin after what a version was trained on of their channel."""
    data = card.get("data", {})
    until = data.get("until") or dict.fromkeys(data.get("channels", ()), data.get("to"))
    ends = {c: datetime.fromisoformat(at).timestamp() for c, at in until.items() if at}
    return [s for s in recent if s.start[0] > ends.get(s.channel, -np.inf)]


def challenge(version: Version, folder: DataFolder, recent: Sequence[Session]) -> dict[str, Any]:
    """The verdict on a new version against the one that serves, as the card holds it.

    better: True, False, or None where it could not be told. why: in a sentence.
    """
    try:
        incumbent, models = first_usable(folder)
    except ModelUnusable:
        return {"better": True, "why": "no other version could serve"}
    fresh = unseen(recent, incumbent.card)
    new = version.forecasters()[version.model]
    return {"against": incumbent.model, **compare(new, models[incumbent.model], fresh)}


@dataclass(frozen=True)
class Errors:
    """Sums of weighted errors by stream, (streams,) each, pooled over all steps: the five minutes
    weigh as much as their ten windows."""

    n: Floats
    sums: dict[str, Floats]  # by ERRORS


def compare(new: Forecaster, old: Forecaster, sessions: Sequence[Session]) -> dict[str, Any]:
    """Verdict on streams neither has seen: better only if CRPS is lower beyond chance and the
    squared error is not higher.

    CRPS judges the centre and the bands, so it decides. Asking the same of the squared error
    would refuse most real gains, which are 1 to 3 %; that it may not grow keeps a network out
    that has better bands around a worse centre.
    """
    judged = [s for s in sessions if _has_targets(s)]
    if len(judged) < FEWEST:
        why = f"too little to judge by: {len(judged)} recent streams neither has seen"
        return {"better": None, "streams": len(judged), "why": f"{why}, {FEWEST} needed"}
    a, b = errors_of([new, old], judged)
    verdict: dict[str, Any] = {"streams": len(judged), "n": float(a.n.sum())}
    for name in ERRORS:
        difference = paired(a.sums[name], b.sums[name], a.n)
        means = [float(e.sums[name].sum() / e.n.sum()) for e in (a, b)]
        verdict[name] = dict(zip(("new", "old"), means, strict=True)) | vars(difference)
    crps, squared = verdict["crps"], verdict["squared_error"]
    verdict["better"] = crps["p"] < LEVEL and squared["mean"] <= 0
    return verdict | {"why": _reason(verdict)}


def _has_targets(session: Session) -> bool:
    """Whether anything said in it is judged: a silent stream tells nothing, so does not count."""
    return bool(np.any(targets(session, cutoffs(session, FIRST_JUDGED)).judged))


def errors_of(models: Sequence[Forecaster], sessions: Sequence[Session]) -> list[Errors]:
    """Each model's errors on the same streams."""
    rows = [_sums(session, models) for session in sessions]
    return [
        Errors(
            np.array([row[i]["n"] for row in rows]),
            {name: np.array([row[i][name] for row in rows]) for name in ERRORS},
        )
        for i in range(len(models))
    ]


def _sums(session: Session, models: Sequence[Forecaster]) -> list[dict[str, float]]:
    tally = Tally()
    judge(session, {str(i): model for i, model in enumerate(models)}, tally)
    of = tally.by_stream[session.channel, session.stream_id]
    by_model = [of[str(i)].sum(axis=0).tolist() for i in range(len(models))]
    return [dict(zip(PAIRED, sums, strict=True)) for sums in by_model]


def _reason(verdict: Mapping[str, Any]) -> str:
    crps, squared = verdict["crps"], verdict["squared_error"]
    figures = (
        f"CRPS {crps['new']:.5f} against {crps['old']:.5f} (p={crps['p']:.4f}), squared error "
        f"{squared['new']:.5f} against {squared['old']:.5f} on {verdict['streams']} streams"
    )
    if verdict["better"]:
        return f"better: {figures}"
    reason = "squared error grew" if crps["p"] < LEVEL else "within chance, or worse"
    return f"not better ({reason}): {figures}"
