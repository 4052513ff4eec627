"""Published folders for tests of readers: seeded random chat, or a few rows known exactly.

Written through the real Store and Publisher, so a reader sees what the pipeline would give it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from warehouse.config import DataFolder
from warehouse.publish import Publisher, samples_schema
from warehouse.records import utc, window_start
from warehouse.store import Store

WINDOW = timedelta(seconds=30)
HOSTILE_TERM = "<img src=x onerror=window.pwned=1>"
HOSTILE_NAME = '<b onclick="window.pwned=1">Bold</b> *star* $x$'
HOSTILE_LINE = '=HYPERLINK("http://evil.example","<script>window.pwned=1</script>")'
Row = Mapping[str, Any]


def write(root: Path, tables: Mapping[str, Sequence[Row]], source: str = "simulated") -> DataFolder:
    """Publish the rows; `samples` among them go where the pipeline puts them."""
    folder = DataFolder(root)
    with Store(folder.warehouse) as store:
        samples = tables.get("samples", ())
        stored = {name: store.rows(name, rows) for name, rows in tables.items() if name != "samples"}
        publisher = Publisher(folder, store, source)
        store.write(stored)
        publisher.publish(pa.Table.from_pylist(list(samples), schema=samples_schema()))
    return folder


def channel(name: str, **more: Any) -> Row:
    """A row of `channels`."""
    return {"channel": name, "channel_id": name, "display_name": name, "language": "en",
            "readable": 0.97, "source": "simulated", **more}  # fmt: skip


def stream(name: str, start: datetime, end: datetime | None, **more: Any) -> Row:
    """A row of `streams`."""
    return {"stream_id": f"{name}:{start:%Y%m%dT%H%M%S}", "channel": name, "started_at": start,
            "ended_at": end, "title": f"A stream of {name}", "category": "Chess",
            "source": "simulated", "undated": False, "said": True, **more}  # fmt: skip


def window(
    name: str, start: datetime, n: int, mean: float | None, sd: float | None = 0.3, **more: Any
) -> Row:
    """A row of `windows`; n = 0 is silence, unless observed_s is 0."""
    chat = n > 0
    return {"channel": name, "start": start, "stream_id": None, "observed_s": 30.0,
            "n_messages": n, "n_chatters": n, "n_filtered": 0, "n_late": 0,
            "mean_compound": mean, "sd_compound": sd if n > 1 else None,
            "share_positive": 0.3 if chat else None, "share_negative": 0.1 if chat else None,
            "share_scored": 0.4 if chat else None, "share_emote": 0.2 if chat else None,
            "sub_n": [n, 0, 0, 0, 0, 0], "sub_mean": [mean, None, None, None, None, None],
            "lexicon_version": "test", "source": "simulated", **more}  # fmt: skip


def term(name: str, start: datetime, what: str, n: int, part: float, kind: str = "emote") -> Row:
    """A row of `window_terms`."""
    return {"channel": name, "start": start, "term": what, "kind": kind, "n": n,
            "contribution": part}  # fmt: skip


def forecast(name: str, cutoff: datetime, model: str, mid: float, width: float = 0.2) -> Row:
    """A row of `forecasts`: flat at `mid`, the 80 % band `width` to either side."""
    flat = {"q025": mid - 1.5 * width, "q10": mid - width, "q50": mid, "q90": mid + width,
            "q975": mid + 1.5 * width}  # fmt: skip
    return {"channel": name, "cutoff": cutoff, "model": model,
            **{k: [v] * 10 for k, v in flat.items()}, "volume_q10": [5.0] * 10,
            "volume_q50": [10.0] * 10, "volume_q90": [20.0] * 10}  # fmt: skip


def score(name: str, day: date, model: str, step: int, error: float, **more: Any) -> Row:
    """A row of `forecast_scores`: 100 targets of 10 messages each, `error` their squared sum."""
    return {"channel": name, "day": day, "model": model, "step": step, "targets": 100, "n": 1000,
            "squared_error": error, "absolute_error": 200.0, "crps": 60.0, "width80": 350.0,
            "hits80": 81, "hits95": 94, **more}  # fmt: skip


def models() -> list[Row]:
    """Rows of `models`."""
    at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    card = {"kind": "lstm", "trained_at": at, "data_from": at - timedelta(days=90),
            "data_to": at - timedelta(days=1), "params": '{"units": 48, "seed": 1}',
            "scores": '{"skill": [0.2, 0.1, 0.07], "coverage80": 0.81}'}  # fmt: skip
    plain = [{"model": m, "kind": "baseline", "status": "available"}
             for m in ("last_value", "session_mean", "ewma", "ridge")]  # fmt: skip
    return [{"model": "lstm-1", "status": "serving", **card}, *plain]


def vocabulary(at: datetime) -> list[Row]:
    """Rows of `vocabulary`: one of each status, one of them hostile."""
    base = {"channel": "", "kind": "emote", "provider": "twitch", "first_seen": at - timedelta(days=3),
            "last_seen": at, "n_channels": 2, "impact": 0.012}  # fmt: skip
    return [
        {**base, "term": HOSTILE_TERM, "n": 412, "status": "proposed", "valence": 1.8,
         "valence_low": 0.9, "valence_high": 2.6, "evidence": "with LUL 61 % of the time"},
        {**base, "term": "PogShip", "n": 96, "status": "accepted", "valence": 2.4,
         "valence_low": 2.0, "valence_high": 2.9, "evidence": "beside Pog", "decided_by": "admin",
         "decided_at": at},
        {**base, "term": "thehouse", "n": 40, "status": "rejected", "valence": None,
         "evidence": "neutral everywhere", "kind": "word"},
    ]  # fmt: skip


def demo(root: Path, now: datetime | None = None, seed: int = 1) -> DataFolder:
    """Three channels of seeded random chat, the newest window just closed; every table filled.

    demo_busy is on air, demo_quiet (hostile name) nearly silent, demo_past off air.
    """
    rng = np.random.default_rng(seed)
    now = utc(window_start((now or datetime.now(UTC)).timestamp()))
    tables: dict[str, list[Row]] = {
        "channels": [channel("demo_busy"), channel("demo_past"),
                     channel("demo_quiet", display_name=HOSTILE_NAME)],
        "models": models(), "vocabulary": vocabulary(now),
    }  # fmt: skip
    plan = (("demo_busy", 3.0, 0.0, 40, 0.08), ("demo_busy", 30.0, 26.0, 35, 0.02),
            ("demo_quiet", 2.0, 0.0, 0.4, 0.1), ("demo_past", 9.0, 5.0, 12, -0.06))  # fmt: skip
    for name, begun_h, ended_h, rate, mood in plan:
        _stream(tables, rng, name, now - timedelta(hours=begun_h), now - timedelta(hours=ended_h),
                rate, mood, on_air=not ended_h)  # fmt: skip
    _scores(tables, rng, now.date())
    return write(root, tables)


def _stream(
    tables: dict[str, list[Row]], rng: np.random.Generator, name: str, start: datetime,
    end: datetime, rate: float, mood: float, on_air: bool,
) -> None:  # fmt: skip
    row = stream(name, start, None if on_air else end)
    tables.setdefault("streams", []).append(row)
    steps = int((end - start) / WINDOW)
    level = mood + np.cumsum(rng.normal(0, 0.015, steps))
    for k in range(steps):
        at = start + k * WINDOW
        lost = 80 <= k < 88
        n = 0 if lost else int(rng.poisson(rate))
        mean = float(np.clip(rng.normal(level[k], 0.3 / np.sqrt(n)), -1, 1)) if n else None
        more = {"stream_id": row["stream_id"], "observed_s": 0.0 if lost else 30.0}
        tables.setdefault("windows", []).append(window(name, at, n, mean, **more))
        if mean is not None:
            _details(tables, rng, name, at, n, mean)
        if k >= 6:
            tables.setdefault("forecasts", []).append(
                forecast(name, at + WINDOW, "lstm-1", float(np.mean(level[: k + 1])), 0.12))  # fmt: skip
    _events(tables, name, start, on_air)


def _details(
    tables: dict[str, list[Row]], rng: np.random.Generator, name: str, at: datetime, n: int, mean: float
) -> None:  # fmt: skip
    parts = {"LUL": 0.02, "Pog": 0.015, "BibleThump": -0.02, "lol": 0.01, HOSTILE_TERM: 0.03}
    found = [term(name, at, what, int(rng.integers(1, 9)), part * float(rng.random()),
                  "word" if what == "lol" else "emote") for what, part in parts.items()]  # fmt: skip
    rest = mean - sum(row["contribution"] for row in found)
    tables.setdefault("window_terms", []).extend([*found, term(name, at, "*", n, rest, "rest")])
    tables.setdefault("samples", []).append(
        {"channel": name, "start": at, "rank": 1, "text": HOSTILE_LINE, "compound": mean})  # fmt: skip


def _events(tables: dict[str, list[Row]], name: str, start: datetime, on_air: bool) -> None:
    kinds = (("raid", "demo_friend"), ("sub", "tier 1"), ("connection_lost", None),
             ("category", "Chess & <i>more</i>"), ("cheer", "100"))  # fmt: skip
    tables.setdefault("events", []).extend(
        {"event_id": f"{name}{start}{kind}", "channel": name, "kind": kind, "detail": detail,
         "at": start + timedelta(minutes=20 * (k + 1))}
        for k, (kind, detail) in enumerate(kinds)
    )  # fmt: skip


def _scores(tables: dict[str, list[Row]], rng: np.random.Generator, today: date) -> None:
    """A week of scores: noise 9 (0.3 ** 2 * 100), the session mean 12 above, others between."""
    known = {"lstm-1": 0.2, "ridge": 0.11, "ewma": 0.05, "session_mean": 0.0, "last_value": -4.0}
    found = tables.setdefault("forecast_scores", [])
    for name in ("demo_busy", "demo_past"):
        for back in range(7):
            for step in range(1, 11):
                wobble = 1 + 0.3 * rng.normal() if back else 1.0
                found.extend(
                    score(name, today - timedelta(days=back), model, step,
                          9.0 + 12.0 * (1 - skill * wobble / step if skill else 1.0),
                          hits80=int(rng.binomial(100, 0.81)), hits95=int(rng.binomial(100, 0.945)))
                    for model, skill in known.items()
                )  # fmt: skip
