"""Rows of the published tables, for tests of readers. Everything not said is ordinary."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

WINDOW = timedelta(seconds=30)
HOSTILE_TERM = "<img src=x onerror=window.pwned=1>"
HOSTILE_NAME = '<b onclick="window.pwned=1">Bold</b> *star* $x$'
HOSTILE_LINE = '=HYPERLINK("http://evil.example","<script>window.pwned=1</script>")'
Row = Mapping[str, Any]


def channel(name: str, **more: Any) -> Row:
    """A row of `channels`."""
    return {
        "channel": name,
        "channel_id": name,
        "display_name": name,
        "language": "en",
        "readable": 0.97,
        "source": "simulated",
        **more,
    }


def stream(name: str, start: datetime, end: datetime | None, **more: Any) -> Row:
    """A row of `streams`."""
    return {
        "stream_id": f"{name}:{start:%Y%m%dT%H%M%S}",
        "channel": name,
        "started_at": start,
        "ended_at": end,
        "title": f"A stream of {name}",
        "category": "Chess",
        "source": "simulated",
        "undated": False,
        "said": True,
        **more,
    }


def window(
    name: str, start: datetime, n: int, mean: float | None, sd: float | None = 0.3, **more: Any
) -> Row:
    """A row of `windows`; n = 0 is silence, unless observed_s is 0."""
    chat = n > 0
    return {
        "channel": name,
        "start": start,
        "stream_id": None,
        "observed_s": 30.0,
        "n_messages": n,
        "n_chatters": n,
        "n_filtered": 0,
        "n_late": 0,
        "mean_compound": mean,
        "sd_compound": sd if n > 1 else None,
        "share_positive": 0.3 if chat else None,
        "share_negative": 0.1 if chat else None,
        "share_scored": 0.4 if chat else None,
        "share_emote": 0.2 if chat else None,
        "sub_n": [n, 0, 0, 0, 0, 0],
        "sub_mean": [mean, None, None, None, None, None],
        "lexicon_version": "test",
        "basis": "words",
        "n_laughs": n // 5,
        "n_capitals": 0,
        "source": "simulated",
        **more,
    }


def term(name: str, start: datetime, what: str, n: int, part: float, kind: str = "emote") -> Row:
    """A row of `window_terms`."""
    return {
        "channel": name,
        "start": start,
        "term": what,
        "kind": kind,
        "n": n,
        "contribution": part,
    }


def forecast(name: str, cutoff: datetime, model: str, mid: float, width: float = 0.2) -> Row:
    """A row of `forecasts`: flat at `mid`, the 80 % band `width` to either side, and half as much
    for the five minutes together. The chance of a drop is not told."""
    flat = {
        "q025": mid - 1.5 * width,
        "q10": mid - width,
        "q50": mid,
        "q90": mid + width,
        "q975": mid + 1.5 * width,
    }
    return {
        "channel": name,
        "cutoff": cutoff,
        "model": model,
        **{k: [v] * 10 for k, v in flat.items()},
        "volume_q10": [5.0] * 10,
        "volume_q50": [10.0] * 10,
        "volume_q90": [20.0] * 10,
        "basis": "words",
        **{f"five_{k}": mid + (v - mid) / 2 for k, v in flat.items()},
        "five_volume_q10": 60.0,
        "five_volume_q50": 100.0,
        "five_volume_q90": 150.0,
        "usual": mid - 0.02,
        "chance_above": 0.68,
        "chance_drop": None,
        "chance_rise": 0.04,
    }


def score(name: str, day: date, model: str, step: int, error: float, **more: Any) -> Row:
    """A row of `forecast_scores`: 100 targets of 10 messages each, `error` their squared sum."""
    return {
        "channel": name,
        "day": day,
        "model": model,
        "step": step,
        "targets": 100,
        "n": 1000,
        "squared_error": error,
        "absolute_error": 200.0,
        "crps": 60.0,
        "width80": 350.0,
        "hits80": 81,
        "hits95": 94,
        "basis": "words",
        **more,
    }


CHANCES = {  # as a card tells how they held; the second is not told
    "lstm-1": {
        "above": {
            "bins": [[0.05, 0.07, 900], [0.32, 0.3, 4100], [0.71, 0.68, 5200], [0.94, 0.97, 800]],
            "brier": 0.19, "brier_usual": 0.22, "skill": 0.14, "holds": True,
        },
        "drop": {
            "bins": [[0.04, 0.05, 9000], [0.3, 0.42, 700]],
            "brier": 0.05, "brier_usual": 0.05, "skill": 0.0, "holds": False,
        },
    }
}  # fmt: skip


def models() -> list[Row]:
    """Rows of `models`."""
    at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    card = {
        "kind": "lstm",
        "trained_at": at,
        "data_from": at - timedelta(days=90),
        "data_to": at - timedelta(days=1),
        "params": '{"units": 48, "seed": 1, "choice": {"why": "better: CRPS 0.048"}}',
        "scores": json.dumps({"skill": [0.2, 0.1, 0.07], "coverage80": 0.81, "chances": CHANCES}),
    }
    plain = [
        {"model": m, "kind": "baseline", "status": "available"}
        for m in ("last_value", "session_mean", "ewma", "ridge")
    ]
    verdict = '{"verdict": {"better": false, "why": "not better (within chance, or worse)"}}'
    rejected = {"model": "lstm-2", "status": "rejected", **card, "params": verdict}
    return [{"model": "lstm-1", "status": "serving", **card}, rejected, *plain]


def trials() -> list[Row]:
    """Rows of `trials`: one of each status, one of them hostile, and an older study."""
    at = datetime(2026, 11, 2, 12, tzinfo=UTC)
    base = {"study": "seed 1", "kind": "lstm", "trained_at": at}
    old = {**base, "study": "old", "trained_at": at - timedelta(days=9), "status": "done"}
    return [
        {
            **base,
            "trial": 0,
            "status": "done",
            "params": '{"units": 12, "learning_rate": 0.0005}',
            "scores": '{"loss": 0.95, "losses": [0.97, 0.95], "seconds": 60.5, "why": ""}',
        },
        {
            **base,
            "trial": 1,
            "status": "pruned",
            "params": '{"units": 8, "learning_rate": 0.01}',
            "scores": '{"loss": null, "losses": [0.99], "seconds": 30, "why": ""}',
        },
        {
            **base,
            "trial": 2,
            "status": "failed",
            "params": '{"units": "<b>x</b>"}',
            "scores": '{"loss": NaN, "losses": [], "why": "<script>alert(1)</script>"}',
        },
        {**base, "trial": 3, "status": "failed", "params": "{", "scores": None},
        {**old, "trial": 0, "params": "{}", "scores": '{"loss": 0.1, "losses": [0.1]}'},
    ]


def vocabulary(at: datetime) -> list[Row]:
    """Rows of `vocabulary`: one of each status, one of them hostile."""
    base = {
        "channel": "",
        "kind": "emote",
        "provider": "twitch",
        "first_seen": at - timedelta(days=3),
        "last_seen": at,
        "n_channels": 2,
        "impact": 0.012,
        "impact_windows": 34,
    }
    return [
        {
            **base,
            "term": HOSTILE_TERM,
            "n": 412,
            "status": "proposed",
            "valence": 1.8,
            "valence_low": 0.9,
            "valence_high": 2.6,
            "evidence": "with LUL 61 % of the time",
        },
        {
            **base,
            "term": "PogShip",
            "n": 96,
            "status": "accepted",
            "valence": 2.4,
            "valence_low": 2.0,
            "valence_high": 2.9,
            "evidence": "beside Pog",
            "decided_by": "admin",
            "decided_at": at,
        },
        {
            **base,
            "term": "thehouse",
            "n": 40,
            "status": "rejected",
            "valence": None,
            "evidence": "neutral everywhere",
            "kind": "word",
        },
    ]


def lexicon() -> list[Row]:
    """Rows of `lexicon`: one of each origin, one of them hostile."""
    entries = [
        ("great", "word", 3.1, "vader"),
        ("pog", "word", 2.0, "rated"),
        ("PogChamp", "emote", 2.3, "rated"),
        ("PogShip", "emote", 0.0, "rated"),
        (HOSTILE_TERM, "emote", -1.5, "rated"),
    ]
    names = ("term", "kind", "valence", "origin")
    return [{"version": "full-1", **dict(zip(names, entry, strict=True))} for entry in entries]


def alerts(at: datetime, name: str) -> list[Row]:
    """Rows of `alerts`, one a kind; the term is hostile."""
    mood = {"z": -4.2, "n": 84, "seconds": 180, "usual": 0.12, "mood": -0.19}
    found: dict[str, dict[str, Any]] = {
        "mood_drop": mood,
        "mood_spike": {**mood, "mood": 0.44, "z": 4.6},
        "activity": {"n": 212, "seconds": 60, "usual": 44.2, "times": 4.8},
        "silence": {"n": 0, "seconds": 150, "usual": 61.5, "p": 1e-9},
        "new_term": {
            "term": HOSTILE_TERM, "n": 412, "n_chatters": 38, "n_channels": 2, "n_scored": 77,
            "valence": 1.8, "valence_low": 0.9, "valence_high": 2.6,
        },
    }  # fmt: skip
    return [
        {
            "alert_id": f"{kind} {name}",
            "channel": None if kind == "new_term" else name,
            "at": at - (k + 1) * timedelta(minutes=17),
            "kind": kind,
            "detail": json.dumps({**detail, "source": "simulated"}),
        }
        for k, (kind, detail) in enumerate(found.items())
    ]


def health(at: datetime) -> list[Row]:
    """Rows of `health`: a day of lag, and the newest of all else."""
    steps = [{"name": "lag_s", "at": at - timedelta(minutes=10 * k),
              "value": 900.0 if k in (40, 41) else 0.3} for k in range(144)]  # fmt: skip
    values = {
        "told_at": at.timestamp(), "began_at": (at - timedelta(days=1)).timestamp(),
        "retention_h": 24.0, "messages": 48_210.0, "filtered": 1_932.0, "duplicates": 12.0,
        "late": 61.0, "dropped": 4.0, "retracted": 7.0,
    }  # fmt: skip
    sizes = {"windows": [9120, 812_000], "window_terms": [80_400, 2_310_000],
             "samples": [9120, 640_000], "forecasts": [9000, 3_100_000], "events": [15, 4_100],
             "alerts": [5, 3_900]}  # fmt: skip
    detailed = {
        "storage": (21.4e6, {"tables": sizes, "warehouse": 9_400_000, "buffer": 5_100_000}),
        "text": (5.74e6, {"buffer": 5_100_000, "samples": 640_000}),
        "versions": (5.0, {"DLD": "0.1.0", "DuckDB": "2.0.0", "Python": "3.11.7", "schema": "5",
                           "lexicon": "full-1", "model": "lstm-1"}),
        "webhook": (3.0, {"sent": 3, "failed": 1, "dropped": 0, "waiting": 0}),
    }  # fmt: skip
    return [
        *steps,
        *({"name": name, "at": at, "value": value} for name, value in values.items()),
        *(
            {"name": name, "at": at, "value": value, "detail": json.dumps(parts)}
            for name, (value, parts) in detailed.items()
        ),
    ]
