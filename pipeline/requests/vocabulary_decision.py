"""Reviews: a person accepts, changes or rejects what a term is worth, or takes that back.

A decision and the vocabulary's row change in one transaction; from the next window on it scores.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson

from pipeline.chat.logins import channel_name
from pipeline.requests.workspace import Workspace
from pipeline.scoring.by_channel import Scorers
from pipeline.scoring.decisions import (
    Decision,
    checked_kind,
    checked_term,
    checked_valence,
    in_force,
    standing,
)
from pipeline.vocabulary.stored import decision_of
from warehouse.errors import BadInput
from warehouse.figures import signed
from warehouse.inbox.requests import InboxFolder, Request
from warehouse.records import WINDOW_SECONDS, iso, utc, window_start
from warehouse.store.store import Store

DECISIONS = ("accept", "change", "reject", "undo")
Row = Mapping[str, Any]
_KEPT = ("status", "valence", "decided_by", "decided_at")  # of a row, for an undo
_BY = 60  # characters
_AHEAD_S = 60.0  # of the clock, where several shards are to score alike


@dataclass(frozen=True)
class DecisionRequest:
    """A review as asked. channel: '' for all. seen: (the decided_at the reviewer saw,) or ()."""

    decision: str
    term: str
    channel: str
    valence: float | None
    kind: str | None
    seen: tuple[datetime | None, ...]


def review(
    workspace: Workspace, inbox: InboxFolder, store: Store, request: Request, meta: dict[str, str]
) -> None:
    """Apply a review. Raises BadInput where it cannot be, with what is the case instead."""
    if workspace.shard.count > 1 and "decided" in request.body:
        decision = _decided(request)
    else:
        decision = _decide(workspace, request)
    if workspace.others is not None:  # all the others score as it says, from the same window on
        inbox.rewrite(request, {"decided": _decision_row(decision)})
    rows = store.query("vocabulary_of_terms", terms=[decision.term]).to_pylist()
    after = _row(decision, _row_of(rows, decision.channel), workspace.scorers)
    tables = {"vocabulary": [after], "decisions": [_decision_row(decision)]}
    store.write({name: store.rows(name, rows) for name, rows in tables.items()}, meta)
    workspace.scorers.decided([decision])
    if workspace.running:
        workspace.running.decided(after)


def _decide(workspace: Workspace, request: Request) -> Decision:
    """The decision that a review comes to."""
    wanted = request_of(request.body)
    wanted = replace(wanted, channel=workspace.everyone().resolve(wanted.channel))
    own = workspace.store.query("vocabulary_of_terms", terms=[wanted.term]).to_pylist()
    there = [r for r in workspace.elsewhere("vocabulary") if r["term"] == wanted.term]
    row = _row_of([*own, *map(_aware, there)], wanted.channel)
    _check_seen(wanted, row)
    past = [d for d in workspace.scorers.decisions
            if (d.term, d.channel) == (wanted.term, wanted.channel)]  # fmt: skip
    return _decision(workspace, request, wanted, row, past)


def _row_of(rows: Sequence[Row], channel: str) -> Row | None:
    """The term's row for the channel, else that for all; of several shards' the one that
    readers see (warehouse/published/shard_views.py)."""
    of = [[r for r in rows if r["channel"] == place] for place in (channel, "")]
    return next((max(some, key=lambda r: r["n"]) for some in of if some), None)


def _aware(row: Row) -> Row:
    """A published row, whose times are UTC."""
    return {k: v.replace(tzinfo=UTC) if isinstance(v, datetime) else v for k, v in row.items()}


def _decided(request: Request) -> Decision:
    """The decision that shard 0 came to. Raises BadInput for what is none."""
    try:
        row = {**request.body["decided"], "decision_id": request.id}
        times = {name: datetime.fromisoformat(row[name]) for name in ("at", "from_start")}
        decision = decision_of({**row, **times})
        checked_term(decision.term)
        checked_kind(decision.kind)
        if decision.valence is not None:
            checked_valence(decision.valence)
        return decision
    except (KeyError, TypeError, ValueError) as exc:
        raise BadInput("only the pipeline sets decided") from exc


def request_of(body: Row) -> DecisionRequest:
    """The review that a request asks for. Raises BadInput for what is none."""
    decision, channel = body.get("decision"), body.get("channel") or ""
    if decision not in DECISIONS:
        raise BadInput(f"decision is one of {', '.join(DECISIONS)}, not {str(decision)[:40]!a}")
    valence, kind, seen = body.get("valence"), body.get("kind"), body.get("seen")
    if decision == "change" and valence is None:
        raise BadInput("a change needs a valence from -4 to 4")
    return DecisionRequest(
        decision,
        checked_term(body.get("term")),
        channel_name(channel) if channel else "",
        None if valence is None else checked_valence(valence),
        None if kind is None else checked_kind(kind),
        (_time(seen),) if "seen" in body else (),
    )


def _check_seen(wanted: DecisionRequest, row: Row | None) -> None:
    """Two reviewers at once: the second one is told of the first."""
    if not wanted.seen:
        return
    at = None if row is None or row["decided_at"] is None else row["decided_at"]
    if wanted.seen[0] == at:
        return
    if row is None or at is None:
        raise BadInput(f"{wanted.term!r} changed meanwhile: it is open again; look again")
    raise BadInput(f"decided meanwhile: {_as_decided(row)}; look again")


def _time(seen: Any) -> datetime | None:
    """An ISO time, UTC where it does not say."""
    if seen is None:
        return None
    try:
        then = datetime.fromisoformat(seen)
    except (TypeError, ValueError):
        raise BadInput(
            f"seen is the ISO time of the decision that was seen, or null, not {str(seen)[:40]!a}"
        ) from None
    return then if then.tzinfo else then.replace(tzinfo=UTC)


def _as_decided(row: Row) -> str:
    value = "" if row["in_force"] is None else f" at {signed(row['in_force'])}"
    at = "" if row["decided_at"] is None else f" at {iso(row['decided_at'])}"
    return f"{row['status']}{value} by {row['decided_by'] or 'nobody'}{at}"


def _decision(
    workspace: Workspace,
    request: Request,
    wanted: DecisionRequest,
    row: Row | None,
    past: Sequence[Decision],
) -> Decision:
    clock = workspace.running.clock if workspace.running else 0.0
    now = datetime.now(UTC)
    valence, undoes = _valence(wanted, row, past)
    kind = wanted.kind or (row["kind"] if row else workspace.scorers.kind(wanted.term))
    mine = row if row and row["channel"] == wanted.channel else None
    return Decision(
        request.id,
        wanted.term,
        wanted.channel,
        now,
        request.by[:_BY],
        wanted.decision,
        valence,
        str(kind),
        _from_start(workspace, clock or now.timestamp()),
        undoes,
        None if mine is None else {k: mine[k] for k in _KEPT},
    )


def _from_start(workspace: Workspace, clock: float) -> float:
    """The window from which it scores: the next one, or one that no shard has come to yet."""
    running = workspace.running
    if workspace.shard.count > 1:
        is_now = running is not None and running.source != "replay"
        clock = (max(clock, workspace.now()) if is_now else clock) + _AHEAD_S
    return float(window_start(clock) + WINDOW_SECONDS)


def _valence(
    wanted: DecisionRequest, row: Row | None, past: Sequence[Decision]
) -> tuple[float | None, str | None]:
    """(what is in force by decision from now on, the decision that an undo takes back)."""
    undoable = standing(past)
    now = undoable[-1].valence if undoable else None
    if wanted.decision == "undo":
        if not undoable:
            raise BadInput(f"nothing that could be undone was decided on {wanted.term!r}")
        return (undoable[-2].valence if len(undoable) > 1 else None), undoable[-1].id
    if wanted.decision == "change":
        return wanted.valence, None
    if row is None:
        raise BadInput(f"{wanted.term!r} is not proposed (any more)")
    if wanted.decision == "reject":  # of what is in force itself, if nothing else is proposed
        return (now if row["status"] == "proposed" else None), None
    if row["status"] != "proposed":
        raise BadInput(f"{wanted.term!r} is not proposed any more: {_as_decided(row)}")
    valence = row["valence"] if wanted.valence is None else wanted.valence
    if valence is None:
        raise BadInput(f"{wanted.term!r} has no proposed valence; say one")
    return valence, None


def _row(decision: Decision, row: Row | None, scorers: Scorers) -> dict[str, Any]:
    """The vocabulary's row of the term after the decision."""
    new = {"first_seen": decision.at, "last_seen": decision.at, "n": 0, "n_channels": 0}
    after = {**(row or new), "term": decision.term, "channel": decision.channel}
    after |= {"kind": decision.kind, "decided_by": decision.by, "decided_at": decision.at}
    after["status"] = "rejected" if decision.valence is None else "accepted"
    if decision.valence is not None:
        after["valence"] = decision.valence
    if decision.undoes:
        after |= _before(scorers, decision.undoes)
    after["in_force"] = _in_force(decision, scorers)
    return after


def _before(scorers: Scorers, undone: str) -> dict[str, Any]:
    """What the row was before a decision; one that was added by hand is rejected."""
    before = next(d.before for d in scorers.decisions if d.id == undone)
    if before is None:
        return {"status": "rejected", "decided_by": None, "decided_at": None}
    at = before["decided_at"]
    return {**before, "decided_at": datetime.fromisoformat(at) if isinstance(at, str) else at}


def _in_force(decision: Decision, scorers: Scorers) -> float | None:
    """What scores the term after the decision; with the lexicon `vader` none does."""
    all_ = [*scorers.decisions, decision] if scorers.heeds else []
    decided = in_force(all_, decision.channel).get(decision.term)
    return scorers.base_valence(decision.term) if decided is None else decided[1]


def _decision_row(decision: Decision) -> dict[str, Any]:
    before = None if decision.before is None else orjson.dumps(dict(decision.before)).decode()
    return {
        "decision_id": decision.id,
        **{k: getattr(decision, k) for k in ("term", "channel", "at", "by", "decision")},
        **{k: getattr(decision, k) for k in ("valence", "kind", "undoes")},
        "from_start": utc(decision.from_start),
        "before": before,
    }
